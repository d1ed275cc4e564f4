"""S21: bottleneck layers: fewer multiplications, and residual sums that keep their variance."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

N, LAYERS = 32, 5
GAMMA = 1 / np.sqrt(2)


def plain(x, W):
    """Multiply by one N×N matrix a layer."""
    for M in W:
        x = M @ x
    return np.sum(x)


def bottleneck(x, V, U):
    """Go down to N_bottle features and back, a layer."""
    for down, up in zip(V, U, strict=True):
        x = up @ (down @ x)
    return np.sum(x)


def residual(x, W):
    """L_(l+1) = γ(L_l + L̂_l), with L̂_l a layer of unit variance."""
    h = x
    for M in W:
        h = GAMMA * (h + M @ h)
    return h


def multiplications(g):
    """Return the count of the forward pass."""
    return g.cost(data="x").total.forward.multiplications


def main(folder="out"):
    """Count, by formula; then measure the variance and the direct path's gradient."""
    steps = LAYERS - 1
    one = multiplications(gt.trace(plain, np.ones(N), list(np.ones((steps, N, N)))))
    print(f"plain: {one} multiplications = {steps}·{N}²")
    for bottle in (8, 16, 24):
        down, up = list(np.ones((steps, bottle, N))), list(np.ones((steps, N, bottle)))
        count = multiplications(gt.trace(bottleneck, np.ones(N), down, up))
        word = "fewer" if count < one else "as many" if count == one else "more"
        print(f"N_bottle = {bottle}: {count} = {steps}·2·{N}·{bottle}, {word}")

    # Random layers of unit variance: the sum of two has variance 2, and γ² = 1/2.
    def draw(rng):
        return {"x": rng.normal(size=N), "W": list(rng.normal(size=(steps, N, N)) / np.sqrt(N))}

    g = gt.trace(residual, np.zeros(N), list(np.zeros((steps, N, N))))
    names = [f"h{k}" for k in range(1, steps + 1)]
    study = gt.study(g, draw, draws=400, seeds=0, values=names)
    for name in names:
        sample = study.values[name].draws
        print(f"variance of {name}: {np.var(sample):.3f}")

    # The direct path takes the sum at every layer; its gradient is the product of the locals.
    run = gt.trace(residual, np.ones(N), list(np.zeros((steps, N, N)))).backward(seed=np.ones(N))
    direct = min(run.paths("x").rows, key=lambda path: len(path.edges))
    product = np.ones(N)
    layer = 0
    for _, target, slot in direct.edges:
        edge = run[target].inputs[slot]
        product = product * edge.local
        if run[target].op == "multiply":
            layer += 1
            print(f"direct path, {layer} layers: {product[0]:.6f}, γ^{layer} = {GAMMA**layer:.6f}")

    picture = Path(folder) / "s21_bottleneck.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    small = gt.trace(residual, np.ones(2), list(np.ones((2, 2, 2))))
    small.backward(seed=np.ones(2)).render(picture)
    print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
