"""S13: best, greedy and beam; the gradient marks the winning path."""

import pytest

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s13_decoding")


def test_the_three_answers(run):
    assert "best of all: learn learn deep, -0.97" in run.text
    assert "greedy: deep deep deep, -1.08" in run.text
    assert "beam of 2: learn learn deep, -0.97" in run.text


def test_the_gradient_is_1_on_the_winning_path_and_0_elsewhere(run):
    m = run.module
    g = gt.trace(m.best, **m.LOG_P).backward()
    assert g.output.value == pytest.approx(-0.97, abs=1e-12)
    won = {"learn", "learn learn", "learn learn deep"}
    for name in m.LOG_P:
        assert g[name].grad == (1 if name in won else 0)
    assert "gradients in the whole graph: [0.0, 1.0]; the path says: learn learn deep" in run.text
