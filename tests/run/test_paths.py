"""Paths: how many, which are the largest, and that their products sum to the gradient."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphtrace as gt


def test_the_paths_of_the_log_exp_function():
    g = gt.parse("h1 = ln(x); h2 = exp(y); h3 = h2*z; f = h1 + h3", x=1, y=3, z=2)
    e3 = math.exp(3)
    worked: dict[str, Any] = {
        "x": (["x", "h1", "f"], [1, 1]),
        "y": (["y", "h2", "h3", "f"], [e3, 2, 1]),
        "z": (["z", "h3", "f"], [e3, 1]),
    }
    for name, (nodes, factors) in worked.items():
        (path,) = g.paths(name)
        assert list(path.nodes) == nodes
        assert path.factors == pytest.approx(tuple(factors), rel=1e-15)
        assert path.product == pytest.approx(math.prod(factors), rel=1e-15)
    assert str(g.paths("y")) == "y→h2→h3→f: 1·2·20.0855 = 40.1711"


def test_the_three_paths_of_the_shared_weight():
    text = "p = u1; q = w*p; r = u2 + q; s = w*r; t = u3 + s; y = w*t"
    paths = gt.parse(text, w=2, u1=1, u2=1, u3=1).paths("w")
    assert [path.product for path in paths] == [7, 6, 4]
    assert [path.nodes[1] for path in paths] == ["y", "s", "q"]
    assert [len(path.nodes) for path in paths] == [2, 4, 6]


def test_parallel_edges_are_paths_of_their_own():
    paths = gt.parse("f = x*x", x=3).paths("x")
    assert [(path.edges, path.product) for path in paths] == [(((0, 1, 0),), 3), (((0, 1, 1),), 3)]


def test_two_to_the_fiftieth_paths_are_counted_and_few_listed():
    def ladder(x):
        for _ in range(50):
            x = x * 0.25 + x * 0.5
        return x

    g = gt.trace(ladder, 1.0).backward()
    paths = g.paths("x", limit=3)
    assert paths.total == 2**50
    assert len(paths) == 3
    assert paths[0].product == 0.5**50
    assert paths[1].product == paths[2].product == 0.5**50 / 2
    assert g["x"].grad == pytest.approx(0.75**50, rel=1e-13)
    assert "… 1,125,899,906,842,621 more of 1,125,899,906,842,624 paths" in str(paths)


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_the_largest_come_first(limit):
    g = gt.parse("f = 3*x - 5*x + 2*x - x*0.5 + x/8", x=1)
    assert [p.product for p in g.paths("x", limit=limit)] == [-5, 3, 2, -0.5, 0.125][:limit]
    assert g.paths("x", limit=limit).total == 5


def test_between_any_two_nodes():
    g = gt.parse("a = x*2; b = a*3; c = b + a; y", x=1, y=1)
    assert [p.product for p in g.paths("a", "c")] == [3, 1]
    assert g.paths("x", "x")[0].product == 1
    assert (len(g.paths("c", "a")), g.paths("c", "a").total) == (0, 0)
    assert len(g.paths("y", "c")) == 0
    with pytest.raises(gt.GraphTraceError, match="no node 'zz'"):
        g.paths("zz")


def test_paths_through_arrays_have_no_product_but_count():
    paths = gt.trace(lambda x: np.sum(x * np.ones(3)) + x, 2.0).paths("x")
    assert paths.total == 2
    assert [path.product for path in paths] == [1, None]


def test_no_path_leads_through_a_comparison():
    paths = gt.parse("where(x > 0, 2*x, -x)", x=1).paths("x")
    assert [path.product for path in paths] == [2, 0]


WIRES = st.lists(
    st.tuples(st.sampled_from("+-*s"), st.integers(0, 30), st.integers(0, 30)),
    min_size=1,
    max_size=12,
)


@given(WIRES, st.floats(-2, 2), st.floats(-2, 2))
@settings(deadline=None, derandomize=True, max_examples=150)
def test_products_sum_to_the_gradient(wires, x, y):
    def program(x, y):
        made = [x, y]
        for kind, left, right in wires:
            a, b = made[left % len(made)], made[right % len(made)]
            made.append({"+": a + b, "-": a - b, "*": a * b, "s": np.sin(a) * b}[kind])
        return made[-1] + x * 0

    g = gt.trace(program, x, y).backward()
    for name in ("x", "y"):
        paths = g.paths(name, limit=10**6)
        assert paths.total == len(paths)
        total = math.fsum(path.product for path in paths if path.product is not None)
        scale = math.fsum(abs(path.product) for path in paths if path.product is not None)
        assert total == pytest.approx(g[name].grad or 0.0, rel=1e-9, abs=1e-12 * scale + 1e-300)
        sizes = [abs(path.product or 0.0) for path in paths]
        for larger, smaller in pairwise(sizes):
            assert larger >= smaller * (1 - 1e-12)
