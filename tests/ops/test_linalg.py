"""Linear algebra: values against NumPy, gradients against JAX, PyTorch and differences."""

# ruff: noqa: PLW0108  # the line of the call must be ours

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import RefusedError, ShapeError
from graphtrace.ops.linalg import MatrixError, expm

RNG = np.random.default_rng(8)
SQUARE = RNG.normal(size=(3, 3)) + 3 * np.eye(3)
BATCH = RNG.normal(size=(2, 3, 3)) + 3 * np.eye(3)
TALL = RNG.normal(size=(4, 2))
WIDE = RNG.normal(size=(2, 4))
STACK = RNG.normal(size=(2, 2, 3, 4))
VECTOR = RNG.normal(size=(5,))


def definite(xp: Any, x: Any) -> Any:
    """Return a symmetric positive definite matrix made of x."""
    return x @ xp.swapaxes(x, -1, -2) + xp.eye(3, dtype=x.dtype)


def norm_of(order: Any, **options: Any) -> Callable[[Any, Any], Any]:
    return lambda xp, x: xp.linalg.norm(x, order, **options)


# Each takes a namespace like NumPy's and the matrix; the results of JAX are the expectation.
FUNCTIONS: dict[str, tuple[Callable[[Any, Any], Any], np.ndarray]] = {
    "inv": (lambda xp, x: xp.linalg.inv(x), BATCH),
    "solve": (lambda xp, x: xp.linalg.solve(x, x[:, :2] ** 2), SQUARE),
    "solve vector": (lambda xp, x: xp.linalg.solve(x, x[0] ** 2), SQUARE),
    "solve broadcast": (lambda xp, x: xp.linalg.solve(x[0], x * 2), BATCH),
    "det": (lambda xp, x: xp.linalg.det(x), BATCH),
    "slogdet": (lambda xp, x: xp.linalg.slogdet(-x)[1], BATCH),
    "pinv": (lambda xp, x: xp.linalg.pinv(x), TALL),
    "pinv wide": (lambda xp, x: xp.linalg.pinv(x), WIDE),
    "lstsq": (lambda xp, x: xp.linalg.lstsq(x, x[:, 0] ** 2)[0], TALL),
    "cholesky": (lambda xp, x: xp.linalg.cholesky(definite(xp, x)), BATCH),
    "cholesky upper": (lambda xp, x: xp.linalg.cholesky(definite(xp, x), upper=True), SQUARE),
    "qr": (lambda xp, x: xp.linalg.qr(x)[0] @ xp.sin(xp.linalg.qr(x)[1]), TALL),
    "qr r": (lambda xp, x: xp.linalg.qr(x, mode="r"), TALL),
    "eigvalsh": (lambda xp, x: xp.linalg.eigvalsh(definite(xp, x)), BATCH),
    "eigh": (lambda xp, x: xp.abs(xp.linalg.eigh(definite(xp, x))[1]), BATCH),
    "svdvals": (lambda xp, x: xp.linalg.svdvals(x), STACK),
    "svd": (
        lambda xp, x: (
            xp.abs(xp.linalg.svd(x, full_matrices=False)[0])
            @ xp.abs(xp.linalg.svd(x, full_matrices=False)[2])
        ),
        SQUARE,
    ),
    "svd values": (lambda xp, x: xp.linalg.svd(x, compute_uv=False), WIDE),
    "cond": (lambda xp, x: xp.linalg.cond(x), SQUARE),
    "cond 1": (lambda xp, x: xp.linalg.cond(x, 1), SQUARE),
    "cond -2": (lambda xp, x: xp.linalg.cond(x, -2), SQUARE),
    "matrix_power": (lambda xp, x: xp.linalg.matrix_power(x, 5), BATCH),
    "matrix_power -2": (lambda xp, x: xp.linalg.matrix_power(x, -2), SQUARE),
    "matrix_power 1": (lambda xp, x: xp.linalg.matrix_power(x, 1), SQUARE),
    "tensorinv": (lambda xp, x: xp.linalg.tensorinv(xp.reshape(x, (3, 1, 3)), ind=1), SQUARE),
    "tensorsolve": (
        lambda xp, x: xp.linalg.tensorsolve(xp.reshape(x, (3, 1, 3)), x[:, :1]),
        SQUARE,
    ),
    "norm": (lambda xp, x: xp.linalg.norm(x), STACK),
    "norm 3": (lambda xp, x: xp.linalg.norm(x, 3, axis=1), TALL),
    "norm axis": (lambda xp, x: xp.linalg.norm(x, axis=0, keepdims=True), TALL),
    "norm two axes": (lambda xp, x: xp.linalg.norm(x, axis=(0, 3)), STACK),
    "matrix_norm": (lambda xp, x: xp.linalg.matrix_norm(x, ord="nuc"), STACK),
    "vector_norm": (lambda xp, x: xp.linalg.vector_norm(x, axis=(1, 2), ord=4), STACK),
    **{f"vector {order}": (norm_of(order), VECTOR) for order in (None, 0.5, 1, 2, np.inf, -np.inf)},
    **{
        f"matrix {order}": (norm_of(order, keepdims=True), TALL)
        for order in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
    },
    **{
        f"matrices {order}": (norm_of(order, axis=(3, 1)), STACK)
        for order in ("fro", "nuc", 1, 2, np.inf)
    },
}


def weights(shape: tuple[int, ...]) -> Any:
    return np.cos(np.arange(int(np.prod(shape))) + 0.3).reshape(shape)


def differences(function: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """Return the central differences of a number by each element."""
    found = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        ends = []
        for step in (1e-6, -1e-6):
            moved = x.copy()
            moved[place] += step
            ends.append(function(moved))
        found[place] = (ends[0] - ends[1]) / 2e-6
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_are_numpys_and_gradients_agree_with_differences(name):
    function, x = FUNCTIONS[name]
    expected = function(np, x)
    v = weights(np.shape(expected))
    g = gt.trace(lambda x: function(np, x), x).backward(seed=v)
    np.testing.assert_allclose(g.output.value, expected, rtol=1e-12, atol=1e-13)
    assert np.shape(g.output.value) == np.shape(expected)
    numeric = differences(lambda x: np.sum(v * function(np, x)), x)
    np.testing.assert_allclose(g["x"].grad, numeric, rtol=2e-6, atol=1e-6)


WITHOUT_JAX = {"tensorinv", "tensorsolve", "pinv wide"}


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - WITHOUT_JAX))
def test_gradients_agree_with_jax(name, oracle):
    jax = oracle("jax")
    jax.config.update("jax_enable_x64", True)
    function, x = FUNCTIONS[name]
    v = weights(np.shape(function(np, x)))
    theirs = jax.grad(lambda x: jax.numpy.sum(v * function(jax.numpy, x)))(jax.numpy.array(x))
    g = gt.trace(lambda x: function(np, x), x).backward(seed=v)
    np.testing.assert_allclose(g["x"].grad, np.asarray(theirs), rtol=1e-8, atol=1e-9)


def test_decompositions_agree_with_pytorch(oracle):
    torch = oracle("torch")

    def both(ours: Any, theirs: Any, x: np.ndarray) -> None:
        tensor = torch.tensor(x, requires_grad=True)
        theirs(tensor).backward()
        g = gt.trace(ours, x).backward()
        np.testing.assert_allclose(g["x"].grad, tensor.grad.numpy(), rtol=1e-9, atol=1e-9)

    for x in (SQUARE, TALL, WIDE):
        both(
            lambda x: np.sum(np.sin(sum(np.sum(p**2 * weights(p.shape)) for p in np.linalg.qr(x)))),
            lambda x: torch.sin(
                sum((p**2 * torch.tensor(weights(p.shape))).sum() for p in torch.linalg.qr(x))
            ),
            x,
        )
        both(
            lambda x: sum(
                np.sum(p**2 * weights(p.shape)) for p in np.linalg.svd(x, full_matrices=False)
            ),
            lambda x: sum(
                (p**2 * torch.tensor(weights(p.shape))).sum()
                for p in torch.linalg.svd(x, full_matrices=False)
            ),
            x,
        )
    symmetric = SQUARE + SQUARE.T
    both(
        lambda x: sum(np.sum(p**2 * weights(p.shape)) for p in np.linalg.eigh(x)),
        lambda x: sum((p**2 * torch.tensor(weights(p.shape))).sum() for p in torch.linalg.eigh(x)),
        symmetric,
    )


def test_expm_agrees_with_jax_and_differences(oracle):
    jax, scipy = oracle("jax"), oracle("scipy.linalg")
    jax.config.update("jax_enable_x64", True)
    v = weights(SQUARE.shape)
    g = gt.trace(expm, SQUARE).backward(seed=v)
    np.testing.assert_allclose(g.output.value, scipy.expm(SQUARE))
    theirs = jax.grad(lambda x: jax.numpy.sum(v * jax.scipy.linalg.expm(x)))(SQUARE)
    grad = next(node for node in g if node.kind == "input").grad
    np.testing.assert_allclose(grad, np.asarray(theirs), rtol=1e-9)
    np.testing.assert_allclose(expm(np.zeros((2, 3, 3))), np.broadcast_to(np.eye(3), (2, 3, 3)))


def test_results_with_several_parts_have_numpys_names():
    def function(x):
        sign, logabsdet = np.linalg.slogdet(x)
        values, vectors = np.linalg.eigh(x @ x.T)
        parts = np.linalg.svd(x)
        assert np.linalg.qr(x).R.shape == (3, 3)
        return sign * logabsdet + np.sum(values) + vectors[0, 0] + np.sum(parts.S)

    g = gt.trace(function, -SQUARE)
    assert np.linalg.slogdet(-SQUARE)[0] == -1
    expected = -np.linalg.slogdet(SQUARE)[1] + np.trace(SQUARE @ SQUARE.T)
    expected += np.linalg.eigh(SQUARE @ SQUARE.T)[1][0, 0] + np.linalg.svdvals(SQUARE).sum()
    assert g.output.value == pytest.approx(expected, rel=1e-12)


def test_least_squares_returns_all_four_results():
    b = RNG.normal(size=(4, 3))
    seen: list[Any] = []

    def function(a, b):
        seen.extend(np.linalg.lstsq(a, b))
        return np.sum(seen[1])

    g = gt.trace(function, TALL, b).backward()
    expected: tuple[Any, ...] = np.linalg.lstsq(TALL, b)
    for ours, theirs in zip(seen, expected, strict=True):
        np.testing.assert_allclose(getattr(ours, "value", ours), theirs, rtol=1e-12)
    # The residual is stationary at the solution: only the direct dependence is left.
    residual = TALL @ expected[0] - b
    np.testing.assert_allclose(g["b"].grad, -2 * residual, atol=1e-12)


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"vector 0.5"}))
def test_single_precision_stays(name):
    function, x = FUNCTIONS[name]
    g = gt.trace(lambda x: np.sum(function(np, x)), x.astype(np.float32)).backward()
    assert g.output.value.dtype == np.float32
    assert g["x"].grad.dtype == np.float32


ANYTHING: Any = np.linalg  # for calls that no type checker lets pass
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda x: np.linalg.inv(x), "inv of shapes (2, 2): Singular matrix"),
        (lambda x: np.linalg.solve(x, np.ones(2)), "Singular matrix"),
        (lambda x: np.linalg.matrix_power(x, -1), "Singular matrix"),
        (lambda x: np.linalg.cholesky(x), "not positive definite"),
        (lambda x: np.linalg.cholesky(x + np.array([[0.0, 1], [0, 0]])), "is not symmetric"),
        (lambda x: np.linalg.eigvalsh(np.triu(x)), "is not symmetric"),
        (lambda x: np.linalg.inv(x[:1]), "must be square"),
        (lambda x: np.linalg.det(x[0]), "at least two-dimensional"),
    ],
)
def test_what_has_no_value_is_one_error_with_the_line(function, text):
    with pytest.raises(MatrixError, match=r"test_linalg.py:\d+: ") as caught:
        gt.trace(function, SINGULAR - np.diag([0, 0]))
    assert text in str(caught.value)
    assert isinstance(caught.value, np.linalg.LinAlgError)


@pytest.mark.parametrize(
    ("function", "error", "text"),
    [
        (lambda x: np.linalg.qr(x, mode="complete"), RefusedError, "mode='complete'"),
        (lambda x: np.linalg.svd(x), RefusedError, "full_matrices=True"),
        (lambda x: np.linalg.svd(x, hermitian=True), RefusedError, "hermitian=True"),
        (lambda x: np.linalg.pinv(x, hermitian=True), RefusedError, "hermitian=True"),
        (lambda x: np.linalg.eigvals(x), RefusedError, "eigvals is not supported"),
        (lambda x: ANYTHING.norm(x, "abc"), ShapeError, "Invalid norm order"),
        (lambda x: np.linalg.norm(x[0], "nuc"), ShapeError, "Invalid norm order"),
        (lambda x: np.linalg.norm(x, 3), ShapeError, "Invalid norm order"),
        (lambda x: np.linalg.matrix_power(x, 2), ShapeError, "square"),
        (lambda x: ANYTHING.matrix_power(x, 0.5), RefusedError, "integer"),
    ],
)
def test_what_is_not_supported_is_said_with_the_line(function, error, text):
    with pytest.raises(error, match=r"test_linalg.py:\d+: ") as caught:
        gt.trace(function, TALL)
    assert text in str(caught.value)


def test_the_determinant_of_a_singular_matrix_has_a_gradient():
    g = gt.trace(np.linalg.det, SINGULAR).backward()
    grad = next(node for node in g if node.kind == "input").grad
    np.testing.assert_allclose(grad, [[4.0, -2.0], [-2.0, 1.0]], rtol=1e-12)
    g = gt.trace(np.linalg.det, np.zeros((3, 3))).backward()
    assert not np.any(next(node for node in g if node.kind == "input").grad)


def test_the_logarithm_of_a_zero_determinant_has_no_gradient():
    g = gt.trace(lambda x: np.linalg.slogdet(x)[1], np.zeros((2, 2))).backward()
    assert g.output.value == -np.inf
    assert np.all(np.isnan(g["x"].grad))


def test_equal_eigenvalues_have_the_gradient_of_what_does_not_depend_on_the_basis():
    """The projector on the space of the two equal eigenvalues, by perturbation theory."""
    rotation = np.linalg.qr(SQUARE)[0]
    x = rotation @ np.diag([1.0, 1.0, 3.0]) @ rotation.T
    x = (x + x.T) / 2

    def projector(x):
        v = np.linalg.eigh(x).eigenvectors[:, :2]
        return np.sum(v @ v.T * weights((3, 3)))

    exact = np.diag([1.0, 1.0, 3.0])
    for at in (x, exact):
        g = gt.trace(projector, at).backward()
        values, v = np.linalg.eigh(at)
        last, plane = v[:, 2], v[:, :2]
        w = (weights((3, 3)) + weights((3, 3)).T) / 2
        cross = plane @ plane.T @ w @ np.outer(last, last) / (values[0] - values[2])
        np.testing.assert_allclose(g["x"].grad, cross + cross.T, atol=1e-9)


def test_equal_singular_values_give_finite_gradients():
    g = gt.trace(lambda x: np.sum(np.linalg.svdvals(x)), np.eye(3)).backward()
    np.testing.assert_allclose(g["x"].grad, np.eye(3), atol=1e-15)
    g = gt.trace(lambda x: np.sum(np.linalg.svd(x).U), np.eye(3)).backward()
    assert np.all(np.isfinite(g["x"].grad))


def test_a_norm_at_zero_has_the_gradient_zero():
    for order in (None, 3, 1, np.inf):
        g = gt.trace(lambda x, p=order: np.linalg.norm(x, p), np.zeros(3)).backward()
        assert g.output.value == 0
        assert g["x"].grad.tolist() == [0, 0, 0]


EMPTY: list[tuple[Callable[[Any], Any], tuple[int, ...]]] = [
    (lambda x: np.sum(np.linalg.inv(x)), (0, 3, 3)),
    (lambda x: np.linalg.det(x), (0, 0)),
    (lambda x: np.sum(np.linalg.solve(x, np.ones((3, 0)))), (3, 3)),
    (lambda x: np.linalg.norm(x), (0,)),
    (lambda x: np.sum(np.linalg.svdvals(x)), (0, 2, 3)),
    (lambda x: np.sum(np.linalg.cholesky(x)), (0, 2, 2)),
    (lambda x: np.sum(np.linalg.eigh(x)[1]), (0, 2, 2)),
]


@pytest.mark.parametrize(("function", "shape"), EMPTY)
def test_nothing_breaks_without_elements(function, shape):
    x = np.ones(shape) + (np.eye(*shape[-2:]) if len(shape) > 1 else 0)
    g = gt.trace(function, x).backward()
    assert g["x"].grad.shape == shape
    assert g.output.value == function(x)


def test_powers_zero_and_one():
    g = gt.trace(lambda x: np.sum(np.linalg.matrix_power(x, 0)), SQUARE).backward()
    assert g.output.value == 3
    assert not np.any(g["x"].grad)


def test_factors_of_one_matrix_are_computed_once(monkeypatch):
    calls = []
    svd = np.linalg.svd

    def counted(*args, **kwargs):
        calls.append(args)
        return svd(*args, **kwargs)

    monkeypatch.setattr(np.linalg, "svd", counted)
    x = RNG.normal(size=(5, 5))
    g = gt.trace(lambda x: sum(np.sum(part) for part in svd(x)), x).backward()
    assert len(calls) == 1
    assert g["x"].grad.shape == (5, 5)
