"""S10: gradients in deep stacks: activation, initialisation, residual connections, batch norm."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt
from graphtrace.render.charts import Panel, Series, save_chart

LAYERS, WIDTH, BATCH, DRAWS = 30, 32, 16, 5
SHOWN = (1, 5, 10, 20, 30)
"""Layers in the table; the plot shows all."""
ACTIVATIONS = {
    "sigmoid": gt.nn.sigmoid,
    "tanh": np.tanh,
    "relu": gt.nn.relu,
    "leaky relu": gt.nn.leaky_relu,
}
GAIN = {"Xavier": 1.0, "He": 2.0, "4·He": 8.0}
"""The variance of a weight, times the number of inputs."""
GROUPS = {
    "activations": {
        "sigmoid, Xavier": ("sigmoid", "Xavier", "plain"),
        "tanh, Xavier": ("tanh", "Xavier", "plain"),
        "relu, He": ("relu", "He", "plain"),
        "leaky relu, He": ("leaky relu", "He", "plain"),
    },
    "initialisations": {f"relu, {start}": ("relu", start, "plain") for start in GAIN},
    "remedies": {
        "sigmoid, residual": ("sigmoid", "Xavier", "residual"),
        "sigmoid, batch norm": ("sigmoid", "Xavier", "batch norm"),
        "relu, Xavier, batch norm": ("relu", "Xavier", "batch norm"),
        "relu, 4·He, batch norm": ("relu", "4·He", "batch norm"),
    },
}
"""What is compared, with its words in the plot: activation, initialisation, kind of layer."""
UP = "gradient norm, last layer = 1"


def stack(X, W, V, activation, kind):
    """Return the sum of V∘h after all layers: V is the gradient that enters the last one."""
    h = X
    for M in W:
        z = h @ M
        if kind == "batch norm":
            z = (z - np.mean(z, axis=0)) / np.sqrt(np.var(z, axis=0) + 1e-5)
        h = activation(z) + h if kind == "residual" else activation(z)
    return np.sum(h * V)


def norms(name, start, kind):
    """Return ‖∂L/∂h‖ for every layer, divided by that of the last; the median over the draws."""
    function = ACTIVATIONS[name]

    def draw(rng):
        W = rng.normal(size=(LAYERS, WIDTH, WIDTH)) * np.sqrt(GAIN[start] / WIDTH)
        X, V = rng.normal(size=(2, BATCH, WIDTH))
        return {"X": X, "W": list(W), "V": V}

    shape = np.ones((BATCH, WIDTH))
    zero = {"X": shape, "W": list(np.zeros((LAYERS, WIDTH, WIDTH))), "V": shape}
    g = gt.trace(lambda X, W, V: stack(X, W, V, function, kind), **zero)
    layers = [f"h{k}" for k in range(1, LAYERS + 1)]
    study = gt.study(g, draw, draws=DRAWS, seeds=0, gradients=layers, reduce=np.linalg.norm)
    rows = np.array([study.gradients[layer].draws for layer in layers])
    return np.median(rows / rows[-1], axis=1)


def main(folder="out"):
    """Print and draw the gradient norm after each layer, relative to the last layer's."""
    found = {variant: norms(*variant) for group in GROUPS.values() for variant in group.values()}
    print(f"‖∂L/∂h‖ after a layer over that after layer {LAYERS}, median of {DRAWS} draws")
    print(f"  {'layer':<30}" + "".join(f"{layer:>10}" for layer in SHOWN))
    for variant, ratio in found.items():
        numbers = "".join(f"{ratio[layer - 1]:10.2e}" for layer in SHOWN)
        print(f"  {', '.join(variant) + ':':<30}{numbers}")

    Path(folder).mkdir(parents=True, exist_ok=True)
    layers = np.arange(1, LAYERS + 1)
    panels = [
        Panel([Series(found[v], layers, k) for k, v in group.items()], title, "layer", UP, "y")
        for title, group in GROUPS.items()
    ]
    curves = Path(folder) / "s10_depth_norms.svg"
    save_chart(panels, curves)
    graph = Path(folder) / "s10_depth.svg"
    x, W = np.ones(2), list(np.full((2, 2, 2), 0.5))
    small = gt.trace(lambda x, W: stack(x, W, np.ones(2), gt.nn.sigmoid, "residual"), x, W)
    small.backward().render(graph, digits=3)
    print(f"Picture: {curves}\nPicture: {graph}")


if __name__ == "__main__":
    main(*sys.argv[1:])
