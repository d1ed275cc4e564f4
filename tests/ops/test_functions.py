"""Functions recorded as several operations, of NumPy and of gt.nn: all modes at their samples."""

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import RegistrationError
from graphtrace.nn.samples import SAMPLES, coverage
from graphtrace.nn.samples import trial as of_network
from graphtrace.ops.composed import composes
from graphtrace.ops.late import called
from graphtrace.run.trials import composed, of_composed

STEP = 1e-5
CUT = {called(made.names[0]) for made in composed() if not made.differentiable}
CUT |= {"gt.nn.stop_gradient", "gt.nn.causal_mask", "gt.nn.one_hot"}
TRIALS = {
    f"{called(made.names[0])}-{k}": trial
    for made in composed()
    if made.differentiable
    for k, trial in enumerate(of_composed(made))
}
TRIALS |= {f"gt.nn.{n}": of_network(n) for n in sorted(SAMPLES) if f"gt.nn.{n}" not in CUT}


def inputs_of(graph):
    return [node for node in graph if node.kind == "input"]


def grad(node):
    """Return a gradient; zeros where none arrived, as at the array that full_like imitates."""
    return np.zeros(np.shape(node.value)) if node.grad is None else node.grad


@pytest.mark.parametrize("name", TRIALS)
def test_reverse_forward_and_second_order_agree_with_finite_differences(name):
    trial = TRIALS[name]
    arrays = [np.asarray(x) for x in trial.arrays]
    graph = gt.trace(trial.total, *arrays).backward()
    inputs = inputs_of(graph)
    assert len(inputs) == len(arrays)
    assert graph.output.value == pytest.approx(trial.total(*arrays), rel=1e-12)
    t = [np.sin(np.arange(x.size) + 1.0).reshape(x.shape) for x in arrays]
    along = {node.id: way for node, way in zip(inputs, t, strict=True)}

    def moved(by):
        return gt.trace(trial.total, *(x + by * way for x, way in zip(arrays, t, strict=True)))

    ahead, behind = moved(STEP).backward(), moved(-STEP).backward()
    slope = (ahead.output.value - behind.output.value) / (2 * STEP)
    assert any(node.grad is not None for node in inputs)
    reverse = sum(np.sum(grad(node) * way) for node, way in zip(inputs, t, strict=True))
    assert reverse == pytest.approx(slope, rel=1e-6, abs=1e-7)
    assert graph.jvp(along) == pytest.approx(slope, rel=1e-6, abs=1e-7)
    for node, second in zip(inputs, graph.hvp(along).values(), strict=True):
        expected = (grad(ahead.nodes[node.id]) - grad(behind.nodes[node.id])) / (2 * STEP)
        np.testing.assert_allclose(second, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", TRIALS)
def test_single_precision_stays_single_and_agrees_with_double(name):
    trial = TRIALS[name]
    single = [np.asarray(x, dtype=np.float32) for x in trial.arrays]
    narrow = gt.trace(trial.total, *single).backward()
    wide = gt.trace(trial.total, *(x.astype(float) for x in single)).backward()
    for one, two in zip(inputs_of(narrow), inputs_of(wide), strict=True):
        assert one.grad is None or one.grad.dtype == np.float32
        scale = 1 + float(np.max(np.abs(grad(two))))
        np.testing.assert_allclose(grad(one), grad(two), rtol=1e-3, atol=1e-4 * scale)


@pytest.mark.parametrize(
    "run",
    [
        lambda x: np.ediff1d(x, to_end=[1.0]),
        lambda x: np.insert(x, 1, 9.0),
        lambda x: np.linalg.norm(x, 0),
        lambda x: np.average(x, returned=True)[1] + x,
    ],
)
def test_plain_arguments_take_the_precision_of_the_array_as_in_numpy(run):
    x = np.array([1.5, 0.0, 2.0], dtype=np.float32)
    found = gt.trace(run, x).output.value
    assert found.dtype == run(x).dtype == np.float32
    np.testing.assert_array_equal(found, run(x))


def test_real_numbers_are_their_own_conjugates_and_truths_exclude_each_other():
    x = np.array([-1.0, 0.5, 2.0])
    g = gt.trace(lambda x: np.real(x) * x.conj() * x.real * x.conjugate(), x)
    np.testing.assert_array_equal(g.output.value, x**4)
    g = gt.trace(lambda x: np.where((x > 0) ^ (x > 1), x, 0), x)
    np.testing.assert_array_equal(g.output.value, [0, 0.5, 0])
    assert gt.trace(lambda x: np.where(True ^ (x > 1), x, 0), 0.5).output.value == 0.5


def test_the_table_proves_what_is_promised(oracle):
    oracle("scipy")
    rows = coverage()
    assert len({row.name for row in rows}) == len(rows)
    modes = [(row.reverse, row.forward, row.second_order) for row in rows]
    assert set(modes) == {(True, True, True), (False, False, False)}
    assert all((row.formula == "no gradient passes") == (not row.reverse) for row in rows)
    calls = {call for row in rows if row.reverse for call in row.calls}
    assert len([call for call in calls if call.startswith(("np.", "scipy."))]) >= 190
    assert len([call for call in calls if call.startswith("gt.nn.")]) >= 50
    cut = {call for row in rows if not row.reverse for call in row.calls}
    assert not cut & calls
    assert cut >= CUT
    several = {called(function) for made in composed() for function in made.names}
    assert several | {f"gt.nn.{name}" for name in gt.nn.__all__} <= calls | cut


def test_a_function_without_samples_is_refused_at_its_declaration():
    with pytest.raises(RegistrationError, match=r"median: give at least one sample"):
        composes(np.median, family="test", samples=[])
