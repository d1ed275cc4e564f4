"""Names come from the user's own source, places too."""

# ruff: noqa: RET504  # what is assigned is the point here

import functools
import inspect
from typing import Any

import numpy as np
import pytest

import graphtrace as gt


def names(g):
    return [node.name for node in g if node.kind == "op"]


def test_the_log_exp_function_by_its_own_names():
    def f(x, y, z):
        h1 = np.log(x)
        h2 = np.exp(y)
        h3 = h2 * z
        return h1 + h3

    g = gt.trace(f, 1.0, 3.0, 2.0).backward()
    assert names(g) == ["h1", "h2", "h3", "f"]
    e3 = np.exp(3.0)
    worked = {"h1": 1, "h2": 2, "h3": 1, "f": 1, "x": 1, "y": 2 * e3, "z": e3}
    assert {name: g[name].grad for name in worked} == pytest.approx(worked, rel=1e-15)
    assert [e.local for n in ("f", "h3", "h1", "h2") for e in g[n].inputs] == pytest.approx(
        [1, 1, 2, e3, 1, e3], rel=1e-15
    )
    parsed = gt.parse("h1 = ln(x); h2 = exp(y); h3 = h2*z; f = h1 + h3", x=1, y=3, z=2).backward()
    for name in worked:
        assert (parsed[name].value, parsed[name].grad) == (g[name].value, g[name].grad)


class Model:
    def step(self, x):
        self.hidden = x * 2
        return self.hidden


def assignment(x):
    h = x * 2
    return h


def twice_assigned(x):
    a = b = x * 2
    return a + b


def pair(x):
    a, b = x * 2, x * 3
    return a + b


def nested_pair(x):
    (a, [b, c]) = (x * 2, [x * 3, x * 4])
    return a + b + c


def augmented(x):
    total = x * 2
    total *= 3
    return total


def annotated(x):
    h: float = x * 2
    return h


def walrus(x):
    return (h := x * 2) + h


def bracketed(x):
    h = x * 2
    k = (h
         + 1)  # fmt: skip
    return k


def called(x):
    h = np.exp(
        x,
    )
    return h


def attribute(x):
    return Model().step(x)


def unary(x):
    h = -x
    return h


def method(x):
    h = x.sum()
    return h


def item(x):
    h = x[0]
    return h


def helper(x):
    inner = x * 2
    return inner


def through_helper(x):
    outer = helper(x) + 1
    return outer


def in_generator(x):
    return sum(x * k for k in (2.0, 3.0))


def unnamed(x):
    return np.sin(x) * np.cos(x)


def over_rows(x):
    total = 0.0
    for row in x:
        total = total + row
    return total


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (assignment, ["h"]),
        (twice_assigned, ["a", "twice_assigned"]),
        (pair, ["a", "b", "pair"]),
        (nested_pair, ["a", "b", "c", "h1", "nested_pair"]),
        (augmented, ["total1", "total2"]),
        (annotated, ["h"]),
        (walrus, ["h", "walrus"]),
        (bracketed, ["h", "k"]),
        (called, ["h"]),
        (attribute, ["hidden"]),
        (unary, ["h"]),
        (helper, ["inner"]),
        (through_helper, ["inner", "outer"]),
        (unnamed, ["h1", "h2", "unnamed"]),
    ],
    ids=lambda item: getattr(item, "__name__", ""),
)
def test_a_name_is_what_the_source_assigns(function, expected):
    assert names(gt.trace(function, 0.5)) == expected


@pytest.mark.parametrize(("function", "expected"), [(method, ["h"]), (item, ["h"])])
def test_names_of_array_operations(function, expected):
    assert names(gt.trace(function, np.ones(2))) == expected


def test_rows_of_an_array_in_a_loop_are_named_by_the_loop_variable():
    assert names(gt.trace(over_rows, np.arange(2.0))) == ["row1", "total1", "row2", "total2"]


def rnn(w, us):
    h = 0.0
    for u in us:
        h = w * (u + h)
    return h


@pytest.mark.parametrize("spelling", ["h{}", "h_{}", "h{}₀"])
def test_the_steps_of_a_loop_have_subscripts(spelling):
    g = gt.trace(rnn, 2.0, [1.0, 1.0, 1.0])
    if spelling.endswith("₀"):
        found = [g[name] for name in ("h₁", "h₂", "h₃")]
    else:
        found = [g[spelling.format(k)] for k in (1, 2, 3)]
    assert [node.value for node in found] == [2, 6, 14]
    assert [node.where.iteration for node in found if node.where] == [1, 2, 3]


def test_two_loops_that_use_one_name_are_one_series():
    def f(x):
        for _ in range(2):
            h = x * 2
        for _ in range(2):
            h = h + 1
        return h

    assert names(gt.trace(f, 1.0)) == ["h1", "h2", "h3", "h4"]


def test_a_variable_of_the_user_keeps_the_name_that_a_loop_would_take():
    def f(x):
        h1 = x * 10
        h = h1
        for _ in range(3):
            h = h + 1
        return h

    g = gt.trace(f, 1.0)
    assert g["h1"].value == 10
    found = [node.name for node in g if node.op == "add"]
    assert len(set(found)) == 3
    assert found[1:] == ["h2", "h3"]


def h1(x):
    return np.sin(x) * x


def test_every_name_is_unique_and_finds_its_own_node():
    def reused(x):
        a = gt.name(x * 2, "a")
        b = gt.name(a * 3, "a")
        return gt.name(a * b, "x")

    for g in (gt.trace(h1, 1.0), gt.trace(reused, 1.0), gt.parse("x = x + 1; f = x*2", x=1)):
        found = [node.name for node in g if node.kind != "constant"]
        assert len(set(found)) == len(found)
        for node in g:
            if node.kind != "constant":
                assert g[node.name] == node
    assert gt.parse("x = x + 1; f = x*2", x=1)["x"].value == 2


def test_lambdas_partials_methods_and_callables():
    assert names(gt.trace(lambda x: -np.exp(x), 1.0)) == ["h1", "h2"]
    assert list(gt.trace(functools.partial(rnn, us=[1.0]), 2.0)._inputs) == ["w"]
    assert names(gt.trace(Model().step, 2.0)) == ["hidden"]
    assert gt.trace(np.exp, 1.0).backward().output.value == np.e


def test_code_without_a_source_still_records():
    scope: dict[str, Any] = {}
    exec("def f(x):\n    h = x * 2\n    return h + 1\n", scope)  # noqa: S102 # the case in point
    g = gt.trace(scope["f"], 3.0).backward()
    assert (g.output.value, g["x"].grad) == (7, 2)
    assert names(g) == ["h1", "f"]
    where = g["h1"].where
    assert where is not None
    assert (where.line, where.text, where.function) == (2, "", "f")


def test_a_source_that_is_no_python_does_not_disturb(tmp_path):
    path = tmp_path / "odd.py"
    path.write_text("this is ( not python\n" * 3)
    scope: dict[str, Any] = {}
    exec(compile("def f(x):\n    return x*2\n", str(path), "exec"), scope)  # noqa: S102 # likewise
    assert gt.trace(scope["f"], 3.0)["f"].value == 6


def test_places_have_file_line_text_and_function():
    g = gt.trace(bracketed, 1.0)
    start = inspect.getsourcelines(bracketed)[1]
    places = [g[name].where for name in ("h", "k")]
    assert [p.line for p in places if p] == [start + 1, start + 2]
    assert [p.text for p in places if p] == ["h = x * 2", "k = (h"]
    assert [p.function for p in places if p] == ["bracketed"] * 2
    assert {p.file for p in places if p} == {__file__}
    assert [p.column for p in places if p] == [9, 10]
    assert str(places[0]) == f"test_names.py:{start + 1}"
    assert g["x"].where is None


def test_places_in_an_expression_are_columns():
    where = gt.parse("y = 2*x\nf = y + exp(y)", x=1)["f"].where
    assert where is not None
    assert (where.file, where.line, where.column, where.text) == (
        "<expression>",
        2,
        5,
        "y + exp(y)",
    )


def test_given_names_and_scopes():
    def f(x):
        with gt.scope("encoder"):
            a = gt.name(x * 2, "state")
            for k in range(2):
                with gt.scope(f"layer{k}"):
                    a = np.tanh(a * 3)
        return a + 1

    g = gt.trace(f, 0.1)
    assert g["state"].scope == ("encoder",)
    paths = [node.scope for node in g if node.op == "tanh"]
    assert paths == [("encoder", "layer0"), ("encoder", "layer1")]
    assert [node.scope for node in g if node.name == "3"] == paths
    assert g.output.scope == ()
    assert g["x"].scope == ()
    assert g.at(x=0.3)["state"].scope == ("encoder",)
    assert gt.name(3.0, "nothing is traced") == 3.0


def test_scopes_in_a_step_by_step_graph():
    g = gt.Graph()
    x = g.inputs(x=1.0)
    with gt.scope("one"):
        y = x * 2
    z = gt.name(y + 1, "z")
    assert (g[y].scope, g[z].scope, g["z"].value) == (("one",), (), 3)
    with pytest.raises(gt.GraphTraceError, match="non-empty string"), gt.scope(""):
        pass


def test_places_in_an_expression_are_those_of_its_text():
    """Blank lines, indentation and signs that are not ASCII move nothing."""
    g = gt.parse("\n\n    a = x·y\n\n    b = ln(a); c = b²\n", x=2, y=3)
    places = {name: g[name].where for name in "abc"}
    assert [(where.line, where.text) for where in places.values() if where] == [
        (3, "x*y"),
        (5, "ln(a)"),
        (5, "b**2"),
    ]


def test_both_sides_of_a_conditional_expression_get_the_name():
    def f(x):
        for k in range(3):
            h = x * 2.0 if k == 1 else x + 1.0
            x = h
        return h

    g = gt.trace(f, 1.0)
    assert [g[name].op for name in ("h₁", "h₂", "h₃")] == ["add", "multiply", "add"]
