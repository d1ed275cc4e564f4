"""The samples of gt.nn: one for every function; tests/ops/test_functions.py runs them."""

from graphtrace import nn
from graphtrace.nn.samples import PLAIN, SAMPLES


def test_every_function_has_a_sample():
    assert set(nn.__all__) == set(SAMPLES) | set(PLAIN)
    assert len(SAMPLES) >= 50
