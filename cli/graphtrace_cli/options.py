"""The options that several verbs share, with their help and their completion."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["At", "Json", "Output", "OutputName", "Seed", "Source"]

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="An expression, FILE.py:FUNCTION, or - for an expression on standard input.",
        show_default=False,
    ),
]
At = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="NAME=VALUE,…",
        help="Inputs: x=1,y=3 or W=[[1,2],[3,4]] or @inputs.json or @inputs.npz; may be repeated.",
        show_default=False,
    ),
]
Seed = Annotated[
    str | None,
    typer.Option(
        metavar="VALUE",
        help="The gradient that the backward pass starts from: 1 for a number; required, in the "
        "output's shape, for an array.",
        show_default=False,
    ),
]
OutputName = Annotated[
    str | None,
    typer.Option(
        "--output",
        metavar="NAME",
        help="Differentiate this node instead of the last one.",
        show_default=False,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        metavar="FILE",
        help="Write to this file; its ending chooses the format. - is standard output.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
