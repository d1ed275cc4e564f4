"""S16: dropout on the inputs of a linear model is ridge regression, in value and gradient."""

import itertools
import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

X = np.array([[1.0, -2.0], [0.5, 1.0], [2.0, 0.0]])
Y = np.array([1.0, -1.0, 2.0])
W = np.array([0.7, -0.3])
KEPT = 0.8
"""The probability p that an entry of X is kept."""


def error(w, R):
    """Return ‖y - (R∘X)w‖² for one mask R."""
    return np.sum((Y - (R * X) @ w) ** 2)


def expected(w):
    """Return the mean of the error over all masks, each weighted with its probability."""
    total = 0.0
    for bits in itertools.product((0.0, 1.0), repeat=X.size):
        R = np.reshape(bits, X.shape)
        kept = R.sum()
        total = total + KEPT**kept * (1 - KEPT) ** (X.size - kept) * error(w, R)
    return total


def ridge(w):
    """Return ‖y - pXw‖² + p(1-p)‖Γw‖², Γ the diagonal of the column norms of X."""
    G = np.sqrt(np.sum(X**2, axis=0))
    fit = np.sum((Y - KEPT * (X @ w)) ** 2)
    penalty = KEPT * (1 - KEPT) * np.sum((G * w) ** 2)
    return fit + penalty


def main(folder="out"):
    """Compare value and gradient: exactly over all 64 masks, and over sampled ones."""
    masks = gt.trace(expected, W).backward()
    g = gt.trace(ridge, W).backward()
    print(f"over all 64 masks: {masks.output.value:.12g}, gradient {masks['w'].grad}")
    print(f"as ridge:          {g.output.value:.12g}, gradient {g['w'].grad}")
    print(f"largest difference {np.max(np.abs(masks['w'].grad - g['w'].grad)):.1e}")

    # One recorded graph, replayed on 4000 random masks.
    one = gt.trace(error, W, np.ones(X.shape))

    def draw(rng):
        return {"R": (rng.random(X.shape) < KEPT).astype(float)}

    study = gt.study(one, draw, draws=4000, seeds=0, values=["error"], gradients=["w"])
    value, gradient = study.values["error"], study.gradients["w"]
    print(f"over 4000 draws:   {value.mean:.4f} ± {value.standard_error:.4f},")
    print(f"  gradient {gradient.mean} ± {gradient.standard_error}")
    off = np.abs(gradient.mean - g["w"].grad) / gradient.standard_error
    print(f"  {np.round(off, 2)} standard errors from ridge")

    # w = p·w̌ gives ridge regression in its usual form, with (1-p)/p as its strength.
    w = KEPT * W
    usual = np.sum((Y - X @ w) ** 2) + (1 - KEPT) / KEPT * np.sum(X**2, axis=0) @ w**2
    print(f"with w = p·w̌: {usual:.12g}")

    picture = Path(folder) / "s16_dropout.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    g.render(picture, digits=3, wrap=1800)
    print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
