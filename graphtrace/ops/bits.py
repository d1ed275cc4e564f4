"""Bitwise operations of truths and of integers, which pass no gradient; floats have no bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.registry import cut

FAMILY = "comparison"


def _whole(value: Any, others: tuple[Any, ...]) -> Any:
    """Return a literal beside an integer as one: the tape keeps literals as floats."""
    kinds = {np.asarray(other).dtype.kind for other in others}
    literal = isinstance(value, float) and value.is_integer() and bool(kinds & set("iu"))
    return int(value) if literal else value


def _bitwise(function: np.ufunc) -> Callable[..., Any]:
    def forward(*operands: Any) -> Any:
        whole = [_whole(operand, operands) for operand in operands]
        if any(np.asarray(item).dtype.kind == "f" for item in whole):
            raise TypeError("floats have no bits: compare first, as in (x > 0) & (y > 0)")
        return function(*whole)

    return forward


def _samples(rng: np.random.Generator, count: int) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    truths = tuple(rng.random((2, 3)) < 0.5 for _ in range(count))
    whole = tuple(rng.integers(0, 8, size=3) for _ in range(count))
    return [(truths, {}), (whole, {})]


for _name, _function, _sign in (
    ("bitwise_and", np.bitwise_and, "&"),
    ("bitwise_or", np.bitwise_or, "|"),
    ("bitwise_xor", np.bitwise_xor, "^"),
):
    cut(
        _name,
        _bitwise(_function),
        family=FAMILY,
        arity=2,
        samples=lambda rng: _samples(rng, 2),
        calls={_function: lambda a, b, /: ((a, b), {})},
        notation=Notation(_sign),
    )
cut(
    "invert",
    _bitwise(np.invert),
    family=FAMILY,
    arity=1,
    samples=lambda rng: _samples(rng, 1),
    calls={np.invert: lambda a, /: ((a,), {})},
    notation=Notation("~"),
)
