"""Symbolic readings of arrays: hand-worked matrices, and numbers put in against numeric runs."""

import numpy as np
import pytest
import sympy

import graphtrace as gt
from graphtrace.errors import GradientError, GraphTraceError
from graphtrace.ops import OPS
from graphtrace.ops.values import normal
from graphtrace.run.symbolic_array import RULES, SAME, evaluate, symbolic


def equal(ours, theirs):
    """Tell whether two arrays of expressions have the same shape and simplify to the same."""
    theirs = sympy.Array(theirs)
    same = (
        sympy.simplify(a - b) == 0 for a, b in zip(*map(sympy.flatten, (ours, theirs)), strict=True)
    )
    return ours.shape == theirs.shape and all(same)


def put_in(graph, expr, names):
    """Put the inputs' numbers into symbols, by SymPy's own means."""
    symbols, numbers = [], []
    for name in names:
        symbols += sympy.flatten([graph.symbols(name)])
        numbers += np.ravel(graph[name].value).tolist()
    run = sympy.lambdify(symbols, expr, modules="numpy")
    return np.array(run(*numbers), dtype=float)


def two_layers(W1, b1, W2, b2, x):
    z1 = W1 @ x + b1
    a1 = gt.nn.leaky_relu(z1, 0.01)
    return W2 @ a1 + b2


def test_the_gradients_of_a_constant_start_in_symbols():
    """∂L/∂W2 = δ a1ᵀ, ∂L/∂b2 = δ: the rows of hidden units differ only in their symbols."""
    g = gt.trace(two_layers, np.full((2, 2), 2.0),
                 np.full(2, -2.0), np.ones((2, 2)), np.ones(2), np.array([1.0, 2]))  # fmt: skip
    delta = sympy.symbols("δ_{0} δ_{1}")
    a1 = [g.symbolic("a1")[k] for k in range(2)]
    found = {name: g.contributions(name, symbolic=True).total for name in ("W2", "b2", "a1")}
    assert equal(found["W2"], [[d * a for a in a1] for d in delta])
    assert equal(found["b2"], delta)
    W2 = g.symbols("W2")
    assert equal(found["a1"], [W2[0, k] * delta[0] + W2[1, k] * delta[1] for k in range(2)])
    # With the numbers of the page: a1 = (4, 4), δ = (0.1, 0.2).
    at = dict(zip(delta, (0.1, 0.2), strict=True))
    dW2 = put_in(g, found["W2"].subs(at), ["W1", "b1", "x"])
    assert np.allclose(dW2, [[0.4, 0.4], [0.8, 0.8]], rtol=1e-14)


def test_jacobians_of_matrix_functions():
    """For f(w) = Xw it is X, for w it is the unit matrix, for w² diag(2w), for ‖w‖² 2wᵀ."""
    X, w = np.arange(6.0).reshape(2, 3), np.array([1.0, 2, 3])
    g = gt.trace(lambda X, w: X @ w, X, w)
    assert g.symbolic_gradient(g.output.id, "w") == g.symbols("X")
    assert equal(g.symbolic_gradient("w", "w"), sympy.eye(3))
    w0, w1, w2 = sympy.flatten(g.symbols("w"))
    g = gt.trace(lambda w: w**2, w)
    assert equal(g.symbolic_gradient(g.output.id, "w"), sympy.diag(2 * w0, 2 * w1, 2 * w2))
    g = gt.trace(lambda w: np.sum(w**2), w)
    assert equal(g.symbolic_gradient(g.output.id, "w"), [2 * w0, 2 * w1, 2 * w2])
    g = gt.trace(lambda X, W: X @ W.T, np.ones((2, 3)), np.ones((2, 3)))
    found, X = g.symbolic_gradient(g.output.id, "W"), g.symbols("X")
    expected = [[[[X[i, m] * int(k == j) for m in range(3)] for k in range(2)] for j in range(2)]
                for i in range(2)]  # fmt: skip
    assert equal(found, expected)


def test_the_softmax_jacobian_is_diag_s_minus_s_st():
    g = gt.trace(gt.nn.softmax, np.array([0.1, 0.2, 0.3]))
    s = g.symbolic()
    expected = [[s[i] * (int(i == j) - s[j]) for j in range(3)] for i in range(3)]
    found = g.symbolic_gradient(g.output.id, g[0].id)
    assert equal(found, expected)
    # brought to one quotient, as on a blackboard
    z0, z1, z2 = sympy.flatten(g.symbols(g[0].name))
    total = sympy.exp(z0) + sympy.exp(z1) + sympy.exp(z2)
    assert found[0, 1] == -sympy.exp(z0) * sympy.exp(z1) / total**2


@pytest.mark.parametrize("classes", [2, 3])
def test_softmax_with_cross_entropy_gives_prediction_minus_target(classes):
    target = np.eye(classes)[0]

    def loss(z):
        prediction = gt.nn.softmax(z)
        return -np.sum(target * np.log(prediction))

    g = gt.trace(loss, np.linspace(0, 1, classes))
    prediction = g.symbolic("prediction")
    expected = [prediction[k] - int(target[k]) for k in range(classes)]
    assert equal(g.symbolic_gradient(g.output.id, "z"), expected)


def test_contributions_sum_to_the_gradient_of_a_shared_weight():
    def f(W, u, v):
        h = W @ u
        return np.sum(W @ (h * v))

    rng = np.random.default_rng(0)
    g = gt.trace(f, *(rng.normal(size=shape) for shape in ((2, 2), 2, 2)))
    rows = g.contributions("W", symbolic=True)
    assert len(rows) == 2
    total = rows[0].contribution + rows[1].contribution
    assert equal(rows.total, total)
    assert np.allclose(put_in(g, rows.total, ["W", "u", "v"]), g.backward()["W"].grad, rtol=1e-12)


def test_paths_in_symbols():
    g = gt.parse("q = w*u1; y = w*(u2 + q)", w=2, u1=1, u2=1)
    w, u1, u2 = sympy.symbols("w u1 u2")
    found = {path.nodes: path for path in g.paths("w", "y", symbolic=True)}
    assert sympy.expand(found["w", "y"].product - (u2 + w * u1)) == 0
    assert sympy.expand(sum(path.product for path in found.values()) - (u2 + 2 * w * u1)) == 0
    assert str(found["w", "y"]) == "w→y: (u1*w + u2) = (u1*w + u2)"
    g = gt.trace(lambda A, x: np.sum((A @ x) ** 2), np.ones((2, 3)), np.ones(3))
    (path,) = g.paths("x", symbolic=True)
    A, x = sympy.Matrix(g.symbols("A")), sympy.Matrix(g.symbols("x"))
    assert equal(path.product, list(2 * A.T * A * x))
    assert [factor.shape for factor in path.factors] == [(2, 3), (2, 2), (2,)]


FUNCTIONS = {
    "tanh of a product": lambda A, x: np.tanh(A @ x),
    "mean and variance": lambda A, x: A.mean(axis=0) + A.var(axis=1)[:, None] * x,
    "batch norm": lambda A, x: (A - A.mean(axis=0)) / np.sqrt(A.var(axis=0) + 0.1) * x,
    "softmax rows": lambda A, x: gt.nn.softmax(A) @ x,
    "log softmax": lambda A, x: gt.nn.log_softmax(A * x),
    "norm": lambda A, x: A / np.linalg.norm(A, axis=1, keepdims=True) + x,
    "choices": lambda A, x: np.where(A > 0, A * x, np.abs(A)),
    "relu and max": lambda A, x: gt.nn.relu(A - 0.1) + np.max(A, axis=0) * x,
    "indices": lambda A, x: A[[0, 1, 0], 1:] * x[::-1][:2],
    "scans": lambda A, x: np.cumprod(np.cumsum(A, axis=1), axis=1) + x,
    "masks": lambda A, x: np.sum(A, axis=0, where=np.array([[True], [False]])) + np.prod(x),
    "inverse": lambda A, x: np.linalg.inv(A[:, :2] + 3 * np.eye(2)) @ x[:2],
    "einsum": lambda A, x: np.einsum("ij,kj,j->ik", A, A, x),
    "convolution": lambda A, x: gt.nn.conv1d(x[None], A[:, None, :2], padding=1),
    "scalars too": lambda A, x: np.sum(A) * np.exp(x[0]) ** 2 + np.prod(x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numbers_put_in_are_the_numbers_of_the_graph(name):
    rng = np.random.default_rng(1)
    A, x = rng.normal(size=(2, 3)), rng.uniform(0.5, 1.5, size=3)
    g = gt.trace(FUNCTIONS[name], A, x)
    assert np.allclose(put_in(g, g.symbolic(), ["A", "x"]), g.output.value, rtol=1e-10)
    found = g.symbolic_gradient(g.output.id, "A")
    expected = g.jacobian(g.output.id, "A")
    assert found.shape == np.shape(expected)
    assert np.allclose(put_in(g, found, ["A", "x"]), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", sorted(SAME | set(RULES)))
def test_an_operation_and_its_rule_run_on_symbols(name):
    """The first sample of each operation: value and pull-back, with numbers put in."""
    op, rng = OPS[name], np.random.default_rng(0)
    operands, params = op.samples(rng)[0]
    operands = tuple(normal(np.asarray(operand)) for operand in operands)
    out = op.evaluate(operands, params)
    upstream = normal(rng.normal(size=np.shape(out)))
    at = {}

    def symbols(letter, value):
        found = np.empty(np.shape(value), dtype=object)
        for place in np.ndindex(found.shape):
            found[place] = sympy.Symbol(f"{letter}{place}")
            at[found[place]] = float(np.asarray(value)[place])
        return symbolic(found)

    def numbers(array):
        flat = [float(sympy.sympify(item).subs(at)) for item in np.ravel(np.asarray(array))]
        return np.reshape(flat, np.shape(array))

    letters = [symbols("abc"[k], operand) for k, operand in enumerate(operands)]
    whole = evaluate(op, letters, params)
    assert np.allclose(numbers(whole), out)
    assert op.vjp is not None
    for slot in range(len(operands)):
        pulled = op.vjp(slot, symbols("g", upstream), whole, *letters, **params)
        expected = op.vjp(slot, upstream, out, *operands, **params)
        assert np.shape(pulled) == np.shape(expected)
        assert np.allclose(numbers(pulled), expected)


def test_truths_and_choices_in_symbols():
    g = gt.trace(lambda x: x > 0, np.ones(2))
    assert [str(item) for item in g.symbolic()] == ["x_{0} > 0", "x_{1} > 0"]
    g = gt.trace(lambda x: np.sum(np.where(x > 0, x, 0.1 * x)), np.ones(1))
    (x,) = g.symbols("x")
    tenth = sympy.Rational(1, 10)
    assert g.symbolic_gradient(g.output.id, "x")[0] == sympy.Piecewise((1, x > 0), (tenth, True))


def test_numbers_stay_exact():
    g = gt.trace(lambda x: np.mean(x) / 3 + x @ np.array([0.1, 0.25, 2]), np.ones(3))
    x = sympy.flatten(g.symbols("x"))
    ninth = sympy.Rational(1, 9)
    weights = [sympy.Rational(1, 10), sympy.Rational(1, 4), 2]
    assert g.symbolic() == sympy.expand(
        sum((ninth + w) * s for w, s in zip(weights, x, strict=True))
    )


def test_names_of_elements_and_latex():
    g = gt.trace(lambda W1, x: W1 @ x, np.ones((2, 2)), np.ones(2))
    assert str(g.symbols("W1")[0, 1]) == "W1_{01}"
    assert sympy.latex(g.symbolic()[0]) == "W1_{00} x_{0} + W1_{01} x_{1}"
    wide = gt.trace(lambda x: np.sum(x), np.ones(11))  # noqa: PLW0108
    assert str(wide.symbols("x")[10]) == "x_{10}"
    grid = gt.trace(lambda x: np.sum(x), np.ones((2, 11)))  # noqa: PLW0108
    assert str(grid.symbols("x")[1, 10]) == "x_{1,10}"
    assert gt.parse("f = w*2", w=1).symbols("w") == sympy.Symbol("w")


@pytest.mark.parametrize(
    ("function", "shape", "words"),
    [
        (np.sum, (21, 20), r"has 420 elements: .* up to 400; make the graph at smaller inputs"),
        (np.sort, (3,), "is made by sort, which has no symbolic form"),
        (np.argmax, (3,), "is made by argmax, which has no symbolic form"),
        (np.linalg.eigvalsh, (2, 2), "is made by eigvalsh, which has no symbolic form"),
    ],
)
def test_what_has_no_symbols_says_so(function, shape, words):
    with pytest.raises(GraphTraceError, match=words):
        gt.trace(function, np.ones(shape)).symbolic()


def test_a_formula_that_explodes_is_refused_in_time():
    def f(W, x):
        for _ in range(12):
            x = np.tanh(W @ x)
        return np.sum(x)

    g = gt.trace(f, np.ones((5, 5)), np.ones(5))
    with pytest.raises(GraphTraceError, match="ask for a node nearer to the inputs"):
        g.symbolic()
    assert g.symbolic("x1").shape == (5,)


def test_a_derivative_of_many_elements_is_refused():
    g = gt.trace(lambda W, x: W @ x, np.ones((15, 15)), np.ones(15))
    with pytest.raises(GraphTraceError, match="this derivative has 3375 elements"):
        g.symbolic_gradient(g.output.id, "W")


def test_what_does_not_depend_says_so():
    g = gt.trace(lambda x, y: (x * 2, y * 3), np.ones(2), np.ones(2))
    with pytest.raises(GradientError, match="does not depend on y"):
        g.symbolic_gradient(g.output.id, "y")
    with pytest.raises(GradientError, match="does not depend on y"):
        g.contributions("y", symbolic=True)
