"""Points without a derivative, told from wrong rules by finite differences around them."""

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["CLOSER", "KINK", "UNJUDGED", "UPRIGHT", "grows", "kink"]

UNJUDGED = "no derivative here"
KINK = "a kink: one-sided derivatives differ"
UPRIGHT = f"{UNJUDGED}: the slope grows as the step shrinks"
CLOSER = 64.0
MOST_RANKS = 64

Slope = Callable[[Any, float], tuple[float, float]]
"""From an offset of the operand and a step to the central difference and its rounding error."""


def kink(
    slope: Slope, element: tuple[int, ...], shape: tuple[int, ...], ours: float, step: float
) -> str:
    """Return a note where a rule's number that disagrees is no fault of the rule; else nothing.

    Two things tell such a point: the slope grows as the step shrinks, as at a jump or where the
    tangent is upright; or the slopes at points nearby differ and have the rule's number
    between them, as where several elements are equal and share a gradient.
    """
    still = np.zeros(shape)
    far, _ = slope(still, step)
    near, noise = slope(still, step / CLOSER)
    if grows(far, near, noise):
        return UPRIGHT
    low = high = far
    for offset in _arrangements(element, shape):
        found, noise = slope(16 * step * offset, step)
        low, high = min(low, found), max(high, found)
        if (
            high - low > 1e-3 * max(1.0, abs(low), abs(high))
            and low - noise <= ours <= high + noise
        ):
            return KINK
    return ""


def grows(far: Any, near: Any, noise: Any) -> Any:
    """Tell whether a slope is larger with a step that is CLOSER times smaller."""
    return np.abs(near) > 1.5 * np.abs(far) + 4 * noise


def _arrangements(element: tuple[int, ...], shape: tuple[int, ...]) -> list[Any]:
    """Return offsets that leave an element in place and give it each rank among the others."""
    count = int(np.prod(shape))
    if count < 2:
        return []
    own = int(np.ravel_multi_index(element, shape))
    cuts = sorted({round(k) for k in np.linspace(0, count, min(count, MOST_RANKS) + 1)})
    places = np.arange(count)
    found = []
    for cut in cuts:
        offset = np.where(places < cut, -1.0, 1.0) * (1.0 + places / count)
        offset[own] = 0.0
        found.append(offset.reshape(shape))
    return found
