"""S20: unit variance for every d; the sigmoid's variance stays below 1/4."""

import math

import pytest


def test_the_statistics_are_those_of_the_theory(example):
    run = example("s20_variance")
    for d in run.module.SIZES:
        mean, error, variance = run.numbers(f"d = {d}: mean of y")[:3]
        assert abs(mean) < 4 * error
        # y is a sum of products: its kurtosis is 3 + 6/d·…; 5 standard errors of a variance.
        assert variance == pytest.approx(1, abs=5 * math.sqrt((2 + 9 / d) / run.module.DRAWS))
    means = [line for line in run.text.splitlines() if "sigmoid: mean" in line]
    for line in means:
        words = line.replace(",", "").split()
        assert float(words[2]) == pytest.approx(0.5, abs=0.02)
        assert float(words[4]) < 0.25
    assert "below 1/4: True" in run.text
