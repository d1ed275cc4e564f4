"""A sheet as data: its heading, what is given, the picture, and the list of questions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from graphtrace.annotate.facts import GraphFacts
from graphtrace.annotate.summary import GRID_LIMIT, brief, element_count, summarize
from graphtrace.annotate.terms import partial, product, shape_text, word
from graphtrace.annotate.worked import Equation, Worked
from graphtrace.exercise.worksheet_blanks import Blank
from graphtrace.exercise.worksheet_picture import outside_values, picture
from graphtrace.formula.names import pretty_name
from graphtrace.scene.model import Scene
from graphtrace.scene.typeset import printable
from graphtrace.scene.wording import TINY, gradient_name, numeral

__all__ = ["Question", "Sheet", "make_sheet"]

WORDS = {
    "values": "value",
    "local": "local",
    "upstream": "upstream",
    "contributions": "part",
    "totals": "total",
}
Grid = tuple[tuple[str, ...], ...]
TOLD = {
    "values": "above it the value",
    "gradients": "below it the gradient",
    "local": "above it the local gradient",
    "contributions": "below it what this use contributes",
}


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the list below the picture.

    Attributes
    ----------
    number: the same as in the picture.
    word: what kind of number it is: ``value``, ``local``, ``upstream``, ``part`` or ``total``.
    what: what is asked for, without the equals sign at its end.
    answer: the whole equation with the answer; None on a sheet.
    shape: rows and columns of an answer that is written number by number; None for a number, and
        for arrays of more than 16, of which `size` tells the shape.
    grid: the numbers of such an answer; empty on a sheet.
    """

    number: int
    word: str
    what: Equation
    answer: Equation | None
    shape: tuple[int, int] | None = None
    size: str = ""
    grid: Grid = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet, or its key.

    Attributes
    ----------
    title: the program, or a title of one's own.
    mark: what tells this sheet from others, such as ``Variant 7``; may be empty.
    is_key: whether the answers are in it.
    given: what one needs to know, as sentences.
    picture: the drawing with numbered boxes, in its own size; `scale` points of the paper are one
        of it.
    questions: one for each box.
    """

    title: str
    mark: str
    is_key: bool
    given: tuple[str, ...]
    picture: Scene
    scale: float
    questions: tuple[Question, ...]


def make_sheet(
    facts: GraphFacts,
    scene: Scene,
    blanks: Sequence[Blank],
    *,
    scale: float,
    is_key: bool,
    title: str = "",
    mark: str = "",
    digits: int = 4,
) -> Sheet:
    """Return a sheet or its key, from a picture with boxes: `worksheet_picture.boxed_scene`."""
    worked = Worked(facts, digits)
    return Sheet(
        printable(title or facts.title or "computational graph"),
        mark,
        is_key,
        tuple(_given(facts, scene, blanks)),
        picture(facts, scene, blanks, filled=is_key, digits=digits),
        scale,
        tuple(_question(blank, worked, is_key=is_key) for blank in blanks),
    )


def _given(facts: GraphFacts, scene: Scene, blanks: Sequence[Blank]) -> Iterator[str]:
    inputs = [node for node in facts.nodes if node.kind == "input"]
    known = [
        f"{pretty_name(node.name)} = {numeral(brief(node.value))}"
        if element_count(node.value) <= TINY
        else f"{pretty_name(node.name)} of shape {shape_text(node.value)}"
        for node in inputs
    ]
    known += outside_values(facts, scene)
    end = next(node for node in facts.nodes if node.id == facts.output)
    kinds = {blank.kind for blank in blanks}
    back = kinds & {"upstream", "totals", "contributions"}
    if back and end.grad is not None and element_count(end.grad) <= TINY:
        known.append(f"{gradient_name(end.name, end.name)} = {numeral(brief(end.grad))}")
    if known:
        yield printable(f"Given: {', '.join(known)}.")
    yield _task(kinds)


def _task(kinds: set[str]) -> str:
    asked = kinds | ({"gradients"} if kinds & {"upstream", "totals"} else set())
    wire = [words for kind, words in TOLD.items() if kind in asked & {"values", "gradients"}]
    head = [words for kind, words in TOLD.items() if kind in asked & {"local", "contributions"}]
    parts = ["Fill in the numbered boxes."]
    if wire:
        parts.append(f"Where a wire begins: {', '.join(wire)}.")
    if head:
        parts.append(f"Before an arrow's head: {', '.join(head)}.")
    return " ".join(parts)


def _question(blank: Blank, worked: Worked, *, is_key: bool) -> Question:
    count = element_count(blank.value)
    shape = grid = None
    size = ""
    if np.ndim(blank.value) and count <= GRID_LIMIT:
        found = summarize(blank.value, worked.digits).grid or ()
        grid = tuple(tuple(map(numeral, row)) for row in found)
        shape = (len(grid), len(grid[0])) if grid and grid[0] else None
    if np.ndim(blank.value) and shape is None:
        size = f"shape {shape_text(blank.value)}"
    return Question(
        blank.number,
        WORDS[blank.kind],
        _what(blank, worked),
        _answer(blank, worked) if is_key else None,
        shape,
        size,
        (grid or ()) if is_key and count > TINY else (),
    )


def _what(blank: Blank, worked: Worked) -> Equation:
    """Return what is asked for: ``h₂ = exp(y)``, ``∂h₃/∂h₂``, ``∂f/∂h₂``."""
    if blank.node is not None:
        if blank.kind == "values":
            name, rule = word(blank.node.name), worked.expression(blank.node)
            return Equation(f"{name.text} = {rule.text}", f"{name.latex} = {rule.latex}")
        head = partial(worked.of, blank.node.name)
        return Equation(head.text, head.latex)
    assert blank.edge is not None
    local = worked.partial_of(blank.edge)
    if blank.kind == "local":
        return Equation(local.text, local.latex)
    found = product(partial(worked.of, worked.nodes[blank.edge.target].name), local)
    return Equation(found.text, found.latex)


def _answer(blank: Blank, worked: Worked) -> Equation:
    if blank.node is not None:
        return worked.forward(blank.node) if blank.kind == "values" else worked.total(blank.node)
    assert blank.edge is not None
    return worked.local(blank.edge) if blank.kind == "local" else worked.contribution(blank.edge)
