"""What operations are: one declaration each; this package knows nothing of tracing."""

from graphtrace.ops import (
    activation,
    arithmetic,
    exponential,
    products,
    reductions,
    selection,
    shapes,
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
    "elementwise",
    "exponential",
    "products",
    "reductions",
    "seal",
    "selection",
    "shapes",
    "structured",
    "trigonometric",
]

seal()
