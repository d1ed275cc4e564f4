"""Products, contractions, convolutions and interpolation against PyTorch, SciPy and JAX."""

import re
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import RefusedError, ShapeError

RNG = np.random.default_rng(5)


def draw(*shapes):
    return [RNG.normal(size=shape) for shape in shapes]


def agree(torch, ours, theirs, *values):
    """Compare values and gradients with PyTorch's."""
    graph = gt.trace(ours, *values)
    out = graph.output.value
    np.testing.assert_allclose(out, ours(*values), rtol=1e-15)
    tensors = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in values]
    expected = theirs(*tensors)
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-12, atol=1e-14)
    seed = np.cos(np.arange(np.size(out)) + 1.0).reshape(np.shape(out))
    graph.backward(seed=seed)
    expected.backward(torch.tensor(seed))
    inputs = [node for node in graph if node.kind == "input"]
    for node, tensor in zip(inputs, tensors, strict=True):
        np.testing.assert_allclose(node.grad, tensor.grad.numpy(), rtol=1e-11, atol=1e-13)


def spelled(subscripts):
    """Return the Einstein summation in NumPy and in PyTorch."""
    return (
        lambda *arrays: np.einsum(subscripts, *arrays),
        lambda t, *arrays: t.einsum(subscripts, *arrays),
    )


PAIRS: dict[str, tuple[Any, Any, list[tuple[int, ...]]]] = {
    "dot of higher rank": (
        np.dot,
        lambda t, a, b: t.tensordot(a, b, ([2], [1])),
        [(2, 3, 4), (5, 4, 2)],
    ),
    "dot with a scalar": (np.dot, lambda _, a, b: a * b, [(), (2, 3)]),
    "inner": (np.inner, lambda t, a, b: t.inner(a, b), [(2, 3), (4, 3)]),
    "inner of vectors": (np.inner, lambda t, a, b: t.inner(a, b), [(3,), (3,)]),
    "outer": (np.outer, lambda t, a, b: t.outer(a.reshape(-1), b), [(2, 2), (3,)]),
    "vdot": (np.vdot, lambda _, a, b: (a * b).sum(), [(2, 3), (2, 3)]),
    "vecdot": (np.vecdot, lambda t, a, b: t.linalg.vecdot(a, b), [(2, 1, 3), (4, 3)]),
    "vecdot along an axis": (
        lambda a, b: np.vecdot(a, b, axis=0),  # type: ignore[call-overload] # missing in the stubs
        lambda t, a, b: t.linalg.vecdot(a, b, dim=0),
        [(3, 2), (3, 2)],
    ),
    "matmul in batches": (np.matmul, lambda _, a, b: a @ b, [(2, 1, 3, 4), (5, 4, 2)]),
    "linalg.matmul": (np.linalg.matmul, lambda _, a, b: a @ b, [(3, 4), (4, 2)]),
    "tensordot": (np.tensordot, lambda t, a, b: t.tensordot(a, b, 2), [(2, 3, 4), (3, 4, 5)]),
    "tensordot over named axes": (
        lambda a, b: np.tensordot(a, b, axes=([2, 0], [-1, 1])),
        lambda t, a, b: t.tensordot(a, b, ([2, 0], [2, 1])),
        [(2, 3, 4), (5, 2, 4)],
    ),
    "tensordot over nothing": (
        lambda a, b: np.tensordot(a, b, 0),
        lambda t, a, b: t.tensordot(a, b, 0),
        [(2, 3), (4,)],
    ),
    "kron": (np.kron, lambda t, a, b: t.kron(a, b), [(2, 3), (4, 1)]),
    "kron of unlike ranks": (np.kron, lambda t, a, b: t.kron(a, b), [(2,), (3, 2)]),
    "cross": (np.cross, lambda t, a, b: t.linalg.cross(a, b), [(4, 3), (4, 3)]),
    "cross along an axis": (
        lambda a, b: np.cross(a, b, axis=0),
        lambda t, a, b: t.linalg.cross(a, b, dim=0),
        [(3, 2), (3, 2)],
    ),
    "cross, broadcast": (
        np.linalg.cross,
        lambda t, a, b: t.linalg.cross(a, b.reshape(1, 3)),
        [(4, 3), (3,)],
    ),
    "einsum, implicit": (*spelled("ij,jk"), [(2, 3), (3, 4)]),
    "einsum, explicit": (*spelled("ij,jk->ki"), [(2, 3), (3, 4)]),
    "einsum in batches": (*spelled("...ij,...j->...i"), [(2, 5, 3), (2, 3)]),
    "einsum, summed alone": (*spelled("ij,k->k"), [(2, 3), (4,)]),
    "einsum of diagonals": (*spelled("iij,jj->i"), [(2, 2, 3), (3, 3)]),
    "einsum, stretched": (*spelled("ij,ij->i"), [(2, 3), (1, 3)]),
    "einsum of three": (*spelled("ab,bc,cd->ad"), [(2, 3), (3, 4), (4, 2)]),
    "einsum, optimised": (
        lambda a, b, c: np.einsum("ab,bc,cd->ad", a, b, c, optimize=True),
        lambda _, a, b, c: a @ b @ c,
        [(2, 3), (3, 4), (4, 2)],
    ),
    "einsum in numbers": (
        lambda a, b: np.einsum(a, [..., 0, 1], b, [1, 2], [..., 2, 0]),
        lambda t, a, b: t.einsum("...ij,jk->...ki", a, b),
        [(5, 2, 3), (3, 4)],
    ),
    "multi_dot": (
        lambda a, b, c: np.linalg.multi_dot([a, b, c]),
        lambda _, a, b, c: a @ b @ c,
        [(2, 3), (3, 4), (4, 2)],
    ),
    "multi_dot between vectors": (
        lambda a, b, c: np.linalg.multi_dot([a, b, c]),
        lambda _, a, b, c: a @ b @ c,
        [(3,), (3, 4), (4,)],
    ),
    "multiply.outer": (
        np.multiply.outer,
        lambda t, a, b: t.tensordot(a, b, 0),
        [(2, 3), (4,)],
    ),
}


@pytest.mark.parametrize("case", PAIRS)
def test_products_agree_with_pytorch(case, oracle):
    torch = oracle("torch")
    ours, theirs, shapes = PAIRS[case]
    agree(torch, ours, lambda *tensors: theirs(torch, *tensors), *draw(*shapes))


@pytest.mark.skipif(not hasattr(np, "vecmat"), reason="NumPy has these since 2.2")
def test_products_of_vectors_and_matrices_agree_with_pytorch(oracle):
    torch = oracle("torch")
    agree(torch, np.matvec, lambda a, x: torch.einsum("...ij,...j->...i", a, x),
          *draw((2, 3, 4), (4,)))  # fmt: skip
    agree(torch, np.vecmat, lambda x, a: torch.einsum("...i,...ij->...j", x, a),
          *draw((5, 3), (3, 4)))  # fmt: skip


SINGLE: dict[str, tuple[Any, Any]] = {
    "trace": (lambda a: np.trace(a[0]), lambda t, a: t.trace(a[0])),
    "trace of a method": (lambda a: a[1].trace(), lambda t, a: t.trace(a[1])),
    "trace off the diagonal": (
        lambda a: np.trace(a, offset=-1, axis1=1, axis2=2),
        lambda t, a: t.diagonal(a, -1, 1, 2).sum(-1),
    ),
    "trace over swapped axes": (
        lambda a: np.trace(a, 1, 2, 0),
        lambda t, a: t.diagonal(a, 1, 2, 0).sum(-1),
    ),
    "linalg.trace": (np.linalg.trace, lambda t, a: t.diagonal(a, 0, 1, 2).sum(-1)),
    "einsum, transposed": (*spelled("ijk->kji"),),
    "einsum, diagonal": (*spelled("ijj->ij"),),
    "einsum, repeated operand": (
        lambda a: np.einsum("aij,aij->a", a, a),
        lambda t, a: t.einsum("aij,aij->a", a, a),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SINGLE)
def test_functions_of_one_array_agree_with_pytorch(case, oracle):
    torch = oracle("torch")
    ours, theirs = SINGLE[case]
    agree(torch, ours, lambda a: theirs(torch, a), *draw((2, 3, 3)))


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("left", "right"), [(6, 3), (6, 4), (3, 5), (2, 5), (4, 4), (1, 3)])
def test_convolve_and_correlate_are_adjoint_to_scipys(mode, left, right, oracle):
    """⟨v, ∂(a∗b)·t⟩ = ⟨Jᵀv, t⟩ with SciPy's direct sums for a∗t and t∗b."""
    signal = oracle("scipy.signal")
    a, b, moved_a, moved_b = draw(left, right, left, right)
    for name, usual in (("convolve", np.convolve), ("correlate", np.correlate)):
        graph = gt.trace(lambda a, b, f=usual: f(a, b, mode), a, b)
        out = graph.output.value
        seed = np.cos(np.arange(len(out)) + 1.0)
        graph.backward(seed=seed)
        full = getattr(signal, name)
        whole = [full(a, moved_b, "full", "direct"), full(moved_a, b, "full", "direct")]
        reference = full(a, b, "full", "direct")
        start = next(
            n for n in range(len(reference)) if np.allclose(reference[n:][: len(out)], out)
        )
        for key, moved, tangent in (("b", moved_b, whole[0]), ("a", moved_a, whole[1])):
            expected = np.sum(seed * tangent[start : start + len(out)])
            assert np.sum(graph[key].grad * moved) == pytest.approx(expected, rel=1e-12)


POINTS = np.array([-1.0, -0.2, 0.5, 1.5])


@pytest.mark.parametrize("ends", [{}, {"left": 0.25, "right": -0.75}])
def test_interp_agrees_with_jax(ends, oracle):
    jax: Any = oracle("jax")
    jax.config.update("jax_enable_x64", True)
    places, heights = np.array([-1.7, -0.9, -0.1, 0.3, 1.4, 2.5]), RNG.normal(size=4)
    seed = np.cos(np.arange(6.0))
    graph = gt.trace(lambda x, xp, fp: np.interp(x, xp, fp, **ends), places, POINTS, heights)
    graph.backward(seed=seed)
    value, pull = jax.vjp(lambda *args: jax.numpy.interp(*args, **ends), places, POINTS, heights)
    np.testing.assert_allclose(graph.output.value, value, rtol=1e-13)
    for name, expected in zip(("x", "xp", "fp"), pull(seed), strict=True):
        np.testing.assert_allclose(graph[name].grad, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("place", "slope"), [
    (-1.0, 1.25), (-0.2, 0.0), (0.5, -2.0), (1.5, -2.0), (-1.1, 0.0), (1.6, 0.0),
])  # fmt: skip
def test_interp_has_the_slope_on_the_right_at_a_known_point(place, slope):
    heights = np.array([0.0, 1.0, 1.0, -1.0])
    graph = gt.trace(lambda x: np.interp(x, POINTS, heights), place).backward()
    assert graph["x"].grad == pytest.approx(slope)


def test_interp_finds_its_piece_again_in_a_replay():
    heights = np.array([0.0, 1.0, 1.0, -1.0])
    graph = gt.trace(lambda x: np.interp(x, POINTS, heights), -0.6).backward()
    assert graph.at(x=1.0).backward()["x"].grad == pytest.approx(-2.0)


@pytest.mark.parametrize("function", [
    lambda a: np.einsum("ij,kj->ik", a, a), lambda a: np.kron(a, a), np.trace,
    lambda a: np.tensordot(a, a), lambda a: np.linalg.multi_dot([a, a, a]),
    lambda a: np.convolve(a[0], a[1]), lambda a: np.cross(a, a[0]),
    lambda a: np.interp(a, POINTS.astype(np.float32), a[0, 0] * POINTS.astype(np.float32)),
])  # fmt: skip
def test_single_precision_stays_single(function):
    graph = gt.trace(function, draw((3, 3))[0].astype(np.float32))
    assert graph.output.value.dtype == np.float32
    graph.backward(seed=np.ones(np.shape(graph.output.value)))
    assert graph["a"].grad.dtype == np.float32


@pytest.mark.parametrize(("ours", "shapes"), [
    (np.dot, [(0,), (0,)]), (np.matmul, [(2, 0), (0, 3)]), (np.outer, [(0,), (3,)]),
    (np.kron, [(0, 2), (3, 1)]), (np.inner, [(2, 0), (3, 0)]), (np.vecdot, [(2, 0), (2, 0)]),
    (lambda a, b: np.einsum("ij,jk", a, b), [(2, 0), (0, 3)]),
    (lambda a, b: np.tensordot(a, b, 1), [(0, 2), (2, 3)]), (np.cross, [(0, 3), (3,)]),
])  # fmt: skip
def test_products_with_axes_of_no_elements(ours, shapes):
    values = [np.zeros(shape) for shape in shapes]
    graph = gt.trace(ours, *values)
    np.testing.assert_array_equal(graph.output.value, ours(*values))
    graph.backward(seed=np.ones(np.shape(graph.output.value)))
    inputs = [node for node in graph if node.kind == "input"]
    assert [node.grad.shape for node in inputs] == shapes


HALF: Any = "half"
MISFITS: list[tuple[Any, str]] = [
    (lambda a: np.dot(a, a), "shapes (2,3) and (2,3) not aligned"),
    (lambda a: a @ a, "mismatch in its core dimension"),
    (lambda a: np.tensordot(a, a, ([0, 1], [0])), "do not pair up"),
    (lambda a: np.tensordot(a, a, ([5], [0])), "axis 5 is out of bounds"),
    (lambda a: np.einsum("ijk", a), "does not fit an operand of 2 axes"),
    (lambda a: np.einsum("...ijk", a), "more subscripts than an operand has axes"),
    (lambda a: np.einsum("ij,jk", a), "names 2 operands, not 1"),
    (lambda a: np.einsum("ij->ijz", a), "did not appear in"),
    (lambda a: np.cross(a[:, :2], a), "the vectors must have 3 elements"),
    (lambda a: np.trace(a[0]), "at least two axes are needed"),
    (lambda a: np.convolve(a[0], a[0], HALF), "mode must be one of full, same, valid"),
    (lambda a: np.convolve(a[0], a[0, :0]), "cannot be empty"),
    (lambda a: np.linalg.multi_dot([a]), "Expecting at least two arrays"),
]
REFUSED: list[tuple[Any, str]] = [
    (lambda a: np.einsum("ij->i", a, dtype=np.float32), "unexpected keyword argument 'dtype'"),
    (lambda a: np.matmul(a, a.T, axes=[(0, 1)] * 3), "unexpected keyword argument 'axes'"),
    (lambda a: np.interp(0.5, a[0], a[1], period=2), "period= is not supported"),
    (lambda a: np.interp(0.5, a[0], a[1], left=a[0, 0]), "left= must be a number"),
]


@pytest.mark.parametrize("number", range(len(MISFITS)))
def test_shapes_that_do_not_fit_are_named(number):
    function, text = MISFITS[number]
    with pytest.raises(ShapeError, match=re.escape(text)):
        gt.trace(function, *draw((2, 3)))


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_options_that_cannot_be_recorded_are_named(number):
    function, text = REFUSED[number]
    with pytest.raises(RefusedError, match=re.escape(text)):
        gt.trace(function, *draw((2, 3)))
