"""S21: multiplications by formula; the scaled sum keeps its variance; the direct path is γ^k."""

import math

import pytest


@pytest.fixture
def run(example):
    return example("s21_bottleneck")


def test_multiplications_are_counted_as_the_formulas_say(run):
    m = run.module
    steps = m.LAYERS - 1
    assert run.numbers("plain:")[0] == steps * m.N**2
    for bottle, word in ((8, "fewer"), (16, "as many"), (24, "more")):
        line = next(x for x in run.text.splitlines() if x.startswith(f"N_bottle = {bottle}:"))
        assert line.split()[3] == str(steps * 2 * m.N * bottle)
        assert line.endswith(word)


def test_the_variance_stays_and_the_direct_path_shrinks(run):
    for k in range(1, 5):
        assert run.numbers(f"variance of h{k}:")[0] == pytest.approx(1, abs=0.15)
        found = run.numbers(f"direct path, {k} layers:")[0]
        assert found == pytest.approx(math.sqrt(0.5) ** k, abs=1e-6)
