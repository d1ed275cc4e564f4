r"""Text and formulas for LaTeX: every character a letter, never a command of its own.

What comes out is plain ASCII, so that pdfTeX, XeTeX and LuaTeX read it alike, and it may use two
commands that the document has to define: `\gtbar{k}`, a bar k eighths of a line high, and
`\gtchar{1F389}`, the character of that number.
"""

import re
import unicodedata
from functools import lru_cache

from graphtrace.formula.names import latex_name

__all__ = ["tex_math", "tex_text"]

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    '"': r"\char34{}", "`": r"\char96{}", "-": "-{}", "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}", "|": r"\ensuremath{|}", "\u2013": "--{}", "\u2014": "---{}",
    "\u2018": "`{}", "\u2019": "'{}", "\u201c": "``{}", "\u201d": "''{}", "\u2026": r"\ldots{}",
    "ø": r"\o{}", "Ø": r"\O{}", "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}",
    "Œ": r"\OE{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}",
    "\u00a0": "~", "\u2044": "/",
}  # fmt: skip
ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u",
    "\u0307": ".", "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c",
    "\u0323": "d", "\u0331": "b",
}  # fmt: skip
SYMBOLS = {
    "$": r"\mathdollar", "§": r"\mathsection", "¶": r"\mathparagraph",
    "−": "-", "×": r"\times", "÷": r"\div", "±": r"\pm", "·": r"\cdot", "∂": r"\partial",
    "∞": r"\infty", "⊙": r"\odot", "⊗": r"\otimes", "⊕": r"\oplus", "∘": r"\circ", "‖": r"\|",
    "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "√": r"\surd", "≤": r"\leq", "≥": r"\geq",
    "≠": r"\neq", "≈": r"\approx", "→": r"\to", "←": r"\leftarrow", "↑": r"\uparrow",
    "↓": r"\downarrow", "⊤": r"\top", "ᵀ": r"{}^{\top}", "∈": r"\in", "∇": r"\nabla",
    "∗": "*", "⋆": r"\star", "∧": r"\wedge", "∨": r"\vee", "¬": r"\neg", "⌊": r"\lfloor",
    "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "⟨": r"\langle", "⟩": r"\rangle",
    "′": "'", "°": r"{}^{\circ}", "ℓ": r"\ell", "∅": r"\emptyset", "⋯": r"\cdots",
}  # fmt: skip

WORDS = frozenset(
    """
    alpha beta gamma delta epsilon varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma
    tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    exp ln log sin cos tan sec csc cot sinh cosh tanh coth arcsin arccos arctan det dim ker max min
    sup inf lim gcd arg sum prod int odot otimes oplus ominus times div cdot cdots ldots dots pm mp
    star ast circ bullet wedge vee neg top bot perp parallel prime infty partial nabla forall exists
    in notin subset cup cap leq le geq ge neq ne equiv approx sim propto to rightarrow leftarrow
    Rightarrow leftrightarrow mapsto uparrow downarrow lfloor rfloor lceil rceil langle rangle
    lbrace rbrace vert Vert mid ell Re Im emptyset surd bmod quad backslash lbrack rbrack
    """.split()  # noqa: SIM905 # quoted one by one they would not be more readable
)
ARGUMENTS = {
    "frac": 2, "sqrt": 1, "mathrm": 1, "mathbf": 1, "mathit": 1, "mathsf": 1, "mathcal": 1,
    "hat": 1, "bar": 1, "tilde": 1, "vec": 1, "dot": 1, "ddot": 1, "overline": 1, "underline": 1,
}  # fmt: skip
CHARACTERS = frozenset("{}$&#%_,;:!>| ")
DELIMITERS = frozenset("()[]|./<>")
DELIMITING = frozenset(
    "lfloor rfloor lceil rceil langle rangle lbrace rbrace vert Vert lbrack rbrack".split()  # noqa: SIM905 # as above
)
PLAIN = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-*/=<>()[]|.,:;!?"
)
TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|.", re.DOTALL)
DEEPEST = 20


def tex_text(text: str) -> str:
    """Return a line of plain text as LaTeX that prints it, whatever its characters are."""
    return "".join(map(_char, text))


@lru_cache(maxsize=4096)
def _char(char: str) -> str:
    if char in SPECIAL:
        return SPECIAL[char]
    if char in SYMBOLS:
        return rf"\ensuremath{{{SYMBOLS[char]}}}"
    if " " <= char <= "~":
        return char
    if "\u2581" <= char <= "\u2588":
        return rf"\gtbar{{{ord(char) - 0x2580}}}"
    command = latex_name(char)
    if command[:1] == "\\" and command[1:] in WORDS:
        return rf"\ensuremath{{{command}}}"
    return _composed(char) or rf"\gtchar{{{ord(char):X}}}"


def _composed(char: str) -> str:
    """Return an accented letter, a subscript or another variant of simpler characters, or ''."""
    kind, *codes = unicodedata.decomposition(char).split() or [""]
    if not codes:
        return ""
    if kind[0] != "<":
        base, accent = chr(int(kind, 16)), chr(int(codes[0], 16))
        known = accent in ACCENTS and base.isascii() and base.isalpha()
        return rf"\{ACCENTS[accent]}{{{base}}}" if known else ""
    inner = "".join(_char(chr(int(code, 16))) for code in codes)
    if kind == "<circle>":
        return f"({inner})"
    script = {"<sub>": "sub", "<super>": "super"}.get(kind)
    return rf"\text{script}script{{{inner}}}" if script else inner


@lru_cache(maxsize=4096)
def tex_math(tex: str) -> str | None:
    """Return a formula that LaTeX compiles, or None for one that it might not.

    Only letters, digits, signs, groups, scripts and the commands listed above pass; nothing of
    what a name may hold can end the formula, define, read or write.
    """
    try:
        reader = _Reader(TOKEN.findall(tex))
        found = reader.group(0, None)
    except ValueError:
        return None
    return re.sub(" +", " ", found).strip() or None


class _Reader:
    """One walk over the tokens of a formula; ValueError for what is not in the list."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self._at = tokens, 0

    def _next(self) -> str | None:
        sign = self._tokens[self._at] if self._at < len(self._tokens) else None
        self._at += 1
        return sign

    def group(self, depth: int, end: str | None) -> str:
        """Return what stands before `end`: a brace, the command right, or None for the end."""
        if depth > DEEPEST:
            raise ValueError("too deep")
        parts: list[str] = []
        scripts: set[str] = set()
        while (sign := self._next()) != end:
            if sign is None:
                raise ValueError("not closed")
            if sign in ("_", "^", "'"):
                # Two subscripts of one letter are an error of LaTeX.
                kind = "_" if sign == "_" else "^"
                if kind in scripts:
                    raise ValueError("a second script")
                scripts.add(kind)
                parts.append(sign if sign == "'" else sign + self._argument(depth))
                continue
            parts.append(self._item(sign, depth))
            if not sign.isspace():
                scripts.clear()
        return "".join(parts)

    def _argument(self, depth: int) -> str:
        sign = self._next()
        while sign is not None and sign.isspace():
            sign = self._next()
        if sign == "{":
            return "{" + self.group(depth + 1, "}") + "}"
        if sign is None or sign in ("_", "^", "'", "}"):
            raise ValueError("an argument is missing")
        return "{" + self._item(sign, depth) + "}"

    def _item(self, sign: str, depth: int) -> str:
        if sign == "{":
            return "{" + self.group(depth + 1, "}") + "}"
        if sign in PLAIN or sign.isspace():
            return sign if sign in PLAIN else " "
        if sign[0] != "\\":
            return self._letter(sign)
        word = sign[1:]
        if word == "left":
            left = self._delimiter()
            inner = self.group(depth + 1, r"\right")
            return rf"\left{left} {inner}\right{self._delimiter()} "
        if word in ARGUMENTS:
            return sign + "".join(self._argument(depth) for _ in range(ARGUMENTS[word]))
        if word in WORDS:
            return sign + " "
        if word in CHARACTERS:
            return sign
        raise ValueError(sign)

    def _delimiter(self) -> str:
        sign = self._next() or ""
        if sign in DELIMITERS or sign in (r"\{", r"\}", r"\|") or sign[1:] in DELIMITING:
            return sign
        raise ValueError("no delimiter")

    def _letter(self, char: str) -> str:
        """Return a Greek letter or a symbol that was written as itself."""
        if char in SYMBOLS:
            return SYMBOLS[char] + " "
        command = latex_name(char)
        if command[:1] == "\\" and command[1:] in WORDS:
            return command + " "
        raise ValueError(char)
