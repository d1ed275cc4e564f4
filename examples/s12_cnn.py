"""S12: parameters, shapes and multiplications of a small CNN; invariance to circular shifts."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

RNG = np.random.default_rng(0)
SHAPES = {"K1": (10, 1, 3, 3), "b1": (10,), "K2": (10, 10, 3, 3), "b2": (10,)}
SHAPES |= {"W": (3, 490), "b3": (3,)}


def cnn(image, K1, b1, K2, b2, W, b3):
    """28×28×1 → CONV3-10 → POOL2 → CONV3-10 → POOL2 → FLATTEN → FC-3."""
    with gt.scope("CONV3-10"):
        h = gt.nn.conv2d(image, K1, b1, padding=1)
    with gt.scope("POOL2"):
        h = gt.nn.max_pool2d(h, 2)
    with gt.scope("CONV3-10"):
        h = gt.nn.conv2d(h, K2, b2, padding=1)
    with gt.scope("POOL2"):
        h = gt.nn.max_pool2d(h, 2)
    with gt.scope("FLATTEN"):
        h = h.reshape(-1)
    with gt.scope("FC-3"):
        return W @ h + b3


def shift_invariant(image, K1, K2):
    """CONV2-3 → ReLU → CONV2-3 → ReLU → global average, with circular padding."""
    h = gt.nn.relu(gt.nn.conv2d(image, K1, padding="same", border="circular"))
    h = gt.nn.relu(gt.nn.conv2d(h, K2, padding="same", border="circular"))
    return gt.nn.global_avg_pool(h)


def main(folder="out"):
    """Print the table of layers, and how far the features move when the image is shifted."""
    parameters = {name: RNG.normal(size=shape) * 0.1 for name, shape in SHAPES.items()}
    g = gt.trace(cnn, RNG.normal(size=(1, 28, 28)), **parameters)
    cost = g.cost(data="image")
    print(cost)
    for row in cost.layers:
        print(f"{row.name}: {row.parameters} parameters, activations {row.shape}")

    K, b = np.zeros((5, 3, 4, 4)), np.zeros(5)
    rgb = gt.trace(gt.nn.conv2d, np.zeros((3, 8, 8)), K, b).cost(data="x")
    print(f"4×4 convolution, RGB in, 5 channels out, bias: {rgb.total.parameters}")

    image = RNG.normal(size=(1, 1, 8, 8))
    kernels = RNG.normal(size=(3, 1, 2, 2)), RNG.normal(size=(3, 3, 2, 2))
    g = gt.trace(shift_invariant, image, *kernels)
    features = g.output.value
    moved = 0.0
    for shift in ((1, 0), (0, 3), (5, 2)):
        there = g.at(image=np.roll(image, shift, axis=(2, 3))).output.value
        moved = max(moved, np.max(np.abs(there - features)))
    print(f"GAP features {features.ravel()}, moved by circular shifts: {moved:.1e}")

    picture = Path(folder) / "s12_cnn.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    kernel = np.array([[[[1.0, 0.0], [0.0, -1.0]]]])
    small = gt.trace(lambda x, K: np.mean(gt.nn.conv2d(x, K)), image[0, :, :3, :3], kernel)
    small.backward().render(picture, digits=3)
    print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
