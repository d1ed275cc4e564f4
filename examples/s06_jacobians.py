"""S6: the Jacobians of seven small functions: their shapes, their values, their formulas."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

X = np.array([[1.0, 2.0, -1.0], [0.0, 3.0, 0.5], [2.0, -2.0, 1.0], [4.0, 1.0, 0.0]])
POINT = np.array([0.5, -1.0, 2.0])
WEIGHTS = np.array([[1.0, 0.0, 2.0], [-1.0, 0.5, 1.0]])
N, D, K = 4, 3, 2

FUNCTIONS = {
    "c": (lambda w: np.sum(0 * w) + 7.0, "0"),
    "‖w‖²": (lambda w: np.sum(w**2), "2wᵀ"),
    "wᵀx₁": (lambda w: w @ X[0], "x₁ᵀ"),
    "Xw": (lambda w: X @ w, "X"),
    "w": (lambda w: w, "I"),
    "w²": (lambda w: w**2, "diag(2w)"),
    "XWᵀ": (lambda W: X @ W.T, "J[i,j,k,l] = X[i,l]·[k = j]"),
}


def main(folder="out"):
    """Print each Jacobian with its shape: always (output shape) + (input shape)."""
    for name, (function, form) in FUNCTIONS.items():
        start = WEIGHTS if name == "XWᵀ" else POINT
        g = gt.trace(function, start)
        (parameter,) = [node for node in g.nodes if node.kind == "input"]
        J = g.jacobian(g.output, parameter)
        print(
            f"f = {name}: shape {np.shape(g.output.value)} + {np.shape(start)} = {J.shape}, {form}"
        )
        if J.ndim <= 2:
            print("  " + str(J).replace("\n", "\n  "))

    g = gt.trace(FUNCTIONS["‖w‖²"][0], POINT).backward()
    picture = Path(folder) / "s06_jacobians.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    g.render(picture)
    print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
