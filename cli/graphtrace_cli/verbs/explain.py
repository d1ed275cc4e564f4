"""The verb `explain`: the worked derivation of the gradients, as text or as a document."""

from typing import Annotated

import typer

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, RequestError
from graphtrace_cli.options import At, Json, Output, OutputName, Seed, Source
from graphtrace_cli.style import complete

__all__ = ["explain"]


def _formats() -> tuple[str, ...]:
    from graphtrace.render.derivation import derivation_formats

    return derivation_formats()


def explain(
    source: Source,
    at: At = None,
    wrt: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME,…",
            help="Derivatives by these alone: only what lies between them and the output.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = None,
    output_name: OutputName = None,
    output: Output = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            autocompletion=complete(_formats),
            help="txt, md, tex, html or json, whatever the ending of -o says.",
            show_default=False,
        ),
    ] = None,
    numeric: Annotated[bool, typer.Option("--numeric", help="With numbers: the usual.")] = False,
    symbolic: Annotated[
        bool, typer.Option("--symbolic", help="As formulas of the inputs, without numbers.")
    ] = False,
    both: Annotated[bool, typer.Option("--both", help="With numbers, then as formulas.")] = False,
    json: Json = False,
) -> int:
    """Write the solution: values, local and upstream gradients, paths, sums, matrix forms.

    Example: graphtrace explain "f = ln(x) + exp(y)*z" --at x=1,y=3,z=2 -o solution.md
    """
    if json and format_name is not None:
        raise RequestError("--json and --format both tell what is printed; give only one of them")
    word = "json" if json else format_name
    from graphtrace.render.derivation import check_format, save_derivation, write_derivation
    from graphtrace_cli.source import load_with_gradients

    to_file = None if output is None or str(output) == "-" else output
    check_format(to_file, word)
    graph = load_with_gradients(source, at, seed, output_name)
    names = [name.strip() for text in wrt or () for name in text.split(",") if name.strip()]
    # Asked for both ways is asked for both.
    given = "both" if both or (numeric and symbolic) else "symbolic" if symbolic else "numeric"
    found = graph.derivation(names or None, symbolic=given)
    if to_file is not None:
        save_derivation(found, to_file, word)
    else:
        terminal.write(write_derivation(found, word or "txt"))
    return EXIT_DONE
