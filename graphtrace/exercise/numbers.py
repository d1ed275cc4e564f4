"""Numbers as students write them, 40.17, 3/4, 2·10⁻³, e^3, in LaTeX, in nested lists; no eval."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from graphtrace.errors import AnswersError
from graphtrace.exercise.answers import Answer

__all__ = ["Given", "is_blank", "read_answer", "read_number"]

MOST_CHARACTERS = 1_000_000
DEEPEST = 40
BLANKS = frozenset({"", "?", "-", "–", "—", "…", "..."})
HOW = "write 40.17, 3/4, 1e-3, e^3 or \\frac{3}{4}"

CONSTANTS = {
    "e": math.e, "pi": math.pi, "inf": math.inf, "infinity": math.inf, "infty": math.inf,
    "oo": math.inf, "nan": math.nan, "true": 1.0, "false": 0.0,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "ln": math.log, "log": math.log, "exp": math.exp, "sqrt": math.sqrt, "sin": math.sin,
    "cos": math.cos, "tan": math.tan, "sinh": math.sinh, "cosh": math.cosh, "tanh": math.tanh,
    "abs": abs,
}  # fmt: skip
SIGNS = str.maketrans({"−": "-", "·": "*", "×": "*", "⋅": "*", "÷": "/", "π": "pi ", "√": "sqrt",
                       "²": "^(2)", "³": "^(3)", "\N{NO-BREAK SPACE}": " "})  # fmt: skip
RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SPACING = re.compile(r"\\left|\\right|\\[,;!: ]|~|\$|\\\(|\\\)|\\\[|\\\]")
LEADING = re.compile(r"^\s*(=|≈|\\approx)\s*")
LITERAL = re.compile(
    r"(?P<digits>\d+(?:\.(?P<after>\d*))?|\.(?P<alone>\d+))(?:[eE](?P<power>[+-]?\d+))?"
)
WORD = re.compile(r"\\?[A-Za-z]+")
MATRIX = re.compile(
    r"\\begin\{(?P<kind>[pbv]?matrix|array)\}(\{[^}]*\})?(?P<body>.*)\\end\{(?P=kind)\}", re.DOTALL
)


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """An answer as numbers.

    Attributes
    ----------
    value: a float or an array.
    half: half of a unit in the last digit that was written, in the value's shape: 0.0005 for
        40.171; 0 for what is exact, such as 3/4.
    whole: where a number was written without a point, so that it may be exact.
    text: how it was written.
    """

    value: float | np.ndarray
    half: float | np.ndarray
    whole: bool | np.ndarray
    text: str


@dataclass(frozen=True, slots=True)
class _Number:
    """A number, half of a unit in its last digit, and whether it is a whole power of ten."""

    value: float
    half: float = 0.0
    whole: bool = False
    ten: bool = False


def is_blank(answer: Answer) -> bool:
    """Whether nothing was answered; of a list, whether anything is left out."""
    if answer is None:
        return True
    if isinstance(answer, str):
        return answer.strip() in BLANKS or not answer.strip("_ \t")
    return isinstance(answer, list | tuple) and any(map(is_blank, answer))


def read_answer(answer: Answer, label: str) -> Given:
    """Return an answer as numbers; `label` begins the error message.

    Raises AnswersError for text that is no number, and for ragged lists.
    """
    nested = _nested(answer, label, 0)
    leaves, shape = _leaves(nested), _shape(nested, label)
    if not shape:
        (one,) = leaves
        return Given(one.value, one.half, one.whole, _text(answer))
    values = np.array([leaf.value for leaf in leaves], dtype=float).reshape(shape)
    halves = np.array([leaf.half for leaf in leaves], dtype=float).reshape(shape)
    wholes = np.array([leaf.whole for leaf in leaves], dtype=bool).reshape(shape)
    return Given(values, halves, wholes, _text(answer))


def read_number(text: str, label: str = "") -> float:
    r"""Return the number that a text spells.

    >>> read_number(r"-\frac{3}{4}"), read_number("2·10^-3"), read_number("1/3 + 2/3")
    (-0.75, 0.002, 1.0)

    Raises AnswersError.
    """
    return _read(text, label).value


Nested = _Number | list["Nested"]


def _nested(answer: Answer, label: str, depth: int) -> Nested:
    if depth > DEEPEST:
        raise AnswersError(f"{label}: lists nested too deeply")
    if isinstance(answer, np.ndarray):
        return _nested(answer.tolist(), label, depth) if answer.ndim else _plain(answer[()])
    if isinstance(answer, str):
        return _read_text(answer, label)
    if isinstance(answer, bool | float | int | np.generic):
        return _plain(answer)
    if isinstance(answer, Sequence):
        return [_nested(part, label, depth + 1) for part in answer]
    raise AnswersError(f"{label}: {type(answer).__name__} is not a number; {HOW}")


def _plain(value: object) -> _Number:
    """Return a number of Python or NumPy with the digits that it shows."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return _Number(float(value))
    if not isinstance(value, int | float):
        raise AnswersError(f"{value!r} is not a real number; {HOW}")
    try:
        number = float(value)
    except OverflowError:
        raise AnswersError(f"a number of {len(str(value))} digits is too large") from None
    return _literal(repr(value)) if math.isfinite(number) else _Number(number)


def _read_text(text: str, label: str) -> Nested:
    if len(text) > MOST_CHARACTERS:
        raise AnswersError(f"{label}: {len(text):,} characters are too many for an answer")
    inner = text.strip()
    matrix = MATRIX.search(inner)
    if matrix:
        rows = [row for row in matrix["body"].split(r"\\") if row.strip()]
        cells: list[Nested] = [[_read(cell, label) for cell in row.split("&")] for row in rows]
        return cells
    if inner[:1] == "[":
        return _list(inner, label)
    return _read(text, label)


def _list(text: str, label: str) -> Nested:
    """Return the numbers of `[[1, 2], [3, 4]]`, or of `[1, 2; 3, 4]`."""
    open_lists: list[list[Nested]] = [[]]
    start = 0
    if ";" in text:
        text = "[[" + text[1:-1].replace(";", "],[") + "]]"

    def close(end: int) -> None:
        word = text[start:end].strip()
        if word:
            open_lists[-1].append(_read(word, label))

    for at, char in enumerate(text):
        if char not in "[],":
            continue
        close(at)
        start = at + 1
        if char == "[":
            if len(open_lists) > DEEPEST:
                raise AnswersError(f"{label}: lists nested too deeply")
            open_lists.append([])
        elif char == "]":
            if len(open_lists) < 2:
                raise AnswersError(f"{label}: a ] too many in {_short(text)}")
            done = open_lists.pop()
            open_lists[-1].append(done)
    if len(open_lists) > 1 or len(open_lists[0]) != 1:
        raise AnswersError(f"{label}: the brackets of {_short(text)} do not match")
    return open_lists[0][0]


def _leaves(nested: Nested) -> list[_Number]:
    if isinstance(nested, _Number):
        return [nested]
    return [leaf for part in nested for leaf in _leaves(part)]


def _shape(nested: Nested, label: str) -> tuple[int, ...]:
    if isinstance(nested, _Number):
        return ()
    shapes = {_shape(part, label) for part in nested}
    if len(shapes) > 1:
        raise AnswersError(f"{label}: a ragged list; make its rows equally long")
    return (len(nested), *(shapes.pop() if shapes else ()))


def _text(answer: Answer) -> str:
    if isinstance(answer, str):
        return _short(" ".join(answer.split()))
    if isinstance(answer, np.ndarray):
        answer = answer.tolist()
    if isinstance(answer, list | tuple):
        return _short("[" + ", ".join(_text(part) for part in answer) + "]")
    return str(answer.item() if isinstance(answer, np.generic) else answer)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _literal(text: str) -> _Number:
    """Return a decimal number with half of a unit of its last digit."""
    found = LITERAL.fullmatch(text.lstrip("-"))
    assert found is not None, text
    after = found["after"] or found["alone"] or ""
    power = int(found["power"] or 0)
    place = max(-400, min(400, power - len(after)))
    value = float(text)
    whole = found["alone"] is None and "." not in found["digits"] and power >= 0
    return _Number(value, 0.5 * 10.0**place if place < 300 else 0.0, whole, value == 10)


def _read(text: str, label: str) -> _Number:
    """Return the number that a text spells."""
    clean = LEADING.sub("", SPACING.sub(" ", text))
    if re.search(r"\{,\}\d{3}(?!\d)", clean) or re.search(r"\d,\d", clean):
        raise AnswersError(f"{label}: {_short(text)!r} may be read in two ways; write a point, 1.5")
    clean = RAISED.sub(lambda m: f"^({m[0].translate(PLAIN)})", clean).translate(SIGNS)
    clean = clean.replace("{,}", ".").replace("**", "^").replace("∞", "inf ")
    reader = _Reader(clean.strip(), f"{label}: " if label else "", _short(text.strip()))
    try:
        return reader.whole()
    except (ArithmeticError, ValueError) as error:
        if isinstance(error, AnswersError):
            raise
        why = "divides by zero" if isinstance(error, ZeroDivisionError) else "has no finite value"
        raise AnswersError(f"{reader.label}{reader.shown!r} {why}") from None


class _Reader:
    """Sums of products of powers, read from left to right; nothing is evaluated as code."""

    def __init__(self, text: str, label: str, shown: str) -> None:
        self.text, self.label, self.shown = text, label, shown
        self.at = self.depth = 0

    def whole(self) -> _Number:
        found = self.sum()
        if self.at < len(self.text):
            self.fail()
        return found

    def fail(self) -> NoReturn:
        raise AnswersError(f"{self.label}{self.shown!r} is not a number; {HOW}")

    def next(self) -> str:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        return self.text[self.at : self.at + 1]

    def take(self, chars: str) -> str:
        char = self.next()
        if not char or char not in chars:
            return ""
        self.at += 1
        return char

    def sum(self) -> _Number:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail()
        found = self.product()
        while sign := self.take("+-"):
            other = self.product()
            found = _Number(found.value + (other.value if sign == "+" else -other.value))
        self.depth -= 1
        return found

    def product(self) -> _Number:
        found = self.signed()
        while True:
            sign = self.take("*/") or self.times()
            if not sign and not (self.next().isalpha() or self.next() in tuple("\\({")):
                return found
            other = self.signed()
            if sign == "/":
                other = _Number(1 / other.value, ten=other.ten)
            half = found.half * other.value if other.ten else 0.0
            found = _Number(found.value * other.value, half)

    def times(self) -> str:
        self.next()
        for word in ("\\cdot", "\\times"):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return "*"
        return ""

    def signed(self) -> _Number:
        sign = ""
        while char := self.take("+-"):
            sign += char
        if len(sign) > 2:
            self.fail()
        found = self.power()
        negative = sign.count("-") % 2
        return _Number(-found.value, found.half, found.whole) if negative else found

    def power(self) -> _Number:
        base = self.atom()
        if not self.take("^"):
            return base
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail()
        exponent = self.signed().value
        self.depth -= 1
        return _Number(math.pow(base.value, exponent), ten=base.ten and exponent == int(exponent))

    def atom(self) -> _Number:
        if bracket := self.take("({"):
            found = self.sum()
            if not self.take(")" if bracket == "(" else "}"):
                self.fail()
            return found
        self.next()
        literal = LITERAL.match(self.text, self.at)
        if literal:
            self.at = literal.end()
            return _literal(literal[0])
        word = WORD.match(self.text, self.at)
        if word is None:
            self.fail()
        self.at = word.end()
        return self.word(word[0].lstrip("\\"))

    def word(self, name: str) -> _Number:
        if name in ("frac", "tfrac", "dfrac"):
            above = self.argument().value
            return _Number(above / self.argument().value)
        if name.lower() in CONSTANTS and name not in ("E", "PI"):
            return _Number(CONSTANTS[name.lower()])
        function = FUNCTIONS.get(name)
        if function is None:
            self.fail()
        # `ln 2` without parentheses, and `exp(3)·2`, where only what is in them is meant.
        inner = self.atom() if self.next() in tuple("({") else self.power()
        return _Number(function(inner.value))

    def argument(self) -> _Number:
        """Return what stands in braces after a command, or its next digit."""
        char = self.next()
        if char.isdigit() and char.isascii():
            self.at += 1
            return _Number(float(char))
        if char != "{":
            self.fail()
        return self.atom()
