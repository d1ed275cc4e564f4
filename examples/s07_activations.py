"""S7: activations and their derivatives on [-10, 10], and the Jacobian of softmax."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt
from graphtrace.render.charts import Panel, Series, save_chart

Z = np.linspace(-10.0, 10.0, 401)
"""Where the curves are drawn; the middle point is 0."""
DERIVATIVES = {
    "sigmoid": (gt.nn.sigmoid, lambda _, a: a * (1 - a)),
    "relu": (gt.nn.relu, lambda z, _: np.where(z > 0, 1.0, 0.0)),
    "tanh": (np.tanh, lambda _, a: 1 - a**2),
}
"""The function, and its derivative by z and the value a as one learns it."""


def curve(function):
    """Return the values and the slopes over Z: each value depends on its own z alone."""
    g = gt.trace(lambda z: np.sum(function(z)), Z).backward()
    (edge,) = g["z"].uses
    return edge.target.value, g["z"].grad


def main(folder="out"):
    """Compare each derivative with its formula, print softmax's Jacobian, draw all curves."""
    panels = []
    for name, (function, derivative) in DERIVATIVES.items():
        values, slopes = curve(function)
        error = np.max(np.abs(slopes - derivative(Z, values)))
        print(
            f"{name}: largest difference from its formula {error:.1e}, slope at 0 {slopes[200]:g}"
        )
        series = [Series(values, Z, name), Series(slopes, Z, f"derivative of {name}")]
        panels.append(Panel(series, name, "z", ""))

    # At 0 relu has no derivative; which number stands for it can be chosen.
    for at_zero in (0.0, 0.5, 1.0):
        g = gt.trace(lambda z, s=at_zero: gt.nn.relu(z, at_zero=s), 0.0).backward()
        print(f"relu with at_zero={at_zero:g}: slope at 0 is {g['z'].grad:g}")

    z = np.array([1.0, 2.0, 0.5])
    g = gt.trace(gt.nn.softmax, z)
    s = g.output.value
    J = g.jacobian(g.output, "x")
    print(f"softmax: s = {np.round(s, 4)}, and ∂s_i/∂z_j = s_i(δ_ij - s_j):")
    print(np.round(J, 4))
    error = np.max(np.abs(J - np.diag(s) + np.outer(s, s)))
    print(f"  largest difference from diag(s) - ssᵀ: {error:.1e}")

    Path(folder).mkdir(parents=True, exist_ok=True)
    graph = Path(folder) / "s07_activations.svg"
    g = gt.parse("a = sigmoid(z); b = tanh(z); c = relu(z); y = a + b + c", z=0.5)
    g.backward().render(graph)
    print(f"Picture: {graph}")
    curves = Path(folder) / "s07_curves.svg"
    save_chart(panels, curves)
    print(f"Picture: {curves}")


if __name__ == "__main__":
    main(*sys.argv[1:])
