"""S4: LeakyReLU, softmax and cross-entropy: matrix forms, and an overflow."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

X = np.array([0.5, -1.0, 2.0])
Y = np.array([0.0, 1.0])
W1 = np.array([[0.2, -0.4, 0.1], [0.5, 0.3, -0.6], [-0.3, 0.8, 0.4], [0.1, 0.1, 0.2]])
B1 = np.array([0.1, -0.2, 0.3, 0.0])
W2 = np.array([[0.3, -0.5, 0.2, 0.7], [-0.4, 0.6, 0.1, -0.2]])
B2 = np.array([0.05, -0.05])


def classifier(W1, b1, W2, b2):
    """Cross-entropy of softmax(W2·LeakyReLU(W1·x + b1) + b2) for one sample."""
    z1 = W1 @ X + b1
    a1 = gt.nn.leaky_relu(z1, 0.01)
    z2 = W2 @ a1 + b2
    p = gt.nn.softmax(z2)
    L = -np.sum(Y * np.log(p))
    return L  # noqa: RET504 -- a name for the result, as on the blackboard


def naive_softmax(z):
    """Without a shift: exp overflows for large z, the sum vanishes for very negative z."""
    e = np.exp(z)
    s = np.sum(e)
    p = e / s
    return p  # noqa: RET504


def shifted_softmax(z):
    """The largest entry becomes exp(0) = 1."""
    e = np.exp(z - np.max(z))
    p = e / np.sum(e)
    return p  # noqa: RET504


def main(folder="out"):
    """Compare every gradient with its matrix form; show where the naive softmax fails."""
    g = gt.trace(classifier, W1, B1, W2, B2).backward()
    p, a1, z1 = g["p"].value, g["a1"].value, g["z1"].value
    print(f"W2 has shape {W2.shape}, b2 {B2.shape}, the hidden layer {a1.shape}")

    # δ0 = ∂L/∂z2, δ1 = ∂z2/∂a1, δ2 = ∂a1/∂z1.
    delta0, delta1, delta2 = p - Y, g.jacobian("z2", "a1"), np.where(z1 > 0, 1.0, 0.01)
    forms = {
        "z2": ("ŷ - y", delta0),
        "W1": ("(δ1ᵀδ0 ∘ δ2) xᵀ", np.outer(delta1.T @ delta0 * delta2, X)),
        "b1": ("δ1ᵀδ0 ∘ δ2", delta1.T @ delta0 * delta2),
    }
    for name, (form, value) in forms.items():
        error = np.max(np.abs(g[name].grad - value))
        print(f"∂L/∂{name} = {form}, shape {g[name].grad.shape}: largest difference {error:.1e}")
    error = np.max(np.abs(g.jacobian("p", "z2") - (np.diag(p) - np.outer(p, p))))
    print(f"∂ŷ/∂z2 = diag(ŷ) - ŷŷᵀ: largest difference {error:.1e}")
    print(f"∂z2/∂a1 = W2: {np.array_equal(delta1, W2)}")

    # The same softmax, written without and with the shift.
    for z in ([1000.0, 0.0, 0.0], [-1000.0, -1000.0]):
        for softmax in (naive_softmax, shifted_softmax):
            run = gt.trace(softmax, np.array(z))
            bad = [node for node in run.nodes if not np.all(np.isfinite(node.value))]
            where = f"first at {bad[0].name}, {bad[0].where}: {bad[0].value}" if bad else "clean"
            print(f"{softmax.__name__}{tuple(z)} = {run.output.value}: {where}")

    picture = Path(folder) / "s04_classifier.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    g.render(picture, digits=3, wrap=1800)
    hazard = Path(folder) / "s04_overflow.svg"
    gt.trace(naive_softmax, np.array([1000.0, 0.0, 0.0])).render(hazard)
    print(f"Picture: {picture}\nPicture: {hazard}")


if __name__ == "__main__":
    main(*sys.argv[1:])
