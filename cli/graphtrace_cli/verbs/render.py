"""The verb `render`: draw the graph into a file, or as a tree on the terminal."""

from typing import TYPE_CHECKING, TypedDict

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, RequestError
from graphtrace_cli.options import At, Output, OutputName, Seed, Source
from graphtrace_cli.style import Format, Look, Scale, Show, Theme

if TYPE_CHECKING:
    from graphtrace.annotate.facts import GraphFacts

__all__ = ["render"]


def render(
    source: Source,
    at: At = None,
    output: Output = None,
    format_name: Format = None,
    show: Show = None,
    theme: Theme = "light",
    look: Look = "auto",
    scale: Scale = None,
    seed: Seed = None,
    output_name: OutputName = None,
) -> int:
    """Draw the graph with its values and gradients; without -o, as a tree in the terminal.

    Example: graphtrace render "f = ln(x) + exp(y)*z" --at x=1,y=3,z=2 -o f.svg
    """
    from graphtrace.render import save
    from graphtrace_cli.source import load_with_gradients

    style = _Style(show=",".join(show) if show else None, theme=theme, look=look, scale=scale)
    facts = load_with_gradients(source, at, seed, output_name).facts()
    if output is None or str(output) == "-":
        notes = _print(facts, format_name or "txt", style)
    else:
        notes = save(facts, output, format_name, **style)
    for note in notes:
        terminal.note(note)
    return EXIT_DONE


class _Style(TypedDict):
    """How a picture is drawn, as every format takes it."""

    show: str | None
    theme: str
    look: str
    scale: float | None


def _print(facts: "GraphFacts", format_name: str, style: _Style) -> tuple[str, ...]:
    """Write the picture to standard output, but no image into a terminal."""
    from graphtrace.render import draw, media_type

    kind = media_type(format_name)
    is_text = kind.startswith("text/") or kind.endswith(("json", "xml"))
    if terminal.is_terminal() and not is_text:
        raise RequestError(f"a {format_name} cannot be shown in a terminal; pass -o FILE")
    drawn = draw(facts, format_name, **style)
    terminal.write(drawn.data.decode() if is_text else drawn.data)
    return drawn.notes
