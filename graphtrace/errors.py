"""The exception tree: every message says what failed, where, and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "AnswersError",
    "ExpressionError",
    "FormatError",
    "GradientError",
    "GraphTraceError",
    "GuardError",
    "LayoutError",
    "NameNotFoundError",
    "RefusedError",
    "RegistrationError",
    "ShapeError",
    "did_you_mean",
]


class GraphTraceError(Exception):
    """Base of every error that graphtrace raises on purpose."""


class AnswersError(GraphTraceError, ValueError):
    """Answers to an exercise that cannot be read, or that are to something that is not asked."""


class ExpressionError(GraphTraceError, ValueError):
    """An expression or formula is not in the language, or names something unknown."""


class RefusedError(GraphTraceError, TypeError):
    """Code that cannot be recorded; the message has the user's line and the fix."""


class GuardError(GraphTraceError, ValueError):
    """A replay left the branch that was recorded."""


class GradientError(GraphTraceError, ValueError):
    """A backward pass was asked for something that has no gradient."""


class ShapeError(GraphTraceError, ValueError):
    """Shapes of operands, seeds or inputs do not fit together."""


class NameNotFoundError(GraphTraceError, KeyError):
    """No node, input, theme or format of that name."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class FormatError(GraphTraceError, ValueError):
    """An unknown output format, theme or thing to show."""


class LayoutError(GraphTraceError, RuntimeError):
    """No Graphviz could lay the graph out."""


class RegistrationError(GraphTraceError, ValueError):
    """An operation was declared with a rule missing or malformed."""


def did_you_mean(word: str, known: Iterable[str], *, limit: int = 8) -> str:
    """Return `; did you mean 'x'?` or `; known: a, b, c` for an unknown word."""
    names = sorted(set(known))
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    if not names or not limit:
        return ""
    shown = ", ".join(names[:limit]) + (", …" if len(names) > limit else "")
    return f"; known: {shown}"
