"""Worksheets: from a graph to a sheet with blanks, its key, and variants with fresh inputs."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, Unpack

from graphtrace.annotate.facts import GraphFacts, Value
from graphtrace.errors import FormatError, NameNotFoundError, did_you_mean
from graphtrace.exercise.answers import Answers, answers_json
from graphtrace.exercise.worksheet_blanks import Blank, asked_answers, check_blanks, chosen
from graphtrace.exercise.worksheet_formats import format_named
from graphtrace.exercise.worksheet_inputs import Run, nice_inputs
from graphtrace.exercise.worksheet_paper import Paper, fitted, paper_named
from graphtrace.exercise.worksheet_picture import candidates, check_size
from graphtrace.exercise.worksheet_sheet import Sheet, make_sheet
from graphtrace.render import write_whole
from graphtrace.render.theme import Theme
from graphtrace.render.theme_file import theme_named
from graphtrace.scene.options import options_of

__all__ = [
    "Runs",
    "Worksheet",
    "WorksheetChoice",
    "make_worksheet",
    "needs_gradients",
    "save_worksheets",
]

FORWARD = ("values", "local")
MOST_VARIANTS = 200
NO_VARIANT = (
    "No other inputs were found at which the program takes the same branches and all numbers are"
    " finite: they stay as they are"
)
DATA = "json"


@dataclass(frozen=True, slots=True)
class Runs:
    """How to run a graph at other inputs, by name; with none as it is.

    Attributes
    ----------
    facts: everything about it, for the sheet.
    numbers: values and gradients alone, for the many runs in search of inputs.
    """

    facts: Callable[[Mapping[str, Any]], GraphFacts]
    numbers: Run


class WorksheetChoice(TypedDict, total=False):
    """What a worksheet asks and how it looks.

    blank: some of values, local, upstream, contributions, totals; all, if not given.
    fraction: the share of them that is left blank, 1 for all.
    seed: a variant with fresh inputs, and which blanks are left; the same seed, the same sheet.
    keep: names of inputs that stay as they are in variants.
    paper: ``"a4"``, ``"letter"`` or ``"a3"``; the sheet is turned where that suits the picture.
    title: instead of the program's name.
    theme, look, digits, focus, radius: as for pictures.
    """

    blank: Iterable[str] | str | None
    fraction: float | None
    seed: int | None
    keep: Iterable[str] | str | None
    paper: str | None
    title: str | None
    theme: str | Theme | None
    look: str | None
    digits: int | None
    focus: Iterable[str] | str | None
    radius: int | None


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A sheet, its key, and the answers as a file that can be graded.

    Attributes
    ----------
    sheet, key: the same numbers in both.
    answers: what is asked, with all digits.
    blanks: what is asked, in order.
    inputs: by name; those that were changed for a variant.
    paper: what both were laid out for.
    notes: sentences for the user.
    """

    sheet: Sheet
    key: Sheet
    answers: Answers
    blanks: tuple[Blank, ...]
    inputs: Mapping[str, Value]
    paper: Paper
    notes: tuple[str, ...]


def needs_gradients(blank: Iterable[str] | str | None) -> bool:
    """Tell whether any of the blanks is about gradients, so that both passes have to be run."""
    return not set(check_blanks(blank)) <= set(FORWARD)


def make_worksheet(runs: Runs, **choice: Unpack[WorksheetChoice]) -> Worksheet:
    """Return a sheet and its key; with a seed at fresh inputs.

    Raises
    ------
    FormatError: for unknown words and numbers out of range, and for nothing or too much to ask.
    """
    kinds = check_blanks(choice.get("blank"))
    facts, inputs, seed = runs.facts({}), dict[str, Value](), choice.get("seed")
    notes: tuple[str, ...] = ()
    if facts.mirror:
        raise FormatError("a worksheet asks for both passes itself: give the forward graph alone")
    if seed is not None:
        found = nice_inputs(facts, runs.numbers, seed, _kept(facts, choice.get("keep")))
        if found is None:
            notes = (NO_VARIANT,)
        else:
            facts, inputs = runs.facts(found), found
    digits = choice.get("digits") or 4
    options = options_of(
        show=("value", "grad", "local", "name"), look=choice.get("look") or "auto", digits=digits,
        focus=choice.get("focus"), radius=choice.get("radius"), fold="none",
    )  # fmt: skip
    paper = paper_named(choice.get("paper") or "a4")
    share = choice.get("fraction")
    fraction = 1.0 if share is None else share
    if not options.focus:
        check_size(facts, options, kinds, fraction)
    fit = fitted(facts, options, kinds, paper)
    blanks = chosen(candidates(facts, fit.scene, kinds), fraction, seed or 0)
    mark = "" if seed is None else f"Variant {seed}"
    title = choice.get("title") or ""

    def page(*, is_key: bool) -> Sheet:
        return make_sheet(
            facts, fit.scene, blanks, scale=fit.scale, is_key=is_key, title=title, mark=mark,
            digits=digits,
        )  # fmt: skip

    notes += fit.notes
    answers = asked_answers(facts, blanks)
    sheet, key = page(is_key=False), page(is_key=True)
    return Worksheet(sheet, key, answers, blanks, inputs, fit.paper, notes)


def save_worksheets(
    runs: Runs,
    file: str | os.PathLike[str],
    answers: str | os.PathLike[str] | None = None,
    *,
    variants: int | None = None,
    **choice: Unpack[WorksheetChoice],
) -> tuple[Worksheet, ...]:
    """Write a sheet and, if asked for, its key; all files appear, or none.

    Endings tell the formats: pdf, html, tex, md; a key may be json, too: the answers that are asked
    for, as a file that can be graded. With `variants` there are as many, ``sheet-1.pdf`` and on,
    with seeds from `seed` on (1, if not given).

    Raises
    ------
    FormatError: for what cannot be made, as `make_worksheet`, and files that cannot be written.
    """
    _check_files(file, answers)
    theme = theme_named(choice.get("theme") or "light")
    if variants is not None and not 1 <= variants <= MOST_VARIANTS:
        raise FormatError(f"variants are from 1 to {MOST_VARIANTS}, not {variants!r}")
    made: list[Worksheet] = []
    files: dict[Path, bytes] = {}
    first = choice.get("seed")
    for number in range(1, (variants or 1) + 1):
        if variants is not None:
            choice["seed"] = (1 if first is None else first) + number - 1
        worksheet = make_worksheet(runs, **choice)
        made.append(worksheet)
        for path, sheet in ((file, worksheet.sheet), (answers, worksheet.key)):
            if path is not None:
                target = _numbered(Path(path), number if variants else None)
                files |= _written(target, sheet, worksheet, theme)
    for target, data in files.items():
        write_whole(target, data)
    return tuple(made)


def _written(target: Path, sheet: Sheet, worksheet: Worksheet, theme: Theme) -> dict[Path, bytes]:
    if target.suffix.lower() == f".{DATA}":
        return {target: answers_json(worksheet.answers).encode()}
    row = format_named(target.suffix)
    data, beside = row.write(sheet, worksheet.paper, theme, target.stem)
    return {target: data} | {target.parent / name: more for name, more in beside.items()}


def _numbered(path: Path, number: int | None) -> Path:
    return path if number is None else path.with_name(f"{path.stem}-{number}{path.suffix}")


def _check_files(file: str | os.PathLike[str], answers: str | os.PathLike[str] | None) -> None:
    """Refuse endings that are no format, and a key in the place of its sheet."""
    for path, also in ((file, ()), (answers, (f".{DATA}",))):
        if path is None:
            continue
        suffix = Path(path).suffix.lower()
        if not suffix:
            raise FormatError(
                f"{Path(path).name!r} has no ending to tell its format: give sheet.pdf, .html,"
                " .tex or .md"
            )
        if suffix not in also:
            format_named(suffix)
    if answers is not None and Path(file).with_suffix("") == Path(answers).with_suffix(""):
        raise FormatError(
            f"sheet and key are both {Path(file).stem!r}: give the key another name, as key.pdf"
        )


def _kept(facts: GraphFacts, keep: Iterable[str] | str | None) -> Sequence[str]:
    words = keep.split(",") if isinstance(keep, str) else list(keep or ())
    names = [node.name for node in facts.nodes if node.kind == "input"]
    kept = [word.strip() for word in words if word.strip()]
    for word in kept:
        if word not in names:
            raise NameNotFoundError(f"no input {word!r} to keep{did_you_mean(word, names)}")
    return kept
