"""What becomes an input, under which name, and what is refused as one."""

from typing import Any, NamedTuple

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import RefusedError


class Pair(NamedTuple):
    left: Any
    right: Any


def leaves(g):
    return {node.name: node.value for node in g if node.kind == "input"}


def test_positional_keyword_default_and_starred_arguments():
    def f(a, b=2.0, *rest, c, **more):
        return a * b * rest[0] * c * more["d"]

    g = gt.trace(f, 1.0, 3.0, 4.0, c=5.0, d=6.0)
    assert leaves(g) == {"a": 1, "b": 3, "rest[0]": 4, "c": 5, "d": 6}
    assert g.output.value == 360
    h = gt.trace(lambda a, b=2.0: a * b, 1.0)
    assert leaves(h) == {"a": 1}
    assert h.output.value == 2


def test_lists_tuples_dicts_and_namedtuples_keep_their_kind():
    def f(items, pair, params):
        assert isinstance(items, list)
        assert isinstance(pair, Pair)
        return items[0] * pair.left + items[1][0] * params["w"] + pair.right * params["deep"]["b"]

    g = gt.trace(f, [1.0, (2.0, 3.0)], Pair(4.0, 5.0), {"w": 6.0, "deep": {"b": 7.0}}).backward()
    assert leaves(g) == {
        "items[0]": 1,
        "items[1][0]": 2,
        "items[1][1]": 3,
        "pair[0]": 4,
        "pair[1]": 5,
        "params[w]": 6,
        "params[deep][b]": 7,
    }
    assert g["params[w]"].grad == 2
    assert g["items[1][1]"].grad is None


def test_integers_become_floats_and_other_things_pass_through():
    def f(x, n, flag, text, nothing):
        assert (flag, text, nothing) == (True, "mean", None)
        return x * n

    g = gt.trace(f, 3, np.int32(2), True, "mean", None)
    assert leaves(g) == {"x": 3.0, "n": 2.0}
    assert {type(value) for value in leaves(g).values()} == {float}
    assert gt.parse("sum(x)", x=[1, 2]).backward()["x"].grad.tolist() == [1, 1]


@pytest.mark.parametrize("precision", [np.float16, np.float32, np.float64, np.longdouble])
def test_gradients_have_the_inputs_precision(precision):
    for value in (np.ones((2, 3), precision), np.ones((), precision), precision(2)):
        g = gt.trace(lambda x: np.sum(x * x + 1), value).backward()
        assert np.asarray(g["x"].grad).dtype == precision
        np.testing.assert_array_equal(g["x"].grad, 2 * value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array([1, 2]), "input 'x' is an array of int64; gradients need floats: pass x.astype"),
        (np.array([True]), "input 'x' is an array of bool"),
        (np.bool_(True), "input 'x' is a bool"),
        (np.array([1j]), "input 'x' is complex; pass its real and imaginary parts"),
        (np.complex128(1j), "input 'x' is complex"),
        (np.array(["a"]), "not a number or an array of floats"),
        (np.array([None]), "not a number or an array of floats"),
        (np.datetime64("2020-01-01"), "not a number or an array of floats"),
    ],
)
def test_values_without_gradients_are_refused_as_inputs(value, text):
    with pytest.raises(RefusedError) as caught:
        gt.trace(lambda x: x * 2, value)
    assert text in str(caught.value)
    with pytest.raises(RefusedError):
        gt.Graph().inputs(x=value)


@pytest.mark.parametrize(
    "value", [[[1.0, 2.0], [3.0]], "text", {"a": 1.0}, None, True, 1j, object()]
)
def test_what_is_no_array_is_refused_by_parse_and_inputs(value):
    with pytest.raises(RefusedError, match="input 'x' is "):
        gt.parse("x*2", x=value)
    with pytest.raises(RefusedError, match="input 'x' is "):
        gt.Graph().inputs(x=value)


def test_values_are_snapshots():
    x, weights = np.array([1.0, 2.0]), np.array([3.0, 4.0])

    def f(x):
        first = x * weights
        weights[0] = 30.0
        return np.sum(first + x * weights)

    g = gt.trace(f, x).backward()
    x[:] = 99
    weights[:] = 99
    assert g["x"].value.tolist() == [1, 2]
    assert g["x"].grad.tolist() == [33, 8]
    assert [n.value.tolist() for n in g if n.kind == "constant"] == [[3, 4], [30, 4]]
    assert g.at(x=[1.0, 1.0]).output.value == 41


def test_a_captured_array_is_recorded_once_and_named():
    weights = np.array([3.0, 4.0])
    g = gt.trace(lambda x: np.sum(x * weights + x / weights), np.ones(2)).backward()
    constants = [node for node in g if node.kind == "constant"]
    assert [node.name for node in constants] == ["weights"]
    assert len(constants[0].uses) == 2
    assert constants[0].grad is None


def test_values_and_gradients_cannot_be_written_into():
    g = gt.trace(lambda x: np.sum(x * 2), np.ones(2)).backward()
    for array in (g["x"].value, g["x"].grad, g.nodes[-1].inputs[0].contribution):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 5


def test_what_is_returned():
    several = gt.trace(lambda x: {"a": x * 2, "b": [x * 3, x * 4]}, 1.0).backward()
    assert several["x"].grad == 2
    assert several.output.value == 2
    whole = gt.trace(lambda x: x, 4.0).backward()
    assert (whole.output.name, whole["x"].grad) == ("x", 1)
    for function, text in (
        (lambda _: None, "returned None: return the value to trace"),
        (lambda _: 5.0, "its result does not depend on the inputs"),
        (lambda _: [], "returned a list that was not recorded"),
    ):
        with pytest.raises(RefusedError, match=text):
            gt.trace(function, 1.0)
    with pytest.raises(RefusedError, match="it has no numeric inputs"):
        gt.trace(lambda x: x, "text")


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int64, bool])
@pytest.mark.parametrize(
    "function",
    [
        lambda x, n: n / x,
        lambda x, n: np.arctan2(x, n + 0),
        lambda x, n: np.arctan2(n, x),
        lambda x, n: (n + 1) ** x,
        lambda x, n: x**n,
        lambda x, n: np.where(n, x * n, x),
        lambda x, n: np.maximum(x, n) - n,
    ],
)
def test_captured_integers_do_not_wrap_around_in_derivatives(function, kind):
    whole = np.array([1, 20, 100]).astype(kind)
    x = np.array([1.1, 0.7, 1.9])
    g = gt.trace(lambda x: np.sum(function(x, whole)), x).backward()
    plain = gt.trace(lambda x: np.sum(function(x, whole.astype(float))), x).backward()
    np.testing.assert_allclose(g["x"].grad, plain["x"].grad, rtol=1e-12)
    assert g.check().ok, str(g.check())
