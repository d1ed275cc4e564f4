"""S15: the updates in closed form; nodes that are held out get no gradient."""

import numpy as np
import pytest

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s15_graph_network")


def test_the_updates_are_the_closed_forms(run):
    m = run.module
    s = m.STATES
    worked = {
        2: s["s2"] + m.W1 / 3 @ sum(np.tanh(m.W2 @ s[name]) for name in ("s1", "s4", "s5")),
        3: s["s3"] + m.W1 @ np.tanh(m.W2 @ s["s5"]),
    }
    for i, expected in worked.items():
        np.testing.assert_allclose(m.update(i, s, m.W1, m.W2), expected, rtol=1e-12)
    assert "update of s2 uses s1, s2, s4, s5;" in run.text
    assert "update of s3 uses s3, s5;" in run.text


def test_the_loss_and_its_gradients(run):
    m = run.module
    p = {"a": 0.3, "b": 0.8, "c": 0.6, "d": 0.9, "e": 0.2}
    g = gt.trace(m.loss, **p).backward()
    assert g.output.value == pytest.approx(-np.log(0.8 * 0.6 * 0.8) / 3, rel=1e-12)
    worked = {"b": -1 / (3 * 0.8), "c": -1 / (3 * 0.6), "e": 1 / (3 * 0.8)}
    for name, expected in worked.items():
        assert g[name].grad == pytest.approx(expected, rel=1e-12)
    for name in ("a", "d"):
        assert g[name].grad is None
        assert f"no gradient: {name}: the output does not depend on it" in run.text
