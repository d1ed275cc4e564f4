"""S10: gradients in deep stacks: activation, initialisation, residual connections, batch norm."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt
from graphtrace.render.charts import Panel, Series, save_chart

LAYERS, WIDTH, BATCH, DRAWS = 30, 32, 16, 5
ACTIVATIONS = {
    "sigmoid": gt.nn.sigmoid,
    "tanh": np.tanh,
    "relu": gt.nn.relu,
    "leaky relu": gt.nn.leaky_relu,
}
GAIN = {"Xavier": 1.0, "He": 2.0, "4·He": 8.0}
"""The variance of a weight, times the number of inputs."""
VARIANTS = [
    *(("sigmoid", "Xavier", kind) for kind in ("plain", "residual", "batch norm")),
    ("tanh", "Xavier", "plain"),
    *(("relu", start, "plain") for start in GAIN),
    ("leaky relu", "He", "plain"),
    *(("relu", start, "batch norm") for start in GAIN),
]


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
    found = {variant: norms(*variant) for variant in VARIANTS}
    print(f"‖∂L/∂h‖ after layer 1 over that after layer {LAYERS}, median of {DRAWS} draws")
    for (name, start, kind), ratio in found.items():
        print(f"  {name}, {start}, {kind}: {ratio[0]:.2e}")

    Path(folder).mkdir(parents=True, exist_ok=True)
    layers = np.arange(1, LAYERS + 1)
    panels = [
        Panel(
            [Series(r, layers, f"{v[0]}, {v[1]}") for v, r in found.items() if v[2] == kind],
            kind,
            "layer",
            "gradient norm, last layer = 1",
            "y",
        )
        for kind in ("plain", "residual", "batch norm")
    ]
    curves = Path(folder) / "s10_depth_norms.svg"
    save_chart(panels, curves)
    graph = Path(folder) / "s10_depth.svg"
    x, W = np.ones((1, 2)), list(np.full((2, 2, 2), 0.5))
    small = gt.trace(lambda X, W: stack(X, W, x, gt.nn.sigmoid, "residual"), x, W)
    small.backward().render(graph)
    print(f"Picture: {graph}\nPicture: {curves}")


if __name__ == "__main__":
    main(*sys.argv[1:])
