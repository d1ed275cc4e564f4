"""Functions of neural networks that NumPy lacks; on plain values they just compute."""

from typing import Any

from graphtrace.ops.registry import OPS
from graphtrace.tape.protocols import record

__all__ = ["leaky_relu", "relu", "sigmoid", "softmax"]


def relu(x: Any) -> Any:
    """Return max(x, 0), elementwise; its derivative at 0 is 0."""
    return record(OPS["relu"], (x,))


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """Return x where x > 0, else slope·x; its derivative at 0 is the slope."""
    return record(OPS["leaky_relu"], (x, slope))


def sigmoid(x: Any) -> Any:
    """Return 1/(1 + exp(-x)), elementwise, without overflow."""
    return record(OPS["sigmoid"], (x,))


def softmax(x: Any, axis: int | None = -1) -> Any:
    """Return exp(x)/Σexp(x) along an axis (None: over all), shifted by the maximum."""
    return record(OPS["softmax"], (x,), {"axis": axis} if axis != -1 else None)
