"""S11: hard and soft attention by hand; masks and scaling as measured."""

import numpy as np
import pytest

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s11_attention")


def test_argmax_attention_passes_nothing_to_query_and_keys(run):
    m = run.module
    g = gt.trace(m.hard, m.QUERY, m.KEYS, m.VALUES).backward(seed=m.ONES)
    np.testing.assert_array_equal(g["scores"].value, [3, 11, 5, 2])
    np.testing.assert_array_equal(g["out"].value, [1, 4, 3])
    for name in ("q", "K"):
        assert g[name].grad is None or not np.any(g[name].grad)
        assert f"no gradient reaches {name}: {name} → scores → best: argmax" in run.text
    np.testing.assert_array_equal(g["V"].grad, [[0] * 3, [1] * 3, [0] * 3, [0] * 3])


def test_softmax_attention_passes_its_closed_form(run):
    m = run.module
    scores = m.KEYS @ m.QUERY
    p = np.exp(scores - 11) / np.exp(scores - 11).sum()
    g = gt.trace(m.soft, m.QUERY, m.KEYS, m.VALUES).backward(seed=m.ONES)
    np.testing.assert_allclose(g["out"].value, p @ m.VALUES, rtol=1e-12)
    by_scores = (np.diag(p) - np.outer(p, p)) @ m.VALUES @ m.ONES
    np.testing.assert_allclose(g["q"].grad, m.KEYS.T @ by_scores, rtol=1e-10)
    np.testing.assert_allclose(g["K"].grad, np.outer(by_scores, m.QUERY), rtol=1e-10)
    assert np.any(g["q"].grad)


def test_masked_attention_is_that_of_plain_numpy(run):
    Q, K, V = np.random.default_rng(5).normal(size=(3, 4, 3))
    scores = Q @ K.T / np.sqrt(3) + np.where(np.tri(4, dtype=bool), 0, -np.inf)
    weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    g = gt.trace(run.module.masked, Q, K, V)
    np.testing.assert_allclose(g.output.value, weights @ V, rtol=1e-12)
    for name in ("K", "V"):
        reach = np.abs(g.jacobian(g.output, name)).sum(axis=(1, 3))
        assert not np.any(np.triu(reach, 1))
        assert np.all(reach[np.tri(4, k=-1, dtype=bool)] > 0)


def test_the_mask_and_the_scaling(run):
    assert run.numbers("gradient from position t to a later one, causal mask:") == [0]
    assert run.numbers("and to an earlier one, at most")[0] > 0.1
    plain, scaled = zip(*(run.numbers(f"d = {d}:")[:2] for d in (4, 16, 64, 256)), strict=True)
    assert plain[0] > plain[1] > plain[2] > plain[3]
    assert plain[3] < plain[0] / 3
    assert max(scaled) / min(scaled) < 1.3
