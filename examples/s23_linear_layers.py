"""S23: linear layers collapse into one matrix; a ReLU between them does not let them."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

RNG = np.random.default_rng(0)
A, B, C = RNG.normal(size=(3, 4)), RNG.normal(size=(5, 3)), RNG.normal(size=(2, 5))
POINTS = RNG.normal(size=(5, 4))


def linear(x):
    """Three linear layers."""
    y = C @ (B @ (A @ x))
    return y  # noqa: RET504 -- a name for the result, as on the blackboard


def with_relu(x):
    """The same layers with a ReLU after the first two."""
    y = C @ gt.nn.relu(B @ gt.nn.relu(A @ x))
    return y  # noqa: RET504


def main(folder="out"):
    """Compare the Jacobian at several inputs with the product of the matrices."""
    product = C @ B @ A
    graphs = {}
    for name, function in (("linear", linear), ("with ReLU", with_relu)):
        g = graphs[name] = gt.trace(function, POINTS[0])
        jacobians = [g.at(x=x).jacobian("y", "x") for x in POINTS]
        spread = max(np.max(np.abs(J - jacobians[0])) for J in jacobians)
        away = max(np.max(np.abs(J - product)) for J in jacobians)
        print(f"{name}: the Jacobian changes by {spread:.2g} over {len(POINTS)} inputs,")
        print(f"  and differs from C·B·A by {away:.2g}")

    for name, file in (("linear", "s23_linear_layers"), ("with ReLU", "s23_linear_layers_relu")):
        picture = Path(folder) / f"{file}.svg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        graphs[name].backward(seed=np.ones(2)).render(picture)
        print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
