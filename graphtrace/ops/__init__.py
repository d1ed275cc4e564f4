"""What operations are: one declaration each; this package knows nothing of tracing."""

from graphtrace.ops import (
    activation,
    arithmetic,
    choices,
    convolution,
    contractions,
    einsum,
    exponential,
    losses,
    products,
    reducing,
    reductions,
    rounding,
    scans,
    selection,
    shapes,
    special,
    trigonometric,
    vectors,
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
    "convolution",
    "contractions",
    "einsum",
    "elementwise",
    "exponential",
    "losses",
    "products",
    "reducing",
    "reductions",
    "rounding",
    "scans",
    "seal",
    "selection",
    "shapes",
    "special",
    "structured",
    "trigonometric",
    "vectors",
]

seal()
