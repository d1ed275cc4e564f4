"""The verb `cost`: parameters, shapes, bytes and operations, counted by formula."""

from typing import Annotated

import typer

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE
from graphtrace_cli.options import At, Json, Source

__all__ = ["cost"]

Names = list[str] | None


def cost(
    source: Source,
    at: At = None,
    data: Annotated[
        Names,
        typer.Option(metavar="NAME,…", help="Inputs that are no parameters.", show_default=False),
    ] = None,
    parameters: Annotated[
        Names,
        typer.Option(
            metavar="NAME,…",
            help="Inputs that are parameters: all but the data, if not given.",
            show_default=False,
        ),
    ] = None,
    depth: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many scopes inside of each other to tell.")
    ] = 1,
    json: Json = False,
) -> int:
    """Count parameters, bytes and operations of every layer and node, forward and backward.

    Example: graphtrace cost "y = W @ x" --at "W=[[1,2],[3,4]],x=[1,2]" --data x
    """
    from graphtrace_cli.source import load

    chosen = None if parameters is None else _names(parameters)
    found = load(source, at).cost(parameters=chosen, data=_names(data), depth=depth)
    if json:
        terminal.write(found.as_json())
    else:
        terminal.show(found.tables())
    return EXIT_DONE


def _names(given: Names) -> list[str]:
    return [name.strip() for text in given or () for name in text.split(",") if name.strip()]
