"""Print a formula as plain text or as LaTeX."""

import math
import re
from collections.abc import Callable, Mapping

from graphtrace.formula.names import gradient_parts, latex_name, latex_number, number_text
from graphtrace.formula.tree import Call, Expr, Name, Notation, Number, Printed

__all__ = ["to_latex", "to_text"]

Notations = Mapping[str, Notation]
Names = Mapping[str, str | Printed] | Mapping[str, str]
"""What stands for a name: another name, or what is in print already."""
ATOM = 100
MOST_ITEMS = 4
"""An index that is an array of more items is shown by its ends."""
RAISED = re.compile(r"\^\{[^{}]*\}$")
RIGHT_ASSOCIATIVE = frozenset({"power"})
TIGHT = frozenset({"*", "/", "**", "^", "·", " "})


def to_text(expr: Expr, notations: Notations, names: Names | None = None) -> str:
    """Return the expression in the language itself, readable and re-readable.

    `names` replaces operand names by what the reader knows them as.
    """
    return _text(expr, notations, names or {})[0]


def _text(expr: Expr, notations: Notations, names: Names) -> tuple[str, int]:
    """Return the text and how tightly it binds."""
    if isinstance(expr, Number):
        return _number(expr, number_text, "[", "]")
    if isinstance(expr, Name):
        name = names.get(expr.id, expr.id)
        if isinstance(name, Printed):
            return name.text, name.bind
        return name, _tightness(name)
    indicator = _indicator(expr)
    if indicator is not None:
        return f"1[{_text(indicator, notations, names)[0]}]", ATOM
    note = notations[expr.op]
    parts = [_text(arg, notations, names) for arg in expr.args]
    if note.infix is not None:
        return _infix(expr.op, note, parts, _text_operator)
    plain = [text for text, _ in parts]
    if note.text is not None:
        holes = [
            # `2.T` would be read as a number with a wrong ending.
            _wrap(text, 0 if isinstance(arg, Number) and text[0] != "[" else bind, ATOM)
            for arg, (text, bind) in zip(expr.args, parts, strict=True)
        ]
        return _fill(note.text, holes, expr.params, plain), ATOM
    words = [f"{key}={_param(key, value, plain)}" for key, value in expr.params]
    return f"{expr.op}({', '.join(plain + words)})", ATOM


def _tightness(name: str) -> int:
    """Return how tightly a name binds: ∂f/∂x as a quotient, a negative number as its sign."""
    if gradient_parts(name):
        return 5
    return 6 if (_as_number(name) or 0.0) < 0 else ATOM


def to_latex(expr: Expr, notations: Notations, names: Names | None = None) -> str:
    """Return the expression in LaTeX (math mode), names with subscripts and Greek letters."""
    return _latex(expr, notations, names or {})[0]


def _latex(expr: Expr, notations: Notations, names: Names) -> tuple[str, int]:
    if isinstance(expr, Number):
        return _number(expr, latex_number, "[", "]")
    if isinstance(expr, Name):
        name = names.get(expr.id, expr.id)
        if isinstance(name, Printed):
            return name.latex, name.latex_bind
        number = _as_number(name)
        return (
            (latex_number(number), ATOM if number >= 0 else 6)
            if number is not None
            else (
                latex_name(name),
                _tightness(name),
            )
        )
    indicator = _indicator(expr)
    if indicator is not None:
        return rf"\mathbf{{1}}[{_latex(indicator, notations, names)[0]}]", ATOM
    note = notations[expr.op]
    parts = [_latex(arg, notations, names) for arg in expr.args]
    if expr.op == "divide":
        return rf"\frac{{{parts[0][0]}}}{{{parts[1][0]}}}", 5
    if expr.op == "floor_divide":
        quotient = rf"\frac{{{parts[0][0]}}}{{{parts[1][0]}}}"
        return rf"\left\lfloor {quotient} \right\rfloor", ATOM
    if expr.op == "power":
        return f"{_raised(*parts[0])}^{{{parts[1][0]}}}", 8
    if note.infix is not None:
        return _infix(expr.op, note, parts, _latex_operator, _latex_wrap)
    plain = [text for text, _ in parts]
    if note.latex is not None:
        holes = [
            _raised(*part) if f"{{{place}}}^" in note.latex else _latex_wrap(*part, ATOM)
            for place, part in enumerate(parts)
        ]
        return _fill(note.latex, holes, expr.params, plain), ATOM
    return rf"\mathrm{{{_latex_word(expr.op)}}}({', '.join(plain)})", ATOM


def _raised(text: str, bind: int) -> str:
    """Return what gets an exponent: in brackets also what has one, LaTeX takes no two."""
    return _latex_wrap(text, 0 if RAISED.search(text) else bind, ATOM)


def _latex_word(name: str) -> str:
    """Return an operation's name for upright type."""
    return name.replace("_", r"\_")


def _infix(
    op: str,
    note: Notation,
    parts: list[tuple[str, int]],
    operator: Callable[[str, list[str]], str],
    wrap: Callable[[str, int, int], str] | None = None,
) -> tuple[str, int]:
    wrap = wrap or _wrap
    level = note.precedence
    assert note.infix is not None
    if len(parts) == 1:
        return note.infix + wrap(*parts[0], level), level
    left, right = parts
    tighter_left = level + 1 if op in RIGHT_ASSOCIATIVE else level
    tighter_right = level if op in RIGHT_ASSOCIATIVE else level + 1
    sides = [wrap(*left, tighter_left), wrap(*right, tighter_right)]
    return sides[0] + operator(note.infix, sides) + sides[1], level


def _text_operator(infix: str, sides: list[str]) -> str:
    return infix if infix in TIGHT else f" {infix} "


def _latex_operator(infix: str, sides: list[str]) -> str:
    if infix == "*":
        starts_with_digit = sides[1][:1].isdigit() or sides[1][:1] == "-"
        return r" \cdot " if starts_with_digit else r" \, "
    return {
        "@": r" \, ",
        "⊙": r" \odot ",
        "·": r" \cdot ",
        "∘": r" \circ ",
        "%": r" \bmod ",
        "<=": r" \leq ",
        ">=": r" \geq ",
        "==": " = ",
        "!=": r" \neq ",
    }.get(infix, f" {infix} ")


def _wrap(text: str, bind: int, level: int) -> str:
    return text if bind >= level else f"({text})"


def _latex_wrap(text: str, bind: int, level: int) -> str:
    return text if bind >= level else rf"\left({text}\right)"


def _number(
    expr: Number, show: Callable[[float], str], opening: str, closing: str
) -> tuple[str, int]:
    if isinstance(expr.value, tuple):
        items = (_number(Number(item), show, opening, closing)[0] for item in expr.value)  # type: ignore[arg-type] # nested tuples hold numbers and tuples only
        return opening + ", ".join(items) + closing, ATOM
    negative = math.copysign(1.0, expr.value) < 0
    return show(expr.value), 6 if negative else ATOM


def _as_number(name: str) -> float | None:
    if name[:1] not in "-0123456789":
        return None
    try:
        return float(name)
    except ValueError:
        return None


def _indicator(expr: Call) -> Expr | None:
    """Recognise `where(condition, 1, 0)`, printed as Iverson's bracket, and its opposite."""
    if expr.op != "where":
        return None
    if expr.args[1:] == (Number(1), Number(0)):
        return expr.args[0]
    if expr.args[1:] == (Number(0), Number(1)):
        return Call("logical_not", (expr.args[0],))
    return None


def _param(key: str, value: object, operands: list[str]) -> str:
    """Return a parameter in print, given the operands in print."""
    if key == "index":
        items = value if isinstance(value, tuple) else (value,)
        return ", ".join(_index_text(item, operands) for item in items)
    return str(value)


def _index_text(item: object, operands: list[str]) -> str:
    place: int | None = getattr(item, "number", None)
    if place is not None:
        # What stands for an operand that is the index.
        return operands[place]
    if isinstance(item, slice):
        text = ":".join("" if part is None else str(part) for part in (item.start, item.stop))
        return text if item.step is None else f"{text}:{item.step}"
    if item is Ellipsis:
        return "..."
    return _array_text(item.tolist()) if hasattr(item, "tolist") else str(item)


def _array_text(items: object) -> str:
    """Return an array of numbers as a list; of a long one its ends."""
    if not isinstance(items, list):
        return str(items)
    parts = [_array_text(item) for item in items]
    if len(parts) > MOST_ITEMS:
        parts = [*parts[:2], "...", parts[-1]]
    return f"[{', '.join(parts)}]"


def _fill(
    template: str,
    holes: list[str],
    params: tuple[tuple[str, object], ...],
    plain: list[str],
) -> str:
    """Fill `{0}` with a bracketed operand, `{a0}` with a bare one, `{args}` with all, `{key}`."""
    values = {f"a{number}": text for number, text in enumerate(plain)}
    values["args"] = ", ".join(plain)
    values.update({key: _param(key, value, plain) for key, value in params})
    return template.format(*holes, **values)
