"""Every function of gt.nn at its sample: all three modes, against finite differences."""

import numpy as np
import pytest

import graphtrace as gt
from graphtrace import nn
from graphtrace.nn.samples import PLAIN, SAMPLES, reached, sample

STEP = 1e-5


def test_every_function_has_a_sample_and_reaches_an_operation():
    assert set(nn.__all__) == set(SAMPLES) | set(PLAIN)
    assert len(SAMPLES) >= 50
    listed = {name for names in reached().values() for name in names}
    assert listed == {f"gt.nn.{name}" for name in SAMPLES}
    assert "gt.nn.gelu" in reached()["gelu"]
    assert "gt.nn.conv2d" in reached()["unfold"]


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"stop_gradient"}))
def test_reverse_forward_and_second_order_agree_with_finite_differences(name):
    function, arrays = sample(name)

    def run(*xs):
        out = function(*xs)
        return np.sum(out * np.cos(np.arange(np.size(out)) + 0.3).reshape(np.shape(out)))

    graph = gt.trace(run, *arrays).backward()
    inputs = [node for node in graph if node.kind == "input"]
    assert len(inputs) == len(arrays)
    t = [np.sin(np.arange(x.size) + 1.0).reshape(x.shape) for x in arrays]
    along = {node.id: way for node, way in zip(inputs, t, strict=True)}

    def moved(by):
        return gt.trace(run, *[x + by * way for x, way in zip(arrays, t, strict=True)]).backward()

    ahead, behind = moved(STEP), moved(-STEP)
    slope = (ahead.output.value - behind.output.value) / (2 * STEP)
    reverse = sum(np.sum(node.grad * way) for node, way in zip(inputs, t, strict=True))
    assert reverse == pytest.approx(slope, rel=1e-6, abs=1e-8)
    assert graph.jvp(along) == pytest.approx(slope, rel=1e-6, abs=1e-8)
    for node, second in zip(inputs, graph.hvp(along).values(), strict=True):
        expected = (ahead.nodes[node.id].grad - behind.nodes[node.id].grad) / (2 * STEP)
        np.testing.assert_allclose(second, expected, rtol=1e-5, atol=1e-7)
