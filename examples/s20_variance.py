"""S20: weights of standard deviation 1/√d keep the variance of a sum at 1, for every d."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

DRAWS = 4000
SIZES = (16, 64, 256, 1024)


def neuron(W, x):
    """Return the sum y = Σ W[i]x[i] and its sigmoid."""
    y = np.sum(W * x)
    s = gt.nn.sigmoid(y)
    return s  # noqa: RET504 -- a name for the result, as on the blackboard


def study(d):
    """Draw weights and inputs of size d, and replay one recorded graph on all of them."""

    def draw(rng):
        return {"W": rng.normal(size=d) / np.sqrt(d), "x": rng.normal(size=d)}

    g = gt.trace(neuron, np.zeros(d), np.zeros(d))
    return gt.study(g, draw, draws=DRAWS, seeds=0, values=["y", "s"])


def main(folder="out"):
    """Print mean and variance over the draws, before and after the sigmoid."""
    for d in SIZES:
        found = study(d)
        y, s = found.values["y"], found.values["s"]
        print(
            f"d = {d}: mean of y {y.mean:.3f} ± {y.standard_error:.3f}, variance {y.variance:.3f}"
        )
        print(f"  sigmoid: mean {s.mean:.3f}, variance {s.variance:.4f}")
    below = s.variance < min(y.variance, 0.25)
    print(f"the sigmoid's variance is below that of y and below 1/4: {below}")

    picture = Path(folder) / "s20_variance.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    found.plot(picture, kind="histogram")
    graph = Path(folder) / "s20_neuron.svg"
    gt.trace(neuron, np.full(4, 0.5), np.array([1.0, -2.0, 0.5, 1.0])).backward().render(graph)
    print(f"Picture: {picture}\nPicture: {graph}")


if __name__ == "__main__":
    main(*sys.argv[1:])
