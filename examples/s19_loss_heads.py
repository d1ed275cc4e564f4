"""S19: a loss head at every layer: backward stays O(L), and every layer is near a head."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

D = 6
RNG = np.random.default_rng(0)
W, B = RNG.normal(size=(D, D)) / np.sqrt(D), RNG.normal(size=D) * 0.1
X, Y = RNG.normal(size=D), RNG.normal(size=D)
SIZES = (8, 16, 32, 64, 128, 256)


def heads(W, B, x, y, layers: int):
    """Return Σ ‖y - ŷ_l‖², with ŷ_l = W·h_l - B and h_(l+1) = σ(ŷ_l)."""
    h = x
    loss = 0.0
    for _ in range(layers):
        y_hat = W @ h - B
        loss = loss + np.sum((y - y_hat) ** 2)
        h = gt.nn.sigmoid(y_hat)
    return loss


def build(layers):
    """Record the network with so many layers."""
    return gt.trace(heads, W, B, X, Y, layers)


def main(folder="out"):
    """Count operations against the number of layers; measure the way from each layer to a head."""
    growth = gt.growth(build, SIZES)
    print(growth)
    print(f"backward ≈ L^{growth.backward_law.exponent:.3f}")

    g = build(4).backward()
    for layer in range(1, 4):
        name = f"h{layer}"
        paths = g.paths(name).rows
        lengths = sorted(len(path.edges) for path in paths)
        print(f"from {name} to the loss: {len(paths)} paths, of {lengths} edges")

    picture = Path(folder) / "s19_loss_heads.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    small = gt.trace(heads, W[:2, :2], B[:2], X[:2], Y[:2], 2).backward()
    small.render(picture, show=["name", "value", "grad"], only="gradient", digits=3)
    curve = Path(folder) / "s19_growth.svg"
    growth.plot(curve)
    print(f"Picture: {picture}\nPicture: {curve}")


if __name__ == "__main__":
    main(*sys.argv[1:])
