"""Two graphs side by side: `compare` and what it finds."""

import math
from typing import Any

from graphtrace.annotate.changes import ATOL, RTOL
from graphtrace.annotate.compare import Difference, difference_of
from graphtrace.annotate.network import refuse_foreign
from graphtrace.errors import FormatError
from graphtrace.graph import Graph

__all__ = ["Comparison", "compare"]


class Comparison(Difference):
    """What differs between two graphs: print it, draw it, or read `moves`, `added`, `changed`."""

    def render(
        self,
        file: Any = None,
        /,
        *,
        format: str | None = None,  # noqa: A002 # as in Graph.render
        **options: Any,
    ) -> bytes | None:
        """Draw both graphs as one: write it to `file`, or return the bytes when there is none.

        What is there in both stands once, with both numbers where they moved, `old → new`. Nodes
        that came have a heavy border, + and the word; those that went a dashed one and −.
        Formats and options are those of `Graph.render`, as far as a picture, text or JSON goes. Of
        more than 60 nodes what differs most is drawn; all of them with ``whole=True``.
        """
        from graphtrace.render.difference import draw_difference, save_difference

        if file is None:
            return draw_difference(self, format or "svg", **options).data
        save_difference(self, file, format, **options)
        return None

    def as_json(self) -> str:
        """Return all that differs as strict JSON: NaN and infinities are strings."""
        from graphtrace.render.difference import difference_json

        return difference_json(self)


def compare(
    first: Graph, second: Graph, /, *, rtol: float = RTOL, atol: float = ATOL
) -> Comparison:
    """Compare two graphs: the same program at other inputs, or two versions of it.

    Nodes are matched by what they compute, by name, operation, operands and uses. Names, and the
    order of operands of + and other operations that commute, are no difference. A value or a
    gradient has moved where some element differs by more than atol + rtol · the largest element
    of either side.

    >>> import graphtrace as gt
    >>> found = compare(gt.parse("f = ln(x)*y", x=1, y=2), gt.parse("f = exp(x)*y", x=1, y=2))
    >>> found.same, found.changed, len(found.moves)
    (False, ('h1',), 2)

    Raises RefusedError for what is no Graph, GradientError when only one of both was run
    backward.
    """
    for thing in (first, second):
        if not isinstance(thing, Graph):
            raise refuse_foreign(thing, "compare")
    for word, number in (("rtol", rtol), ("atol", atol)):
        if not 0 <= number < math.inf:
            raise FormatError(f"{word} is a number from 0 on, not {number!r}")
    ran = first._ran, second._ran
    found = difference_of(first._state, second._state, rtol, atol, ran=ran)
    return Comparison(found.facts)
