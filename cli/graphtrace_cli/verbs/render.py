"""The verb `render`: draw the graph into a file, or as a tree on the terminal."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, RequestError
from graphtrace_cli.options import At, Output, OutputName, Seed, Source

if TYPE_CHECKING:
    from graphtrace.annotate.facts import GraphFacts

__all__ = ["render"]

TEXT_FORMATS = frozenset({"txt", "dot", "json", "svg", "tex", "html"})


def _formats(incomplete: str) -> list[str]:
    """Complete `--format`."""
    from graphtrace.render import formats

    return [name for name in formats() if name.startswith(incomplete)]


def _themes(incomplete: str) -> list[str]:
    """Complete `--theme`."""
    return [name for name in ("light", "dark", "cs231n") if name.startswith(incomplete)]


def _looks(incomplete: str) -> list[str]:
    """Complete `--look`."""
    return [name for name in ("auto", "circuit", "card") if name.startswith(incomplete)]


def render(
    source: Source,
    at: At = None,
    output: Output = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            autocompletion=_formats,
            help="svg, png, dot, txt or json, instead of by the file's ending.",
            show_default=False,
        ),
    ] = None,
    show: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHAT,…",
            help="What to write beside nodes and edges, such as value,grad,local.",
            show_default=False,
        ),
    ] = None,
    theme: Annotated[
        str, typer.Option(metavar="NAME", autocompletion=_themes, help="light, dark or cs231n.")
    ] = "light",
    look: Annotated[
        str, typer.Option(metavar="NAME", autocompletion=_looks, help="auto, circuit or card.")
    ] = "auto",
    scale: Annotated[float, typer.Option(help="Enlarge a PNG by this factor.")] = 1.0,
    seed: Seed = None,
    output_name: OutputName = None,
) -> int:
    """Draw the graph with its values and gradients; without -o, as a tree in the terminal.

    Example: graphtrace render "f = ln(x) + exp(y)*z" --at x=1,y=3,z=2 -o f.svg
    """
    from graphtrace.render import save
    from graphtrace_cli.source import load_with_gradients

    style: dict[str, Any] = {"theme": theme, "look": look, "scale": scale}
    if show:
        style["show"] = [word.strip() for words in show for word in words.split(",")]
    facts = load_with_gradients(source, at, seed, output_name).facts()
    if output is None or str(output) == "-":
        _print(facts, format_name or "txt", style)
    else:
        save(facts, output, format_name, **style)
    return EXIT_DONE


def _print(facts: "GraphFacts", format_name: str, style: dict[str, Any]) -> None:
    """Write the picture to standard output, but no image into a terminal."""
    from graphtrace.render import render as draw

    if terminal.is_terminal() and format_name not in TEXT_FORMATS:
        raise RequestError(f"a {format_name} cannot be shown in a terminal; pass -o FILE")
    drawn = draw(facts, format_name, **style)
    terminal.write(drawn if format_name not in TEXT_FORMATS else drawn.decode())
