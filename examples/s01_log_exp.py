"""S1: f = ln x + exp(y)·z, every value, every gradient and every path on one picture."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt


def f(x, y, z):
    """The function, as anybody would write it."""
    h1 = np.log(x)
    h2 = np.exp(y)
    h3 = h2 * z
    return h1 + h3


def main(folder="out"):
    """Trace f, print its numbers, draw its picture into `folder`."""
    # Record one run of the plain function, then run it backward.
    g = gt.trace(f, 1.0, 3.0, 2.0)
    g.backward()

    print("f = ln x + exp(y)·z at x = 1, y = 3, z = 2")
    for name in ("h1", "h2", "h3", "f"):
        print(f"  {name} = {g[name].value:.4f}")

    print("Local gradient of each edge, and what it contributes:")
    for name in ("x", "y", "h1", "h2", "z", "h3"):
        for edge in g[name].uses:
            print(
                f"  {name} → {edge.target.name}: {edge.formula} = {edge.local:.4f},"
                f" contribution {edge.contribution:.4f}"
            )

    print("Upstream gradient of each node:")
    for name in ("f", "h1", "h3", "h2", "x", "y", "z"):
        print(f"  ∂f/∂{name} = {g[name].grad:.4f}")

    # The same graph from an expression, without any Python code of ours.
    same = gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward()
    print(f"From the expression: f = {same['f'].value:.4f}, ∂f/∂y = {same['y'].grad:.4f}")

    picture = Path(folder) / "s01_log_exp.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    g.render(picture)
    print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
