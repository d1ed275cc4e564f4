"""The verb `render`: draw the graph into a file, or as a tree on the terminal."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, RequestError
from graphtrace_cli.options import At, Output, OutputName, Seed, Source

if TYPE_CHECKING:
    from graphtrace.annotate.facts import GraphFacts

__all__ = ["render"]


def _complete(offered: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return a completion from a function that gives all words."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in offered() if word.startswith(incomplete)]

    return complete


def _formats() -> Iterable[str]:
    from graphtrace.render import formats

    return formats()


def _themes() -> Iterable[str]:
    from graphtrace.render import themes

    return themes()


def _looks() -> Iterable[str]:
    from graphtrace.scene.options import LOOKS

    return LOOKS


def _showable() -> Iterable[str]:
    from graphtrace.scene.options import SHOWABLE

    return SHOWABLE


def render(
    source: Source,
    at: At = None,
    output: Output = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            autocompletion=_complete(_formats),
            help="svg, png, dot, txt or json, instead of by the file's ending.",
            show_default=False,
        ),
    ] = None,
    show: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT,…",
            autocompletion=_complete(_showable),
            help="What to write beside nodes and edges: some of value, grad, local, "
            "contribution, name, formula, shape, where.",
            show_default=False,
        ),
    ] = None,
    theme: Annotated[
        str,
        typer.Option(
            metavar="NAME", autocompletion=_complete(_themes), help="light, dark or cs231n."
        ),
    ] = "light",
    look: Annotated[
        str,
        typer.Option(
            metavar="NAME", autocompletion=_complete(_looks), help="auto, circuit or card."
        ),
    ] = "auto",
    scale: Annotated[
        float | None,
        typer.Option(
            metavar="FACTOR",
            help="Size: 1 for an SVG, 2 for a PNG, if not given.",
            show_default=False,
        ),
    ] = None,
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
