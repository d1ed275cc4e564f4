"""Names in print: `h1` as h₁ in Unicode and h_{1} in LaTeX."""

import re
import unicodedata
from collections.abc import Mapping

__all__ = ["find_name", "gradient_parts", "latex_name", "latex_number", "latex_words",
           "number_text", "pretty_name"]  # fmt: skip

GREEK = frozenset(
    """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau
    upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    """.split()  # noqa: SIM905 # thirty quoted words would not be more readable
)
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SHORT = {"lam": "lambda", "lambda_": "lambda", "eps": "epsilon"}
# Weights as W_q or W_{xh}, as they are mostly written without the low line in programs.
WEIGHT = re.compile(r"^([WUVKQ])([a-z]{1,2})$")
PLAIN_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
SPECIAL = {
    "\\": r"\backslash ",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\hat{ }",
    "~": r"\sim ",
    " ": r"\ ",
}
PARTS = re.compile(r"^([^\W\d_]+)_?(\d+)?$")
# W^[2], W^(2), x^{(i)}, h_t^2: a layer's or a step's number above the line.
ABOVE = re.compile(r"^([^^{}]+)\^(?:\{([\w()\[\],+-]{1,8})\}|([\w()\[\]]{1,8}))$")
ELEMENT = re.compile(r"^(.+?)((?:\[[^\[\]]*\])+)$", re.DOTALL)
# An estimate y_hat, a mean x_bar, and the k-th of them.
ACCENT = re.compile(r"^([^\W\d_]+)_(hat|bar|tilde)_?(\d+)?$")


def find_name(numbers: Mapping[str, int], name: str) -> int | None:
    """Return what a name stands for, or None; h1, h_1 and h₁ are one name."""
    plain = name.translate(PLAIN_DIGITS)
    found = (numbers.get(word) for word in (name, plain, plain.replace("_", "")))
    return next((number for number in found if number is not None), None)


def pretty_name(name: str) -> str:
    """Return the name for plain text: `h1` and `h_1` become `h₁`, `x[0]` stays."""
    parts = gradient_parts(name)
    if parts:
        return f"∂{pretty_name(parts[0])}/∂{pretty_name(parts[1])}"
    above = ABOVE.match(name)
    if above:
        return f"{pretty_name(above[1])}^{above[2] or above[3]}"
    match = PARTS.match(name)
    if match and match[2]:
        return match[1] + match[2].translate(SUBSCRIPTS)
    return name


def latex_name(name: str) -> str:
    """Return LaTeX for a variable's name: Greek, subscripts, upright words.

    Every character that LaTeX reads as a command is escaped.
    """
    parts = gradient_parts(name)
    if parts:
        above, below = map(latex_name, parts)
        if gradient_parts(parts[0]):
            return rf"\frac{{\partial}}{{\partial {below}}} {above}"
        return rf"\frac{{\partial {above}}}{{\partial {below}}}"
    raised = ABOVE.match(name)
    if raised:
        # In braces, so that it can be squared and transposed.
        return f"{{{latex_name(raised[1])}^{{{_escape(raised[2] or raised[3])}}}}}"
    element = ELEMENT.match(name)
    if element:
        return f"{_indexable(element[1])}_{{{_indices(element[2])}}}"
    accent = ACCENT.match(name)
    if accent and (len(accent[1]) == 1 or accent[1] in GREEK):
        index = f"_{{{accent[3]}}}" if accent[3] else ""
        return rf"\{accent[2]}{{{_base(accent[1])}}}{index}"
    match = PARTS.match(name)
    if match:
        base, index = match[1], match[2]
        return _base(base) + (f"_{{{index}}}" if index else "")
    head, _, tail = name.partition("_")
    if head and tail and head.isalpha() and tail.isalnum():
        return f"{_base(head)}_{{{_base(tail) if tail.isalpha() else tail}}}"
    return rf"\mathrm{{{_escape(name)}}}" if name else ""


def _indexable(name: str) -> str:
    """Return LaTeX for a name that gets an index, in braces if it has one."""
    found = latex_name(name)
    return f"{{{found}}}" if "_" in found else found


def _indices(brackets: str) -> str:
    """Return LaTeX for the indices in `[0][Wk]`, words in upright type."""
    parts = brackets[1:-1].split("][")
    words = [part if len(part) > 1 and part.isalpha() else "" for part in parts]
    return ",".join(
        latex_words(word) if word else _escape(part)
        for word, part in zip(words, parts, strict=True)
    )


def latex_words(text: str) -> str:
    """Return LaTeX for plain words, in upright type; every character is escaped."""
    return rf"\mathrm{{{_escape(text)}}}"


def gradient_parts(name: str) -> tuple[str, str] | None:
    """Return f and x of the gradient ∂f/∂x, each of which may be a gradient; None for others."""
    if not name.startswith("∂"):
        return None
    open_ = 1
    for at in range(1, len(name)):
        if name.startswith("/∂", at):
            open_ -= 1
            if not open_:
                return name[1:at], name[at + 2 :]
        elif name[at] == "∂" and name[at - 1] != "/":
            open_ += 1
    return None


def _base(word: str) -> str:
    word = SHORT.get(word, word)
    if word in GREEK:
        return "\\" + word
    weight = WEIGHT.match(word)
    if weight:
        return f"{weight[1]}_{{{weight[2]}}}"
    if len(word) == 1 and not word.isascii():
        return _greek(word)
    return word if len(word) == 1 else rf"\mathrm{{{_escape(word)}}}"


def _greek(letter: str) -> str:
    """Return the command for a Greek letter; any other letter as it is."""
    name = unicodedata.name(letter, "").replace("LAMDA", "LAMBDA")
    case, _, word = name.removeprefix("GREEK ").partition(" LETTER ")
    command = word.lower() if case == "SMALL" else word.capitalize()
    return "\\" + command if command in GREEK else letter


def _escape(text: str) -> str:
    return "".join(SPECIAL.get(char, char) for char in text if char.isprintable())


def number_text(value: float) -> str:
    """Return a literal as one would write it: 2, 0.5, 1e-05."""
    if isinstance(value, int):
        return str(value)
    number = float(value)
    if number == int(number) if abs(number) < 1e15 else False:
        return str(int(number))
    return repr(number)


def latex_number(value: float) -> str:
    """Return a literal in LaTeX: 1e-05 becomes 10^{-5}."""
    text = number_text(value)
    if "e" not in text:
        return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{NaN}"}.get(text, text)
    mantissa, _, exponent = text.partition("e")
    power = f"10^{{{int(exponent)}}}"
    if mantissa in ("1", "-1"):
        return mantissa[:-1] + power
    return rf"{mantissa} \cdot {power}"
