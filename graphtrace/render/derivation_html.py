"""A worked derivation as one HTML page: formulas as MathML, nothing fetched."""

import re
from collections.abc import Iterator
from html import escape
from warnings import catch_warnings, simplefilter

from graphtrace.annotate.derivation_parts import Derivation, Line
from graphtrace.render.tex import tex_math
from graphtrace.scene.needs import need
from graphtrace.scene.typeset import printable

__all__ = ["html_text"]

# After another operator a minus is a sign, close to its number; only brackets that close are none.
SIGN = re.compile(r"(<mo[^>]*>(?!&#x00029;|\)|\]|&#x0005D;)[^<]*</mo>)<mo>(?=&#x02212;)")
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff]+(?:\s+[\u0590-\u08ff]+)*")
# Browsers have no other bold digits than the letters for them.
BOLD = '<mn mathvariant="bold">1</mn>'
STYLE = """\
:root { color-scheme: light dark; --ink: #1b1b1b; --page: #ffffff;
  --quiet: #5f6368; --rule: #d5d8dc; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --page: #17191c; --quiet: #a4a9af; --rule: #3b4046; }
}
body { margin: 2rem auto; max-width: 52rem; padding: 0 1rem; color: var(--ink);
  background: var(--page); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 1.75rem 0 .25rem; padding-top: .5rem;
  border-top: 1px solid var(--rule); }
p { margin: .25rem 0; }
.intro, .note { color: var(--quiet); }
.line { overflow-x: auto; overflow-y: hidden; padding: .35rem 0 .35rem 1.25rem; }
.note { margin-left: 1.5rem; font-size: .875rem; }
math { display: inline math; math-style: normal; font-size: 1.1rem;
  font-family: "STIX Two Math", "Cambria Math", "Latin Modern Math", math; }
@media print {
  body { margin: 0; max-width: none; }
  .line { overflow: visible; break-inside: avoid; }
}
"""


def html_text(derivation: Derivation) -> str:
    """Return the page; it needs no network and no script."""
    return "\n".join(_parts(derivation)) + "\n"


def _parts(derivation: Derivation) -> Iterator[str]:
    title = _plain(derivation.title)
    bare = escape(printable(derivation.title))
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{bare}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>"
    yield f"<h1>{title}</h1>\n<p>{_plain(derivation.opening)}</p>"
    for number, section in enumerate(derivation.sections, 1):
        yield f"<section>\n<h2>{number}. {_plain(section.title)}</h2>"
        if section.intro:
            yield f'<p class="intro">{_plain(section.intro)}</p>'
        yield from map(_line, section.lines)
        yield "</section>"
    for remark in derivation.remarks:
        yield f'<p class="note">Note: {_plain(remark)}</p>'
    yield "</body>\n</html>"


def _plain(text: str) -> str:
    """Return text as HTML; words written from right to left do not turn what follows them."""
    return RIGHT_TO_LEFT.sub(r"<bdi>\g<0></bdi>", escape(printable(text)))


def _line(line: Line) -> str:
    found = _math(line)
    if found is None:
        return f'<div class="line">{_plain(line.text)}</div>'
    note = f'<span class="note">({_plain(line.note)})</span>' if line.note else ""
    return f'<div class="line">{found}{note}</div>'


def _math(line: Line) -> str | None:
    """Return an equation as MathML; None for what is no formula that LaTeX reads."""
    latex = tex_math(line.equation.latex) if line.equation is not None else None
    if latex is None:
        return None
    convert = need("latex2mathml.converter", "ziamath", "mathematics in HTML").convert
    with catch_warnings():
        simplefilter("ignore")
        try:
            found = SIGN.sub(r'\1<mo form="prefix">', convert(latex, display="block"))
            return found.replace(BOLD, "<mn>\U0001d7cf</mn>")
        except Exception:  # noqa: BLE001 - malformed input raises assorted errors
            return None
