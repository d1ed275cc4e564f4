"""S19: the cost of the backward pass is linear in the layers; heads are near."""

import numpy as np
import pytest

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s19_loss_heads")


def test_backward_is_linear(run):
    assert run.numbers("backward ≈ L^")[0] == pytest.approx(1, abs=0.02)


def test_each_layer_has_a_head_of_its_own(run):
    ways = [line for line in run.text.splitlines() if line.startswith("from h")]
    assert [line.split()[5] for line in ways] == ["3", "2", "1"]


def test_the_loss_is_the_sum_over_the_heads(run):
    m = run.module
    g = m.build(3).backward()
    h, loss = m.X, 0.0
    for _ in range(3):
        y_hat = m.W @ h - m.B
        loss += np.sum((m.Y - y_hat) ** 2)
        h = 1 / (1 + np.exp(-y_hat))
    assert g.output.value == pytest.approx(loss, rel=1e-12)
    assert gt.growth(m.build, [4, 8]).forward[0].operations * 2 == (
        gt.growth(m.build, [4, 8]).forward[1].operations
    )
