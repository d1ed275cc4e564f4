"""S3 by hand: forward, the two paths of w21, and one step of gradient descent."""

import pytest


@pytest.fixture
def run(example):
    return example("s03_relu_step")


def test_it_prints_the_worked_numbers(run):
    worked = {"h1": 2, "h2": -0.5, "h3": 2, "h4": 0, "o1": 0, "o2": -1.5, "MSE": 2.5}
    for name, value in worked.items():
        assert run.numbers(f"{name} =") == [value]
    assert "∂MSE/∂w21 = -1.5" in run.text
    products = [line.rpartition("= ")[2] for line in run.text.splitlines() if "w21→" in line]
    assert sorted(map(float, products)) == [-2, 0.5]
    assert "w21 = 0.65" in run.text


def test_the_loss_after_a_step_is_the_hand_made_one(run):
    """Every parameter moves by 0.1 of its hand-worked gradient."""
    w = {"w11": 1 - 0.3, "w12": -0.5, "w21": 0.65, "w22": -1, "b1": 0.5 - 0.15, "b2": -0.5}
    w |= {"w31": 0.5 + 0.2, "w32": -1 + 0.4, "w41": -0.5, "w42": 1, "b3": -0.9, "b4": 0.7}
    h1 = 2 * w["w11"] - w["w21"] + w["b1"]
    h2 = 2 * w["w12"] - w["w22"] + w["b2"]
    h3, h4 = max(h1, 0), max(h2, 0)
    o1 = h3 * w["w31"] + h4 * w["w41"] + w["b3"]
    o2 = h3 * w["w32"] + h4 * w["w42"] + w["b4"]
    after = (1 - o1) ** 2 / 2 + (0.5 - o2) ** 2 / 2
    assert run.numbers("after one step: w21 = 0.65, MSE =")[0] == pytest.approx(after, rel=1e-5)


def test_the_dead_unit_is_named(run):
    assert "the local gradient of h4 is 0 here (<expression>:5: `relu(h2)`)" in run.text
