"""S17: a linear autoencoder with weight decay finds the principal directions."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

N, D, K = 40, 4, 2
DECAY = 0.01
RNG = np.random.default_rng(0)
DIRECTIONS = np.linalg.qr(RNG.normal(size=(D, D)))[0]
X = (DIRECTIONS * [3.0, 2.0, 0.5, 0.2]) @ RNG.normal(size=(D, N))
X = X - X.mean(axis=1, keepdims=True)


def autoencoder(W1, W2, X):
    """Return (1/n)‖X - W2·W1·X‖² + λ‖W1‖² + λ‖W2‖²."""
    code = W1 @ X
    residual = X - W2 @ code
    return np.sum(residual**2) / X.shape[1] + DECAY * np.sum(W1**2) + DECAY * np.sum(W2**2)


def main(folder="out"):
    """Train it; compare the columns of W2 with the top principal directions."""
    start = RNG.normal(size=(K, D)) * 0.3, RNG.normal(size=(D, K)) * 0.3
    g = gt.trace(autoencoder, *start, X).backward()
    fit = gt.fit(g, ["W1", "W2"], steps=6000, lr=0.005, momentum=0.9)
    W1, W2 = fit.parameters["W1"], fit.parameters["W2"]
    print(f"loss {fit.losses[0]:.4f} → {fit.loss:.4f} in {len(fit.losses) - 1} steps")

    # Weight decay on both layers makes them transposes of each other: W1 = W2ᵀ.
    print(f"largest difference of W1 and W2ᵀ: {np.max(np.abs(W1 - W2.T)):.1e}")
    gram = W2.T @ W2
    cosine = gram[0, 1] / np.sqrt(gram[0, 0] * gram[1, 1])
    print(f"columns of W2: squared norms {gram[0, 0]:.4f}, {gram[1, 1]:.4f}, cosine {cosine:.4f}")

    # The cosines of the angles between two planes are the singular values of AᵀB.
    U = np.linalg.svd(X)[0][:, :K]
    Q = np.linalg.qr(W2)[0]
    print(f"cosines to the top {K} principal directions: {np.linalg.svd(U.T @ Q)[1]}")

    picture = Path(folder) / "s17_autoencoder.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    small = np.array([[1.0, 0.5]]), np.array([[1.0], [0.5]]), np.array([[1.0, 2.0], [3.0, -1.0]])
    gt.trace(autoencoder, *small).backward().render(picture, digits=3, wrap=1800)
    curve = Path(folder) / "s17_loss.svg"
    fit.plot(curve, log=True)
    print(f"Picture: {picture}\nPicture: {curve}")


if __name__ == "__main__":
    main(*sys.argv[1:])
