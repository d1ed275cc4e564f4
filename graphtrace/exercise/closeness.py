"""When two numbers count as one: rounding to the digits given, and a tolerance."""

import math
from dataclasses import dataclass

import numpy as np

from graphtrace.annotate.facts import Value
from graphtrace.errors import AnswersError
from graphtrace.exercise.numbers import Given

__all__ = ["Closeness"]

ABSOLUTE = 1e-12
"""What rounding errors leave of a zero."""
PRECISION = {2: 5e-3, 4: 1e-5}
EXACT = 1e-9
ZEROS = 4
"""Programs that print so many digits leave zeros out: 1 for 1.0004."""
Numbers = float | np.ndarray


@dataclass(frozen=True, slots=True)
class Closeness:
    """How far an answer may be off.

    Attributes
    ----------
    tolerance: share of the right number.
    digits: significant digits that an answer must have at least, unless it is as close as if
        it had four: 1 for 1.0004 is.
    """

    tolerance: float = 1e-6
    digits: int = 2

    def __post_init__(self) -> None:
        if not self.tolerance >= 0 or self.digits < 1:
            raise AnswersError("a tolerance is a share of at least 0, and digits are at least 1")

    def is_right(self, given: Given, truth: Value, slack: Numbers = 0.0) -> bool:
        """Whether an answer is a number, rounded to the digits that were written.

        `slack` is how far the number itself is uncertain. Shapes must be the same.
        """
        return bool(np.all(self.fits(given, truth, slack)))

    def fits(self, given: Given, truth: Value, slack: Numbers = 0.0) -> np.ndarray:
        """Return the same element by element."""
        return self._near(given.value, truth, self._rounding(given, truth), slack)

    def _rounding(self, given: Given, truth: Value) -> Numbers:
        """Return by how much rounding to the digits that were written may move a number.

        With fewer digits than needed an answer may only be one whose zeros were left out.
        """
        largest = _largest(given.value)
        least = self.needed(truth)
        if not largest:
            return np.minimum(given.half, least)
        with np.errstate(divide="ignore"):
            places = np.round(np.log10(2 * np.asarray(given.half)))
        short = math.floor(math.log10(largest)) - places + 1 < self.digits
        fine = least * 10.0 ** min(0, self.digits - ZEROS)
        return np.minimum(given.half, np.where(short, fine, least))

    def is_rounded(self, given: Given, truth: Value) -> bool:
        """Whether an answer is a number rounded to the digits written, however few."""
        half = given.half
        if given.whole is True and given.value:
            # 20 may be 18 in one digit.
            digits = f"{abs(given.value):.0f}"
            half = 0.5 * 10.0 ** (len(digits) - len(digits.rstrip("0")))
        near = self._near(given.value, truth, half, 0.0)
        return bool(np.all(near)) and _largest(given.value) > 0

    def is_off_by_a_digit(self, given: Given, truth: Value) -> bool:
        """Whether an answer is off by at most one unit of its last digit: cut, not rounded."""
        half = np.asarray(given.half)
        fine = half <= self.needed(truth)
        return bool(np.all(fine & self._near(given.value, truth, 2 * half, 0.0)))

    def same(self, one: Value, other: Value) -> bool:
        """Whether two numbers are the same but for rounding errors."""
        if np.shape(one) != np.shape(other):
            return False
        return bool(np.all(self._near(one, other, 0.0, 0.0, exactly=True)))

    def needed(self, truth: Value) -> Numbers:
        """Return half of a unit in the last digit that is needed; of arrays of the largest."""
        largest = _largest(truth)
        if largest == 0:
            return 0.0
        return float(0.5 * 10.0 ** (math.floor(math.log10(largest)) - self.digits + 1))

    def own_half(self, given: Given) -> Numbers:
        """Return how much more exactly a student may have gone on than written."""
        found = np.minimum(np.where(given.whole, 0.0, given.half), self.needed(given.value))
        return found if found.ndim else float(found)

    def _near(
        self, value: Value, truth: Value, half: Numbers, slack: Numbers, *, exactly: bool = False
    ) -> np.ndarray:
        right = np.asarray(truth)
        bits = right.dtype.itemsize if right.dtype.kind == "f" else 8
        share = PRECISION.get(bits, EXACT)
        if not exactly:
            share = max(share, self.tolerance)
        right = right.astype(float)
        have = np.asarray(value, dtype=float)
        with np.errstate(all="ignore"):
            allowed = np.maximum(np.maximum(share * np.abs(right), half), ABSOLUTE) * (1 + 1e-9)
            fine = np.abs(have - right) <= allowed + slack
            finite = np.isfinite(right) & np.isfinite(have)
            same = (have == right) | (np.isnan(have) & np.isnan(right))
        return np.asarray(np.where(finite, fine, same))


def _largest(value: Value) -> float:
    """Return the largest size among finite numbers; 0 when there is none."""
    size = np.abs(np.asarray(value, dtype=float))
    finite = size[np.isfinite(size)]
    return float(finite.max()) if finite.size else 0.0
