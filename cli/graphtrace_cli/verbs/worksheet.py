"""The verb `worksheet`: the drawing with blanks to fill in, and its key."""

from pathlib import Path
from typing import Annotated, Any

import typer

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, RequestError
from graphtrace_cli.options import At, Output, OutputName, Source
from graphtrace_cli.style import Focus, Look, Radius, Theme, chosen_theme, complete

__all__ = ["worksheet"]


def _blanks() -> tuple[str, ...]:
    from graphtrace.exercise.worksheet_blanks import BLANKS

    return BLANKS


def _papers() -> list[str]:
    from graphtrace.exercise.worksheet_paper import PAPERS

    return list(PAPERS)


Answers = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write the key: pdf, html, tex, md, or json for the answers as `grade` reads them.",
        show_default=False,
    ),
]
Blank = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT,…",
        autocompletion=complete(_blanks),
        help="What to leave blank: some of values, local, upstream (gradients of nodes with one "
        "use), contributions (of each of several uses), totals (their sums); all, if not given.",
        show_default=False,
    ),
]
Fraction = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="The share of them that is left blank, 0.5 for half; all, if not given.",
        show_default=False,
    ),
]
Variant = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="NUMBER",
        help="Make a variant: fresh inputs, small whole numbers and halves where the operations "
        "allow; the same number, the same sheet. For the gradient to start from see --upstream.",
        show_default=False,
    ),
]
Variants = Annotated[
    int | None,
    typer.Option(
        metavar="COUNT",
        help="Make so many variants, sheet-1.pdf and on, with seeds from --seed on (1).",
        show_default=False,
    ),
]
Upstream = Annotated[
    str | None,
    typer.Option(
        metavar="VALUE",
        help="The gradient that the backward pass starts from (--seed of other verbs): 1 for a "
        "number; required, in the output's shape, for an array.",
        show_default=False,
    ),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME,…", help="Inputs that stay as they are in variants.", show_default=False
    ),
]
PaperName = Annotated[
    str,
    typer.Option(
        "--paper",
        metavar="a4|letter|a3",
        autocompletion=complete(_papers),
        help="What it is printed on; turned where that suits the picture.",
    ),
]
Title = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="Instead of the program's name.", show_default=False),
]


def worksheet(
    source: Source,
    at: At = None,
    output: Output = None,
    answers: Answers = None,
    blank: Blank = None,
    fraction: Fraction = None,
    seed: Variant = None,
    variants: Variants = None,
    keep: Keep = None,
    upstream: Upstream = None,
    output_name: OutputName = None,
    paper: PaperName = "a4",
    title: Title = None,
    theme: Theme = None,
    look: Look = "auto",
    focus: Focus = None,
    radius: Radius = None,
) -> int:
    """Make an exercise sheet: the drawing with numbered blanks, and the key with the answers.

    The ending of -o chooses the format: pdf, html, tex or md; sheet and key may differ.

    Example: graphtrace worksheet "f = ln(x) + exp(y)*z" --at x=1,y=3,z=2 -o sheet.pdf
    --answers key.pdf --seed 7
    """
    from graphtrace.errors import GradientError
    from graphtrace.exercise.worksheet import needs_gradients
    from graphtrace_cli.source import load
    from graphtrace_cli.values import parse_value

    if output is None or str(output) == "-":
        raise RequestError("a worksheet goes to a file: give -o sheet.pdf, .html, .tex or .md")
    choice: dict[str, Any] = {
        "blank": blank and ",".join(blank), "fraction": fraction, "seed": seed,
        "keep": keep and ",".join(keep), "paper": paper, "title": title,
        "theme": chosen_theme(theme), "look": look, "focus": focus, "radius": radius,
    }  # fmt: skip
    graph = load(source, at)
    if output_name is not None or needs_gradients(choice["blank"]):
        start = None if upstream is None else parse_value(upstream, "--upstream")
        try:
            graph.backward(output_name, seed=start)
        except GradientError as error:
            raise RequestError(f"{error}; a worksheet takes the seed as --upstream VALUE") from None
    made = graph.worksheet(output, answers, variants=variants, **choice)
    for note in dict.fromkeys(note for sheet in made for note in sheet.notes):
        terminal.note(note)
    for sheet in made:
        changed = _changed(sheet.inputs)
        where = f" of {sheet.sheet.mark}" if sheet.sheet.mark else ""
        blanks = "1 blank" if len(sheet.blanks) == 1 else f"{len(sheet.blanks)} blanks"
        terminal.write(f"{blanks}{where}{changed}\n")
    return EXIT_DONE


def _changed(inputs: Any) -> str:
    """Return the inputs of a variant as `--at` takes them, to grade it by."""
    from json import dumps

    import numpy as np

    from graphtrace.render.data import plain_value

    if not inputs:
        return ""
    pairs = [
        f"{name}={dumps(plain_value(value), separators=(',', ':'))}"
        if np.ndim(value)
        else f"{name}={float(value):.10g}"
        for name, value in inputs.items()
    ]
    return f" at {','.join(pairs)}"
