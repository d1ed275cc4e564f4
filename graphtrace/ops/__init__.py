"""What operations are: one declaration each; this package knows nothing of tracing."""

from graphtrace.ops import (
    activation,
    arithmetic,
    choices,
    exponential,
    products,
    reductions,
    rounding,
    selection,
    shapes,
    special,
    trigonometric,
)
from graphtrace.ops.registry import ALIASES, CALLS, OPS, Op, elementwise, seal, structured

__all__ = [
    "ALIASES",
    "CALLS",
    "OPS",
    "Op",
    "activation",
    "arithmetic",
    "choices",
    "elementwise",
    "exponential",
    "products",
    "reductions",
    "rounding",
    "seal",
    "selection",
    "shapes",
    "special",
    "structured",
    "trigonometric",
]

seal()
