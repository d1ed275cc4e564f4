"""S22: the loss of an RNN language model, by plain NumPy; a backward pass of cost O(T)."""

import numpy as np
import pytest


@pytest.fixture
def run(example):
    return example("s22_language_model")


def test_the_loss_is_that_of_plain_numpy(run):
    m = run.module
    h, loss = np.zeros(m.HIDDEN), 0.0
    for word in m.SENTENCE:
        scores = m.E @ h
        p = np.exp(scores) / np.exp(scores).sum()
        assert run.numbers(f"P({m.WORDS[word]} | …) =")[0] == pytest.approx(p[word], abs=1e-4)
        loss -= np.log(p[word])
        h = np.tanh(m.W @ h + m.U @ m.E[word])
    assert run.numbers("loss =")[0] == pytest.approx(loss, abs=1e-6)


def test_backward_is_linear_in_the_length(run):
    assert run.numbers("backward ≈ T^")[0] == pytest.approx(1, abs=0.05)
