"""The expression language: precedence, round trips, how formulas are written."""

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphtrace as gt
from graphtrace.formula.language import parse_formula, parse_program
from graphtrace.formula.names import latex_name, number_text, pretty_name
from graphtrace.formula.printers import to_latex, to_text
from graphtrace.formula.tree import Call, Expr, Name, Number
from graphtrace.ops.registry import OPS, known_functions, notations, resolve

LETTERS = ["x", "y", "w_1", "alpha", "λ"]
BINARY = ["add", "subtract", "multiply", "divide", "power", "matmul"]
COMPARISONS = ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"]
SKIPPED = {"identity", "negative", "transpose", "getitem", "stack", *BINARY, *COMPARISONS}
FUNCTIONS = sorted(n for n, op in OPS.items() if op.is_elementwise and n not in SKIPPED)


def read(text: str) -> Expr:
    return parse_formula(text, resolve, known_functions)


def written(expr: Expr) -> str:
    return to_text(expr, notations())


def negated(arg: Expr) -> Expr:
    """The sign of a literal is part of it, as in the language."""
    if isinstance(arg, Number) and isinstance(arg.value, (int, float)):
        return Number(-arg.value)
    return Call("negative", (arg,))


def branches(children: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    pairs = st.tuples(children, children)
    binary = st.builds(Call, st.sampled_from(BINARY + COMPARISONS), pairs)
    functions = st.one_of(
        *(
            st.builds(Call, st.just(name), st.tuples(*[children] * (OPS[name].arity or 0)))
            for name in FUNCTIONS
        )
    )
    postfix = st.one_of(
        st.builds(Call, st.just("transpose"), st.tuples(children)),
        st.builds(
            Call,
            st.just("getitem"),
            st.tuples(children),
            st.sampled_from([(("index", 0),), (("index", (slice(1, None), 2)),)]),
        ),
    )
    return st.one_of(binary, functions, st.builds(negated, children), postfix)


NUMBERS = st.one_of(
    st.integers(0, 2**53),
    st.floats(0, allow_nan=False, allow_infinity=False),
)
TREES = st.recursive(
    st.one_of(st.builds(Name, st.sampled_from(LETTERS)), st.builds(Number, NUMBERS)),
    branches,
    max_leaves=12,
)


@given(TREES)
@settings(max_examples=400, deadline=None, derandomize=True)
def test_what_is_written_reads_back_as_the_same_tree(tree):
    assert read(written(tree)) == tree


@given(TREES)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_latex_is_written_for_every_tree_with_balanced_braces(tree):
    text = to_latex(tree, notations())
    plain = text.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    assert text.count(r"\left") == text.count(r"\right")


NUMERIC = st.recursive(
    st.one_of(st.just("x"), st.just("y"), st.integers(1, 9).map(str)),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", " - ", "*", "/", "**"]), inner).map("".join),
        inner.map("-{}".format),
        inner.map("({})".format),
    ),
    max_leaves=8,
)


@given(NUMERIC)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_precedence_is_pythons(text):
    """Python itself computes the same text: `-x**2`, `2**-x`, `a/b*c`, `a**b**c`."""
    values = {name: {"x": 0.7, "y": 1.3}[name] for name in "xy" if name in text}
    try:
        theirs = eval(text.replace("1", "1."), {"__builtins__": {}}, values)  # noqa: S307 # ours
    except (ArithmeticError, ValueError):
        return
    if isinstance(theirs, complex) or abs(theirs) > 1e300:
        return
    assert gt.parse(text, **values).output.value == pytest.approx(float(theirs), rel=1e-9)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("-x**2", Call("negative", (Call("power", (Name("x"), Number(2))),))),
        ("2**-x", Call("power", (Number(2), Call("negative", (Name("x"),))))),
        ("x - y - 1", Call("subtract", (Call("subtract", (Name("x"), Name("y"))), Number(1)))),
        ("x²", Call("power", (Name("x"), Number(2)))),
        ("x·y", Call("multiply", (Name("x"), Name("y")))),
        ("+x", Name("x")),
        ("np.exp(x)", Call("exp", (Name("x"),))),
        ("math.log(x)", Call("log", (Name("x"),))),
        ("ln(x)", Call("log", (Name("x"),))),
        ("[1, 2]", Number((1, 2))),
        ("x.T", Call("transpose", (Name("x"),))),
        ("sum(x, axis=-1)", Call("sum", (Name("x"),), (("axis", -1),))),
        ("x[1:, ...]", Call("getitem", (Name("x"),), (("index", (slice(1, None), Ellipsis)),))),
    ],
)
def test_texts_and_their_trees(text, tree):
    assert read(text) == tree


@pytest.mark.parametrize(
    ("text", "count"),
    [("a = x; b = a*2", 2), ("a = x\nb = a*2\n", 2), ("x;", 1), ("(x\n + 1)", 1), ("x # why", 1)],
)
def test_statements_are_split_by_semicolons_and_lines(text, count):
    assert len(parse_program(text, resolve, known_functions)) == count


@pytest.mark.parametrize(
    ("expression", "edge", "text", "latex"),
    [
        ("ln(x)", 0, "1/x", r"\frac{1}{x}"),
        ("x*y", 0, "y", "y"),
        ("x*y", 1, "x", "x"),
        ("x/y", 1, "-x/y**2", r"\frac{-x}{y^{2}}"),
        ("x**3", 0, "3*x**2", r"3 \, x^{2}"),
        ("exp(x)", 0, "exp(x)", r"\exp(x)"),
        ("sin(x)", 0, "cos(x)", r"\cos(x)"),
        ("sqrt(x)", 0, "1/(2*sqrt(x))", r"\frac{1}{2 \, \sqrt{x}}"),
        ("relu(x)", 0, "1[x > 0]", r"\mathbf{1}[x > 0]"),
        ("x - y", 1, "-1", "-1"),
        ("tanh(x)", 0, "1 - f**2", r"1 - f^{2}"),
    ],
)
def test_derivatives_as_they_are_written(expression, edge, text, latex):
    values = {name: 0.5 for name in "xy" if name in expression.replace("exp", "")}
    found = gt.parse(f"f = {expression}", **values)["f"].inputs[edge]
    assert (found.formula, found.latex) == (text, latex)


@pytest.mark.parametrize("name", sorted(n for n, op in OPS.items() if op.partials))
def test_the_formula_on_an_edge_is_the_derivative_that_was_computed(name):
    """The printed rule, read again as an expression of the operands, gives the printed number."""
    op: Any = OPS[name]
    values = dict(zip("abc", [sum(span) / 2 + 0.1 for span in op.samples], strict=False))
    call = f"{name}({', '.join(values)})" if op.notation.infix is None else None
    if call is None:
        call = op.notation.infix.join(values) if op.arity == 2 else f"{op.notation.infix}a"
    g = gt.parse(f"f = {call}" if name != "identity" else "f = a", **values)
    for edge in g["f"].inputs:
        if edge.local is not None and "[" not in edge.formula:
            known = values | {"f": g["f"].value}
            used = {n: x for n, x in known.items() if re.search(rf"\b{n}\b", edge.formula)}
            again = gt.parse(edge.formula, **used).output.value
            assert again == pytest.approx(edge.local, nan_ok=True)


def test_names_and_numbers_in_print():
    assert [pretty_name(n) for n in ("h1", "h_12", "x", "W_out", "u[0]")] == [
        "h₁",
        "h₁₂",
        "x",
        "W_out",
        "u[0]",
    ]
    assert [
        latex_name(n)
        for n in ("h1", "alpha", "alpha_2", "loss", "W_out", "x[0]", "λ", "Δ", "ω_1", "ж")
    ] == [
        "h_{1}",
        r"\alpha",
        r"\alpha_{2}",
        r"\mathrm{loss}",
        r"W_{\mathrm{out}}",
        "x_{0}",
        r"\lambda",
        r"\Delta",
        r"\omega_{1}",
        "ж",
    ]
    raised = ("W^[2]", "W^{[2]}", "x^{(i)}", "h_1^2", "^2", "a^b^c")
    assert [pretty_name(n) for n in raised[:4]] == ["W^[2]", "W^[2]", "x^(i)", "h₁^2"]
    assert [latex_name(n) for n in raised] == [
        "{W^{[2]}}",
        "{W^{[2]}}",
        "{x^{(i)}}",
        "{h_{1}^{2}}",
        r"\mathrm{\hat{ }2}",
        r"\mathrm{a\hat{ }b\hat{ }c}",
    ]
    assert [number_text(x) for x in (2.0, 0.5, -3.0, 1e-5, 1e22, math.pi)] == [
        "2",
        "0.5",
        "-3",
        "1e-05",
        "1e+22",
        "3.141592653589793",
    ]


def test_accents_and_indices_are_written_as_in_a_book():
    names = ["y_hat", "y_hat1", "x_bar", "mu_hat", "x[0]", "A[0][1]", "p[0][Wk]", "z1[0]"]
    assert [latex_name(n) for n in names] == [
        r"\hat{y}", r"\hat{y}_{1}", r"\bar{x}", r"\hat{\mu}", "x_{0}", "A_{0,1}",
        r"p_{0,\mathrm{Wk}}", "{z_{1}}_{0}",
    ]  # fmt: skip


def test_an_index_is_shown_by_its_operand_and_a_long_one_by_its_ends():
    def some(V, w):
        best = np.argmax(w)
        u = V[best]
        v = V[np.array([2, 0])]
        x = V[np.arange(9) % 3, 1]
        return u + v[1] + x[0]

    g = gt.trace(some, np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0, 0.0]))
    assert [g[name].expression for name in ("u", "v", "x")] == [
        "V[best]", "V[[2, 0]]", "V[[0, 1, ..., 2], 1]"
    ]  # fmt: skip
    assert r"V[\mathrm{best}]" in [node.latex for node in g.facts().nodes]
