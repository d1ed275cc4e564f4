"""S9: batch normalisation: mean and spread set, correlation kept, gradients that sum to zero."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

EPSILON = 1e-12
DATA = np.array([1.1, 1.9, 1.1, 1.9])
"""Mean 1.5, variance 0.16."""
V = np.array([0.3, -1.0, 2.0, 0.7])
"""The gradient that enters y."""


def batch_norm(x, gamma, beta):
    """Return γ(x - μ)/√(σ² + ε) + β, each feature (column) on its own."""
    mu = np.mean(x, axis=0)
    centred = x - mu
    variance = np.mean(centred**2, axis=0)
    x_hat = centred / np.sqrt(variance + EPSILON)
    y = gamma * x_hat + beta
    return y  # noqa: RET504 -- a name for the result, as on the blackboard


def weighted(x, gamma, beta):
    """Some loss after it, so that there is a gradient to look at."""
    loss = batch_norm(x, gamma, beta) @ V
    return loss  # noqa: RET504


def main(folder="out"):
    """Print the statistics before and after, and the sums of the gradient."""
    g = gt.trace(batch_norm, DATA, 1.0, 3.0)
    print(f"before: mean {np.mean(DATA):.6g}, variance {np.var(DATA):.6g}")
    y = g["y"].value
    print(f"after:  mean {np.mean(y):.6g}, standard deviation {np.std(y):.6g}")

    # Two correlated features: each is standardised alone, nothing is whitened.
    rng = np.random.default_rng(0)
    first = rng.normal(size=500)
    pair = np.stack([2 * first + 1, first + 0.5 * rng.normal(size=500) - 3], axis=1)
    both = gt.trace(batch_norm, pair, np.ones(2), np.zeros(2))["y"].value
    means, deviations = np.abs(both.mean(axis=0)).round(9), both.std(axis=0)
    print(f"two features: means {means}, deviations {deviations}")
    before, after = (np.corrcoef(*x.T).ravel()[1] for x in (pair, both))
    print(f"  correlation {before:.6f} before, {after:.6f} after")

    # Whatever the loss: shifting every x by the same amount changes nothing, nor does scaling.
    loss = gt.trace(weighted, DATA, 1.0, 3.0).backward()
    gradient = loss["x"].grad
    print(f"gradient {gradient}: its sum over the batch is {np.sum(gradient):.1e}")
    print(f"  by x - μ: {gradient @ loss['centred'].value:.1e}")
    print(f"  through μ {loss['mu'].grad:.6g}, through σ² {loss['variance'].grad:.6g}")

    picture = Path(folder) / "s09_batch_norm.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    loss.render(picture)
    print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
