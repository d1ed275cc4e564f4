"""Which node of one graph is which of another, and the longest common subsequence behind it."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphtrace as gt
from graphtrace.ops import registry
from graphtrace.run import alignment
from graphtrace.run.alignment import common_subsequence, without_cycles
from graphtrace.run.matching import COMMUTATIVE, match


def is_subsequence(short: tuple[int, ...], whole: list[int]) -> bool:
    rest = iter(whole)
    return all(item in rest for item in short)


@given(st.lists(st.integers(0, 3), max_size=8), st.lists(st.integers(0, 3), max_size=8))
def test_no_common_subsequence_is_longer(first: list[int], second: list[int]) -> None:
    found = common_subsequence(first, second)
    assert all(first[i] == second[j] for i, j in found)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(found))
    # Every subsequence of the one, by hand: none that is longer is one of the other.
    longer = combinations(first, len(found) + 1) if len(found) < len(first) else ()
    assert not any(is_subsequence(items, second) for items in longer)


def test_a_table_that_is_too_large_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert common_subsequence("abc", "xbc") == [(1, 1), (2, 2)]
    monkeypatch.setattr(alignment, "MOST_CELLS", 8)
    assert common_subsequence("abc", "xbc") == []


@pytest.mark.parametrize("name", sorted(COMMUTATIVE))
def test_what_is_said_to_commute_gives_the_same_bits(name: str) -> None:
    numbers = [-2.5, -1.0, 0.0, 0.3, 7.0, np.inf, -np.inf, np.nan]
    if name.startswith("bitwise"):
        numbers = [-5, 0, 1, 6, 255]
    with np.errstate(all="ignore"):
        for a in numbers:
            for b in numbers:
                one, two = (registry.OPS[name].evaluate(pair, {}) for pair in ((a, b), (b, a)))
                assert np.array_equal(one, two, equal_nan=not name.startswith("bitwise")), (a, b)


def names_matched(old: gt.Graph, new: gt.Graph) -> dict[str, str]:
    names = old._state.sealed.names, new._state.sealed.names
    return {names[0][o]: names[1][n] for o, n in match(old._state, new._state).items()}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # A term at the end: the square stays the square, though the result has its name.
        (
            "a = tanh(x); b = a - 1; f = b**2",
            "c = exp(x); d = c - 1; e = d**2; p = x*x; f = e + p",
            {"x": "x", "a": "c", "b": "d", "f": "e", "1": "1", "2": "2"},
        ),
        # A term more beside one that has changed; there and back.
        (
            "a = tanh(x); f = a + y",
            "b = exp(x); c = b + y; f = c + z",
            {"x": "x", "y": "y", "a": "b", "f": "c"},
        ),
        (
            "b = exp(x); c = b + y; f = c + z",
            "a = tanh(x); f = a + y",
            {"x": "x", "y": "y", "b": "a", "c": "f"},
        ),
        # The order of factors and terms is none.
        (
            "h = x*y; f = h + 3",
            "g = y*x; f = 3 + g",
            {"x": "x", "y": "y", "h": "g", "f": "f", "3": "3"},
        ),
        # Whether the names of the user agree decides between two that do the same.
        ("a = x*x; b = x*x; f = a - b", "b = x*x; a = x*x; f = a - b", {k: k for k in "xabf"}),
        # Another operation under one name.
        ("h = x*y; f = ln(h)", "h = x/y; f = ln(h)", {k: k for k in "xyhf"}),
        # Other inputs, another name, the same place.
        ("f = ln(x)", "g = ln(u)", {"x": "u", "f": "g"}),
        ("f = ln(x)", "g = sin(a)*cos(b)", {}),
    ],
)
def test_nodes_find_their_partners(old: str, new: str, expected: dict[str, str]) -> None:
    graphs = [gt.parse(text, **dict.fromkeys(inputs_of(text), 2.0)) for text in (old, new)]
    assert names_matched(*graphs) == expected


def test_a_term_more_in_the_body_of_a_loop_leaves_the_rest_what_it_was() -> None:
    def steps(*, more: bool) -> gt.Graph:
        def f(w: float) -> float:
            h = 0.1
            for k in range(5):
                a = w * h + 0.1 * k
                if more:
                    a = a + 0.5 * w
                h = np.tanh(a)
            return h

        return gt.trace(f, 0.9)

    old, new = steps(more=False), steps(more=True)
    # All that there was has its partner: w, and a product, a sum, a tanh and constants each time.
    assert len(match(old._state, new._state)) == len(old.facts().nodes)


def inputs_of(text: str) -> list[str]:
    """Return the letters that are used before they are assigned."""
    found, known = [], set()
    for line in text.split("; "):
        target, _, right = line.partition(" = ")
        words = "".join(c if c.isalnum() else " " for c in right).split()
        found += [w for w in words if len(w) == 1 and w.isalpha() and w not in known]
        known.add(target)
    return [*dict.fromkeys(found)]


def test_of_pairs_that_would_close_a_circle_the_later_ones_are_given_up() -> None:
    # Old: 0 → 1. New: 0 → 1. Crossed over, each would come before the other.
    operands: list[tuple[int, ...]] = [(), (0,)]
    assert without_cycles({0: 1, 1: 0}, operands, operands) == {0: 1}
    assert without_cycles({0: 0, 1: 1}, operands, operands) == {0: 0, 1: 1}
