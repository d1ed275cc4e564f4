"""What an operation costs: multiplications, additions and others, counted from shapes.

A declaration gives its `cost(out, operands, params)`, of which only shapes and options are read
(and an exponent of 2, which is a product). Divisions count as multiplications; subtractions and
changes of sign as additions; roots, functions, comparisons and choices as others, one for each
element. Moving values costs nothing. What is declared is the arithmetic of the definition, as
counted by hand, not what a processor happens to do.

Decompositions count their leading term: G. H. Golub and C. F. Van Loan, Matrix Computations,
4th ed., §3.2, §4.2, §5.2, §8.3, §8.6.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphtrace.formula.tree import Call, Expr, Number
from graphtrace.ops.values import shape_of

if TYPE_CHECKING:
    from graphtrace.ops.op import Op

__all__ = [
    "FREE",
    "Cost",
    "Counts",
    "chain",
    "contraction",
    "count",
    "each",
    "lines",
    "matrices",
    "power",
    "reducing",
    "size_of",
    "sliding",
    "sorting",
    "summed",
]

Cost = Callable[[Any, Sequence[Any], Mapping[str, Any]], "Counts"]
"""`cost(out, operands, params)`: the counts of one run."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of multiplications, additions and other operations; they add up and scale."""

    multiplications: int = 0
    additions: int = 0
    others: int = 0

    @property
    def operations(self) -> int:
        """All of them together."""
        return self.multiplications + self.additions + self.others

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.multiplications + other.multiplications,
            self.additions + other.additions,
            self.others + other.others,
        )

    def at_least_none(self) -> Counts:
        """Return the same without negative numbers."""
        return Counts(max(self.multiplications, 0), max(self.additions, 0), max(self.others, 0))

    def __mul__(self, times: int) -> Counts:
        return Counts(self.multiplications * times, self.additions * times, self.others * times)


def count(
    op: Op, out: Any, operands: Sequence[Any], params: Mapping[str, Any], known: Mapping[str, Op]
) -> Counts:
    """Return what one run costs: as declared, or by its definition in terms of `known` others.

    What has neither counts as one function for each element.
    """
    if op.cost is not None:
        return op.cost(out, operands, params)
    one = Counts(others=1) if op.definition is None else _counted(op.definition, known)
    return one * size_of(out)


def _counted(expr: Expr, known: Mapping[str, Op]) -> Counts:
    """Return what a formula costs on numbers."""
    if not isinstance(expr, Call):
        return Counts()
    numbers = [arg.value if isinstance(arg, Number) else 0.0 for arg in expr.args]
    own = known[expr.op].count(0.0, numbers, {})
    return sum((_counted(arg, known) for arg in expr.args), own)


def size_of(value: Any) -> int:
    """Return the number of elements."""
    return math.prod(shape_of(value))


def each(*, multiplications: int = 0, additions: int = 0, others: int = 0) -> Cost:
    """Return the cost of so many for each element of the result."""
    one = Counts(multiplications, additions, others)

    def cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
        return one * size_of(out)

    return cost


FREE: Cost = each()
"""Values are moved, nothing is computed."""


def power(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
    """Return the cost of a power: a product for an exponent of 2, else a function."""
    square = not shape_of(operands[1]) and operands[1] == 2
    return (Counts(multiplications=1) if square else Counts(others=1)) * size_of(out)


def contraction(inner: Callable[..., int]) -> Cost:
    """Return the cost of sums of products; `inner(*operands, **params)` terms for each element."""

    def cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
        products = size_of(out) * inner(*operands, **params)
        return Counts(products, max(products - size_of(out), 0))

    return cost


def reducing(element: Counts, result: Counts = Counts()) -> Cost:
    """Return the cost of a reduction: so many for each element that is read, and each result.

    A result's may be negative: n elements are added up by n - 1 additions.
    """

    def cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
        return (element * size_of(operands[0]) + result * size_of(out)).at_least_none()

    return cost


def summed(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
    """Return the cost of adding every element of the last operand to one of the result."""
    return Counts(additions=size_of(operands[-1]))


def lines(element: Counts, line: Counts, axis: int | None = -1) -> Cost:
    """Return the cost of what goes along lines: so many for each element, and for each line.

    `axis` is the usual one; None is all elements in one line.
    """

    def cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
        elements, length = size_of(operands[0]), _length(operands[0], params.get("axis", axis))
        return (element * elements + line * (elements // max(length, 1))).at_least_none()

    return cost


def sorting(axis: int | None = -1) -> Cost:
    """Return the cost of putting lines in order: ⌈log2 n⌉ comparisons for each of n elements."""

    def cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
        length = _length(operands[0], params.get("axis", axis))
        return Counts(others=size_of(operands[0]) * math.ceil(math.log2(max(length, 1))))

    return cost


def _length(a: Any, axis: int | tuple[int, ...] | None) -> int:
    shape = shape_of(a)
    if axis is None or not shape:
        return size_of(a)
    return math.prod(shape[n] for n in (axis if isinstance(axis, tuple) else (axis,)))


def sliding(mode: str) -> Cost:
    """Return the cost of a sequence's products with a sliding one, where the two overlap.

    `mode` is NumPy's usual one: full, same or valid.
    """

    def cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
        short, long = sorted(max(size_of(operand), 1) for operand in operands)
        start = {"full": 0, "same": (short - 1) // 2, "valid": short - 1}
        places = range(start[params.get("mode", mode)], long + short - 1)[: size_of(out)]
        products = sum(min(k + 1, short, long + short - 1 - k) for k in places)
        return Counts(products, products - size_of(out))

    return cost


def chain(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
    """Return the cost of a product of many matrices in its cheapest order.

    Cormen et al., Introduction to Algorithms, §14.2.
    """
    first, last = shape_of(operands[0]), shape_of(operands[-1])
    sizes = [first[0] if len(first) == 2 else 1]
    sizes += [shape_of(a)[0] for a in operands[1:]] + [last[1] if len(last) == 2 else 1]
    count = len(operands)
    best = {(k, k): Counts() for k in range(count)}
    for length in range(2, count + 1):
        for i in range(count - length + 1):
            j = i + length - 1
            ways = []
            for k in range(i, j):
                elements = sizes[i] * sizes[j + 1]
                products = elements * sizes[k + 1]
                ways.append(best[i, k] + best[k + 1, j] + Counts(products, products - elements))
            best[i, j] = min(ways, key=lambda way: way.multiplications)
    return best[0, count - 1]


def matrices(cubic: float, rows: float = 0) -> Cost:
    """Return the cost of work on (stacks of) m × n matrices, m ≥ n, in its leading term.

    It is cubic·n³ + rows·m·n² operations, half of them multiplications, half additions.
    """

    def cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
        shape = shape_of(operands[0])
        n, m = sorted(shape[-2:]) if len(shape) > 1 else (0, 0)
        half = math.ceil((cubic * n**3 + rows * m * n**2) / 2) * math.prod(shape[:-2])
        return Counts(half, half)

    return cost
