"""Training by replay: one step by hand, closed forms, and against tracing anew each step."""

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import GradientError, GuardError, NameNotFoundError, RefusedError

S3 = (
    "h1 = i1*w11 + i2*w21 + b1; h2 = i1*w12 + i2*w22 + b2; h3 = relu(h1); h4 = relu(h2);"
    "o1 = h3*w31 + h4*w41 + b3; o2 = h3*w32 + h4*w42 + b4;"
    "mse = 1/2*(1 - o1)**2 + 1/2*(1/2 - o2)**2"
)
AT = {
    "i1": 2, "i2": -1, "w11": 1, "w12": -0.5, "w21": 0.5, "w22": -1, "w31": 0.5, "w32": -1,
    "w41": -0.5, "w42": 1, "b1": 0.5, "b2": -0.5, "b3": -1, "b4": 0.5,
}  # fmt: skip
X = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
Y = np.array([0.0, 1, 1, 0])


def xor(W1, b1, W2, b2):
    h = gt.nn.relu(X @ W1.T + b1)
    return np.mean((h @ W2 + b2 - Y) ** 2)


def start(seed):
    rng = np.random.default_rng(seed)
    return {"W1": rng.normal(size=(4, 2)), "b1": np.zeros(4), "W2": rng.normal(size=4), "b2": 0.0}


def test_one_step_of_a_small_network_by_hand():
    """∂mse/∂w21 = -1.5, so a step with learning rate 0.1 takes w21 from 0.5 to 0.65."""
    g = gt.parse(S3, **AT)
    done = gt.fit(g, "w21", 1, 0.1)
    assert done.losses[0] == pytest.approx(2.5, abs=1e-12)
    assert done.parameters["w21"] == pytest.approx(0.65, abs=1e-12)
    assert done.graph["w21"].value == done.parameters["w21"]
    assert done.loss == pytest.approx(done.graph["mse"].value)
    assert g["w21"].value == 0.5


def test_a_parabola_shrinks_by_a_factor_each_step():
    """With x ← x - lr·2x the loss shrinks by (1 - 2·lr)² each step."""
    done = gt.fit(gt.parse("f = x**2", x=3), ["x"], 10, 0.1)
    assert np.allclose(done.losses, 9 * 0.64 ** np.arange(11), rtol=1e-12)


def test_momentum_is_the_recurrence_of_the_libraries(oracle):
    torch = oracle("torch")
    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.05, momentum=0.9)
    for _ in range(20):
        optimizer.zero_grad()
        (x**2 + torch.sin(x)).backward()
        optimizer.step()
    done = gt.fit(gt.parse("f = x**2 + sin(x)", x=3), "x", 20, 0.05, momentum=0.9)
    assert done.parameters["x"] == pytest.approx(float(x.detach()), rel=1e-12)


def test_steps_by_replay_are_those_of_tracing_anew():
    weights = start(0)
    done = gt.fit(gt.trace(xor, **weights), list(weights), 5, 0.1)
    for _ in range(5):
        g = gt.trace(xor, **weights).backward()
        weights = {name: value - 0.1 * g[name].grad for name, value in weights.items()}
    for name, value in weights.items():
        assert np.allclose(done.parameters[name], value, rtol=1e-12)


def test_xor_is_learned():
    weights = start(0)
    done = gt.fit(gt.trace(xor, **weights), list(weights), 1000, 0.1)
    h = np.maximum(X @ done.parameters["W1"].T + done.parameters["b1"], 0)
    assert np.allclose(h @ done.parameters["W2"] + done.parameters["b2"], Y, atol=1e-6)
    assert len(done.losses) == 1001
    assert str(done).startswith("1000 steps: loss ")


def test_training_twice_gives_the_same_bits():
    weights = start(1)
    runs = [gt.fit(gt.trace(xor, **weights), list(weights), 50, 0.1) for _ in range(2)]
    assert np.array_equal(runs[0].losses, runs[1].losses)


def test_single_precision_stays_single():
    x = np.array([1.0, 2.0], dtype=np.float32)
    done = gt.fit(gt.trace(lambda x: np.sum(x * x), x), "x", 3, 0.1)
    assert done.parameters["x"].dtype == np.float32


def test_the_gradient_is_that_of_the_chosen_output():
    g = gt.parse("f = x**2; h = 3*f + x", x=1).backward("f")
    assert gt.fit(g, "x", 1, 0.5).parameters["x"] == pytest.approx(0, abs=1e-15)


def test_a_name_stands_for_its_elements():
    g = gt.trace(lambda p: p["a"] ** 2 + p["b"] ** 2, {"a": 1.0, "b": 2.0})
    assert set(gt.fit(g, "p", 1, 0.1).parameters) == {"p[a]", "p[b]"}


def test_a_callback_sees_each_step_and_can_end_it():
    seen = []

    def watch(step, loss, parameters):
        seen.append((step, loss, parameters["x"]))
        return step == 2

    done = gt.fit(gt.parse("f = x**2", x=1), "x", 10, 0.25, callback=watch)
    assert [(step, x) for step, _, x in seen] == [(0, 1), (1, 0.5), (2, 0.25)]
    assert done.parameters["x"] == 0.25
    assert len(done.losses) == 3


def test_a_loss_that_explodes_is_a_finding_not_a_crash():
    done = gt.fit(gt.parse("f = x**2", x=1), "x", 50, 1e200)
    assert done.diverged == 1
    assert "take a smaller learning rate" in str(done)


def test_a_step_into_another_branch_names_line_and_step():
    def f(x):
        return x * 2 if x > 0 else -x

    with pytest.raises(GuardError, match=r"at step 2: .*test_fit.py:\d+: .*np.where"):
        gt.fit(gt.trace(f, 1.0), "x", 5, 0.3)


def test_bad_requests_are_refused():
    g = gt.parse("f = x*2", x=[1, 2])
    with pytest.raises(GradientError, match=r"f has shape \(2,\): training needs a scalar loss"):
        gt.fit(g, "x", 1, 0.1)
    with pytest.raises(NameNotFoundError, match="no input 'w'"):
        gt.fit(gt.parse("f = x*2", x=1), "w", 1, 0.1)
    with pytest.raises(RefusedError, match=r"steps is a whole number from 0 up, not 1\.5"):
        gt.fit(gt.parse("f = x*2", x=1), "x", 1.5, 0.1)  # type: ignore[arg-type]
