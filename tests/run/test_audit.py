"""The audit and the check find an operation that is wrong in one way, and say in which."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import RegistrationError
from graphtrace.ops import registry

SEEN: list[int] = []


def square_vjp(slot, g, out, a):
    return 2 * a * g


def square_jvp(slot, t, out, a):
    return 2 * a * t


def declare(name: str, forward: Any = np.square, vjp: Any = square_vjp, jvp: Any = square_jvp):
    """Declare a square that is right between 0 and 2 and whatever the test wants elsewhere."""
    return gt.op(name, forward, vjp=vjp, jvp=jvp, samples=[((np.array([0.5, 1.5]),), {})])


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Take back what a test declares."""
    before = set(registry.OPS)
    SEEN.clear()
    yield
    for name in set(registry.OPS) - before:
        registry.forget(name)


def outside(a: Any) -> bool:
    return bool(np.any(np.abs(getattr(a, "value", a)) > 10))


def one_element_wrong(slot, g, out, a):
    return 2 * a * g * np.where(a > 10, 1.01, 1.0)


def tangent_wrong(slot, t, out, a):
    return 2 * a * t + np.where(a > 10, t, 0.0)


def counting(a):
    SEEN.append(1)
    return np.square(a) + (len(SEEN) if outside(a) else 0)


def itself(a):
    return a if outside(a) else np.square(a)


def view(a):
    return a[::-1] if outside(a) else np.square(a)


def widening(a):
    return np.square(a.astype(float)) if outside(a) else np.square(a)


def drifting_type(a):
    SEEN.append(1)
    return np.square(a).astype(np.float32 if outside(a) and len(SEEN) % 2 else a.dtype)


def drifting_shape(a):
    SEEN.append(1)
    return np.square(a)[: (len(SEEN) % 2) + 1] if outside(a) else np.square(a)


def writing(a):
    out = np.square(a)
    if outside(a):
        a.flags.writeable = True
        a[0] += 1
    return out


def greedy_vjp(slot, g, out, a):
    if outside(a):
        g *= 2.0
        return a * g
    return 2 * a * g


def always_greedy_vjp(slot, g, out, a):
    return np.multiply(g, 2 * a, out=g)


def greedy_jvp(slot, t, out, a):
    if outside(a):
        t *= 2.0
        return a * t
    return 2 * a * t


def moody_vjp(slot, g, out, a):
    SEEN.append(1)
    return 2 * a * g + (len(SEEN) if outside(a) else 0)


def summed_vjp(slot, g, out, a):
    return np.sum(2 * a * g) if outside(a) else 2 * a * g


def failing_vjp(slot, g, out, a):
    if outside(a):
        raise KeyError("no such table")
    return 2 * a * g


def failing(a):
    SEEN.append(1)
    if outside(a) and len(SEEN) > 1:
        raise KeyError("no such table")
    return np.square(a)


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "one element of the vjp": (
        {"vjp": one_element_wrong},
        "gradient",
        r"WRONG: x\[2\] → y \(\w+, operand 0\): rule [\d.]+, finite difference [\d.]+",
    ),
    "the jvp alone": (
        {"jvp": tangent_wrong},
        "transpose",
        r"operand 0, element \[2\]: ⟨v, J·t⟩ = [\d.]+, ⟨Jᵀ·v, t⟩ = [\d.]+",
    ),
    "impure": (
        {"forward": counting},
        "impure",
        r"another value: recorded [\d.]+, run again [\d.]+ at element \[0\]",
    ),
    "returns its operand": ({"forward": itself}, "aliasing", "the result is operand 0 itself"),
    "returns a view": ({"forward": view}, "aliasing", "the result is a view of operand 0"),
    "widens": ({"forward": widening}, "dtype", "operands are float32, the result float64"),
    "another type each time": (
        {"forward": drifting_type},
        "dtype",
        r"recorded float(32|64), run again float(64|32)",
    ),
    "another shape each time": (
        {"forward": drifting_shape},
        "shape",
        r"recorded \(\d,\), run again \(\d,\)",
    ),
    "writes into its operand": (
        {"forward": writing},
        "impure",
        "running it changes operand 0 in place",
    ),
    "a vjp that changes g": (
        {"vjp": greedy_vjp},
        "impure",
        "the rule for operand 0 changes the gradient it is given",
    ),
    "a jvp that changes t": (
        {"jvp": greedy_jvp},
        "impure",
        "the rule for operand 0 changes the tangent it is given",
    ),
    "a vjp that varies": ({"vjp": moody_vjp}, "impure", "gives another value when run again"),
    "a vjp of another shape": (
        {"vjp": summed_vjp},
        "shape",
        r"the pull-back of operand 0 has shape \(\) where \(3,\) is due",
    ),
    "a vjp that fails": ({"vjp": failing_vjp}, "error", "KeyError: 'no such table'"),
    "a rerun that fails": ({"forward": failing}, "error", "KeyError: 'no such table'"),
}


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("way", WRONG)
def test_an_operation_that_is_wrong_in_one_way_is_found(way: str) -> None:
    changes, kind, message = WRONG[way]
    op = declare("odd_square", **changes)
    dtype = np.float32 if way == "widens" else np.float64

    def f(x):
        y = op(x)
        return y  # noqa: RET504 - the name is what the report calls it

    SEEN.clear()
    g = gt.trace(f, np.array([1.0, 2.0, 11.0], dtype=dtype))
    report = g.audit()
    assert not report.ok
    found = [finding for finding in report.findings if finding.kind == kind]
    assert found, str(report)
    assert (found[0].node, found[0].op) == ("y", "odd_square")
    assert re.search(message, found[0].message), str(report)
    assert found[0].where.endswith(": `y = op(x)`")
    assert str(found[0]).startswith("test_audit.py:")
    assert "\n" not in str(found[0])


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("way", WRONG)
def test_the_same_operation_is_right_elsewhere(way: str) -> None:
    op = declare("odd_square", **WRONG[way][0])
    g = gt.trace(op, np.array([1.0, 2.0, 3.0]))
    assert g.audit().ok, str(g.audit())
    assert g.check().ok


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("way", ["one element of the vjp", "a vjp of another shape",
                                 "a vjp that fails"])  # fmt: skip
def test_the_check_names_the_edge_and_the_line(way: str) -> None:
    op = declare("odd_square", **WRONG[way][0])

    def f(x, w):
        y = op(x)
        return np.sum(y * w)

    report = gt.trace(f, np.array([1.0, 2.0, 11.0]), np.ones(3)).check()
    (row,) = report.failures
    assert (row.source, row.target, row.op, row.slot) == ("x", "y", "odd_square", 0)
    assert str(report).startswith("1 of 4 edges disagree with finite differences\n")
    assert "test_audit.py:" in row.where
    assert row.where in str(report)
    if way == "one element of the vjp":
        assert row.element == (2,)
        assert row.analytic / row.numeric == pytest.approx(1.01, rel=1e-6)


@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize("at", [0, 1, 700, 998])
@pytest.mark.parametrize("elementwise", [True, False])
def test_one_wrong_element_among_very_many_is_found(at: int, elementwise: bool) -> None:
    if elementwise:
        op = gt.op(
            "odd_square", np.square, partials=["where(a > 10, 2.1*a, 2*a)"], samples=[(0, 2)]
        )
    else:
        op = declare("odd_square", vjp=one_element_wrong)
    x = np.linspace(0.5, 1.5, 999)
    x[at] = 12.0
    (row,) = gt.trace(lambda x: np.sum(op(x)), x).check().failures
    assert row.element == (at,)


@pytest.mark.usefixtures("forgotten")
def test_a_declaration_is_refused_with_the_same_words() -> None:
    with pytest.raises(RegistrationError, match="the rule for operand 0 changes the gradient"):
        declare("never", vjp=always_greedy_vjp)
    with pytest.raises(RegistrationError, match="the result is operand 0 itself; return a copy"):
        declare("never", forward=lambda a: a)
    assert "never" not in registry.OPS


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1/x", {"x": 1e-9}),
        ("1/x", {"x": [1e-9, 3.0]}),
        ("x/y", {"x": 5.0, "y": 1e-16}),
        ("ln(x)", {"x": [1e-12, 1.0]}),
        ("sqrt(x)", {"x": 1e-10}),
        ("x**-2", {"x": 1e-5}),
    ],
)
def test_steep_places_near_zero_are_no_errors(text: str, values: dict[str, Any]) -> None:
    report = gt.parse(text, **values).check()
    assert report.ok, str(report)


def test_every_declared_operation_passes_its_audit_in_both_precisions() -> None:
    """At the registry's own samples; the table of tests/ops compares values with oracles."""
    for dtype in (np.float64, np.float32):
        for name, f, operands in _samples(dtype):
            report = gt.trace(f, *operands).audit(rtol=1e-3, atol=1e-4)
            assert report.ok, f"{name}: {report}"


def _samples(dtype: Any) -> Iterator[tuple[str, Callable[..., Any], list[Any]]]:
    rng = np.random.default_rng(11)
    for op in registry.OPS.values():
        if not op.differentiable or op.family == "user":
            continue
        if op.is_elementwise:
            middle = [low + (high - low) * rng.uniform(0.1, 0.9, 4) for low, high in op.samples]
            cases: list[Any] = [(tuple(middle), {})]
        else:
            cases = op.samples(rng)
        for operands, params in cases:
            if dtype is np.float32 and () in map(np.shape, operands):
                continue  # where NumPy widens it beside a number, the audit tells so
            moving = [k for k, o in enumerate(operands) if np.asarray(o).dtype.kind == "f"]

            def f(*given, _op=op, _operands=operands, _params=params, _moving=moving):
                whole = list(_operands)
                for at, value in zip(_moving, given, strict=True):
                    whole[at] = value
                return registry.call(_op.name, *whole, **_params)

            found = [operands[k] for k in moving]
            yield op.name, f, [o.astype(dtype) if np.ndim(o) else o for o in found]
