"""S8: XOR by two hidden units: the exact weights, starts that cannot learn, one that can."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

TABLE = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TARGETS = np.array([0.0, 1.0, 1.0, 0.0])
EXACT = (np.ones((2, 2)), np.array([0.0, -1.0]), np.array([1.0, -2.0]), 0.0)
NAMES = ("W1", "b1", "W2", "b2")


def xor(W1, b1, W2, b2):
    """Return W2·relu(W1·x + b1) + b2 for the four inputs at once."""
    hidden = gt.nn.relu(TABLE @ W1.T + b1)
    y = hidden @ W2 + b2
    return y  # noqa: RET504 -- a name for the result, as on the blackboard


def loss(W1, b1, W2, b2):
    """Mean squared error over the table."""
    return np.mean((xor(W1, b1, W2, b2) - TARGETS) ** 2)


def main(folder="out"):
    """Print the table, the gradients of bad starts, and what training from a good one reaches."""
    g = gt.trace(xor, *EXACT)
    print(f"the exact weights give {g['y'].value.tolist()}")

    # From zero only b2 gets a gradient, so nothing else ever moves.
    zero = gt.trace(loss, np.zeros((2, 2)), np.zeros(2), np.zeros(2), 0.1).backward()
    moving = [name for name in NAMES if np.any(zero[name].grad)]
    print(f"from all-zero weights a gradient reaches {moving}")
    for name in ("W1", "b1", "W2"):
        print(f"  {zero.cuts(name)}")

    # From any constant both hidden units are twins, and stay so however long one trains.
    same = gt.trace(loss, np.full((2, 2), 0.5), np.full(2, 0.1), np.full(2, 0.5), 0.0)
    trained = gt.fit(same, NAMES, steps=500, lr=0.1).graph.backward()
    print(f"from a constant, after 500 steps: twins {trained.twins('hidden', axis=1)},")
    print(f"  loss {trained.output.value:.4f}")

    # A seeded random start breaks the symmetry.
    rng = np.random.default_rng(1)
    start = (rng.normal(size=(2, 2)), rng.normal(size=2), rng.normal(size=2), 0.0)
    fit = gt.fit(gt.trace(loss, *start), NAMES, steps=2000, lr=0.1)
    learned = gt.trace(xor, *(fit.parameters[name] for name in NAMES))
    print(f"from a random start: loss {fit.loss:.1e}, table {np.round(learned['y'].value, 3)}")

    for graph, name in ((g, "s08_xor"), (zero, "s08_xor_zero")):
        picture = Path(folder) / f"{name}.svg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        graph.render(picture, digits=3, wrap=1800)
        print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
