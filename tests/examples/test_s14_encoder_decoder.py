"""S14: what is fed to the decoder in training and at generation; where the path is cut."""

import numpy as np
import pytest

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s14_encoder_decoder")


def test_the_words_that_are_fed(run):
    lines = run.text.splitlines()
    (training,) = [line for line in lines if line.startswith("teacher forcing")]
    (generation,) = [line for line in lines if line.startswith("generation")]
    assert training.endswith("fed ⟨sos⟩ I see a dog")
    assert generation.endswith("fed ⟨sos⟩ I saw a dog")
    assert all("says I saw a dog ⟨eos⟩;" in line for line in (training, generation))


def test_the_words_are_those_of_plain_numpy(run):
    m = run.module
    p = m.train()
    for fed in (m.TRUTH, None):
        s = np.zeros(m.H)
        for embedding in p["E"]:
            s = np.tanh(p["We"] @ [*s, *embedding])
        word, said, losses = p["D"][0], [], []
        for true in m.TRUTH:
            s = np.tanh(p["Wd"] @ [*s, *word])
            scores = p["Wo"] @ s
            said.append(m.TARGET[np.argmax(scores)])
            losses.append(np.log(np.exp(scores).sum()) - scores[m.TARGET.index(true)])
            word = p["D"][m.TARGET.index(true if fed else said[-1])]
        assert tuple(said) == m.LEARNED
        feed = m.forced(m.TRUTH) if fed else m.generated
        g = gt.trace(lambda feed=feed, **q: m.loss(feed, m.TRUTH, **q), **p)
        assert g.output.value == pytest.approx(np.mean(losses), rel=1e-12)


def test_generation_passes_through_an_argmax_that_cuts_the_path(run):
    m = run.module
    parameters = m.train()
    for feed, count in ((m.forced(m.TRUTH), 0), (m.generated, len(m.TRUTH))):
        g = gt.trace(lambda feed=feed, **p: m.loss(feed, m.TRUTH, **p), **parameters).backward()
        assert sum(node.op == "argmax" for node in g.nodes) == count
    assert "scores1 → said1: argmax has no derivative" in run.text
    arrives = [line for line in run.text.splitlines() if "through the states" in line]
    assert len(arrives) == 2
    assert all(float(line.split("norm ")[1].split()[0]) > 0 for line in arrives)
