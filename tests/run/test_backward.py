"""The backward pass: uses, contributions, seeds, size, memory."""

import gc
import weakref

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import GradientError, NameNotFoundError, ShapeError

RNN = "p = u1; q = w*p; r = u2 + q; s = w*r; t = u3 + s; y = w*t"


def grads(g, *names):
    return [g[name].grad for name in names]


def test_the_shared_weight_gets_seven_six_and_four():
    g = gt.parse(RNN, w=2, u1=1, u2=1, u3=1).backward()
    assert g["y"].value == 14
    assert grads(g, "t", "s", "r", "q", "p") == [2, 2, 4, 4, 8]
    rows = {row.target: row.contribution for row in g.contributions("w")}
    assert rows == {"y": 7, "s": 6, "q": 4}
    assert g.contributions("w").total == g["w"].grad == 17
    assert {e.target.name: e.contribution for e in g["w"].uses} == rows
    assert [(e.upstream, e.local) for e in g["w"].uses] == [(4, 1), (2, 3), (1, 7)]


def rnn(w, us):
    h = 0.0
    for u in us:
        h = w * (u + h)
    return h


def test_the_loop_gives_the_same_as_the_statements():
    g = gt.trace(rnn, 2.0, [1.0, 1.0, 1.0]).backward()
    assert [row.contribution for row in g.contributions("w")] == [4, 6, 7]
    assert grads(g, "w", "us[0]", "us[1]", "us[2]") == [17, 8, 4, 2]
    doubled = g.backward(seed=2)
    assert [row.contribution for row in doubled.contributions("w")] == [8, 12, 14]


@pytest.mark.parametrize(
    ("text", "x", "gradient", "edges"),
    [
        ("x*x", 3.0, 6, 2),
        ("x*x*x", 3.0, 27, 3),
        ("x/x", 3.0, 0, 2),
        ("x - x", 3.0, 0, 2),
        ("x**x", 2.0, 4 * (1 + np.log(2)), 2),
        ("arctan2(x, x)", 2.0, 0, 2),
        ("where(x > 0, x, x*x)", 3.0, 1, 4),
        ("a = x*2; b = a + x; c = a*b; c + b", 3.0, 39, 2),
    ],
)
def test_one_operand_used_several_times(text, x, gradient, edges):
    for value in (x, [x, x]):
        g = gt.parse(text, x=value).backward(seed=np.ones(np.shape(value)))
        assert np.ravel(g["x"].grad) == pytest.approx(np.full(np.size(value), gradient))
        assert len(g["x"].uses) == edges


def test_the_two_edges_of_a_square():
    square = gt.parse("f = x*x", x=3).backward()["f"]
    assert [(e.source.name, e.slot, e.local, e.contribution) for e in square.inputs] == [
        ("x", 0, 3, 3),
        ("x", 1, 3, 3),
    ]


def test_a_diamond():
    g = gt.parse("h = x*3; a = h**2; b = exp(h); f = a*b", x=0.5).backward()
    h = 1.5
    assert g["h"].grad == pytest.approx((2 * h + h * h) * np.exp(h), rel=1e-14)
    assert g["x"].grad == pytest.approx(3 * (2 * h + h * h) * np.exp(h), rel=1e-14)


def test_a_thousand_uses():
    g = gt.trace(lambda x: sum(x * float(k) for k in range(1000)), 2.0).backward()
    assert g["x"].grad == 499500
    assert [row.contribution for row in g.contributions("x")] == list(range(1000))


def test_a_chain_of_a_hundred_thousand_steps():
    def chain(x, step):
        for _ in range(50_000):
            x = x * step + 0.5
        return x

    g = gt.trace(chain, 1.0, 0.5)
    for _ in range(2):
        g.backward()
        assert g.output.value == 1.0
        # h = h·s + ½ from h = 1 at s = ½ stays at 1, so ∂h/∂s = Σ ½ᵏ = 2
        assert g["step"].grad == pytest.approx(2.0, rel=1e-12)
        assert g["x"].grad == 0.5**50_000
    assert len(g) == 150_002


def test_a_million_nodes():
    def sums(x, y):
        total = x
        for _ in range(500_000):
            total = total + x * y
        return total

    g = gt.trace(sums, 3.0, 2.0).backward()
    assert g["x"].grad == 1_000_001
    assert g["y"].grad == 1_500_000
    assert len(g._records) == 1_000_002
    assert g.backward()["y"].grad == 1_500_000


def test_unreached_is_none_and_zero_is_zero():
    g = gt.parse("a = x*2; b = y*3; f = x*0 + relu(-z)", x=1, y=1, z=1).backward()
    assert grads(g, "a", "b", "y") == [None, None, None]
    assert [str(value) for value in (abs(g["x"].grad), abs(g["z"].grad))] == ["0.0", "0.0"]
    assert g["a"].uses == ()
    assert g["y"].uses[0].contribution is None
    arrays = gt.parse("a = 2*x; sum(x*0)", x=[1, 2]).backward()
    assert arrays["a"].grad is None
    assert arrays["x"].grad.tolist() == [0, 0]


def test_before_any_backward_pass_there_are_no_gradients():
    g = gt.parse("f = x*2", x=1)
    assert grads(g, "x", "f") == [None, None]
    with pytest.raises(GradientError, match=r"x has no gradient: run g\.backward\(\) first"):
        g.contributions("x")


def test_other_outputs_and_back():
    g = gt.parse("a = x*y; b = a*a; f = b + x", x=2, y=3)
    assert grads(g.backward("a"), "x", "y", "a", "b", "f") == [3, 2, 1, None, None]
    assert g.output.name == "a"
    assert grads(g.backward("b"), "x", "y", "a", "b", "f") == [36, 24, 12, 1, None]
    assert grads(g.backward(), "x", "y", "a", "b", "f") == [37, 24, 12, 1, 1]
    assert g.output.name == "f"
    assert g.backward(g["a"].id)["x"].grad == 3
    assert g.backward("x")["x"].grad == 1
    with pytest.raises(NameNotFoundError, match="no node 'bb'; did you mean 'b'"):
        g.backward("bb")


def test_a_graph_that_grows_follows_its_last_node():
    g = gt.Graph()
    x = g.inputs(x=2.0)
    y = x * x
    assert g.backward()[x].grad == 4
    z = y * 3
    assert g[x].grad == 4
    assert g.backward()[x].grad == 12
    assert (g[z].grad, g.output.value) == (1, 12)


@pytest.mark.parametrize("seed", [1.0, 2, -0.0, np.float32(0.5), np.array(3.0), np.inf])
def test_scalar_seeds(seed):
    g = gt.parse("f = 3*x", x=1).backward(seed=seed)
    assert g["f"].grad == float(seed)
    assert g["x"].grad == 3 * float(seed)


def test_seeds_of_arrays():
    g = gt.trace(lambda x: x * np.array([2.0, 3.0]), np.ones((4, 2)))
    with pytest.raises(GradientError, match=r"the output has shape \(4, 2\): give a seed"):
        g.backward()
    for wrong in (np.ones(2), 1.0, np.ones((2, 4))):
        with pytest.raises(ShapeError, match=r"but the output has shape \(4, 2\)"):
            g.backward(seed=wrong)
    with pytest.raises(ShapeError, match="the seed must be a real number"):
        g.backward(seed="text")
    seed = np.arange(8.0).reshape(4, 2)
    g.backward(seed=seed)
    seed[:] = 99
    assert g["x"].grad.tolist() == [[0, 3], [4, 9], [8, 15], [12, 21]]
    with pytest.raises(GradientError, match="has no gradient"):
        gt.parse("x > 0", x=1).backward()


def test_a_refused_seed_leaves_the_gradients():
    g = gt.parse("f = 3*x", x=1).backward()
    with pytest.raises(ShapeError):
        g.backward(seed=[1.0, 2.0])
    assert g["x"].grad == 3


def test_the_contribution_of_a_single_use_is_the_gradient_itself():
    g = gt.trace(lambda x: np.sum(np.exp(x) * 2.0), np.ones(3)).backward()
    for node in g:
        if node.kind == "op" and node.uses:
            assert node.uses[0].contribution is node.grad


def test_contributions_of_arrays_sum_to_the_gradient():
    g = gt.trace(lambda w, x: np.sum(w * x + np.tanh(w)), np.array([0.5, -1.0]), np.ones((3, 2)))
    rows = g.backward().contributions("w")
    worked = [np.array([3.0, 3.0]), 3 * (1 - np.tanh([0.5, -1.0]) ** 2)]
    for row, piece in zip(rows, worked, strict=True):
        np.testing.assert_allclose(row.contribution, piece, rtol=1e-14)
    np.testing.assert_allclose(rows.total, sum(worked), rtol=1e-14)
    assert rows.seed is None
    assert g.contributions(g.output.id).seed == 1


@pytest.mark.parametrize(
    "function",
    [lambda x: np.sum(np.tanh(x) * x), lambda x: x * 2 + 1, lambda x: gt.nn.sigmoid(x @ x)],
)
def test_recordings_are_freed_with_their_graph(function):
    g = gt.trace(function, np.ones(3))
    tape = weakref.ref(g._tape)
    array = weakref.ref(g.nodes[-2].value) if np.shape(g.nodes[-2].value) else tape
    del g
    gc.collect()
    assert tape() is None
    assert array() is None


def test_a_step_by_step_graph_is_freed_too():
    g = gt.Graph()
    x = g.inputs(x=np.ones(3))
    y = x * 2
    array = weakref.ref(y.value)
    del g, x, y
    gc.collect()
    assert array() is None


def test_scalar_recordings_make_no_garbage():
    """Nothing but reference counts is needed to free a traced graph."""
    gc.collect()
    gc.disable()
    try:
        gt.trace(rnn, 2.0, [1.0] * 100).backward()
        assert gc.collect() < 100
    finally:
        gc.enable()


def test_a_matrix_used_on_many_vectors_gets_the_sum_of_the_outer_products():
    """Such a gradient is summed by one product; also of a matrix that is no input."""
    rng = np.random.default_rng(1)
    W, xs = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    v = rng.normal(size=3)

    def f(W, left):
        turned = W.T
        total = 0.0
        for x in xs:
            total = total + (W @ x) @ v + (x @ turned) @ v if left else total + (x @ turned) @ v
        return total + np.sum(W * W) + np.sum(turned)

    for left in (True, False):
        g = gt.trace(f, W, left).backward()
        times = 2 if left else 1
        expected = times * np.outer(v, xs.sum(axis=0)) + 2 * W + 1
        np.testing.assert_allclose(g["W"].grad, expected, rtol=1e-12)
        np.testing.assert_allclose(g["turned"].grad, (np.outer(v, xs.sum(axis=0)) + 1).T)
        np.testing.assert_allclose(g.contributions("W").total, expected, rtol=1e-12)
        assert g.backward()["W"].grad == pytest.approx(expected)


def test_ties_share_the_gradient_in_arrays_with_and_without_them():
    a, b = np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 4.0])
    g = gt.trace(lambda a, b: np.sum(np.maximum(a, b) * np.array([1.0, 10.0, 100.0])), a, b)
    np.testing.assert_array_equal(g.backward()["a"].grad, [0.5, 10.0, 0.0])
    np.testing.assert_array_equal(g["b"].grad, [0.5, 0.0, 100.0])
    back = g.backward(record=True)
    again = back.at(a=np.array([0.0, 1.0, 4.0]))
    np.testing.assert_array_equal(
        [n.value for n in again.nodes if n.name.endswith("a")][-1:], [[0.0, 5.0, 50.0]]
    )
