"""Reductions, scans, quantiles and differences against PyTorch, JAX and numbers worked by hand."""

import re
import warnings
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import RefusedError, ShapeError
from graphtrace.ops import OPS

RNG = np.random.default_rng(3)
CUBE = RNG.normal(size=(2, 3, 4))
MATRIX = RNG.normal(size=(3, 4))
WEIGHTS = RNG.uniform(0.5, 2.0, size=(3, 4))
HOLED = np.where(np.arange(12).reshape(3, 4) % 5 == 2, np.nan, MATRIX)
PLACES = np.sort(RNG.normal(size=4))
MASK = np.arange(12).reshape(3, 4) % 3 != 1
AXES: Any = [None, 0, -1, (0, 2), (-1, 1, 0)]


def gradient(function, *values):
    """Return the traced result and each input's gradient."""
    graph = gt.trace(function, *values)
    out = graph.output.value
    np.testing.assert_allclose(out, function(*values), rtol=1e-15)
    graph.backward(seed=np.cos(np.arange(np.size(out)) + 1.0).reshape(np.shape(out)))
    return out, [node.grad for node in graph if node.kind == "input"]


def agree(torch, ours, theirs, *values):
    """Compare values and gradients with PyTorch's."""
    out, found = gradient(ours, *values)
    tensors = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in values]
    expected = theirs(*tensors)
    np.testing.assert_allclose(out, expected.detach().numpy(), rtol=1e-12, atol=1e-14)
    seed = np.cos(np.arange(np.size(out)) + 1.0).reshape(np.shape(out))
    expected.backward(torch.tensor(seed))
    for grad, tensor in zip(found, tensors, strict=True):
        np.testing.assert_allclose(grad, tensor.grad.numpy(), rtol=1e-11, atol=1e-13)


def grad_of(graph):
    """Return the gradient of the first input."""
    return next(iter(graph)).grad


def whole(axis, array):
    """Return an axis as PyTorch takes it."""
    return tuple(range(np.ndim(array))) if axis is None else axis


ALIKE = ["sum", "mean", "nansum", "nanmean", "amax", "amin", "logsumexp"]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ALIKE)
def test_reductions_over_any_axes_agree_with_pytorch(name, axis, keepdims, oracle):
    torch = oracle("torch")
    function: Any = getattr(np, name, None) or np.logaddexp.reduce
    agree(
        torch,
        lambda x: function(x, axis=axis, keepdims=keepdims),
        lambda x: getattr(torch, name)(x, whole(axis, CUBE), keepdim=keepdims),
        CUBE,
    )


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("ddof", [0, 1])
def test_var_std_and_ptp_agree_with_pytorch(axis, ddof, oracle):
    torch = oracle("torch")
    dim = whole(axis, CUBE)
    agree(torch, lambda x: np.var(x, axis, ddof=ddof),
          lambda x: torch.var(x, dim, correction=ddof), CUBE)  # fmt: skip
    agree(torch, lambda x: np.std(x, axis, correction=ddof),
          lambda x: torch.std(x, dim, correction=ddof), CUBE)  # fmt: skip
    agree(torch, lambda x: np.ptp(x, axis), lambda x: x.amax(dim) - x.amin(dim), CUBE)


SINGLE: dict[str, tuple[Any, Any]] = {
    "prod": (lambda x: np.prod(x, 1), lambda t, x: t.prod(x, 1)),
    "prod of all": (np.prod, lambda t, x: t.prod(x)),
    "prod of two axes": (lambda x: x.prod((0, 1)), lambda t, x: t.prod(x)),
    "cumsum": (lambda x: x.cumsum(0), lambda t, x: t.cumsum(x, 0)),
    "cumsum of all": (np.cumsum, lambda t, x: t.cumsum(x.reshape(-1), 0)),
    "cumprod": (lambda x: np.cumprod(x, -1), lambda t, x: t.cumprod(x, -1)),
    "cumprod of all": (lambda x: x.cumprod(), lambda t, x: t.cumprod(x.reshape(-1), 0)),
    "diff": (lambda x: np.diff(x, 2, 1), lambda t, x: t.diff(x, 2, 1)),
    "diff, extended": (
        lambda x: np.diff(x, axis=0, prepend=0.0, append=x[:1]),
        lambda t, x: t.diff(x, dim=0, prepend=0 * x[:1], append=x[:1]),
    ),
    "ediff1d": (
        lambda x: np.ediff1d(x, to_begin=[1.0, 2.0], to_end=x[0, 0]),
        lambda t, x: t.cat(
            [t.tensor([1.0, 2.0], dtype=t.float64), t.diff(x.reshape(-1)), x.reshape(-1)[:1]]
        ),
    ),
    "gradient": (
        lambda x: np.gradient(x, 0.5, axis=1),
        lambda t, x: t.gradient(x, spacing=0.5, dim=1)[0],
    ),
    "gradient, uneven": (
        lambda x: np.gradient(x, PLACES, axis=1, edge_order=2),
        lambda t, x: t.gradient(x, spacing=(t.tensor(PLACES),), dim=1, edge_order=2)[0],
    ),
    "trapezoid": (lambda x: np.trapezoid(x, dx=0.3), lambda t, x: t.trapezoid(x, dx=0.3)),
    "median of an odd number": (
        lambda x: np.median(x, 0),
        lambda t, x: t.median(x, 0).values,
    ),
    "quantile": (
        lambda x: np.quantile(x, [0.1, 0.5, 0.8], axis=1),
        lambda t, x: t.quantile(x, t.tensor([0.1, 0.5, 0.8], dtype=t.float64), 1),
    ),
    "percentile, lower": (
        lambda x: np.percentile(x, 37, method="lower", keepdims=True),
        lambda t, x: t.quantile(x, 0.37, interpolation="lower").reshape(1, 1),
    ),
    "quantile, midpoint": (
        lambda x: np.quantile(x, 0.37, axis=1, method="midpoint"),
        lambda t, x: t.quantile(x, 0.37, 1, interpolation="midpoint"),
    ),
    "sum, masked": (
        lambda x: np.sum(x, axis=0, where=MASK, initial=2.0),
        lambda t, x: t.where(t.tensor(MASK), x, 0.0).sum(0) + 2.0,
    ),
    "prod, masked": (
        lambda x: np.prod(x, axis=0, where=MASK, initial=2.0),
        lambda t, x: t.where(t.tensor(MASK), x, 1.0).prod(0) * 2.0,
    ),
    "mean, masked by a traced choice": (
        lambda x: np.mean(x, where=x > 0),
        lambda _, x: x[x > 0].mean(),
    ),
    "var, masked": (
        lambda x: np.var(x, ddof=1, where=MASK),
        lambda t, x: t.var(x[t.tensor(MASK)]),
    ),
    "max, masked": (
        lambda x: np.max(x, axis=1, where=MASK, initial=-9.0),
        lambda t, x: t.where(t.tensor(MASK), x, -9.0).amax(1),
    ),
    "min with an initial value": (
        lambda x: np.min(x, axis=1, initial=-0.5),
        lambda t, x: t.clamp(x.amin(1), max=-0.5),
    ),
}


@pytest.mark.parametrize("case", SINGLE)
def test_functions_of_one_array_agree_with_pytorch(case, oracle):
    torch = oracle("torch")
    ours, theirs = SINGLE[case]
    agree(torch, ours, lambda x: theirs(torch, x), MATRIX)


def test_weighted_means_and_uneven_trapezoids_agree_with_pytorch(oracle):
    torch = oracle("torch")
    agree(torch, lambda x, w: np.average(x, 0, w), lambda x, w: (x * w).sum(0) / w.sum(0),
          MATRIX, WEIGHTS)  # fmt: skip
    agree(torch, lambda x, w: np.average(x, axis=1, weights=w),
          lambda x, w: (x * w).sum(1) / w.sum(), MATRIX, WEIGHTS[0])  # fmt: skip
    agree(torch, np.trapezoid, torch.trapezoid,
          MATRIX, PLACES)  # fmt: skip
    agree(torch, lambda x, w: x[:, 0] * np.average(x, 1, w, returned=True)[1],
          lambda x, w: x[:, 0] * w.sum(), MATRIX, WEIGHTS[0])  # fmt: skip


NAN = ["sum", "prod", "mean", "var", "std", "max", "min", "median", "quantile", "percentile"]


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("name", NAN)
def test_nan_forms_are_the_plain_ones_of_what_remains(name, axis):
    """Slice by slice, NaN left out by hand, with nothing passed to NaN."""
    extra = {"quantile": (0.3,), "percentile": (30,)}.get(name, ())
    skipping, plain = getattr(np, f"nan{name}"), getattr(np, name)
    _, (found,) = gradient(lambda x: np.sum(skipping(x, *extra, axis=axis)), HOLED)
    rows = {None: [HOLED.ravel()], 0: list(HOLED.T), 1: list(HOLED)}[axis]
    expected = []
    for row in rows:
        holes = np.isnan(row)
        part = np.zeros(row.shape)
        part[~holes] = gradient(lambda x: plain(x, *extra), row[~holes])[1][0]
        expected.append(part)
    shaped = np.array(expected).reshape(3, 4) if axis != 0 else np.array(expected).T
    np.testing.assert_allclose(found, shaped, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ["nancumsum", "nancumprod"])
def test_scans_that_skip_nan(name):
    fill = 0.0 if name == "nancumsum" else 1.0
    filled = np.where(np.isnan(HOLED), fill, HOLED)
    _, (found,) = gradient(lambda x: getattr(np, name)(x, axis=1), HOLED)
    _, (plain,) = gradient(lambda x: getattr(np, name[3:])(x, axis=1), filled)
    np.testing.assert_array_equal(found, np.where(np.isnan(HOLED), 0.0, plain))


@pytest.mark.parametrize("method", [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf",
    "hazen", "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher",
    "midpoint", "nearest",
])  # fmt: skip
def test_every_quantile_method_is_a_weighted_sum_of_the_elements(method):
    """Quantiles are homogeneous and move with a shift: Σ ∂/∂x = 1 and Σ x·∂/∂x is the value."""
    for q in (0.0, 0.13, 0.5, 0.77, 1.0):
        graph = gt.trace(lambda x, q=q: np.quantile(x, q, method=method), MATRIX).backward()
        grad = graph["x"].grad
        assert np.sum(grad) == pytest.approx(1.0, rel=1e-13)
        assert np.sum(grad * MATRIX) == pytest.approx(graph.output.value, rel=1e-12, abs=1e-13)
        assert graph.check().ok


ZEROS = {
    "no zero": ([2.0, 3.0, 4.0], [12.0, 8.0, 6.0]),
    "one zero": ([2.0, 0.0, 4.0], [0.0, 8.0, 0.0]),
    "two zeros": ([0.0, 0.0, 4.0], [0.0, 0.0, 0.0]),
    "an infinity": ([0.0, np.inf, 4.0], [np.inf, 0.0, np.nan]),
}


@pytest.mark.parametrize("case", ZEROS)
def test_a_product_is_exact_at_zeros(case):
    values, expected = ZEROS[case]
    x = np.array(values)
    np.testing.assert_array_equal(grad_of(gt.trace(np.prod, x).backward()), expected)
    scanned = gt.trace(lambda x: np.cumprod(x)[-1], x).backward()
    np.testing.assert_array_equal(scanned["x"].grad, expected)


def test_second_derivatives_of_a_product_with_zeros():
    """∂²(xyz)/∂x∂y = z, whatever is zero."""
    graph = gt.trace(lambda x: x.prod(), np.array([0.0, 3.0, 0.0]))
    expected = [[0.0, 0.0, 3.0], [0.0, 0.0, 0.0], [3.0, 0.0, 0.0]]
    np.testing.assert_array_equal(graph.hessian(graph.output.name, "x"), expected)
    scanned = gt.trace(lambda x: np.cumprod(x)[-1], np.array([0.0, 3.0, 0.0]))
    np.testing.assert_array_equal(scanned.hessian(scanned.output.name, "x"), expected)


KINKS = [
    (np.max, [1.0, 3.0, 3.0], [0.0, 0.5, 0.5]),
    (np.min, [1.0, 1.0, 1.0, 3.0], [1 / 3, 1 / 3, 1 / 3, 0.0]),
    (np.nanmax, [np.nan, 3.0, 3.0], [0.0, 0.5, 0.5]),
    (np.ptp, [1.0, 1.0, 3.0], [-0.5, -0.5, 1.0]),
    (np.ptp, [2.0, 2.0], [0.0, 0.0]),
    (np.median, [1.0, 2.0, 2.0, 5.0], [0.0, 0.5, 0.5, 0.0]),
    (np.median, [2.0, 2.0, 2.0, 5.0], [1 / 3, 1 / 3, 1 / 3, 0.0]),
    (lambda x: np.quantile(x, 0.75), [1.0, 1.0, 5.0], [0.25, 0.25, 0.5]),
    (np.std, [2.0, 2.0, 2.0], [0.0, 0.0, 0.0]),
    (lambda x: np.max(x, initial=9.0), [1.0, 3.0], [0.0, 0.0]),
]


@pytest.mark.parametrize("number", range(len(KINKS)))
def test_ties_share_and_kinks_have_the_documented_derivative(number):
    function, values, expected = KINKS[number]
    graph = gt.trace(function, np.array(values)).backward()
    np.testing.assert_allclose(grad_of(graph), expected, rtol=1e-15)


def test_logsumexp_is_stable_and_defined_at_infinity(oracle):
    torch = oracle("torch")
    for values in ([1000.0, 1000.0], [-1000.0, -1001.0], [-np.inf, 0.0]):
        agree(torch, np.logaddexp.reduce, lambda x: torch.logsumexp(x, 0),
              np.array(values))  # fmt: skip
    nothing = gt.parse("logsumexp(x)", x=[-np.inf, -np.inf]).backward()
    assert nothing["f"].value == -np.inf
    np.testing.assert_array_equal(nothing["x"].grad, [0.0, 0.0])


def test_recurrence_agrees_with_its_definition():
    a, b = RNG.normal(size=(2, 5))
    y = [b[0]]
    for n in range(1, 5):
        y.append(a[n] * y[-1] + b[n])
    graph = gt.parse("recurrence(a, b)", a=a, b=b)
    np.testing.assert_allclose(graph.output.value, y, rtol=1e-15)
    assert graph.check().ok


CUTS: dict[str, tuple[Any, int | bool]] = {
    "argmax": (np.argmax, 2),
    "argmin": (lambda x: x.argmin(), 1),
    "nanargmax": (np.nanargmax, 2),
    "nanargmin": (np.nanargmin, 1),
    "count_nonzero": (np.count_nonzero, 2),
    "any": (lambda x: x.any(), True),
    "all": (np.all, False),
}


@pytest.mark.parametrize("name", CUTS)
def test_places_and_counts_are_recorded_and_cut_gradients(name):
    function, expected = CUTS[name]
    graph = gt.trace(lambda x: np.sum(x) * function(x), np.array([0.0, -1.0, 4.0])).backward()
    node = next(node for node in graph if node.op == name)
    assert node.value == expected
    assert node.grad is None
    assert not OPS[name].differentiable
    np.testing.assert_array_equal(graph["x"].grad, np.full(3, float(expected)))


def test_a_place_serves_as_an_index_and_is_found_again_in_a_replay():
    graph = gt.trace(lambda x: x[np.argmax(x)] ** 2, np.array([1.0, 3.0, 2.0])).backward()
    np.testing.assert_array_equal(graph["x"].grad, [0.0, 6.0, 0.0])
    moved = graph.at(x=np.array([5.0, 3.0, 2.0])).backward()
    assert moved.output.value == 25.0
    np.testing.assert_array_equal(moved["x"].grad, [10.0, 0.0, 0.0])


@pytest.mark.parametrize("name", ["sum", "prod", "nansum", "nanprod", "cumsum", "cumprod"])
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty_arrays_reduce_to_the_neutral_element(name, shape):
    x = np.zeros(shape)
    graph = gt.trace(lambda x: getattr(np, name)(x, axis=0), x)
    np.testing.assert_array_equal(graph.output.value, getattr(np, name)(x, axis=0))
    graph.backward(seed=np.ones(np.shape(graph.output.value)))
    assert graph["x"].grad.shape == shape


@pytest.mark.parametrize("name", ["diff", "trapezoid", "var", "mean", "median", "quantile"])
def test_small_and_empty_arrays_do_not_crash(name):
    for size in (0, 1):
        x = np.ones(size)
        function = (lambda x: np.quantile(x, 0.5)) if name == "quantile" else getattr(np, name)
        with warnings.catch_warnings():  # NumPy warns of means of nothing
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                expected = function(x)
            except (ValueError, IndexError):
                continue
            graph = gt.trace(lambda x, f=function: f(x), x)
            np.testing.assert_array_equal(graph.output.value, expected)
            graph.backward(seed=np.ones(np.shape(expected)))
        assert graph["x"].grad.shape == (size,)


@pytest.mark.parametrize("function", [
    lambda x: np.var(x, 0, ddof=1), np.nanstd, lambda x: np.quantile(x, [0.2, 0.7]),
    np.logaddexp.reduce, lambda x: np.cumprod(x, 1), lambda x: np.gradient(x, axis=0),
    lambda x: np.average(x, weights=x * x), lambda x: np.mean(x, where=x > 0),
])  # fmt: skip
def test_single_precision_stays_single(function):
    graph = gt.trace(function, MATRIX.astype(np.float32))
    assert graph.output.value.dtype == np.float32
    graph.backward(seed=np.ones(graph.output.value.shape))
    assert grad_of(graph).dtype == np.float32


REFUSED: list[tuple[Any, str]] = [
    (lambda x: np.sum(x, dtype=np.float32), "np.sum: dtype= is not supported"),
    (lambda x: np.cumsum(x, dtype=np.float32), "np.cumsum: dtype= is not supported"),
    (lambda x: np.max(x, initial=x[0, 0]), "np.max: initial= must be a number, not a traced"),
    (lambda x: np.var(x, mean=0.0), "np.var: mean= is not supported"),
    (lambda x: np.quantile(x, x[0, 0]), "the level q must be plain numbers"),
    (lambda x: np.median(x, overwrite_input=True), "overwrite_input= changes the operand"),
    (lambda x: np.gradient(x, x[0], axis=1), "the spacing must be plain numbers"),
    (lambda x: np.trapezoid(x, dx=x[0, 0]), "dx must be a plain number"),
    (np.hypot.reduce, "np.hypot.reduce cannot be recorded"),
]  # fmt: skip
MISFITS: list[tuple[Any, str]] = [
    (lambda x: np.sum(x, axis=2), "axis 2 is out of bounds"),
    (lambda x: np.prod(x, axis=(0, 0)), "duplicate value in 'axis'"),
    (lambda x: np.max(x[:, :0]), "zero-size array to reduction"),
    (lambda x: np.sum(x, where=[True, False]), "could not be broadcast"),
    (lambda x: np.diff(x, -1), "order must not be negative but is -1"),
    (lambda x: np.var(x, ddof=1, correction=1), "give either ddof or correction"),
    (lambda x: np.quantile(x, 1.5), "Quantiles must be in the range"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_options_that_cannot_be_recorded_are_named(number):
    function, text = REFUSED[number]
    with pytest.raises(RefusedError, match=re.escape(text)):
        gt.trace(function, MATRIX)


@pytest.mark.parametrize("number", range(len(MISFITS)))
def test_shapes_that_do_not_fit_are_named(number):
    function, text = MISFITS[number]
    with pytest.raises(ShapeError, match=re.escape(text)):
        gt.trace(function, MATRIX)
