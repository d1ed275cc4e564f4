"""Random scalar programs: values and gradients against SymPy and PyTorch."""

import ast
import math
from typing import Any

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import graphtrace as gt

INPUTS = {"x": 0.7, "y": -1.3, "z": 2.1}

# What makes any finite operand safe for each function.
SAFE = {
    "exp": "exp({}/10)",
    "expm1": "expm1({}/10)",
    "exp2": "exp2({}/10)",
    "log": "log(1 + {0}*{0})",
    "log2": "log2(2 + sin({}))",
    "log10": "log10(2 + cos({}))",
    "log1p": "log1p({0}*{0})",
    "sqrt": "sqrt(1 + {0}*{0})",
    "cbrt": "cbrt(2 + sin({}))",
    "reciprocal": "reciprocal(2 + sin({}))",
    "square": "square({})",
    "sin": "sin({})",
    "cos": "cos({})",
    "tan": "tan(sin({}))",
    "arcsin": "arcsin(0.9*sin({}))",
    "arccos": "arccos(0.9*sin({}))",
    "arctan": "arctan({})",
    "sinh": "sinh(sin({}))",
    "cosh": "cosh(sin({}))",
    "tanh": "tanh({})",
    "arcsinh": "arcsinh({})",
    "arccosh": "arccosh(3 + sin({}))",
    "arctanh": "arctanh(0.9*sin({}))",
    "sigmoid": "sigmoid({})",
    "abs": "abs({})",
    "negative": "-{}",
    "relu": "relu({})",
    "leaky_relu": "leaky_relu({}, 0.1)",
    "clip": "clip({}, -1, 1.5)",
}
PAIRS = {
    "add": "({} + {})",
    "subtract": "({} - {})",
    "multiply": "({}*{})",
    "divide": "({}/(2 + sin({})))",
    "power": "(2 + sin({}))**(cos({}))",
    "maximum": "maximum({}, {})",
    "minimum": "minimum({}, {})",
    "arctan2": "arctan2({}, 3 + sin({}))",
    "logaddexp": "logaddexp({}, {})",
    "where": "where({} > {}, x*x, y)",
}

LEAVES = st.one_of(
    st.sampled_from(sorted(INPUTS)), st.floats(0.25, 3).map(lambda v: repr(round(v, 3)))
)


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = st.tuples(st.sampled_from(sorted(SAFE.values())), inner).map(lambda t: t[0].format(t[1]))
    two = st.tuples(st.sampled_from(sorted(PAIRS.values())), inner, inner)
    return st.one_of(one, two.map(lambda t: t[0].format(t[1], t[2])))


EXPRESSIONS = st.recursive(LEAVES, grow, max_leaves=7)


def evaluated(text):
    """Return the graph after a backward pass and its inputs; skip what is too steep to compare."""
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    values = {name: value for name, value in INPUTS.items() if name in names}
    g = gt.parse(text, **values).backward()
    assume(all(math.isfinite(node.value) and abs(node.value) < 1e6 for node in g))
    return g, values


def close(ours, theirs):
    """Compare to 1e-9 relative; terms of order 1 that cancel leave 1e-12."""
    return ours == pytest.approx(float(theirs), rel=1e-9, abs=1e-12)


REAL = {name: sympy.Symbol(name, real=True) for name in INPUTS}
SYMPY: dict[str, Any] = REAL | {
    "expm1": lambda a: sympy.exp(a) - 1,
    "exp2": lambda a: 2**a,
    "log2": lambda a: sympy.log(a, 2),
    "log10": lambda a: sympy.log(a, 10),
    "log1p": lambda a: sympy.log(1 + a),
    "reciprocal": lambda a: 1 / a,
    "square": lambda a: a**2,
    "arcsin": sympy.asin,
    "arccos": sympy.acos,
    "arctan": sympy.atan,
    "arcsinh": sympy.asinh,
    "arccosh": sympy.acosh,
    "arctanh": sympy.atanh,
    "arctan2": sympy.atan2,
    "sigmoid": lambda a: 1 / (1 + sympy.exp(-a)),
    "relu": lambda a: sympy.Max(a, 0),
    "leaky_relu": lambda a, slope: sympy.Piecewise((a, a > 0), (slope * a, True)),
    "clip": lambda a, low, high: sympy.Min(sympy.Max(a, low), high),
    "maximum": sympy.Max,
    "minimum": sympy.Min,
    "logaddexp": lambda a, b: sympy.log(sympy.exp(a) + sympy.exp(b)),
    "where": lambda condition, a, b: sympy.Piecewise((a, condition), (b, True)),
}


@given(EXPRESSIONS)
@settings(deadline=None, derandomize=True, max_examples=120)
def test_values_and_gradients_agree_with_sympy(text):
    g, values = evaluated(text)
    whole = sympy.sympify(text, locals=SYMPY, rational=True)
    at = {REAL[name]: sympy.Rational(repr(value)) for name, value in values.items()}
    assert close(g.output.value, sympy.N(whole.subs(at), 25))
    for name in values:
        if g[name].grad is not None and whole.has(REAL[name]):
            derivative = sympy.N(sympy.diff(whole, REAL[name]).subs(at), 25)
            if derivative.is_real and not derivative.has(sympy.DiracDelta):
                assert close(g[name].grad, derivative)


def torch_names(torch):
    """Return PyTorch's functions under our names; they take plain numbers too."""

    def lift(function):
        return lambda *args: function(*(torch.as_tensor(a, dtype=torch.float64) for a in args))

    named = {name: getattr(torch, name, None) for name in SAFE | PAIRS} | {
        "arctan2": torch.atan2,
        "cbrt": lambda a: a ** (1 / 3),
        "clip": torch.clamp,
        "leaky_relu": lambda a, slope: torch.where(a > 0, a, slope * a),
    }
    return {name: lift(function) for name, function in named.items() if function is not None} | {
        "where": lambda condition, a, b: a if condition else b,
    }


def test_values_and_gradients_agree_with_pytorch(oracle):
    torch = oracle("torch")
    functions = torch_names(torch)

    @given(EXPRESSIONS)
    @settings(deadline=None, derandomize=True, max_examples=250)
    def compare(text):
        g, values = evaluated(text)
        inputs = {
            name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
            for name, value in values.items()
        }
        out = eval(text, {"__builtins__": {}}, functions | inputs)  # noqa: S307 # our own text
        assert close(g.output.value, out.detach() if hasattr(out, "detach") else out)
        if getattr(out, "requires_grad", False):
            out.backward()
        for name, tensor in inputs.items():
            theirs = 0.0 if tensor.grad is None else tensor.grad
            assert close(g[name].grad or 0.0, theirs), name

    compare()


@given(EXPRESSIONS)
@settings(deadline=None, derandomize=True, max_examples=150)
def test_contributions_sum_to_the_gradient(text):
    g, _ = evaluated(text)
    for node in g:
        if node.grad is not None and node != g.output:
            pieces = [edge.contribution for edge in node.uses if edge.contribution is not None]
            assert pieces
            assert math.fsum(pieces) == pytest.approx(node.grad, rel=1e-12, abs=1e-300)
            for edge in node.uses:
                if edge.contribution is not None and edge.local is not None:
                    product = edge.upstream * edge.local
                    assert edge.contribution == pytest.approx(product, rel=1e-15, abs=1e-300)


@given(EXPRESSIONS)
@settings(deadline=None, derandomize=True, max_examples=100)
def test_finite_differences_find_no_fault(text):
    g, _ = evaluated(text)
    assert g.check().ok, str(g.check())
