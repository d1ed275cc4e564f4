"""S11: attention: argmax passes no gradient to the query, softmax does; masks and scaling."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

KEYS = np.array([[1.0, 2.0, 0.0], [0.0, 3.0, 4.0], [5.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
VALUES = np.array([[2.0, 0.0, 1.0], [1.0, 4.0, 3.0], [0.0, -1.0, 4.0], [1.0, 0.0, -1.0]])
QUERY = np.array([1.0, 1.0, 2.0])
ONES = np.ones(3)


def hard(q, K, V):
    """Return the value whose key fits best."""
    scores = K @ q
    best = np.argmax(scores)
    out = V[best]
    return out  # noqa: RET504 -- a name for the result, as on the blackboard


def soft(q, K, V):
    """Return the mean of the values, weighted by the softmax of the scores."""
    scores = K @ q
    weights = gt.nn.softmax(scores)
    out = weights @ V
    return out  # noqa: RET504


def masked(Q, K, V):
    """Self-attention in which position t looks at positions up to t."""
    return gt.nn.scaled_dot_product_attention(Q, K, V, causal=True)


def scored(q, K, V, scale):
    """Return softmax attention with scores that are scaled first."""
    z = K @ q * scale
    return gt.nn.softmax(z) @ V


def softmax_gradient(d, scale):
    """Return the gradient norm at the input of softmax, mean of 200 draws of length d."""

    def draw(rng):
        return {"q": rng.normal(size=d), "K": rng.normal(size=(8, d)), "V": rng.normal(size=8)}

    g = gt.trace(scored, np.ones(d), np.ones((8, d)), np.ones(8), scale)
    study = gt.study(g, draw, draws=200, seeds=0, gradients=["z"], reduce=np.linalg.norm)
    return study.gradients["z"].mean


def lecture():
    """Return what `graphtrace examples --all` makes slides of."""
    return gt.trace(soft, QUERY, KEYS, VALUES).backward(seed=ONES)


def main(folder="out"):
    """Print what each kind returns, and which gradient reaches the query and the keys."""
    one = gt.trace(hard, QUERY, KEYS, VALUES).backward(seed=ONES)
    print(f"scores {one['scores'].value}, argmax attention returns {one['out'].value}")
    for name in ("q", "K"):
        print(f"  no gradient reaches {name}: {one.cuts(name)}")
    two = gt.trace(soft, QUERY, KEYS, VALUES).backward(seed=ONES)
    print(f"softmax attention returns {two['out'].value}")
    print(f"  gradient of the query {two['q'].grad}")

    # Each output position by each input position: what lies later is never looked at.
    X = np.random.default_rng(1).normal(size=(4, 3))
    g = gt.trace(masked, X, X.copy(), X.copy())
    J = sum(np.abs(g.jacobian(g.output, name)).sum(axis=(1, 3)) for name in ("K", "V"))
    print(f"gradient from position t to a later one, causal mask: {np.triu(J, 1).max():g}")
    print(f"  and to an earlier one, at most {np.tril(J, -1).max():.3f}")

    print("gradient norm at the input of softmax, as the length d of a key grows:")
    for d in (4, 16, 64, 256):
        plain, scaled = softmax_gradient(d, 1.0), softmax_gradient(d, 1 / np.sqrt(d))
        print(f"  d = {d}: {plain:.4f} without, {scaled:.4f} with division by √d")

    for graph, name in ((one, "s11_attention_argmax"), (two, "s11_attention")):
        picture = Path(folder) / f"{name}.svg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        graph.render(picture, digits=3)
        print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
