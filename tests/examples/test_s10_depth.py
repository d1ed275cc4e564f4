"""S10: which stacks let gradients vanish or explode, as the theory says."""

import numpy as np
import pytest

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s10_depth")


def ratio(run, *variant):
    (found,) = [x for x in run.text.splitlines() if x.strip().startswith(", ".join(variant) + ":")]
    return float(found.rpartition(":")[2].split()[0])


def test_what_vanishes_and_what_helps(run):
    sigmoid = ratio(run, "sigmoid", "Xavier", "plain")
    # σ' is at most 1/4, and a matrix of variance 1/n keeps norms: below 4^-29 on the whole.
    assert sigmoid < 0.25**29 * 10
    assert 0.1 < ratio(run, "sigmoid", "Xavier", "residual") < 10
    assert ratio(run, "sigmoid", "Xavier", "batch norm") > 1
    xavier, he = (ratio(run, "relu", start, "plain") for start in ("Xavier", "He"))
    # Half the units are off: 2^(-29/2) with Xavier, and He's factor of 2 makes up for it.
    assert xavier == pytest.approx(0.5**14.5, rel=0.9)
    assert 0.1 < he < 10
    assert he > 1000 * xavier
    assert 0.1 < ratio(run, "leaky relu", "He", "plain") < 10
    exploding = ratio(run, "relu", "4·He", "plain")
    assert exploding > 1e6
    normed = [ratio(run, "relu", start, "batch norm") for start in ("Xavier", "4·He")]
    assert max(normed) / min(normed) < 1.1
    assert xavier < min(normed) < max(normed) < exploding


def test_the_norms_are_those_of_torch(run, oracle):
    m = run.module
    rng = np.random.default_rng(7)
    W = rng.normal(size=(m.LAYERS, m.WIDTH, m.WIDTH)) / np.sqrt(m.WIDTH)
    X, V = rng.normal(size=(2, m.BATCH, m.WIDTH))
    g = gt.trace(lambda X, W, V: m.stack(X, W, V, gt.nn.sigmoid, "batch norm"), X, list(W), V)
    g.backward()
    ours = np.array([np.linalg.norm(g[f"h{k}"].grad) for k in range(1, m.LAYERS + 1)])
    theirs = torch_norms(oracle("torch"), m, np.random.default_rng(7))
    np.testing.assert_allclose(ours / ours[-1], theirs, rtol=1e-9)


def torch_norms(torch, m, rng):
    """Return the same quantity by PyTorch."""
    W = rng.normal(size=(m.LAYERS, m.WIDTH, m.WIDTH)) / np.sqrt(m.WIDTH)
    X, V = rng.normal(size=(2, m.BATCH, m.WIDTH))
    h = torch.tensor(X, requires_grad=True)
    kept = []
    for M in W:
        z = h @ torch.tensor(M)
        z = (z - z.mean(0)) / torch.sqrt(z.var(0, unbiased=False) + 1e-5)
        h = torch.sigmoid(z)
        h.retain_grad()
        kept.append(h)
    (h * torch.tensor(V)).sum().backward()
    norms = np.array([float(h.grad.norm()) for h in kept])
    return norms / norms[-1]
