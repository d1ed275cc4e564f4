"""The longest common subsequence of two lists, in vectorised rows."""

from collections.abc import Hashable, Sequence

import numpy as np

__all__ = ["common_subsequence"]

MOST_CELLS = 25_000_000
"""A larger table is not worth its time and memory: nothing is found."""


def common_subsequence(
    first: Sequence[Hashable], second: Sequence[Hashable]
) -> list[tuple[int, int]]:
    """Return the places of a longest common subsequence, in order; the earliest places in both.

    Nothing where the lists are so long that the table would have more than 25 million cells.
    """
    rows, columns = len(first), len(second)
    if not rows or not columns or rows * columns > MOST_CELLS:
        return []
    numbers: dict[Hashable, int] = {}
    one, two = (
        np.array([numbers.setdefault(key, len(numbers)) for key in keys])
        for keys in (first, second)
    )
    # table[i, j]: the length for the lists from i and j on.
    table = np.zeros((rows + 1, columns + 1), dtype=np.uint16)
    for i in reversed(range(rows)):
        below = table[i + 1]
        best = np.maximum(below[:-1], np.where(two == one[i], below[1:] + 1, 0))
        table[i, :-1] = np.maximum.accumulate(best[::-1])[::-1]
    found, i, j = [], 0, 0
    while i < rows and j < columns and table[i, j]:
        if one[i] == two[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif table[i + 1, j] >= table[i, j + 1]:
            i += 1
        else:
            j += 1
    return found
