"""Growth of cost with a size: counts by hand, and the exponents of known laws."""

import math
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import RefusedError
from graphtrace.experiments.scaling import power_law


def chain(length):
    def f(w):
        h = w
        for _ in range(length):
            h = h * w
        return h

    return gt.trace(f, 2.0)


def square(n):
    return gt.trace(lambda A, B: np.sum(A @ B), np.ones((n, n)), np.ones((n, n)))


def test_a_chain_grows_linearly_forward_and_backward():
    found = gt.growth(chain, [4, 8, 16, 64])
    assert [c.multiplications for c in found.forward] == [4, 8, 16, 64]
    # h·w twice back through each product; all but the first pair meet at w by an addition
    assert [c.multiplications for c in found.backward] == [8, 16, 32, 128]
    assert [c.additions for c in found.backward] == [4, 8, 16, 64]
    for law, factor in ((found.forward_law, 1), (found.backward_law, 3)):
        assert law.exponent == pytest.approx(1, abs=1e-12)
        assert law.coefficient == pytest.approx(factor, rel=1e-12)
        assert law.residual == pytest.approx(0, abs=1e-12)


def test_a_matrix_product_grows_with_the_cube():
    """n³ products, n³ - n² additions, then n² - 1 of the sum: 2n³ - 1 operations."""
    found = gt.growth(square, [8, 16, 32, 64])
    assert [c.operations for c in found.forward] == [2 * n**3 - 1 for n in (8, 16, 32, 64)]
    assert found.forward_law.exponent == pytest.approx(3, abs=1e-3)
    # Backward there are two products with n³ multiplications and n³ - n² additions each.
    assert [c.operations for c in found.backward] == [4 * n**3 - 2 * n**2 for n in found.sizes]


def test_the_fit_is_that_of_numpy():
    sizes, counts = [3, 5, 10, 40], [20, 61, 199, 3500]
    law = power_law(sizes, counts)
    slope, start = np.polyfit(np.log(sizes), np.log(counts), 1)
    assert (law.exponent, law.coefficient) == pytest.approx((slope, math.exp(start)))
    left = np.log(counts) - start - slope * np.log(sizes)
    assert law.residual == pytest.approx(np.sqrt(np.mean(left**2)))


def test_nothing_to_count_has_no_law():
    found = gt.growth(lambda n: gt.trace(lambda x: np.reshape(x, -1), np.ones((n, 2))), [1, 2])
    assert math.isnan(found.forward_law.exponent)
    assert "nan" in str(found)


def test_the_text_has_a_row_for_each_size_and_both_laws():
    lines = str(gt.growth(chain, [4, 8])).splitlines()
    assert lines[3].split() == ["4", "5", "4", "12"]
    assert lines[-2].startswith("forward ≈ 1 · size^1.0000")
    assert lines[-1].startswith("backward ≈ 3 · size^1.0000")


@pytest.mark.parametrize("sizes", [[], [4], [4, 4], [0, 4]])
def test_too_few_sizes_are_refused(sizes):
    with pytest.raises(RefusedError, match="at least two different sizes"):
        gt.growth(chain, sizes)


def test_a_build_that_returns_no_graph_is_refused():
    build: Any = float
    with pytest.raises(RefusedError, match=r"build\(2\) returned a float, not a graph"):
        gt.growth(build, [2, 3])
