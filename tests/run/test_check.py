"""The gradient check names a wrong rule; a right one passes, kinks included."""

from contextlib import contextmanager

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.ops import OPS, elementwise
from graphtrace.ops.registry import ALIASES, CALLS, Op, definitions, notations


@contextmanager
def declared(name, partials, forward=np.tanh):
    """Declare an operation for the time of one test."""
    caches = (notations, definitions)
    try:
        elementwise(
            name,
            forward,
            None,
            family="test",
            partials=partials,
            samples=[(-1, 1)] * len(partials),
            calls=[],
        )
        for cache in caches:
            cache.cache_clear()
        yield OPS[name]
    finally:
        del OPS[name]
        for cache in caches:
            cache.cache_clear()


def test_a_wrong_rule_is_named_with_operand_element_and_both_numbers():
    with declared("sinus", ["cos(a)*2"], np.sin):
        report = gt.parse("f = sinus(x)", x=0.3).check()
        (row,) = report.failures
        assert not report.ok
        assert (row.source, row.target, row.op, row.slot, row.element) == ("x", "f", "sinus", 0, ())
        assert row.analytic == pytest.approx(2 * np.cos(0.3), rel=1e-12)
        assert row.numeric == pytest.approx(np.cos(0.3), rel=1e-8)
        assert str(report).splitlines()[0] == "the one edge disagrees with finite differences"
        assert "x → f (sinus, operand 0): rule 1.91" in str(report)
    assert "sinus" not in OPS


def test_the_wrong_operand_and_element_are_found_in_an_array():
    """The second operand's rule is wrong only where it exceeds 1."""
    with declared("scaled", ["b", "where(b > 1, a*1.01, a)"], np.multiply):
        g = gt.parse("sum(scaled(x, y))", x=[1.0, 2.0, 3.0], y=[0.5, 1.5, 0.25])
        (row,) = g.check().failures
        assert (row.source, row.slot, row.element) == ("y", 1, (1,))
        assert row.analytic / row.numeric == pytest.approx(1.01, rel=1e-6)
        assert "y[1] → " in str(row)


def test_only_the_wrong_edge_is_named_not_what_stands_above_it():
    with declared("wrong", ["1"], np.square):
        g = gt.parse("a = exp(x); b = wrong(a); f = sin(b)*a", x=0.3).backward()
        assert [(row.source, row.target) for row in g.check().failures] == [("a", "b")]


def test_a_wrong_pull_back_is_named(monkeypatch):
    op = OPS["matmul"]
    monkeypatch.setattr(op, "vjp", lambda slot, g, _, a, b: g @ b.T if slot == 0 else 2 * a.T @ g)
    g = gt.trace(lambda a, b: np.sum(a @ b), np.ones((2, 3)), np.ones((3, 2)))
    assert [(row.source, row.slot) for row in g.check().failures] == [("b", 1)]


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("abs(x)", 0.0),
        ("relu(x)", 0.0),
        ("leaky_relu(x, 0.1)", 0.0),
        ("maximum(x, x*1)", 2.0),
        ("minimum(x, 2)", 2.0),
        ("clip(x, 0, 1)", 1.0),
        ("where(x > 0, x, 0)", 0.0),
        ("abs(x)*exp(x)", -1.5),
        ("1/x", 1e-3),
        ("x**3", 1e4),
        ("ln(x)", 1e-2),
    ],
)
def test_right_rules_pass_also_at_kinks_and_steep_places(text, x):
    for value in (x, [x, 1.25]):
        report = gt.parse(text, x=value).check()
        assert report.ok, str(report)


def test_a_kink_is_told():
    (row,) = gt.parse("relu(x)", x=0.0).check().rows
    assert row.note == "a kink: one-sided derivatives differ"
    (row,) = gt.parse("1/x", x=0.0).check().rows
    assert row.note == "not finite here: not judged"


KINK, UPRIGHT = "a kink: one-sided derivatives differ", "the slope grows as the step shrinks"


@pytest.mark.parametrize(
    ("function", "at", "note"),
    [
        (np.median, [2.0, 2.0, 2.0], KINK),
        (np.median, [1.0] * 7, KINK),
        (lambda x: np.quantile(x, 0.25), [1.0, 2.0, 2.0, 2.0, 5.0], KINK),
        (lambda x: np.median(x, axis=0), [[1.0, 2.0], [1.0, 2.0], [1.0, 3.0]], KINK),
        (np.min, [1.0, 1.0, 1.0], KINK),
        (np.sort, [2.0, 1.0, 2.0, 2.0], KINK),
        (np.sign, 0.0, UPRIGHT),
        (np.sign, [0.0, 0.0], UPRIGHT),
        (lambda x: np.heaviside(x, 0.5), 0.0, UPRIGHT),
        (np.cbrt, 0.0, UPRIGHT),
    ],
)
def test_equal_elements_jumps_and_upright_tangents_are_no_fault_of_the_rule(function, at, note):
    report = gt.trace(function, np.array(at)).check()
    assert report.ok, str(report)
    assert note in report.rows[0].note


def test_a_wrong_rule_is_told_from_a_kink_also_beside_one():
    with declared("bent", ["where(a > 0, 1, 0.5)"], np.abs):
        assert gt.parse("bent(x)", x=0.0).check().ok
        (row,) = gt.parse("bent(x)", x=[0.0, -1.0, 2.0]).check().failures
        assert row.element == (1,)


def test_a_large_summand_hides_no_small_one():
    assert gt.parse("sum(x)", x=[1.0, 1e30]).check().ok
    assert gt.parse("sum(x**3)", x=[1.0, 1e8]).check().ok


def test_a_rule_that_is_not_finite_where_the_operation_is_smooth_is_wrong():
    with declared("level", ["a/a"], lambda a: a + 0.0):
        (row,) = gt.parse("level(x)", x=0.0).check().failures
        assert row.note == "the rule is not finite where the operation is smooth"
        assert gt.parse("level(x)", x=1.0).check().ok


def test_every_edge_that_carries_a_gradient_is_checked_and_no_other():
    g = gt.parse("f = where(x > 1, x*y, 2*z[0])", x=2, y=3, z=[1.0, 2.0])
    rows = {(row.source, row.op, row.slot) for row in g.check().rows}
    assert rows == {
        ("x", "multiply", 0),
        ("y", "multiply", 1),
        ("z", "getitem", 0),
        *((node.name, node.uses[0].target.op, node.uses[0].slot) for node in g if node.uses and (
            (node.op, node.uses[0].target.op) in {("getitem", "multiply"), ("multiply", "where")})),
    }  # fmt: skip


def test_float32_graphs_are_checked_in_double_precision():
    g = gt.trace(lambda x: np.sum(np.exp(x) * x), np.linspace(0, 1, 5, dtype=np.float32))
    assert g.check().ok


def test_large_arrays_are_checked_at_a_spread_of_elements():
    report = gt.trace(lambda x: np.sum(np.tanh(x)), np.linspace(-2, 2, 100_000)).check()
    assert report.ok
    assert len(report.rows) == 2


def test_the_registry_is_as_before():
    assert all(isinstance(op, Op) for op in OPS.values())
    assert set(ALIASES.values()) <= set(OPS)
    assert {op.name for op, _ in CALLS.values()} <= set(OPS)
