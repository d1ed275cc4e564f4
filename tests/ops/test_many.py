"""Many tangents at once are the same as one after the other; unit tangents are unit tangents."""

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.ops import OPS
from graphtrace.ops.op import Units
from graphtrace.ops.values import normal

RNG = np.random.default_rng(4)


def cases(op):
    if not op.is_elementwise:
        return op.samples(np.random.default_rng(11))
    shapes = [((2, 3), (2, 3)), ((3,), (2, 3)), ((2, 1), (3,)), ((), (3,))]
    return [
        (
            tuple(
                normal(np.array(RNG.uniform(low, high, size=shape)))
                for (low, high), shape in zip(op.samples, (*pair, pair[0]), strict=False)
            ),
            {},
        )
        for pair in shapes
    ]


@pytest.mark.parametrize("name", sorted(name for name, op in OPS.items() if op.differentiable))
def test_many_tangents_are_the_single_ones_stacked(name):
    op = OPS[name]
    for operands, params in cases(op):
        out = op.evaluate(operands, params)
        for slot, operand in enumerate(operands):
            if not op.passes(slot) or np.asarray(operand).dtype.kind != "f":
                continue
            shape = np.shape(operand)
            given = (op, slot, out, operands, params)
            compare(given, np.sin(np.arange(3 * np.size(operand)) + 1.0).reshape(3, *shape))
            compare(given, np.eye(np.size(operand)).reshape(-1, *shape), Units(shape))


def compare(given, stacked, units=None):
    op, slot, out, operands, params = given
    found = op.push_many(slot, stacked if units is None else units, out, operands, params)
    single = [op.push(slot, normal(row), out, operands, params) for row in stacked]
    expected = np.array(single).reshape(len(stacked), *np.shape(out))
    assert np.shape(found) == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("portion", [1, 60, 2**20])
def test_a_jacobian_in_portions_is_the_same(portion, monkeypatch):
    W, x = RNG.normal(size=(20, 10)), RNG.normal(size=10)
    monkeypatch.setattr("graphtrace.run.modes.TANGENTS", portion)
    g = gt.trace(lambda x: gt.nn.softmax(W @ np.tanh(x)), x)
    z = W @ np.tanh(x)
    s = np.exp(z) / np.exp(z).sum()
    expected = (np.diag(s) - np.outer(s, s)) @ W * (1 - np.tanh(x) ** 2)
    np.testing.assert_allclose(g.jacobian(g.output.id, "x"), expected, atol=1e-14)
