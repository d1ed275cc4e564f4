"""Elementwise functions through their NumPy names: values, derivatives, kinks, options."""

import math
import operator
import re
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import GuardError, RefusedError, ShapeError

X = np.array([[-2.6, -0.4, 0.3], [0.9, 1.7, 3.2]])
Y = np.array([1.4, -0.8, 2.3])
P = np.abs(X)
U = X / 4

# NumPy's name, the arguments, PyTorch's name where it differs.
TORCH: list[tuple[str, tuple[Any, ...], str]] = [
    ("add", (X, Y), ""),
    ("subtract", (X, Y), ""),
    ("multiply", (X, Y), ""),
    ("divide", (X, Y), ""),
    ("true_divide", (X, Y), ""),
    ("mod", (X, Y), "remainder"),
    ("remainder", (X, Y), ""),
    ("fmod", (X, Y), ""),
    ("power", (P, Y), "pow"),
    ("float_power", (P, Y), ""),
    ("reciprocal", (X,), ""),
    ("square", (X,), ""),
    ("sqrt", (P,), ""),
    ("positive", (X,), ""),
    ("conjugate", (X,), "conj"),
    ("negative", (X,), ""),
    ("abs", (X,), ""),
    ("absolute", (X,), ""),
    ("fabs", (X,), "abs"),
    ("sign", (X,), ""),
    ("copysign", (X, Y), ""),
    ("hypot", (X, Y), ""),
    ("exp", (X,), ""),
    ("exp2", (X,), ""),
    ("expm1", (X,), ""),
    ("log", (P,), ""),
    ("log2", (P,), ""),
    ("log10", (P,), ""),
    ("log1p", (P,), ""),
    ("logaddexp", (X, Y), ""),
    ("logaddexp2", (X, Y), ""),
    ("sin", (X,), ""),
    ("cos", (X,), ""),
    ("tan", (X,), ""),
    ("arcsin", (U,), ""),
    ("arccos", (U,), ""),
    ("arctan", (X,), ""),
    ("arctan2", (X, Y), ""),
    ("sinh", (X,), ""),
    ("cosh", (X,), ""),
    ("tanh", (X,), ""),
    ("arcsinh", (X,), ""),
    ("arccosh", (1 + P,), ""),
    ("arctanh", (U,), ""),
    ("sinc", (X,), ""),
    ("deg2rad", (X,), ""),
    ("radians", (X,), "deg2rad"),
    ("rad2deg", (X,), ""),
    ("degrees", (X,), "rad2deg"),
    ("maximum", (X, Y), ""),
    ("minimum", (X, Y), ""),
    ("fmax", (X, Y), ""),
    ("fmin", (X, Y), ""),
    ("clip", (X, -Y * Y, Y * Y), ""),
    ("floor", (X,), ""),
    ("ceil", (X,), ""),
    ("trunc", (X,), ""),
    ("fix", (X,), ""),
    ("rint", (X,), "round"),
    ("round", (X,), ""),
    ("around", (X,), "round"),
    ("nan_to_num", (X,), ""),
]
WITHOUT_ORACLE: list[tuple[str, tuple[Any, ...]]] = [
    ("cbrt", (P,)),
    ("floor_divide", (X, Y)),
    ("heaviside", (X, Y)),
    ("i0", (X,)),
]


def traced(name, *args):
    function = getattr(np, name)
    return gt.trace(function, *args)


def inputs(graph):
    return [node for node in graph if node.kind == "input"]


@pytest.mark.parametrize(("name", "args", "theirs"), TORCH, ids=[row[0] for row in TORCH])
def test_values_and_gradients_agree_with_pytorch(name, args, theirs, oracle):
    torch = oracle("torch")
    tensors = [torch.tensor(arg, requires_grad=True) for arg in args]
    out = getattr(torch, theirs or name)(*tensors)
    seed = np.cos(np.arange(6.0)).reshape(2, 3)
    out.backward(torch.tensor(seed))
    g = traced(name, *args).backward(seed=seed)
    np.testing.assert_allclose(g.output.value, out.detach().numpy(), rtol=1e-14, atol=1e-15)
    for node, tensor in zip(inputs(g), tensors, strict=True):
        np.testing.assert_allclose(node.grad, tensor.grad.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "args"), [*[row[:2] for row in TORCH], *WITHOUT_ORACLE])
def test_the_value_is_numpys_own_for_arrays_and_floats(name, args, dtype):
    args = [np.asarray(arg, dtype=dtype) for arg in args]
    expected = getattr(np, name)(*args)
    if name == "float_power":  # recorded as power, in the operands' precision
        expected = expected.astype(dtype)
    found = traced(name, *args).output.value
    np.testing.assert_allclose(found, expected, rtol=1e-6 if name == "float_power" else 0)
    assert found.dtype == expected.dtype
    assert traced(name, *[np.empty((0, 3), dtype=dtype) for _ in args]).output.value.shape == (0, 3)
    floats = [float(arg.flat[0]) for arg in args]
    one = traced(name, *floats).output.value
    assert type(one) is float
    assert one == pytest.approx(float(getattr(np, name)(*floats)), rel=1e-15)


@pytest.mark.parametrize(("name", "args"), WITHOUT_ORACLE[:-1])
def test_gradients_agree_with_finite_differences(name, args):
    assert traced(name, *args).check().ok
    for row in zip(*(np.broadcast_arrays(*args)), strict=True):
        assert traced(name, *[float(x[0]) for x in row]).check().ok


# -- powers -----------------------------------------------------------------------------


@pytest.mark.parametrize("base", [-3.0, -1.0, -0.0, 0.0, 0.5, 2.0])
@pytest.mark.parametrize("exponent", [-2, -1, 0, 1, 2, 3, 5])
def test_a_power_with_an_integer_exponent_has_the_textbook_derivative(base, exponent):
    if base == 0 and exponent < 0:
        expected = -math.inf * abs(exponent) if exponent % 2 else None
    else:
        expected = exponent * base ** (exponent - 1) if exponent else 0.0
    n: Any = exponent
    for run in (lambda x: x**n, lambda x: np.power(x, n), lambda x: np.float_power(x, n)):
        for graph in (gt.trace(run, base), gt.trace(run, np.array([base, 1.0]))):
            graph.backward(seed=np.ones(np.shape(graph.output.value)))
            found = np.ravel(inputs(graph)[0].grad)[0]
            if expected is not None and math.isfinite(expected):
                assert found == pytest.approx(expected, rel=1e-15)
    g = gt.trace(lambda x, y: x**y, base, float(exponent)).backward()
    if expected is not None and math.isfinite(expected):
        assert g["x"].grad == pytest.approx(expected, rel=1e-15)
    mixed = gt.trace(lambda x: np.sum(x ** np.array([n, 2])), np.array([base, base])).backward()
    if expected is not None and math.isfinite(expected):
        np.testing.assert_allclose(mixed["x"].grad, [expected, 2 * base], rtol=1e-15)


@pytest.mark.parametrize(
    ("exponent", "derivatives"),
    [(0.0, (0, 0)), (1.0, (1, 0)), (2.0, (0, 2)), (3.0, (0, 0))],
)
def test_powers_at_zero_have_all_their_derivatives(exponent, derivatives):
    for x in (0.0, np.zeros(1)):
        g = gt.trace(lambda x: np.sum(x**exponent), x)
        assert np.ravel(g.backward()["x"].grad) == [derivatives[0]]
        assert np.ravel(g.hessian(g.output.name, "x")) == [derivatives[1]]


def test_the_exponent_has_its_own_derivative_where_there_is_one():
    g = gt.trace(lambda y: 3.0**y, 2.0).backward()
    assert g["y"].grad == pytest.approx(9 * math.log(3))
    assert gt.trace(lambda y: 0.0**y, 2.0).backward()["y"].grad == 0
    both = gt.trace(lambda x, y: x**y, -2.0, 3.0).backward()
    assert both["x"].grad == 12
    assert math.isnan(both["y"].grad)


def test_fractional_powers_of_negative_numbers_are_nan_as_in_numpy():
    g = gt.trace(lambda x: x**0.5, -2.0).backward()
    assert math.isnan(g.output.value)
    assert math.isnan(g["x"].grad)


# -- kinks, jumps, NaN ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "args", "gradients"),
    [
        ("abs", (0.0,), (0.0,)),
        ("fabs", (0.0,), (0.0,)),
        ("sign", (0.0,), (0.0,)),
        ("copysign", (0.0, -2.0), (0.0, 0.0)),
        ("copysign", (3.0, -0.0), (-1.0, 0.0)),
        ("heaviside", (0.0, 0.5), (0.0, 1.0)),
        ("heaviside", (2.0, 0.5), (0.0, 0.0)),
        ("maximum", (2.0, 2.0), (0.5, 0.5)),
        ("minimum", (2.0, 2.0), (0.5, 0.5)),
        ("fmax", (2.0, 2.0), (0.5, 0.5)),
        ("fmin", (2.0, 2.0), (0.5, 0.5)),
        ("fmax", (math.nan, 2.0), (0.0, 1.0)),
        ("fmin", (2.0, math.nan), (1.0, 0.0)),
        ("clip", (1.0, -1.0, 1.0), (1.0, 0.0, 0.0)),
        ("clip", (-1.0, -1.0, 1.0), (1.0, 0.0, 0.0)),
        ("clip", (2.0, -1.0, 1.0), (0.0, 0.0, 1.0)),
        ("clip", (-2.0, -1.0, 1.0), (0.0, 1.0, 0.0)),
        ("floor", (2.0,), (0.0,)),
        ("ceil", (2.0,), (0.0,)),
        ("trunc", (-2.0,), (0.0,)),
        ("rint", (0.5,), (0.0,)),
        ("floor_divide", (6.0, 2.0), (0.0, 0.0)),
        ("mod", (6.0, 2.0), (1.0, -3.0)),
        ("fmod", (-6.0, 2.0), (1.0, 3.0)),
        ("nan_to_num", (math.nan,), (0.0,)),
        ("nan_to_num", (math.inf,), (0.0,)),
        ("sinc", (0.0,), (0.0,)),
        ("hypot", (0.0, 0.0), (math.nan, math.nan)),
        ("sqrt", (0.0,), (math.inf,)),
    ],
)
def test_the_derivative_at_a_kink_is_the_documented_one(name, args, gradients):
    for case in (args, [np.array([arg]) for arg in args]):
        g = traced(name, *case)
        g.backward(seed=np.ones(np.shape(g.output.value)))
        found = [float(np.ravel(node.grad)[0]) for node in inputs(g)]
        np.testing.assert_array_equal(found, gradients)


def test_truths_about_numbers_pass_no_gradient():
    x = np.array([1.0, math.nan, -math.inf, -0.0])
    for function in (np.isnan, np.isfinite, np.isinf, np.signbit):
        g = gt.trace(lambda x, f=function: np.where(f(x), x, 3 * x), x)
        np.testing.assert_array_equal(g.output.operands[0].value, function(x))
        g.backward(seed=np.ones(4))
        np.testing.assert_array_equal(g["x"].grad, np.where(function(x), 1, 3))
    assert gt.trace(np.logical_xor, 1.0, 0.0).output.value is True


@pytest.mark.parametrize("order", range(6))
def test_sinc_has_all_its_derivatives(order, oracle):
    """∂ⁿ sinc = ∫ (πt)ⁿ cos(πxt + nπ/2) dt over t from 0 to 1."""
    quad = oracle("scipy.integrate").quad
    for x in (0.0, 1e-8, 1e-3, 0.31, 0.64, 0.8, 1.2, 7.3, -2.0):
        exact, _ = quad(
            lambda t, x=x: (math.pi * t) ** order * math.cos(math.pi * x * t + order * math.pi / 2),
            0,
            1,
            epsabs=1e-13,
        )
        g = gt.parse(f"sinc(x, order={order})", x=x)
        assert g.output.value == pytest.approx(exact, abs=1e-12 * math.pi**order)


# -- Python's operators -----------------------------------------------------------------


OPERATORS = {
    "//": operator.floordiv,
    "%": operator.mod,
    "divmod": lambda a, b: divmod(a, b)[0] + divmod(a, b)[1],
}


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("x", [7.5, -7.5, np.array([7.5, -7.5])], ids=["+", "-", "array"])
@pytest.mark.parametrize("y", [2, -2.5, np.array([4.0, -3.0])], ids=["int", "float", "array"])
def test_quotients_and_remainders_are_pythons(name, x, y):
    run = OPERATORS[name]
    for function, args in [
        (lambda a: run(a, y), (x,)),
        (lambda b: run(x, b), (np.asarray(y, dtype=float),)),
        (run, (x, np.asarray(y, dtype=float))),
    ]:
        g = gt.trace(lambda *args, f=function: np.sum(f(*args)), *args)
        assert g.output.value == pytest.approx(np.sum(run(x, y)), rel=1e-15)
        assert g.check().ok


@pytest.mark.parametrize("x", [0.5, 1.5, 2.5, -0.5, 2.675, 1234.5])
def test_rounding_is_numpys_to_even(x):
    for function in (round, math.floor, math.ceil, math.trunc):
        assert gt.trace(function, x).output.value == function(x)
    for decimals in (1, 2, -2):
        g = gt.trace(lambda x, d=decimals: round(x, d) + x.round(d), x).backward()
        assert g.output.value == 2 * np.round(x, decimals)
        assert g["x"].grad == 0
    both = gt.trace(lambda x: np.modf(x)[0] + 10 * np.modf(x)[1], x).backward()
    assert both.output.value == np.modf(x)[0] + 10 * np.modf(x)[1]
    assert both["x"].grad == 1


def test_quotients_and_remainders_are_in_the_language():
    g = gt.parse("x // y + 2*x % y", x=7.5, y=2)
    assert g.output.value == 7.5 // 2 + 2 * 7.5 % 2
    node = gt.parse("z = x % y", x=7.5, y=2)["z"]
    assert [(edge.formula, edge.latex) for edge in node.inputs] == [
        ("1", "1"),
        ("-floor(x/y)", r"-\left\lfloor \frac{x}{y} \right\rfloor"),
    ]
    whole = gt.trace(lambda x, y: x // y, 7.5, 2.0)
    assert whole.check().ok
    assert float(whole.symbolic().subs({"x": -7.5, "y": 2})) == -7.5 // 2


# -- choices ----------------------------------------------------------------------------


CLIPS: list[Any] = [
    lambda x: np.clip(x, -1, 1),
    lambda x: np.clip(x, a_min=-1, a_max=1),
    lambda x: np.clip(x, min=-1, max=1),
    lambda x: np.clip(x, -1, None),
    lambda x: np.clip(x, max=0.5),
    lambda x: np.clip(x, None, [0.5, 1.0, 0.2]),
    lambda x: x.clip(-1, 1),
    lambda x: x.clip(min=0),
]


@pytest.mark.parametrize("number", range(len(CLIPS)))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clip_takes_all_of_numpys_spellings(number, dtype):
    x = np.array([-1.5, 0.3, 1.7], dtype=dtype)
    g = gt.trace(CLIPS[number], x)
    np.testing.assert_array_equal(g.output.value, CLIPS[number](x))
    assert g.output.value.dtype == CLIPS[number](x).dtype
    g.backward(seed=np.ones(3))
    np.testing.assert_array_equal(g["x"].grad, (CLIPS[number](x) == x).astype(float))


@pytest.mark.parametrize("options", [{}, {"nan": 2.0}, {"posinf": 5.0, "neginf": 0.0}])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_to_num_takes_numpys_options(options, dtype):
    x = np.array([math.nan, math.inf, -math.inf, 2.0], dtype=dtype)
    g = gt.trace(lambda x: np.nan_to_num(x, **options), x).backward(seed=[1, 2, 3, 4])
    np.testing.assert_array_equal(g.output.value, np.nan_to_num(x, **options))
    np.testing.assert_array_equal(g["x"].grad, [0, 0, 0, 4])


def test_select_takes_the_first_condition_that_holds(oracle):
    torch = oracle("torch")
    x = np.array([-2.0, -0.5, 0.5, 3.0])

    def run(x):
        return np.select([x < -1, x < 0, x > 2], [x**2, np.exp(x), 3 * x], default=x - 1)

    g = gt.trace(run, x).backward(seed=np.ones(4))
    np.testing.assert_allclose(g.output.value, run(x), rtol=1e-15)
    t = torch.tensor(x, requires_grad=True)
    other = torch.where(t < 0, torch.exp(t), torch.where(t > 2, 3 * t, t - 1))
    torch.where(t < -1, t**2, other).sum().backward()
    np.testing.assert_allclose(g["x"].grad, t.grad.numpy(), rtol=1e-14)
    at = g.at(x=x[::-1].copy())
    np.testing.assert_allclose(at.output.value, run(x[::-1]), rtol=1e-15)


PIECES: list[Any] = [
    lambda x: np.piecewise(x, [x < 0, x >= 1], [np.exp, np.log, lambda v: 2 * v**2]),
    lambda x: np.piecewise(x, [x < 0, x >= 0], [-1.0, np.sqrt]),
    lambda x: np.piecewise(x, x < 0, [lambda v, k: k * v, lambda v, k: v / k], 3),
    lambda x: np.piecewise(x, [x < 1, x < 0], [lambda v: 1 / (1 - v), lambda v: v]),
]


@pytest.mark.parametrize("number", range(len(PIECES)))
def test_piecewise_computes_each_function_on_its_own_part_only(number):
    run = PIECES[number]
    for x in (np.array([-1.5, 0.0, 0.3, 1.0, 2.7]), np.array([-1.0]), 0.3, -0.7, 2.5):
        g = gt.trace(run, x)
        np.testing.assert_allclose(g.output.value, run(np.asarray(x)), rtol=1e-15)
        g.backward(seed=np.ones(np.shape(x)))
        grad = g["x"].grad
        smooth = (np.ravel(x) != 0) & (np.ravel(x) != 1)
        found = np.ravel(0.0 if grad is None else grad)[smooth]
        ends = [np.ravel(run(np.asarray(x) + step)) for step in (1e-6, -1e-6)]
        np.testing.assert_allclose(found, (ends[0] - ends[1])[smooth] / 2e-6, rtol=1e-8)


def test_what_where_does_not_choose_gets_no_gradient_however_steep():
    x = np.array([-1.0, 0.0, 4.0])
    g = gt.trace(lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 0.0)), x), x)
    np.testing.assert_array_equal(g.backward(seed=np.ones(3))["x"].grad, [1, 1, 0.25])
    np.testing.assert_array_equal(g.jvp({"x": np.ones(3)}), [1, 1, 0.25])


def test_a_part_of_piecewise_that_was_empty_is_guarded():
    x = np.array([0.5, 2.0])
    g = gt.trace(lambda x: np.piecewise(x, [x < 0, x >= 0], [np.exp, np.log]), x)
    np.testing.assert_allclose(g.at(x=[3.0, 4.0]).output.value, np.log([3.0, 4.0]))
    with pytest.raises(GuardError):
        g.at(x=[-1.0, 2.0])


@pytest.mark.parametrize(
    ("run", "kind", "text"),
    [
        (lambda x: np.where(x > 0), RefusedError, "np.where: where takes 3 operands, not 1"),
        (lambda x: np.select([x > 0], [x, x]), ShapeError, "np.select: list of cases must be"),
        (
            lambda x: np.piecewise(x, [x > 0], [1, 2, 3]),
            ShapeError,
            "np.piecewise: with 1 condition(s), either 1 or 2 functions are expected",
        ),
        (
            lambda x: np.round(x, out=np.zeros(2)),
            RefusedError,
            "out= writes into an array in place",
        ),
        (lambda x: np.divmod(x, 2, where=False), RefusedError, "np.divmod(where=…) cannot be"),
        (lambda x: np.mod(x, np.ones(3)), ShapeError, "mod of shapes (2,), (3,)"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_line(run, kind, text):
    with pytest.raises(kind, match=re.escape(text)) as caught:
        gt.trace(run, np.array([1.0, 2.0]))
    assert str(caught.value).startswith("test_elementwise.py:")
