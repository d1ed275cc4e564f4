"""S13: decoding as a max-plus graph: the best sequence, greedy, beam, and the winning path."""

import itertools
import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

WORDS = ("deep", "learn")
LOG_P = {
    "deep": -0.51,
    "learn": -0.91,
    "deep deep": -0.35,
    "deep learn": -1.20,
    "learn deep": -4.61,
    "learn learn": -0.01,
    "deep deep deep": -0.22,
    "deep deep learn": -1.61,
    "deep learn deep": -0.69,
    "deep learn learn": -0.69,
    "learn deep deep": -2.30,
    "learn deep learn": -0.11,
    "learn learn deep": -0.05,
    "learn learn learn": -2.99,
}
"""The log-probability of the last word, after those before it."""


def best(**p):
    """Return the largest sum along the tree: max over the next word, plus, from the leaves up."""

    def value(said):
        longer = [f"{said} {word}".strip() for word in WORDS]
        scores = [p[text] + value(text) if text.count(" ") < 2 else p[text] for text in longer]
        return np.maximum(scores[0], scores[1])

    return value("")


def total(sequence):
    """Return the log-probability of a whole sequence."""
    return sum(LOG_P[" ".join(sequence[: k + 1])] for k in range(len(sequence)))


def beam(width):
    """Keep the `width` best beginnings at each step; a beam of 1 is greedy."""
    kept: list[tuple[str, ...]] = [()]
    for _ in range(3):
        longer = [(*said, word) for said in kept for word in WORDS]
        kept = sorted(longer, key=total, reverse=True)[:width]
    return kept[0]


def main(folder="out"):
    """Print the three answers, then read the winning sequence off the gradient."""
    every = list(itertools.product(WORDS, repeat=3))
    for title, found in (
        ("best of all", max(every, key=total)),
        ("greedy", beam(1)),
        ("beam of 2", beam(2)),
    ):
        print(f"{title}: {' '.join(found)}, {total(found):.2f}")

    # Backward through max and plus: 1 on the edges of the winning path, 0 elsewhere.
    g = gt.trace(best, **LOG_P).backward()
    print(f"max-plus graph: {g.output.value:.2f}")
    said = []
    for node in g.nodes:
        if node.kind == "input" and node.grad:
            said.append(node.name.split()[-1])
            print(f"  gradient {node.grad:g} at {node.name}")
    gradients = {node.grad for node in g.nodes if node.grad is not None}
    print(f"gradients in the whole graph: {sorted(gradients)}; the path says: {' '.join(said)}")

    picture = Path(folder) / "s13_decoding.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    g.render(picture, path=f"{' '.join(said)}:best")
    print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
