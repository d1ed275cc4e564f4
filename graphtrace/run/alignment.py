"""What matching rests on: common subsequences, and pairs without circles."""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np

__all__ = ["common_subsequence", "without_cycles"]

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


Operands = list[tuple[int, ...]]


def without_cycles(pairs: Mapping[int, int], old: Operands, new: Operands) -> dict[int, int]:
    """Return the pairs without those that would close a circle in both graphs together.

    Of each circle the pairs that were found last are given up.
    """
    kept = dict(pairs)
    in_order = [kept[o] for o in sorted(kept)]
    if in_order == sorted(in_order):
        return kept
    import networkx

    while True:
        rank = {new_: at for at, new_ in enumerate(kept.values())}
        union: networkx.DiGraph[int] = networkx.DiGraph()
        # New nodes have their numbers, old ones without a partner those below zero.
        union.add_edges_from((q, n) for n, operands in enumerate(new) for q in operands)
        union.add_edges_from(
            (kept.get(p, -1 - p), kept.get(o, -1 - o))
            for o, operands in enumerate(old)
            for p in operands
        )
        given_up: set[int] = set()
        for circle in networkx.strongly_connected_components(union):
            if len(circle) > 1:
                inside = sorted((n for n in circle if n in rank), key=rank.__getitem__)
                # A quarter at once, so that large circles do not take a round for each pair.
                given_up.update(inside[-max(1, len(inside) // 4) :])
        if not given_up:
            return kept
        kept = {o: n for o, n in kept.items() if n not in given_up}
