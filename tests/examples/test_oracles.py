"""The worked systems once more, by PyTorch and JAX: gradients agree to rounding."""

import math

import pytest

import graphtrace as gt


def test_s1_by_torch(oracle, example):
    torch = oracle("torch")
    g = gt.trace(example("s01_log_exp").module.log_exp, 1.0, 3.0, 2.0).backward()
    x, y, z = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (1.0, 3.0, 2.0))
    (torch.log(x) + torch.exp(y) * z).backward()
    for name, theirs in (("x", x), ("y", y), ("z", z)):
        assert g[name].grad == pytest.approx(theirs.grad.item(), rel=1e-12)


@pytest.mark.parametrize("weight", [2.0, -0.5, 0.0])
def test_s2_by_torch(oracle, example, weight):
    torch = oracle("torch")
    run = example("s02_rnn")
    g = gt.trace(run.module.rnn, weight, 1.0, -2.0, 0.25).backward()
    w, *us = (
        torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (weight, 1.0, -2.0, 0.25)
    )
    run.module.rnn(w, *us).backward()
    theirs = [leaf.grad.item() for leaf in (w, *us)]
    assert [g[name].grad for name in ("w", "u1", "u2", "u3")] == pytest.approx(theirs, rel=1e-12)


def test_s2_by_jax(oracle, example):
    jax = oracle("jax")
    run = example("s02_rnn")
    g = gt.trace(run.module.rnn, 2.0, 1.0, 1.0, 1.0).backward()
    theirs = jax.grad(run.module.rnn, argnums=(0, 1, 2, 3))(2.0, 1.0, 1.0, 1.0)
    ours = [g[name].grad for name in ("w", "u1", "u2", "u3")]
    assert all(math.isclose(a, float(b), rel_tol=1e-6) for a, b in zip(ours, theirs, strict=True))
