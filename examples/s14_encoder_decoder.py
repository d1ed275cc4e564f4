"""S14: encoder and decoder: which words are fed, and where an argmax cuts the gradient."""

import sys
from pathlib import Path

import numpy as np

import graphtrace as gt

H = 4
SOURCE = ("ich", "sehe", "einen", "hund")
TARGET = ("⟨sos⟩", "I", "see", "saw", "a", "dog", "⟨eos⟩")
TRUTH = ("I", "see", "a", "dog", "⟨eos⟩")
LEARNED = ("I", "saw", "a", "dog", "⟨eos⟩")
"""What the model was trained to say, whichever word it is fed: not quite the truth."""
RNG = np.random.default_rng(42)
PARAMETERS = {
    "E": RNG.normal(size=(len(SOURCE), H)),
    "D": RNG.normal(size=(len(TARGET), H)),
    "We": RNG.normal(size=(H, 2 * H)) * 0.5,
    "Wd": RNG.normal(size=(H, 2 * H)) * 0.5,
    "Wo": RNG.normal(size=(len(TARGET), H)),
}


def encode(E, We):
    """Return the encoder's last state."""
    s = np.zeros(H)
    for k in range(len(SOURCE)):
        s = np.tanh(We @ np.concatenate([s, E[k]]))
    return s


def decode(E, D, We, Wd, Wo, feed):
    """Return the scores at every step; `feed(step, scores, D)` gives what is put in next."""
    s = encode(E, We)
    word = D[0]
    every = []
    for step in range(len(TRUTH)):
        s = np.tanh(Wd @ np.concatenate([s, word]))
        scores = Wo @ s
        every.append(scores)
        word = feed(step, scores, D)
    return every


def forced(sentence):
    """Return a feed that puts in a given sentence, whatever the model says."""
    return lambda step, _, D: D[TARGET.index(sentence[step])]


def generated(step, scores, D):
    """At generation the model's own word is fed: an argmax."""
    said = np.argmax(scores)
    return D[said]


def loss(feed, sentence, **parameters):
    """Return the mean cross-entropy of a sentence."""
    scores = np.stack(decode(**parameters, feed=feed))
    return gt.nn.cross_entropy(scores, [TARGET.index(word) for word in sentence])


def train():
    """Return parameters with which the model says what it learned."""
    feeds = [forced(TRUTH), forced(LEARNED)]
    g = gt.trace(lambda **p: sum(loss(feed, LEARNED, **p) for feed in feeds), **PARAMETERS)
    return gt.fit(g, list(PARAMETERS), steps=150, lr=0.3, momentum=0.5).parameters


def feedback(D, Wo):
    """Say one word and feed it back: small enough to draw."""
    said = np.argmax(Wo @ np.tanh(D[0]))
    s = np.tanh(D[said])
    return np.sum(s)


def main(folder="out"):
    """Print what is fed in, and whether the last loss depends on what was said before."""
    parameters = train()
    for title, feed in (("teacher forcing", forced(TRUTH)), ("generation", generated)):
        g = gt.trace(lambda feed=feed, **p: loss(feed, TRUTH, **p), **parameters).backward()
        steps = [node for node in g.nodes if node.name.startswith("scores") and node.op == "matmul"]
        said = [TARGET[int(np.argmax(node.value))] for node in steps]
        fed = ["⟨sos⟩", *(said if feed is generated else TRUTH)][: len(TRUTH)]
        print(f"{title}: says {' '.join(said)}; fed {' '.join(fed)}")
        # The last step's loss alone: can it change what the first step says?
        g.backward(steps[-1], seed=np.eye(len(TARGET))[TARGET.index("⟨eos⟩")])
        for cut in g.cuts(steps[0]):
            print(f"  from the first word's scores to the last: {cut}")
        # Only the states lead back from there, through all steps into the encoder.
        arrives = np.linalg.norm(g[f"s{len(SOURCE)}"].grad)
        print(f"  through the states: gradient of norm {arrives:.1e} at the encoder's last one")

    picture = Path(folder) / "s14_encoder_decoder.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    small = gt.trace(feedback, np.array([[0.5, -0.2], [0.1, 0.9]]), np.eye(2))
    small.backward().render(picture)
    print(f"Picture: {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
