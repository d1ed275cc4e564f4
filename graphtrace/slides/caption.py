"""Captions: an equation on a line if it fits, broken at its equals signs if it does not."""

from collections.abc import Iterable

from graphtrace.annotate.worked import Equation, members
from graphtrace.scene.model import Text
from graphtrace.scene.typeset import math, plain

__all__ = ["CAPTION", "SMALLEST", "caption_lines"]

CAPTION, SMALLEST = 20.0, 12.0
SIZES = (CAPTION, 17.0, 14.0)
LONGEST = 110


def caption_lines(equations: Iterable[Equation], width: float) -> tuple[Text, ...]:
    """Return the lines of type of a caption, each at most so wide."""
    return tuple(line for equation in equations for line in _lines(equation, width))


def _lines(equation: Equation, width: float) -> list[Text]:
    for size in SIZES:
        ink = _line(equation.latex, equation.text, size)
        if ink.width <= width:
            return [ink]
    return _broken(equation, width)


def _line(tex: str, text: str, size: float) -> Text:
    if not tex:
        return plain(text, "name", 0.9 * size, limit=LONGEST)
    return math(tex, text, "name", size, widest=1e9, limit=LONGEST)


def _broken(equation: Equation, width: float) -> list[Text]:
    """Return the members of a chain one below another, as many on each line as fit."""
    parts = members(equation.latex), members(equation.text)
    if len(parts[0]) < 2 or len(parts[0]) != len(parts[1]):
        size = CAPTION * 0.9
        ink = plain(equation.text, "name", size, limit=LONGEST)
        return [plain(equation.text, "name", max(size * width / ink.width, SMALLEST), limit=LONGEST)
                if ink.width > width else ink]  # fmt: skip
    lines: list[Text] = []
    (tex, text), *rest = zip(*parts, strict=True)
    for more_tex, more_text in rest:
        longer = f"{tex} = {more_tex}", f"{text} = {more_text}"
        ink = _line(*longer, SIZES[1])
        if ink.width <= width:
            tex, text = longer
            continue
        lines.append(_shrunk(tex, text, width))
        tex, text = rf"{{}} = {more_tex}", f"= {more_text}"
    lines.append(_shrunk(tex, text, width))
    return lines


def _shrunk(tex: str, text: str, width: float) -> Text:
    ink = _line(tex, text, SIZES[1])
    if ink.width <= width:
        return ink
    return plain(text, "name", max(SIZES[1] * width / ink.width, SMALLEST), limit=LONGEST)
