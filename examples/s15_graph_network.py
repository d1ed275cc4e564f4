"""S15: one step of a graph neural network, and a loss that leaves two nodes out."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

EDGES = ((1, 2), (2, 4), (2, 5), (3, 5))
NODES = range(1, 6)
LABELS = (0, 1, 1, 1, 0)
HELD_OUT = (1, 4)
D, K = 2, 3
RNG = np.random.default_rng(0)
W1, W2 = RNG.normal(size=(D, K)), RNG.normal(size=(K, D))
STATES = {f"s{i}": RNG.normal(size=D) for i in NODES}


def neighbours(i):
    """Return the nodes that share an edge with node i."""
    return [b if a == i else a for a, b in EDGES if i in (a, b)]


def update(i, states, W1, W2):
    """Return s_i + W1·mean_j tanh(W2·s_j), over the neighbours j."""
    messages = [np.tanh(W2 @ states[f"s{j}"]) for j in neighbours(i)]
    mean = sum(messages[1:], messages[0]) / len(messages)
    s = states[f"s{i}"] + W1 @ mean
    return s  # noqa: RET504 -- a name for the result, as on the blackboard


def loss(a, b, c, d, e):
    """Cross-entropy of the predictions of all nodes that are not held out."""
    total = 0.0
    kept = 0
    for i, p, y in zip(NODES, (a, b, c, d, e), LABELS, strict=True):
        if i not in HELD_OUT:
            total = total + (np.log(p) if y else np.log(1 - p))
            kept += 1
    return -total / kept


def main(folder="out"):
    """Print which states an update uses, its closed form, and where the loss sends gradient."""
    for i in (2, 3):
        g = gt.trace(lambda W1, W2, i=i, **states: update(i, states, W1, W2), W1, W2, **STATES)
        g.backward(seed=np.ones(D))
        used = [name for name in STATES if g[name].grad is not None]
        others = [STATES[f"s{j}"] for j in neighbours(i)]
        closed = STATES[f"s{i}"] + W1 @ sum(np.tanh(W2 @ s) for s in others) / len(others)
        print(f"update of s{i} uses {', '.join(used)};")
        error = np.max(np.abs(g.output.value - closed))
        print(f"  largest difference from the closed form {error:.1e}")

    predictions = {"a": 0.3, "b": 0.8, "c": 0.6, "d": 0.9, "e": 0.2}
    g = gt.trace(loss, **predictions).backward()
    closed = -np.log(0.8 * 0.6 * (1 - 0.2)) / 3
    print(f"loss = {g.output.value:.6f}, -⅓ log(b·c·(1-e)) = {closed:.6f}")
    for name in predictions:
        grad = g[name].grad
        words = f"no gradient: {g.cuts(name)}" if grad is None else f"{grad:.6f}"
        print(f"  ∂loss/∂{name} = {words}")

    picture = Path(folder) / "s15_graph_network.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    g.render(picture)
    step = Path(folder) / "s15_graph_network_update.svg"
    states = {name: STATES[name] for name in ("s1", "s2", "s4", "s5")}
    g = gt.trace(lambda W1, W2, **states: update(2, states, W1, W2), W1, W2, **states)
    g.backward(seed=np.ones(D)).render(step, digits=3)
    print(f"Picture: {picture}\nPicture: {step}")


if __name__ == "__main__":
    main(*sys.argv[1:])
