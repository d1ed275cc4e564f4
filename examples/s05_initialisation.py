"""S5: zero and constant initialisation: which gradients vanish, and which units stay twins."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

X = np.array([1.0, 2.0])
SEED = np.array([0.1, 0.2])
"""dL/dout, which the backward pass starts from."""
ZERO = (np.zeros((2, 2)), np.zeros(2), np.zeros((2, 2)), np.zeros(2))
CONSTANT = (np.full((2, 2), 2.0), np.full(2, -2.0), np.ones((2, 2)), np.ones(2))


def network(W1, b1, W2, b2):
    """Return W2·relu(W1·x + b1) + b2."""
    z1 = W1 @ X + b1
    a1 = gt.nn.relu(z1)
    out = W2 @ a1 + b2
    return out  # noqa: RET504 -- a name for the result, as on the blackboard


def lecture():
    """Return what `graphtrace examples --all` makes slides of: the constant start."""
    return gt.trace(network, *CONSTANT).backward(seed=SEED)


def main(folder="out"):
    """Print the gradients of both starts, what cuts them, and the units that stay the same."""
    names = ("W1", "b1", "W2", "b2")
    graphs = {}
    for title, start in (("all zero", ZERO), ("constant", CONSTANT)):
        g = graphs[title] = gt.trace(network, *start).backward(seed=SEED)
        print(f"{title}: out = {g['out'].value}")
        for name in names:
            print(f"  d{name} = {g[name].grad.tolist()}")
        for name in names:
            if len(g.cuts(name)):
                print(f"  cut: {g.cuts(name)}")

    # Rows of W1 that agree in value and gradient belong to the same hidden unit twice over,
    # and a step of gradient descent leaves them so.
    g = graphs["constant"]
    print(f"twins among the hidden units: {g.twins('z1')}, rows of W1: {g.twins('W1')}")
    rates = {name: g[name].value - 0.1 * g[name].grad for name in names}
    after = g.at(**rates).backward(seed=SEED)
    print(f"after a step: hidden units {after.twins('z1')}, rows of W1 {after.twins('W1')}")

    for title, name in (
        ("all zero", "s05_initialisation_zero"),
        ("constant", "s05_initialisation_constant"),
    ):
        picture = Path(folder) / f"{name}.svg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        graphs[title].render(picture)
        print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
