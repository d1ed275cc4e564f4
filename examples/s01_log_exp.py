"""S1: f = ln x + exp(y)·z, every value, every gradient and every path on one picture."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt


def log_exp(x, y, z):
    """The function, as anybody would write it."""
    h1 = np.log(x)
    h2 = np.exp(y)
    h3 = h2 * z
    f = h1 + h3
    return f  # noqa: RET504 -- a name for the result, as on the blackboard


def lecture():
    """Return what `graphtrace examples --all` makes slides of."""
    return gt.trace(log_exp, 1.0, 3.0, 2.0).backward()


def main(folder="out"):
    """Trace it, print its numbers, draw its picture into `folder`."""
    # Record one run of the plain function, then run it backward.
    g = gt.trace(log_exp, 1.0, 3.0, 2.0)
    g.backward()

    print("At x = 1, y = 3, z = 2:")
    for name in ("h1", "h2", "h3", "f"):
        print(f"  {name} = {g[name].value:.6g}")

    print("Local gradient of each edge, and what it contributes:")
    for name in ("x", "y", "h1", "h2", "z", "h3"):
        for edge in g[name].uses:
            print(
                f"  {name} → {edge.target.name}: {edge.formula} = {edge.local:.6g},"
                f" contributes {edge.contribution:.6g}"
            )

    print("Gradient of each node:")
    for name in ("f", "h1", "h3", "h2", "x", "y", "z"):
        print(f"  ∂f/∂{name} = {g[name].grad:.6g}")

    print("Paths, each the product of its local gradients:")
    for name in ("x", "y", "z"):
        for path in g.paths(name, "f"):
            print(f"  {path}")

    # The same graph from an expression, without any Python code of ours.
    same = gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward()
    print(f"From the expression: f = {same['f'].value:.6g}, ∂f/∂y = {same['y'].grad:.6g}")

    picture = Path(folder) / "s01_log_exp.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    g.render(picture)
    print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
