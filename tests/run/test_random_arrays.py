"""Random array programs with shared nodes: against PyTorch, and the invariant of contributions."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphtrace as gt

RNG = np.random.default_rng(11)
START: dict[str, Any] = {
    "x": RNG.normal(size=(3, 4)),
    "row": RNG.normal(size=(4,)),
    "column": RNG.normal(size=(3, 1)),
    "square": RNG.normal(size=(4, 4)),
    "s": 0.7,
}


class InNumPy:
    """What a program calls, in NumPy: this is what is traced."""

    tanh, exp, sin, maximum, minimum, where = (
        np.tanh,
        np.exp,
        np.sin,
        np.maximum,
        np.minimum,
        np.where,
    )
    sigmoid, relu = staticmethod(gt.nn.sigmoid), staticmethod(gt.nn.relu)
    sum, mean, reshape, concatenate, stack = np.sum, np.mean, np.reshape, np.concatenate, np.stack

    @staticmethod
    def transpose(a):
        return a.T

    @staticmethod
    def flip(a):
        return a[::-1]

    @staticmethod
    def top(a, axis):
        return np.max(a, axis=axis)

    @staticmethod
    def softmax(a, axis):
        return gt.nn.softmax(a, axis=axis)


class InTorch:
    """The same in PyTorch."""

    def __init__(self, torch):
        self.torch = torch
        for name in ("tanh", "exp", "sin", "maximum", "minimum", "where", "sigmoid", "relu"):
            setattr(self, name, getattr(torch, name))
        self.reshape = torch.reshape
        self.softmax = torch.softmax

    def sum(self, a, axis, keepdims=False):
        return self.torch.sum(a, axis, keepdim=keepdims)

    def mean(self, a, axis, keepdims=False):
        return self.torch.mean(a, axis, keepdim=keepdims)

    def concatenate(self, parts, axis):
        return self.torch.cat(parts, axis)

    def stack(self, parts, axis):
        return self.torch.stack(parts, axis)

    def transpose(self, a):
        return a.T

    def flip(self, a):
        return self.torch.flip(a, (0,))

    def top(self, a, axis):
        return self.torch.amax(a, axis)


def fits(a, b):
    try:
        return np.prod(np.broadcast_shapes(tuple(a.shape), tuple(b.shape))) <= 200
    except ValueError:
        return False


ANYWHERE = [
    lambda lib, a, _: lib.tanh(a),
    lambda lib, a, _: lib.exp(-a * a),
    lambda lib, a, _: lib.sin(a) * lib.sigmoid(a),
    lambda lib, a, _: lib.relu(a) + 0.1 * a,
    lambda _lib, a, _: a / (1 + a**2),
]
ON_ARRAYS = [
    lambda lib, a, k: lib.sum(a, k % a.ndim, keepdims=k % 2 == 0),
    lambda lib, a, k: lib.mean(a, k % a.ndim, keepdims=k % 3 == 0),
    lambda lib, a, _: lib.reshape(a, (-1,)),
    lambda _lib, a, k: a[k % a.shape[0]],
    lambda lib, a, _: lib.flip(a),
    lambda _lib, a, _: a[..., [0, -1, 0]],
    lambda lib, a, k: lib.softmax(a, k % a.ndim),
    lambda lib, a, k: lib.top(a, k % a.ndim),
    lambda lib, a, _: lib.transpose(a) if a.ndim == 2 else a[..., None] * 2.0,
]


def one(lib, kind, a, k):
    """Apply the unary operation number `kind` where the shape allows it."""
    known = ANYWHERE + ON_ARRAYS if a.ndim else ANYWHERE
    return known[kind % len(known)](lib, a, k)


def two(lib, kind, a, b):
    """Apply the binary operation number `kind` where the shapes allow it."""
    if (
        kind == 0
        and len(a.shape)
        and len(b.shape)
        and a.shape[-1] == b.shape[max(len(b.shape) - 2, 0)]
    ):
        return a @ b
    if kind == 1 and len(a.shape) and a.shape[1:] == b.shape[1:] and len(a.shape) == len(b.shape):
        return lib.concatenate([a, b, a], 0)
    if kind == 2 and a.shape == b.shape:
        return lib.stack([b, a], -1)
    if not fits(a, b):
        return a
    if kind == 3:
        return a - 2.0 * b
    if kind == 4:
        return a / (1.5 + b * b)
    if kind == 5:
        return lib.maximum(a, b)
    if kind == 6:
        return lib.where(a > b, a * b, b)
    return a * b + a


STEPS = st.lists(
    st.tuples(st.integers(0, 13), st.integers(0, 50), st.integers(0, 50), st.integers(0, 7)),
    min_size=2,
    max_size=10,
)


def program(lib, steps, *values):
    made = list(values)
    for kind, left, right, pair in steps:
        a, b = made[left % len(made)], made[right % len(made)]
        made.append(one(lib, kind, a, right))
        if len(made[-1].shape) <= 3:
            made.append(two(lib, pair, made[-1], b))
    total = made[-1] * made[-1]
    for value in made[-4:-1]:
        whole = value if not len(value.shape) else lib.sum(lib.reshape(value, (-1,)), 0)
        total = total + whole
    return total if not len(total.shape) else lib.sum(lib.reshape(total, (-1,)), 0)


def recorded(steps):
    return gt.trace(lambda x, row, column, square, s: program(
        InNumPy, steps, x, row, column, square, s), **START).backward()  # fmt: skip


def test_random_programs_agree_with_pytorch(oracle):
    torch = oracle("torch")
    lib = InTorch(torch)

    @given(STEPS)
    @settings(deadline=None, derandomize=True, max_examples=200)
    def compare(steps):
        g = recorded(steps)
        inputs = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in START.values()]
        out = program(lib, steps, *inputs)
        out.backward()
        assert g.output.value == pytest.approx(out.item(), rel=1e-9, abs=1e-11)
        for name, tensor in zip(START, inputs, strict=True):
            ours = g[name].grad
            theirs = np.zeros(np.shape(START[name])) if tensor.grad is None else tensor.grad.numpy()
            scale = max(1.0, float(np.max(np.abs(theirs))))
            ours = np.zeros(np.shape(START[name])) if ours is None else ours
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11 * scale, err_msg=name)

    compare()


@given(STEPS)
@settings(deadline=None, derandomize=True, max_examples=100)
def test_contributions_sum_to_the_gradient(steps):
    g = recorded(steps)
    for node in g:
        if node.grad is None or node == g.output:
            continue
        assert np.shape(node.grad) == np.shape(node.value)
        pieces = [edge.contribution for edge in node.uses if edge.contribution is not None]
        for piece in pieces:
            assert np.shape(piece) == np.shape(node.value)
        scale = max(float(np.max(np.abs(piece))) for piece in pieces)
        np.testing.assert_allclose(sum(pieces), node.grad, rtol=1e-12, atol=1e-14 * scale)
        for edge in node.uses:
            if edge.local is not None and edge.contribution is not None:
                assert np.shape(edge.local) == np.shape(edge.target.value)


@given(STEPS)
@settings(deadline=None, derandomize=True, max_examples=25)
def test_finite_differences_find_no_fault(steps):
    report = recorded(steps).check()
    assert report.ok, str(report)


@given(STEPS)
@settings(deadline=None, derandomize=True, max_examples=40)
def test_backward_twice_is_backward_once(steps):
    g = recorded(steps)
    first = {name: g[name].grad for name in START}
    kept = {name: None if value is None else np.array(value) for name, value in first.items()}
    g.backward(0, seed=np.ones((3, 4)))
    g.backward()
    for name, value in kept.items():
        np.testing.assert_array_equal(g[name].grad, value)
        np.testing.assert_array_equal(first[name], value)
