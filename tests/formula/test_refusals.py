"""What is not in the language: one line that says where and what to write instead."""

import subprocess
import sys

import pytest

import graphtrace as gt
from graphtrace.errors import ExpressionError, GraphTraceError

REFUSED = {
    "exq(x)": "unknown function 'exq'; did you mean 'exp'?, at column 1 (exq(x))",
    "2 + sqirt(x)": "did you mean 'sqrt'?, at column 5",
    "__import__('os')": "unknown function '__import__'",
    "__import__('os').system('true')": "only named functions can be called",
    "exec(x)": "unknown function 'exec'",
    "os.system(x)": "only named functions can be called",
    "np.os.exp(x)": "only named functions can be called",
    "x.__class__": "attribute '.__class__' is not in the language",
    "().__class__": "attribute '.__class__' is not in the language",
    "x.T.__init__": "attribute '.__init__' is not in the language",
    "lambda: x": "Lambda is not in the language",
    "(lambda: x)()": "only named functions can be called",
    "[x for x in y]": "ListComp is not in the language",
    "f'{x}'": "JoinedStr is not in the language",
    "(y := x)": "NamedExpr is not in the language",
    "x^2": "write ** (x**2)",
    "x << 2": "'<<' is not an operator of the language",
    "not x": "'not' is not an operator of the language",
    "~x": "'~' is not an operator of the language",
    "x and x": "nest where(...)",
    "x if x > 0 else 1": "write where(condition, a, b)",
    "x < x < x": "compare two things at a time",
    "x is x": "compare two things at a time",
    "ln x": "write functions with parentheses, as in ln(x)",
    "x y": "at column 3",
    "x +": "cannot read 'x +'",
    "(x": "cannot read '(x'",
    "": "the expression is empty",
    "  \n ": "the expression is empty",
    "# nothing": "the expression is empty",
    ";": "cannot read ';'",
    "'text'": "only numbers can be written as constants",
    "True": "only numbers can be written as constants",
    "1j*x": "only numbers can be written as constants",
    "1e999*x": "too large for a float",
    "1" * 400: "too large for a float",
    "1" * 5000: "cannot read",
    "x += 1": "only 'name = expression'",
    "a, b = x, x": "only 'name = expression' can be assigned",
    "a = b = x": "only 'name = expression'",
    "import os": "only 'name = expression'",
    "for i in x: x": "only 'name = expression'",
    "exp(*x)": "'*' in a call",
    "exp(**x)": "'**' in a call",
    "exp(x, x)": "exp takes 1 operand, not 2, at column 1",
    "1 + arctan2(x)": "arctan2 takes 2 operands, not 1, at column 5",
    "exp(x, out=1)": "exp has no option 'out'",
    "exp(x, where=False)": "exp has no option 'where'",
    "sum(x, axes=0)": "did you mean 'axis'?",
    "sum(x, axis=x)": "a keyword takes a number, True, False, None or a tuple of them",
    "x[y]": "an index is an integer or a slice",
    "x['a']": "an index is an integer or a slice",
    "x[1.5]": "an index is an integer or a slice",
    "[]": "an empty list has no value",
    "x*[1, [2, 3]]": "different lengths",
    "x\0": "cannot read",
    "x + \ud800": "cannot read",
    "x₁ + 1": "invalid character",
    "\x1b[31mx": "invalid non-printable character",
    "{1: 2}": "Dict is not in the language",
    "...": "only numbers",
    "yield x": "Yield is not in the language",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_refusal_is_one_useful_line(text):
    with pytest.raises(ExpressionError) as caught:
        gt.parse(text, x=1.0)
    message = str(caught.value)
    assert REFUSED[text] in message
    assert "\n" not in message
    assert len(message) < 250


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("x + y", {"x": 1}, "no value for 'y': give one, as in y=1"),
        ("x + y", {}, "no value for 'x', 'y': give one, as in x=1,y=1"),
        ("alpha*x", {"x": 1, "alhpa": 2}, "no value for 'alpha'; did you mean 'alhpa'?"),
        ("x", {"x": 1, "zz": 2}, "the expression has no input 'zz'"),
        ("y = x*2; y", {"x": 1, "y": 2}, "'y' is computed by the expression: it takes no value"),
        ("pi*r", {"r": 1, "pi": 3}, "the expression has no input 'pi'"),
    ],
)
def test_missing_and_extra_inputs_are_named(text, values, message):
    with pytest.raises(ExpressionError) as caught:
        gt.parse(text, **values)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x @ [1, 2]", "matmul of shapes (3,), (2,)"),
        ("x + [1, 2]", "add of shapes (3,), (2,)"),
        ("x[3]", "index 3 is out of bounds"),
        ("sum(x, axis=1)", "axis 1 is out of bounds"),
        ("reshape(x, shape=(2, 2))", "cannot reshape array of size 3"),
        ("x[::0]", "slice step cannot be zero"),
    ],
)
def test_shapes_that_do_not_fit_are_told_with_their_column(text, message):
    with pytest.raises(GraphTraceError) as caught:
        gt.parse(text, x=[1.0, 2.0, 3.0])
    assert message in str(caught.value)
    assert str(caught.value).startswith("column 1 (")


def test_where_in_several_lines_a_mistake_is():
    with pytest.raises(ExpressionError, match=r"line 2, column 5 \(exq\(a\)\)"):
        gt.parse("a = x\nb = exq(a)", x=1)


HUGE = {
    "'x+'*50_000 + 'x'": "characters; at most 100,000",
    "'x' + '+x'*5_000_000": "characters; at most 100,000",
    "'('*100_000 + 'x' + ')'*100_000": "characters; at most 100,000",
    "'('*40_000 + 'x' + ')'*40_000": "too many nested parentheses",
    "'x+'*40_000 + 'x'": "nested too deeply",
    "'-'*90_000 + 'x'": "nested too deeply",
    "'x**'*30_000 + 'x'": "nested too deeply",
    "'x' + '.T'*45_000": "nested too deeply",
    "'x[' + '-'*20_000 + '1]'": "nested too deeply",
    "'exp(x, k=' + '-'*20_000 + '1)'": "nested too deeply",
    "'exp('*190 + 'y'": "was never closed",
    "'['*10_000": "too many nested parentheses",
    "'x;'*49_000 + '^'": "invalid syntax",
}


@pytest.mark.parametrize("text", HUGE)
def test_huge_and_deep_texts_are_refused_without_a_crash(text):
    """In a process of its own, where running out of stack would show."""
    code = (
        f"import graphtrace as gt\ntry:\n    gt.parse({text}, x=1.0)\n"
        "except gt.GraphTraceError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert HUGE[text] in done.stdout
    assert len(done.stdout) < 300


def test_long_programs_of_short_statements_are_read():
    g = gt.parse("f = x;" + "f = f + x;" * 9000, x=0.5).backward()
    assert g["f"].value == 4500.5
    assert g["x"].grad == 9001
    assert g["f_1"].value == 0.5


def test_a_refused_expression_leaves_nothing_behind(recwarn):
    import numpy as np

    from graphtrace.tape import tape

    before = np.geterr()
    for text, values in (("exq(x)", {"x": 1}), ("x", {}), ("x", {"x": True}), ("x@x", {"x": 1})):
        with pytest.raises(GraphTraceError):
            gt.parse(text, **values)
    assert tape._tracing == []
    assert np.geterr() == before
    assert not recwarn.list
