"""S14: what is fed to the decoder in training and at generation; where the path is cut."""

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
    assert "says I saw a dog ⟨eos⟩" in generation


def test_generation_passes_through_an_argmax_that_cuts_the_path(run):
    m = run.module
    parameters = m.train()
    for feed, count in ((m.teacher, 0), (m.generated, len(m.TRUTH))):
        g = gt.trace(lambda feed=feed, **p: m.loss(feed, m.TRUTH, **p), **parameters).backward()
        assert sum(node.op == "argmax" for node in g.nodes) == count
    assert "scores1 → said1: argmax has no derivative" in run.text
