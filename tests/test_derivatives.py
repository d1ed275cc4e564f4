"""Jacobians, Hessians and products by any node, against hand-worked forms."""

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import GradientError, RegistrationError, ShapeError

RNG = np.random.default_rng(3)


def same(slot, g, out, a):
    return g


def twice(slot, g, out, a):
    return g * 2


def softmax(z):
    return np.exp(z - z.max()) / np.exp(z - z.max()).sum()


def test_the_jacobian_of_softmax_is_diag_s_minus_s_s():
    z = RNG.normal(size=4)
    g = gt.trace(gt.nn.softmax, z)
    s = softmax(z)
    np.testing.assert_allclose(
        g.jacobian(g.output.id, "x"), np.diag(s) - np.outer(s, s), atol=1e-15
    )


def test_shapes_are_output_shape_then_input_shape():
    """S6: by a vector, by a matrix, by an inner node, of a scalar and of a matrix."""
    X, w = RNG.normal(size=(5, 3)), RNG.normal(size=3)
    norm = gt.trace(lambda w: (w**2).sum(), w)
    np.testing.assert_allclose(norm.jacobian(norm.output.id, "w"), 2 * w)
    dot = gt.trace(lambda w, x: w @ x, w, X[0])
    np.testing.assert_allclose(dot.jacobian(dot.output.id, "w"), X[0])
    linear = gt.trace(lambda w: X @ w, w)
    np.testing.assert_allclose(linear.jacobian(linear.output.id, "w"), X)
    np.testing.assert_allclose(linear.jacobian("w", "w"), np.eye(3))
    square = gt.trace(lambda w: w**2, w)
    np.testing.assert_allclose(square.jacobian(square.output.id, "w"), np.diag(2 * w))
    W = RNG.normal(size=(4, 3))
    product = gt.trace(lambda W: X @ W.T, W)
    expected = np.einsum("il,kj->ijkl", X, np.eye(4))
    np.testing.assert_allclose(product.jacobian(product.output.id, "W"), expected)


def test_a_constant_function_has_a_zero_jacobian():
    g = gt.trace(lambda w: np.sum(w * 0.0) + 3.0, RNG.normal(size=3))
    np.testing.assert_array_equal(g.jacobian(g.output.id, "w"), np.zeros(3))


def test_the_jacobian_by_an_inner_node_holds_its_operands_still():
    g = gt.parse("h = x**2; y = h*x + h", x=3)
    assert g.jacobian("y", "h") == 3 + 1
    assert g.jacobian("y", "x") == 3 * 9 + 2 * 3
    assert g.jacobian("h", "y") == 0.0


def test_hessians_of_a_quadratic_form_and_of_mixed_inputs():
    A = RNG.normal(size=(3, 3))
    g = gt.trace(lambda x, y: x @ A @ y, RNG.normal(size=3), RNG.normal(size=3))
    name = g.output.id
    np.testing.assert_allclose(g.hessian(name, "x", "y"), A, atol=1e-14)
    np.testing.assert_allclose(g.hessian(name, "y", "x"), A.T, atol=1e-14)
    np.testing.assert_allclose(g.hessian(name, "x"), np.zeros((3, 3)))
    h = gt.parse("f = x**3*y", x=2, y=5)
    assert h.hessian("f", "x") == pytest.approx(6 * 2 * 5)
    assert h.hessian("f", "x", "y") == pytest.approx(3 * 4)


def test_products_agree_with_the_matrices():
    X = RNG.normal(size=(6, 3))
    w, v = RNG.normal(size=3), RNG.normal(size=3)
    g = gt.trace(lambda w: np.tanh(X @ w), w)
    J = (1 - np.tanh(X @ w) ** 2)[:, None] * X
    np.testing.assert_allclose(g.jvp({"w": v}), J @ v)
    u = RNG.normal(size=6)
    np.testing.assert_allclose(g.vjp(u)["w"], u @ J)
    f = gt.trace(lambda w: np.exp(X @ w).sum(), w)
    H = X.T @ np.diag(np.exp(X @ w)) @ X
    np.testing.assert_allclose(f.hvp({"w": v})["w"], H @ v)
    np.testing.assert_allclose(f.hessian(f.output.id, "w"), H)


def test_readings_leave_the_gradients_of_backward_alone():
    g = gt.parse("f = x*y", x=2, y=3).backward()
    g.vjp(10.0)
    g.hessian("f", "x", "y")
    assert (g["x"].grad, g["y"].grad) == (3.0, 2.0)


def test_the_recorded_backward_pass_is_a_graph_with_the_gradients_as_nodes():
    g = gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward()
    both = g.backward(record=True)
    for name in "xyz":
        assert both[f"∂f/∂{name}"].value == g[name].grad
    third = both.at(x=4.0)
    assert third["∂f/∂x"].value == 0.25
    fourth = both.backward("∂f/∂y", record=True)
    assert fourth["∂∂f/∂y/∂z"].value == pytest.approx(np.exp(3))


def test_every_gradient_of_the_recorded_pass_is_a_node_with_the_line_of_its_operation():
    def f(W, x, unused):
        with gt.scope("layer"):
            h = np.tanh(W @ x + x)
        return np.sum(h * h) + np.sum(np.sign(unused))

    g = gt.trace(f, RNG.normal(size=(3, 3)), RNG.normal(size=3), 1.0).backward()
    both = g.backward(record=True)
    facts = both.facts()
    for node in g:
        name = f"∂f/∂{node.name}"
        if node.grad is None or node.op == "constant":
            assert name not in both
            continue
        np.testing.assert_allclose(both[name].value, node.grad, rtol=1e-13, err_msg=name)
        assert facts.mirror[both[name].id] == both[node.name].id
    assert {both.nodes[i].name for i in facts.mirror if facts.mirror[i] is None}.isdisjoint(
        f"∂f/∂{node.name}" for node in g
    )
    places = both["∂f/∂h"].where, g.output.where
    assert len({place and place.line for place in places}) == 1
    assert {n.scope[0] for n in facts.nodes if n.id in facts.mirror} == {"backward"}
    assert [n.scope for n in facts.nodes if n.name == "h"] == [("forward", "layer")]
    other = both.at(x=np.ones(3))
    np.testing.assert_allclose(other["∂f/∂W"].value, g.at(x=np.ones(3)).backward()["W"].grad)
    assert other.facts().mirror == facts.mirror


def test_the_recorded_pass_starts_from_the_seed_and_ends_at_it_without_inputs_in_reach():
    g = gt.trace(lambda x: x * 2.0, np.ones(3))
    both = g.backward(seed=[1.0, 2.0, 3.0], record=True)
    np.testing.assert_array_equal(both.output.value, [2, 4, 6])
    still = gt.parse("f = sign(x)", x=2).backward(record=True)
    assert still["∂f/∂x"].value == 0.0
    cut = gt.trace(lambda x: np.argmax(x) * 1.0, np.array([1.0, 2.0])).backward(record=True)
    assert cut.output.value == 1.0


def test_third_derivatives_by_repetition():
    first = gt.parse("f = sin(x)", x=0.7).backward(record=True)
    second = first.backward(record=True)
    third = second.backward(record=True)
    assert first.output.value == pytest.approx(np.cos(0.7))
    assert second.output.value == pytest.approx(-np.sin(0.7))
    assert third.output.value == pytest.approx(-np.cos(0.7))


def test_wrong_requests_say_what_to_do():
    g = gt.trace(lambda x: x * 2.0, np.ones(3))
    with pytest.raises(
        ShapeError, match=r"direction of x has shape \(2,\), but x has shape \(3,\)"
    ):
        g.jvp({"x": np.ones(2)})
    with pytest.raises(GradientError, match=r"shape \(3,\)"):
        g.vjp()
    with pytest.raises(GradientError, match=r"shape \(3,\)"):
        g.hessian(g.output.id, "x")


def test_an_operation_of_ones_own_is_checked_traced_and_differentiated_twice():
    cube = gt.op("cube_here", lambda a: a**3, partials=["3*a**2"], samples=[(-2, 2)])
    assert cube(2.0) == 8.0
    g = gt.trace(lambda x: cube(x) * 2.0, 1.5).backward()
    assert g["x"].grad == 2 * 3 * 1.5**2
    assert g.hessian(g.output.id, "x") == pytest.approx(2 * 6 * 1.5)
    assert gt.parse("y = cube_here(x)", x=3)["y"].value == 27.0


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"partials": ["2*a**2"], "samples": [(-2, 2)]}, "finite difference"),
        ({"samples": [(1, 2)]}, "give either partials or vjp"),
        ({"partials": ["zz"], "samples": [(1, 2)]}, "names zz"),
        ({"partials": ["1"], "samples": []}, "one sample interval"),
        ({"vjp": same, "samples": [((1.0,), {})]}, "give jvp too"),
        (
            {"vjp": twice, "jvp": "linear",
             "samples": [((np.ones(3),), {})]},
            "transpose",
        ),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused_and_forgotten(rules, message):
    with pytest.raises(RegistrationError, match=message):
        gt.op("wrong_here", lambda a: a**3, **rules)
    with pytest.raises(gt.GraphTraceError, match="unknown function"):
        gt.parse("wrong_here(x)", x=1)


def test_the_audit_names_impure_aliasing_and_widening_operations():
    state = {"calls": 0}

    def counter(a):
        state["calls"] += 1
        return a * state["calls"]

    with pytest.raises(RegistrationError, match="impure"):
        gt.op("impure_here", counter, partials=["1"], samples=[(1, 2)])
    wide = gt.op("wide_here", lambda a: a * np.float64(2.0), partials=["2"], samples=[(1, 2)])
    g = gt.trace(wide, np.ones(3, dtype=np.float32))
    report = g.audit()
    assert not report.ok
    assert report.findings[0].kind == "dtype"
    assert gt.parse("y = tanh(x)*x", x=0.3).audit().ok


def test_no_reading_leaves_numpys_error_state_changed():
    before = np.geterr()
    g = gt.parse("f = x**2*y", x=2.0, y=1.0)
    g.hessian("f", "x")
    g.backward(record=True)
    g.at(x=3.0)
    gt.trace(lambda x: np.log(x * np.array([1.0, -1.0])), -1.0)
    gt.trace(lambda x: np.sum(np.log(x)), np.array([-1.0, 0.0])).backward()
    assert np.geterr() == before


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("f = sin(x)", lambda x: -np.sin(x)),
        ("f = x*x", lambda x: 2.0),  # noqa: ARG005 # a constant
        ("f = x**3", lambda x: 6 * x),
        ("f = exp(sin(x))", lambda x: np.exp(np.sin(x)) * (np.cos(x) ** 2 - np.sin(x))),
        ("f = 2*x + 1", lambda x: 0.0),  # noqa: ARG005
    ],
)
def test_a_recorded_backward_pass_can_be_run_backward(text, second):
    both = gt.parse(text, x=0.7).backward(record=True).backward()
    found = both["x"].grad
    assert (0.0 if found is None else found) == pytest.approx(second(0.7), rel=1e-12)
    assert all(node.grad is None for node in both if node.kind == "constant")
