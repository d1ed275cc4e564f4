"""S22: an RNN language model: its loss over a sentence, and a backward pass of cost O(T)."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

WORDS = ("the", "dog", "saw", "a", "cat")
SENTENCE = (0, 1, 2, 3, 4)
HIDDEN = 4
RNG = np.random.default_rng(0)
E = RNG.normal(size=(len(WORDS), HIDDEN)) * 0.5
W, U = RNG.normal(size=(HIDDEN, HIDDEN)) * 0.5, RNG.normal(size=(HIDDEN, HIDDEN)) * 0.5
SIZES = (8, 16, 32, 64, 128, 256)


def language_model(e, W, U, words):
    """Return -Σ ln P(w_t), with P(w_t | …) = softmax of e·h_(t-1), and h_t = tanh(W·h + U·e[w])."""
    h = np.zeros(len(W))
    loss = 0.0
    for word in words:
        scores = e @ h
        log_p = gt.nn.log_softmax(scores)
        loss = loss - log_p[word]
        h = np.tanh(W @ h + U @ e[word])
    return loss


def build(steps):
    """Record the model on a text of so many words."""
    words = [SENTENCE[k % len(SENTENCE)] for k in range(steps)]
    return gt.trace(lambda e, W, U: language_model(e, W, U, words), E, W, U)


def main(folder="out"):
    """Print the probability of each word, and operations against the length of the text."""
    g = build(len(SENTENCE)).backward()
    for k, word in enumerate(SENTENCE, start=1):
        p = np.exp(g[f"log_p{k}"].value[word])
        print(f"P({WORDS[word]} | …) = {p:.4f}")
    print(f"loss = {g.output.value:.6f}, perplexity {np.exp(g.output.value / len(SENTENCE)):.3f}")
    print(f"before the first word every word is as likely: {np.exp(g['log_p1'].value)}")

    growth = gt.growth(build, SIZES)
    print(growth)
    print(f"backward ≈ T^{growth.backward_law.exponent:.3f}")

    picture = Path(folder) / "s22_language_model.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    small = gt.trace(
        lambda e, W, U: language_model(e, W, U, (0, 1)), E[:2, :2], W[:2, :2], U[:2, :2]
    )
    small.backward().render(picture, show=["name", "value", "grad"], only="gradient", digits=3)
    curve = Path(folder) / "s22_growth.svg"
    growth.plot(curve)
    print(f"Picture: {picture}\nPicture: {curve}")


if __name__ == "__main__":
    main(*sys.argv[1:])
