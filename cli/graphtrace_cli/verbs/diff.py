"""The verb `diff`: two graphs on one drawing, and what differs between them."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, EXIT_NO, RequestError
from graphtrace_cli.options import At, Json, Output, OutputName, Seed, Source
from graphtrace_cli.style import (
    Focus,
    Format,
    Look,
    Radius,
    Scale,
    Show,
    Theme,
    Width,
    Wrap,
    chosen_format,
    chosen_theme,
)

if TYPE_CHECKING:
    from graphtrace import Graph
    from graphtrace.comparison import Comparison
    from graphtrace_cli.values import Number

__all__ = ["diff"]


def _own_inputs(which: str) -> Any:
    return typer.Option(
        metavar="NAME=VALUE,…",
        help=f"Inputs of the {which} alone; they overrule --at, which is for both.",
        show_default=False,
    )


AtA = Annotated[list[str] | None, _own_inputs("first")]
AtB = Annotated[list[str] | None, _own_inputs("second")]
Whole = Annotated[
    bool, typer.Option("--whole", help="Draw a large graph whole, not just what differs most.")
]
Tolerance = Annotated[
    float,
    typer.Option(
        min=0.0, metavar="SHARE", help="Moved is what differs by more than this of its size."
    ),
]


def diff(
    a: Source,
    b: Annotated[
        str | None,
        typer.Argument(metavar="SOURCE", help="The other one; the same, if not given."),
    ] = None,
    at: At = None,
    at_a: AtA = None,
    at_b: AtB = None,
    seed: Seed = None,
    output_name: OutputName = None,
    tolerance: Tolerance = 1e-6,
    json: Json = False,
    output: Output = None,
    format_name: Format = None,
    show: Show = None,
    theme: Theme = None,
    look: Look = "auto",
    focus: Focus = None,
    radius: Radius = None,
    whole: Whole = False,
    wrap: Wrap = None,
    scale: Scale = None,
    width: Width = None,
) -> int:
    """Compare two graphs: one program at two inputs, or two versions; exit code 1 if they differ.

    Tables of what came (+), went (−), changed (≠) and moved, largest first; -o draws both as one.

    Example: graphtrace diff "f = ln(x)*y" "f = exp(x)*y" --at x=1,y=2 -o d.svg
    """
    style = {
        "show": show and ",".join(show), "theme": chosen_theme(theme), "look": look,
        "focus": focus, "radius": radius, "whole": whole, "wrap": wrap, "scale": scale,
        "width": width,
    }  # fmt: skip
    to_file = None if output is None or str(output) == "-" else output
    word = chosen_format(to_file, format_name)
    if json and format_name and to_file is None:
        raise RequestError("--json and --format both tell what is printed; give only one of them")
    found = _found(a, b, (at, at_a, at_b), seed, output_name, tolerance)
    if to_file is not None:
        from graphtrace.render.difference import save_difference

        for note in save_difference(found, to_file, format_name, **style):
            terminal.note(note)
    elif format_name is not None:
        _print(found, word, style)
    if json:
        terminal.write(found.as_json())
    elif to_file is not None:
        terminal.write(f"{found.sentence()}\n")
    elif format_name is None:
        _tell(found)
    return EXIT_DONE if found.same else EXIT_NO


def _print(found: "Comparison", word: str, style: dict[str, Any]) -> None:
    """Write the picture to standard output."""
    from graphtrace.render.difference import draw_difference

    is_text = terminal.takes_text(word)
    drawn = draw_difference(found, word, **style)
    terminal.write(drawn.data.decode() if is_text else drawn.data)
    for note in drawn.notes:
        terminal.note(note)


def _tell(found: "Comparison") -> None:
    """Print what differs as tables, and in one sentence."""
    tables = found.tables()
    if tables:
        terminal.show(tables)
        terminal.write("\n")
    terminal.write(f"{found.sentence()}\n")


Inputs = tuple[list[str] | None, list[str] | None, list[str] | None]


def _found(
    a: str, b: str | None, at: Inputs, seed: str | None, output_name: str | None, tolerance: float
) -> "Comparison":
    """Load both, run them both ways, and compare."""
    from graphtrace import compare
    from graphtrace_cli.loading import forget, remember
    from graphtrace_cli.source import file_of
    from graphtrace_cli.values import parse_at, parse_value

    if b is None and not (at[1] or at[2]):
        raise RequestError("diff compares two: give another SOURCE, or other inputs with --at-b")
    if a == "-" and b in (None, "-"):
        raise RequestError("standard input can be read once: give the expression as it is")
    both, *own = (parse_at(given or ()) for given in at)
    start = None if seed is None else parse_value(seed, "--seed")
    first = _run("A", a, both | own[0], start, output_name)
    path = file_of(a)
    # The other file may have neighbours and operations of the same names.
    made = [] if path is None else forget(path)
    second = _run("B", a if b is None else b, both | own[1], start, output_name)
    remember(made)
    return compare(first, second, rtol=tolerance)


def _run(
    which: str, source: str, inputs: "dict[str, Number]", seed: Any, output_name: str | None
) -> "Graph":
    """Return one of both graphs, run both ways; an error says which of them it is about."""
    from graphtrace.errors import GraphTraceError
    from graphtrace_cli.source import load_at

    try:
        return load_at(source, inputs).backward(output_name, seed=seed)
    except (GraphTraceError, RequestError) as error:
        raise RequestError(f"{which}: {error}") from error
