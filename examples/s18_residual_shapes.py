"""S18: residual layers that change shape: which kind keeps a direct path free of parameters."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

import graphtrace as gt

RNG = np.random.default_rng(0)
SIZES = (3, 2, 1)
X = RNG.normal(size=SIZES[0])
PAIRS = list(pairwise(SIZES))
F = [RNG.normal(size=(after, before)) * 0.5 for before, after in PAIRS]
A = [RNG.normal(size=(after, before)) * 0.5 for before, after in PAIRS]


def selection(x, F):
    """A_n picks the first features: it has no parameters."""
    for W in F:
        x = x[: len(W)] + np.tanh(W @ x)
    return np.sum(x**2)


def learned(x, F, A):
    """A_n is a learned matrix."""
    for W, S in zip(F, A, strict=True):
        x = S @ x + np.tanh(W @ x)
    return np.sum(x**2)


def parameters_on(g, path):
    """Return the parameters that the operations along a path take in."""
    return [
        operand.name
        for source, target, _ in path.edges
        for operand in g[target].operands
        if operand.id != source and operand.kind == "input"
    ]


def main(folder="out"):
    """List every path from x to the loss with the parameters on it."""
    runs = {
        "selection": gt.trace(selection, X, F).backward(),
        "learned matrix": gt.trace(learned, X, F, A).backward(),
    }
    for title, g in runs.items():
        paths = g.paths("x")
        print(f"{title}: {paths.total} paths from x to the loss")
        free = 0
        for path in paths.rows:
            names = parameters_on(g, path)
            free += not names
            print(f"  {len(path.edges)} edges, parameters: {', '.join(names) or 'none'}")
        print(f"  free of parameters: {free}")

    for title, g in runs.items():
        picture = Path(folder) / f"s18_residual_shapes_{title.split()[0]}.svg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        g.render(picture)
        print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
