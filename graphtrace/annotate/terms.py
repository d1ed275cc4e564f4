"""Names, numbers and formulas in print, as one writes them by hand: in Unicode and in LaTeX."""

import math
import re
from collections import ChainMap
from collections.abc import Callable, Mapping

import numpy as np

from graphtrace.annotate.facts import Value
from graphtrace.annotate.summary import brief, element_count, gist, number
from graphtrace.formula.names import (
    gradient_parts,
    latex_name,
    latex_number,
    latex_words,
    number_text,
    pretty_name,
)
from graphtrace.formula.printers import to_latex, to_text
from graphtrace.formula.tree import Call, Expr, Name, Notation, Number, Printed
from graphtrace.ops.registry import notations

__all__ = [
    "AXES",
    "HADAMARD",
    "TINY",
    "by_element",
    "formula",
    "numeral",
    "partial",
    "product",
    "quantity",
    "shape_text",
    "size_words",
    "word",
    "words",
]

TINY = 4
"""Arrays of up to so many elements are written out."""
LONGEST_NAME = 24
SIGNED, PRODUCT, MATRICES, POWER = 3, 5, 6, 9
LITERAL = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
HADAMARD, AXES = "hadamard", "sum over axes"
MINUS = str.maketrans({"-": "−"})
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
PLAIN_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
LATEX_SIGNS = {"∞": r"\infty", "-∞": r"-\infty", "NaN": r"\mathrm{NaN}",
               "True": r"\mathrm{True}", "False": r"\mathrm{False}"}  # fmt: skip
TEXT = {
    HADAMARD: Notation("∘", infix="∘", precedence=PRODUCT),
    AXES: Notation("Σ", text="sum({a0}, axis={axis})"),
    "multiply": Notation("·", infix="·", precedence=PRODUCT),
    "matmul": Notation("", infix=" ", precedence=MATRICES),
    "subtract": Notation("−", infix="−", precedence=4),
    "negative": Notation("−", infix="−", precedence=6),
    "power": Notation("^", infix="^", precedence=8),
    "square": Notation("²", text="{0}²"),
    "sqrt": Notation("√", text="√{0}"),
    "reciprocal": Notation("1/x", text="1/{0}"),
    "transpose": Notation("ᵀ", text="{0}ᵀ"),
    "less_equal": Notation("≤", infix="≤", precedence=3),
    "greater_equal": Notation("≥", infix="≥", precedence=3),
    "equal": Notation("=", infix="=", precedence=3),
    "not_equal": Notation("≠", infix="≠", precedence=3),
}
LATEX = {
    HADAMARD: Notation("∘", infix="∘", precedence=PRODUCT),
    AXES: Notation("Σ", latex=r"\sum_{{\mathrm{{axis}}\ {axis}}} {0}"),
    "multiply": Notation("·", infix="·", precedence=PRODUCT),
    "matmul": Notation("@", infix="@", precedence=MATRICES),
    "transpose": Notation("ᵀ", latex=r"{0}^{{\top}}"),
}
REDUCING = frozenset({"sum", "mean", "prod", "max", "min"})


def word(name: str) -> Printed:
    """Return a name in print: h1 as h₁ and h_{1}; a very long one is cut."""
    if LITERAL.fullmatch(name):
        return Printed(name.translate(MINUS), name, *(2 * (SIGNED,) if name[0] == "-" else ()))
    if len(name) > LONGEST_NAME:
        start = name[: LONGEST_NAME - 1]
        return Printed(f"{pretty_name(start)}…", rf"{latex_name(start)}\ldots")
    binds = (MATRICES, POWER) if gradient_parts(name) is not None else (100, 100)
    return Printed(pretty_name(name), latex_name(name), *binds)


def partial(above: str, below: str, slot: int | None = None) -> Printed:
    """Return ∂above/∂below; with a slot, by that operand alone: ∂y/∂x|₁ is by the first."""
    top, bottom = (_enclosed(word(name)) for name in (above, below))
    text = f"∂{top.text}/∂{bottom.text}"
    latex = rf"\frac{{\partial {top.latex}}}{{\partial {bottom.latex}}}"
    if slot is not None:
        text += "|" + "".join(chr(0x2080 + int(digit)) for digit in str(slot + 1))
        latex += rf"|_{{{slot + 1}}}"
    return Printed(text, latex, MATRICES, POWER)


def _enclosed(name: Printed) -> Printed:
    """Return a name that is a gradient itself in parentheses: ∂(∂f/∂x)/∂x."""
    if name.bind >= 100 or name.text[:1] != "∂":
        return name
    return Printed(f"({name.text})", rf"\left({name.latex}\right)")


def words(text: str) -> Printed:
    """Return plain words in print; in LaTeX upright."""
    return Printed(text, latex_words(text.translate(PLAIN_DIGITS)))


def product(left: Printed, right: Printed) -> Printed:
    """Return left · right; sums and what begins with a minus sign get parentheses."""
    text = " · ".join(
        f"({p.text})" if p.bind < PRODUCT or p.text[:1] == "−" else p.text for p in (left, right)
    )
    latex = r" \cdot ".join(
        rf"\left({p.latex}\right)" if p.latex_bind < PRODUCT or p.latex[:1] == "-" else p.latex
        for p in (left, right)
    )
    return Printed(text, latex, PRODUCT, PRODUCT)


def numeral(value: object, digits: int) -> Printed:
    """Return a number in print; a negative one gets parentheses wherever it is an operand."""
    text = number(value, digits)
    compound = text[0] == "-" or text[-1] == "i"
    bind = SIGNED if compound else PRODUCT if "×" in text else 100
    return Printed(text.translate(MINUS), _numeral_latex(text), bind, bind)


def _numeral_latex(text: str) -> str:
    found = LATEX_SIGNS.get(text)
    if found is not None:
        return found
    if text[-1] == "i":
        text = text[:-1] + r"\mathrm{i}"
    mantissa, _, power = text.partition("×10")
    return rf"{mantissa} \times 10^{{{power.translate(PLAIN)}}}" if power else mantissa


def quantity(value: Value, digits: int) -> Printed | None:
    """Return a number or all numbers of a tiny array in print; None for a larger array."""
    if not np.ndim(value):
        return numeral(value, digits)
    if element_count(value) > TINY:
        return None
    array = np.asarray(value)
    return Printed(brief(value, digits, TINY).translate(MINUS), _nested(array, digits))


def _nested(array: np.ndarray, digits: int) -> str:
    if not array.ndim:
        return numeral(array[()], digits).latex
    return "[" + ", ".join(_nested(part, digits) for part in array) + "]"


def shape_text(value: Value) -> str:
    """Return a shape as one writes it: 64×10, and 3 for a vector of three."""
    return "×".join(map(str, np.shape(value))) or "1"


def size_words(value: Value, digits: int) -> Printed:
    """Return the norm of a large array in words."""
    text = gist(value, digits, limit=0).translate(MINUS)
    head, _, size = text.partition("norm ")
    if head or not size:
        return words(text)
    return Printed(text, rf"\mathrm{{norm}}\ {_numeral_latex(size)}")


def formula(expr: Expr, names: Mapping[str, Printed]) -> Printed:
    """Return a formula in print, its names replaced."""
    expr, signed = _signed(expr)
    known = {**names, **signed}
    text = to_text(_by_hand(expr), _Hand(TEXT), known)
    latex = to_latex(expr, ChainMap(LATEX, notations()), known)
    if isinstance(expr, Name) and expr.id in known:
        return known[expr.id]
    level = TEXT[expr.op].precedence if isinstance(expr, Call) and expr.op in TEXT else 100
    if isinstance(expr, Call) and expr.op not in TEXT:
        level = notations()[expr.op].precedence
    return Printed(text, latex, level, level)


def _signed(expr: Expr) -> tuple[Expr, dict[str, Printed]]:
    """Return a formula with names in place of its negative literals, and what they stand for."""
    found: dict[str, Printed] = {}

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, Number) or isinstance(part.value, tuple) or not part.value < 0:
            return None
        text, latex = number_text(-part.value), latex_number(-part.value)
        found[f"#{text}"] = Printed(f"−{text}", f"-{latex}", SIGNED, SIGNED)
        return Name(f"#{text}")

    # The sign of an exponent is raised with it.
    return _keep_exponents(expr, change), found


def _keep_exponents(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    if isinstance(expr, Call) and expr.op == "power" and isinstance(expr.args[1], Number):
        return Call(expr.op, (_keep_exponents(expr.args[0], change), expr.args[1]), expr.params)
    if isinstance(expr, Call):
        return Call(expr.op, tuple(_keep_exponents(a, change) for a in expr.args), expr.params)
    return change(expr) or expr


def by_element(expr: Expr, arrays: Mapping[str, bool]) -> Expr:
    """Return a formula with the sign ∘ for its products of two arrays."""
    if not isinstance(expr, Call):
        return expr
    args = tuple(by_element(arg, arrays) for arg in expr.args)
    product = expr.op == "multiply" and all(_is_array(arg, arrays) for arg in args)
    return Call(HADAMARD if product else expr.op, args, expr.params)


def _is_array(expr: Expr, arrays: Mapping[str, bool]) -> bool:
    if isinstance(expr, Name):
        return arrays.get(expr.id, False)
    if isinstance(expr, Call) and expr.op not in REDUCING:
        return any(_is_array(arg, arrays) for arg in expr.args)
    return False


class _Hand(dict[str, Notation]):
    """Notations for text, with the powers of a whole number as raised digits."""

    def __missing__(self, op: str) -> Notation:
        if op.startswith("^"):
            return Notation(op, text="{0}" + op[1:].translate(SUPERSCRIPTS))
        return notations()[op]


def _by_hand(expr: Expr) -> Expr:
    """Return a formula with raised digits for powers of whole numbers."""
    if not isinstance(expr, Call):
        return expr
    args = tuple(map(_by_hand, expr.args))
    if (
        expr.op == "power"
        and isinstance(args[1], Number)
        and isinstance(args[1].value, int | float)
    ):
        exponent = args[1].value
        if math.isfinite(exponent) and exponent == int(exponent):
            return Call(f"^{int(exponent)}", args[:1])
    return Call(expr.op, args, expr.params)
