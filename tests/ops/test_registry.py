"""Every declared operation, at its declared samples: values, derivatives, shapes, precision."""

import itertools
import re
import sys
import zlib
from typing import Any

import numpy as np
import pytest
import sympy

import graphtrace as gt
from graphtrace.errors import RegistrationError
from graphtrace.formula.symbols import apply_sympy, to_sympy
from graphtrace.ops import OPS, elementwise, structured
from graphtrace.ops.registry import CALLS, definitions, notations
from graphtrace.ops.values import shape_of
from graphtrace.tape import apply

ELEMENTWISE = [name for name, op in OPS.items() if op.is_elementwise]
STRUCTURED = [n for n, op in OPS.items() if not op.is_elementwise and op.differentiable]
WITH_SCALAR = [name for name in ELEMENTWISE if OPS[name].scalar is not None]
SLOTS = [(n, k) for n in ELEMENTWISE for k in range(OPS[n].arity or 0) if OPS[n].passes(k)]
SHAPES = [
    ((3, 1), (4,)),
    ((), (4,)),
    ((2, 3), ()),
    ((1,), (5,)),
    ((0,), (1,)),
    ((2, 0), (2, 1)),
    ((2, 1, 3), (4, 1)),
]
STEP = float(np.finfo(float).eps) ** (1 / 3)
FLAT_BETWEEN_JUMPS = (
    lambda part: isinstance(part, sympy.Derivative) and part.has(sympy.floor, sympy.ceiling),
    lambda _: sympy.Integer(0),
)
"""SymPy leaves the derivative of floor as it stands: no one else tells what it is."""


def generator(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def draw(op, shapes):
    rng = generator(op.name)
    return [rng.uniform(*span, size=shape) for span, shape in zip(op.samples, shapes, strict=True)]


def difference(run, values, slot, direction):
    """Return the central difference of ⟨direction, run(values)⟩ for each element of an operand."""
    base = np.array(values[slot], dtype=float)
    found = np.zeros(base.shape)
    for element in np.ndindex(base.shape):
        ends = []
        for sign in (1, -1):
            moved = base.copy()
            moved[element] += sign * STEP
            args = [*values[:slot], moved if base.shape else float(moved), *values[slot + 1 :]]
            ends.append(float(np.sum(np.asarray(run(args), dtype=float) * direction)))
        found[element] = (ends[0] - ends[1]) / (2 * STEP)
    return found


def shapes_for(op):
    """Return shapes for each operand that broadcast against one another."""
    if op.arity == 1:
        return [[(3,)], [()], [(0,)], [(2, 0)], [(2, 3)]]
    if op.arity == 2:
        return SHAPES
    return [((3, 1), (4,), ()), ((), (3, 1), (4,)), ((0,), (1,), ()), ((2, 2), (2, 2), (2, 2))]


@pytest.mark.parametrize("name", WITH_SCALAR)
def test_the_float_version_agrees_with_numpy(name):
    op: Any = OPS[name]
    for row in zip(*draw(op, [(20,)] * op.arity), strict=True):
        floats = [float(x) for x in row]
        ours = op.scalar(*floats)
        assert type(ours) in (float, bool)
        assert ours == pytest.approx(float(op.forward(*map(np.float64, floats))), rel=1e-14)


@pytest.mark.parametrize("name", WITH_SCALAR)
def test_the_float_version_agrees_with_numpy_at_special_values(name):
    op: Any = OPS[name]
    special = [0.0, -0.0, 1.0, -1.0, 2.5, np.inf, -np.inf, np.nan, 1e308, -1e308, 5e-324]
    cases: list[Any]
    if name == "clip":  # NumPy leaves an interval without elements undefined
        cases = [(x, -1.0, 1.0) for x in special]
    else:
        cases = list(itertools.product(special, repeat=op.arity))
    for floats in cases:
        ours = op.evaluate(list(floats), {})
        with np.errstate(all="ignore"):
            theirs = op.forward(*map(np.float64, floats))
        assert float(ours) == pytest.approx(float(theirs), rel=1e-14, nan_ok=True), floats


@pytest.mark.parametrize(("name", "slot"), SLOTS)
def test_each_partial_agrees_with_finite_differences(name, slot):
    op: Any = OPS[name]
    for shapes in shapes_for(op):
        values = draw(op, shapes)
        out = op.forward(*values)
        direction = generator("direction").normal(size=np.shape(out))
        pulled = op.pull(slot, direction, out, values, {})
        assert np.shape(pulled) == shape_of(values[slot])
        numeric = difference(lambda args: op.forward(*args), values, slot, direction)
        np.testing.assert_allclose(pulled, numeric, rtol=2e-6, atol=2e-8)


@pytest.mark.parametrize(("name", "slot"), SLOTS)
def test_floats_and_arrays_have_the_same_partials(name, slot):
    op: Any = OPS[name]
    columns = draw(op, [(6,)] * op.arity)
    whole = np.broadcast_to(op.local(slot, op.forward(*columns), columns), (6,))
    for k, row in enumerate(zip(*columns, strict=True)):
        floats = [float(x) for x in row]
        partial = op.scalar_partials(op.evaluate(floats, {}), floats)[slot]
        assert type(partial) is float
        assert partial == pytest.approx(float(whole[k]), rel=1e-14)


def single_precision(op, operands, params):
    """Record an operation on float32 inputs and return its graph and the inputs."""
    g = gt.Graph()
    single = [np.asarray(x, dtype=np.float32) if is_float(x) else x for x in operands]
    values = {f"x{k}": x for k, x in enumerate(single) if is_float(x)}
    entered = g.inputs(**values)
    queue = list(entered) if len(values) > 1 else [entered]
    args = [queue.pop(0) if is_float(x) else x for x in single]
    apply(op, args, params or None, sys._getframe())
    return g, list(values)


def is_float(value):
    """Tell an operand that gradients can reach from a mask or an index."""
    return np.asarray(value).dtype.kind == "f"


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("shape", [(4,), (), (0, 2)])
def test_float32_gives_float32_gradients(name, shape):
    op: Any = OPS[name]
    g, inputs = single_precision(op, draw(op, [shape] * op.arity), {})
    if op.family == "comparison":
        assert np.asarray(g.output.value).dtype == bool
        return
    assert g.output.value.dtype == np.float32
    g.backward(seed=np.ones(shape))
    for slot, key in enumerate(inputs):
        assert g[key].grad is None if not op.passes(slot) else g[key].grad.dtype == np.float32


@pytest.mark.parametrize("name", STRUCTURED)
def test_structured_float32_gives_float32_gradients(name):
    op: Any = OPS[name]
    for operands, params in op.samples(generator(name)):
        g, inputs = single_precision(op, operands, params)
        assert g.output.value.dtype == np.float32
        g.backward(seed=np.ones(np.shape(g.output.value)))
        assert all(g[key].grad.dtype == np.float32 for key in inputs)


@pytest.mark.parametrize(("name", "slot"), SLOTS)
def test_the_derivative_of_the_symbolic_form_is_the_declared_partial(name, slot):
    op: Any = OPS[name]
    symbols = sympy.symbols("a b c", real=True)[: op.arity]
    whole = apply_sympy(name, list(symbols), notations(), definitions())
    known = dict(zip("abc", symbols, strict=False)) | {"out": whole}
    declared = to_sympy(op.partials[slot], notations(), known, definitions())
    derived = sympy.diff(whole, symbols[slot]).replace(*FLAT_BETWEEN_JUMPS).doit()
    for row in zip(*draw(op, [(4,)] * op.arity), strict=True):
        at = dict(zip(symbols, map(sympy.sympify, row), strict=True))
        assert float(declared.subs(at)) == pytest.approx(float(derived.subs(at)), rel=1e-12)


@pytest.mark.parametrize("name", STRUCTURED)
def test_each_pull_back_agrees_with_finite_differences(name):
    op: Any = OPS[name]
    for operands, params in op.samples(generator(name)):
        values = list(operands)
        out = op.forward(*values, **params)
        direction = generator("direction").normal(size=np.shape(out))
        for slot in [k for k, value in enumerate(values) if is_float(value)]:
            pulled = op.pull(slot, direction, out, values, params)
            assert np.shape(pulled) == np.shape(values[slot])
            numeric = difference(
                lambda args, given=params: op.forward(*args, **given), values, slot, direction
            )
            np.testing.assert_allclose(pulled, numeric, rtol=2e-6, atol=2e-8)


@pytest.mark.parametrize("name", list(OPS))
def test_each_operation_says_how_it_is_tested_and_written(name):
    op: Any = OPS[name]
    assert op.samples
    assert op.notation.symbol
    assert op.partials or op.vjp or not op.differentiable
    assert len(op.partials) in (0, op.arity)


def test_every_numpy_function_that_is_recorded_computes_its_operation():
    rng = generator("calls")
    op: Any
    call: Any
    for call, (op, bind) in CALLS.items():
        if op.is_elementwise:
            values = draw(op, [(3,)] * op.arity)
            if op.family == "comparison" and call in (np.bitwise_and, np.bitwise_or, np.invert):
                values = [value > 0 for value in values]
            np.testing.assert_array_equal(call(*values), op.forward(*bind(*values)[0]))
    x = rng.normal(size=(2, 1, 3))
    for call, args in {
        np.sum: (x, 0),
        np.mean: (x, (0, 2)),
        np.max: (x, -1),
        np.min: (x,),
        np.transpose: (x, (2, 0, 1)),
        np.swapaxes: (x, 0, -1),
        np.reshape: (x, (3, -1)),
        np.ravel: (x,),
        np.expand_dims: (x, (0, -1)),
        np.squeeze: (x, 1),
        np.concatenate: ([x, x], 2),
        np.stack: ([x, x], -1),
        np.matmul: (x, x.swapaxes(1, 2)),
        np.dot: (x, x[0].T),
    }.items():
        op, bind = CALLS[call]
        operands, params = bind(*args)
        np.testing.assert_array_equal(call(*args), op.forward(*operands, **params))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"partials": []}, "needs one partial and one sample interval per operand"),
        ({"samples": []}, "needs one partial and one sample interval per operand"),
        ({"samples": [(0, 1), (0, 1)]}, "needs one partial and one sample interval per operand"),
        ({"partials": ["q*a"]}, "names q"),
        ({"partials": ["a +"]}, "cannot read 'a +'"),
        ({"partials": ["x = a"]}, "is not a single expression"),
        ({"name": "tanh"}, "operation 'tanh' is declared twice"),
    ],
)
def test_an_incomplete_declaration_is_refused_at_once(change, text):
    whole: dict[str, Any] = {"name": "never", "partials": ["1"], "samples": [(0, 1)]} | change
    name = whole.pop("name")
    before = dict(OPS)
    with pytest.raises(ValueError, match=re.escape(text)):
        elementwise(name, np.tanh, None, family="test", **whole)
    assert before == OPS


def test_a_structured_declaration_needs_a_rule_to_show():
    with pytest.raises(RegistrationError, match="needs a rule to show"):
        structured(
            "never",
            np.sum,
            family="test",
            arity=1,
            rules=[],
            vjp=lambda *_: None,
            jvp="linear",
            samples=lambda _: [],
            calls={},
        )
    assert "never" not in OPS
