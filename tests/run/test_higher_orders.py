"""Third and fourth derivatives, and products of any rank, against JAX, SymPy and by hand."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import GradientError, ShapeError

RNG = np.random.default_rng(7)


def derivative(graph: gt.Graph, order: int) -> gt.Graph:
    """Return the graph whose output is a derivative of the only input, by repetition."""
    for _ in range(order):
        graph = graph.backward(record=True)
    return graph


@pytest.mark.parametrize("x", [0.7, -1.3])
@pytest.mark.parametrize(
    "text",
    ["tanh(x)", "x**5", "exp(x)*sin(x)", "1/(1 + x**2)", "tanh(x**2)*x", "ln(1 + exp(x))",
     "sigmoid(x)*x", "sqrt(1 + x**2)"],
)  # fmt: skip
def test_scalars_to_the_fourth_order_against_sympy(
    text: str, x: float, oracle: Callable[..., Any]
) -> None:
    sympy = oracle("sympy")
    symbol = sympy.Symbol("x")
    formula = sympy.sympify(text.replace("sigmoid(x)", "1/(1 + exp(-x))").replace("ln", "log"))
    graph = gt.parse(text, x=x)
    for order in range(1, 5):
        expected = float(sympy.diff(formula, symbol, order).subs(symbol, x).evalf(30))
        found = derivative(graph, order)
        assert found.output.value == pytest.approx(expected, rel=1e-9, abs=1e-9), order
        # Forward over the recorded reverse passes gives one order more.
        if order < 4:
            next_ = float(sympy.diff(formula, symbol, order + 1).subs(symbol, x).evalf(30))
            assert found.jvp({"x": 1.0}) == pytest.approx(next_, rel=1e-9, abs=1e-9)


A = RNG.normal(size=(3, 3))
COMPOSITIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "tanh": (lambda x: np.sum(np.tanh(x)), lambda np, x: np.sum(np.tanh(x))),
    "x**5": (lambda x: np.sum(x**5), lambda np, x: np.sum(x**5)),
    "logsumexp": (
        lambda x: np.log(np.sum(np.exp(x))),
        lambda np, x: np.log(np.sum(np.exp(x))),
    ),
    "matmul and tanh": (
        lambda x: np.sum(np.tanh(A @ x) @ A),
        lambda np, x: np.sum(np.tanh(A @ x) @ A),
    ),
    "softmax": (
        lambda x: gt.nn.softmax(x)[0] * x[1],
        lambda np, x: (np.exp(x) / np.sum(np.exp(x)))[0] * x[1],
    ),
    "norm": (lambda x: np.linalg.norm(x) ** 3, lambda np, x: np.sqrt(np.sum(x * x)) ** 3),
    "a rational function": (
        lambda x: np.prod(x) / np.sum(x * x),
        lambda np, x: np.prod(x) / np.sum(x * x),
    ),
}


@pytest.mark.parametrize("name", COMPOSITIONS)
def test_arrays_to_the_fourth_order_against_jax(name: str, oracle: Callable[..., Any]) -> None:
    """Each order along a direction of its own: D⁴f[u, v, w, t], and the third by all elements."""
    ours, theirs = COMPOSITIONS[name]
    jax = oracle("jax")
    with jax.enable_x64(True):
        jnp = jax.numpy
        x = RNG.normal(size=3)
        u, v, w = (RNG.normal(size=3) for _ in range(3))

        def f(x):
            return theirs(jnp, x)

        second = jax.grad(lambda x: jax.grad(f)(x) @ u)
        third = jax.grad(lambda x: second(x) @ v)
        fourth = jax.grad(lambda x: third(x) @ w)
        expected = [np.asarray(d(jnp.asarray(x))) for d in (second, third, fourth)]

    def along(graph: gt.Graph, direction: np.ndarray) -> gt.Graph:
        return graph.backward(seed=direction, record=True)

    first = gt.trace(ours, x).backward(record=True)
    graphs = [along(first, u)]
    graphs.append(along(graphs[0], v))
    graphs.append(along(graphs[1], w))
    for graph, truth in zip(graphs, expected, strict=True):
        np.testing.assert_allclose(graph.output.value, truth, rtol=1e-8, atol=1e-8)
    # The same by forward sweeps and by the whole matrix.
    for graph, direction, truth in zip(graphs, (v, w), expected[1:], strict=False):
        matrix = graph.jacobian(graph.output.name, "x")
        np.testing.assert_allclose(matrix @ direction, truth, rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(graph.jvp({"x": direction}), truth, rtol=1e-8, atol=1e-8)


def test_the_hessian_vector_product_of_a_network_is_jaxs(oracle: Callable[..., Any]) -> None:
    jax = oracle("jax")
    shapes = {"W1": (6, 4), "b1": (6,), "W2": (3, 6), "b2": (3,), "x": (4,)}
    values = {name: RNG.normal(size=shape) for name, shape in shapes.items()}
    moves = {name: RNG.normal(size=shape) for name, shape in shapes.items()}

    def loss(np, W1, b1, W2, b2, x):
        y = W2 @ np.tanh(W1 @ x + b1) + b2
        return np.log(np.sum(np.exp(y))) - y[1]

    g = gt.trace(lambda W1, b1, W2, b2, x: loss(np, W1, b1, W2, b2, x), **values)
    found = g.hvp(moves)
    with jax.enable_x64(True):
        given = tuple(jax.numpy.asarray(value) for value in values.values())
        along = tuple(jax.numpy.asarray(move) for move in moves.values())
        gradient = jax.grad(lambda *args: loss(jax.numpy, *args), argnums=tuple(range(5)))
        _, expected = jax.jvp(gradient, given, along)
    for name, truth in zip(shapes, expected, strict=True):
        np.testing.assert_allclose(found[name], np.asarray(truth), rtol=1e-9, atol=1e-10)


def test_products_by_inner_nodes_hold_what_comes_before_them_still() -> None:
    x = np.array([0.5, -1.0, 2.0])

    def f(x):
        h = np.sin(x)
        y = np.sum(h**3 * x)
        return y  # noqa: RET504

    g = gt.trace(f, x)
    h, t = np.sin(x), np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(g.jacobian("y", "h"), 3 * h**2 * x)
    np.testing.assert_allclose(g.hessian("y", "h"), np.diag(6 * h * x), atol=1e-14)
    # The gradient by h is 3·h²·x, in which h follows x.
    by_x = 6 * h * x * np.cos(x) + 3 * h**2
    np.testing.assert_allclose(g.hessian("y", "h", "x"), np.diag(by_x), atol=1e-14)
    assert g.jvp({"h": t}) == pytest.approx(np.sum(3 * h**2 * x * t))
    np.testing.assert_allclose(g.hvp({"h": t})["h"], 6 * h * x * t)
    # Both at once: h does not follow x where it has a direction of its own.
    assert g.jvp({"h": t, "x": t}) == pytest.approx(np.sum((3 * h**2 * x + h**3) * t))
    both = g.hvp({"h": t, "x": t})
    np.testing.assert_allclose(both["h"], 6 * h * x * t + 3 * h**2 * t)


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (2, 1, 3), (0,), (2, 0)])
def test_every_reading_has_the_shapes_of_its_operands(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    x, t, v = (rng.normal(size=shape) for _ in range(3))

    def f(x):
        y = np.sin(x) * x
        s = np.sum(y * y)
        return y, s

    g = gt.trace(f, x if shape else float(x))
    y, dy = np.sin(x) * x, np.cos(x) * x + np.sin(x)
    ddy = 2 * np.cos(x) - np.sin(x) * x
    dds = 2 * dy**2 + 2 * y * ddy
    size = int(np.prod(shape))
    jacobian = np.asarray(g.jacobian("y", "x"))
    assert jacobian.shape == shape + shape
    np.testing.assert_allclose(jacobian.reshape(size, size), np.diag(dy.ravel()), atol=1e-14)
    hessian = np.asarray(g.hessian("s", "x"))
    assert hessian.shape == shape + shape
    np.testing.assert_allclose(hessian.reshape(size, size), np.diag(dds.ravel()), atol=1e-13)
    np.testing.assert_allclose(g.jvp({"x": t}, output="y"), dy * t, atol=1e-14)
    np.testing.assert_allclose(g.vjp(v, output="y")["x"], dy * v, atol=1e-14)
    np.testing.assert_allclose(g.hvp({"x": t}, output="s")["x"], dds * t, atol=1e-13)
    recorded = g.backward("s", record=True)
    np.testing.assert_allclose(recorded["∂s/∂x"].value, 2 * y * dy, atol=1e-14)
    assert np.shape(recorded["∂s/∂x"].value) == shape
    third = recorded.jvp({"x": t}, output="∂s/∂x")
    np.testing.assert_allclose(third, dds * t, atol=1e-13)


def test_single_precision_stays_single_in_every_reading() -> None:
    x = np.linspace(-1, 1, 4, dtype=np.float32)
    g = gt.trace(lambda x: np.sum(np.tanh(x) ** 2), x)
    found = [
        g.jacobian(g.output.id, "x"), g.vjp()["x"], g.hessian(g.output.id, "x"),
        g.hvp({"x": np.ones(4)})["x"], g.backward(record=True).output.value,
    ]  # fmt: skip
    assert {value.dtype for value in found} == {np.dtype(np.float32)}


def test_requests_without_an_answer_say_why() -> None:
    g = gt.trace(lambda x: np.argmax(x) * 1.0, np.array([1.0, 2.0]))
    np.testing.assert_array_equal(g.jacobian(g.output.id, "x"), [0, 0])
    np.testing.assert_array_equal(g.vjp(1.0)["x"], [0, 0])
    with pytest.raises(GradientError, match="it has no gradient"):
        gt.trace(np.argmax, np.array([1.0, 2.0])).vjp(1.0)
    with pytest.raises(ShapeError, match=r"the direction of x has shape \(3,\)"):
        g.hvp({"x": np.ones(3)})
    with pytest.raises(gt.GraphTraceError, match="no node 'z'"):
        g.jacobian(g.output.id, "z")


def test_the_derivative_of_a_long_chain_needs_no_recursion() -> None:
    def f(x):
        for _ in range(3000):
            x = np.sin(x)
        return x

    g = gt.trace(f, 0.5)
    first = g.backward(record=True)
    value, slope = 0.5, 1.0
    for _ in range(3000):
        slope *= math.cos(value)
        value = math.sin(value)
    assert first.output.value == pytest.approx(slope, rel=1e-9)
    step = 1e-6
    other = g.at(x=0.5 + step).backward()["x"].grad - g.at(x=0.5 - step).backward()["x"].grad
    assert first.jvp({"x": 1.0}) == pytest.approx(other / (2 * step), rel=1e-5)
