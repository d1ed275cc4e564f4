"""A graph whose names try to leave their labels, and ways to read each format back."""

import numpy as np

import graphtrace as gt
from graphtrace.annotate.facts import GraphFacts

LONG = "n" * 10_000
NAMES = (
    "<b>",
    "</text><script>alert(1)</script>",
    "&amp;",
    "\"'`",
    "back\\slash\\",
    "two\nlines\r\n\ttab",
    "$x$ $$",
    "\\write18{touch pwned}",
    "^^5cinput{pwned}",
    "\\end{tikzpicture}\\end{document}",
    "%%{init: {'securityLevel': 'loose'}}%%",
    '"] --> x; click n0 "javascript:alert(1)"',
    "}{_^#~&%",
    "\\N\\G\\n",
    "\u202eevil\u202c",
    "שלום עולם",
    "🎉👩‍👩‍👧",
    "é ñ ł ß ½ ² ₁ 日本",
    "-->]]>",
    "null\x00bell\x07",
    LONG,
)


def graph() -> GraphFacts:
    """Return the product of inputs with these names, as keys of a dictionary of parameters."""

    def f(params: dict[str, float]) -> float:
        total = 1.0
        for value in params.values():
            total = total * value
        return total

    recorded = gt.trace(f, dict.fromkeys(NAMES, 2.0))
    recorded.backward()
    return recorded.facts()


def arrays() -> GraphFacts:
    """Return a sum of two arrays with such names, for the card look."""

    def f(params: dict[str, np.ndarray]) -> np.float64:
        total: np.float64 = np.sum(params[NAMES[7]] * params[NAMES[0]] + params[NAMES[-1]])
        return total

    recorded = gt.trace(f, {name: np.ones((5, 7)) for name in (NAMES[7], NAMES[0], NAMES[-1])})
    recorded.backward()
    return recorded.facts()
