"""The verb `grade`: a student's values and gradients, or a folder of them, checked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, EXIT_NO, RequestError
from graphtrace_cli.options import At, Json, OutputName, Seed, Source

if TYPE_CHECKING:
    from graphtrace.exercise.grading import Grades
    from graphtrace.exercise.report import Report

__all__ = ["grade"]

ENDINGS = (".txt", ".csv", ".json")


Sheets = Annotated[
    Path,
    typer.Argument(
        metavar="ANSWERS",
        help="A file .json, .toml or .csv with values, grads, locals, contributions; or a "
        "folder of such files.",
        show_default=False,
    ),
]
Asked = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What is asked for: the names in this file of answers, such as a worksheet's key; "
        "else what the file, or any file of the folder, has.",
        show_default=False,
    ),
]
Tolerance = Annotated[
    float,
    typer.Option(
        min=0.0,
        metavar="SHARE",
        help="How far an answer may be off, as a share of the right number; rounding to the "
        "digits written is right without it.",
    ),
]
Digits = Annotated[
    int,
    typer.Option(
        min=1, max=15, metavar="N", help="Significant digits that an answer needs at least."
    ),
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "-o",
        metavar="FILE",
        help="Write the report to this file: .txt, .csv (a row for each answer, of a folder "
        "for each student) or .json.",
        show_default=False,
    ),
]


def grade(
    source: Source,
    answers: Sheets,
    at: At = None,
    seed: Seed = None,
    output_name: OutputName = None,
    asked: Asked = None,
    tolerance: Tolerance = 1e-6,
    digits: Digits = 2,
    json: Json = False,
    output: ReportFile = None,
) -> int:
    """Check answers; name the first wrong step, what follows from it, and the likely mistake.

    Exit code 1 when an answer is wrong; missing ones are only reported.

    Example: graphtrace grade "f = ln(x) + exp(y)*z" answers.json --at x=1,y=3,z=2
    """
    if output is not None and output.suffix.lower() not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise RequestError(f"-o {output}: a report is written as one of {known}")
    from graphtrace.render import write_whole
    from graphtrace_cli.source import load_with_gradients

    graph = load_with_gradients(source, at, seed, output_name)
    found: Report | Grades
    if answers.is_dir():
        but = [file for file in (output, asked) if file is not None]
        found = graph.grade_all(answers, tolerance=tolerance, digits=digits, asked=asked, but=but)
    else:
        found = graph.grade(answers, tolerance=tolerance, digits=digits, asked=asked)
    if output is not None:
        write_whole(output, _as_file(found, output.suffix.lower()).encode())
    if json:
        terminal.write(found.as_json())
    elif output is None or answers.is_dir():
        _tell(found)
    else:
        terminal.write(f"{found.sentence()}\n")
    return EXIT_DONE if found.ok else EXIT_NO


def _as_file(found: "Report | Grades", ending: str) -> str:
    """Return the report in the form that the ending tells."""
    if ending == ".json":
        return found.as_json()
    return found.as_csv() if ending == ".csv" else str(found)


def _tell(found: "Report | Grades") -> None:
    """Print the table, the counts, and what is wrong."""
    terminal.show((found.table(),))
    terminal.write(f"\n{found.sentence()}\n")
    details = found.details()
    if details:
        terminal.write(f"\n{details}")
