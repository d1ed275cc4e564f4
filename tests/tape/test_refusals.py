"""What cannot be recorded: refused at once, with the user's own line and the fix."""

# ruff: noqa: PLW0108  # the line of the call must be ours

import inspect
import math
import operator
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import RefusedError, ShapeError
from graphtrace.tape.refuse import REFUSED

# Each entry is one line of user code; the error must quote it and point at it.
CODE = {
    "__float__": lambda x: float(x),
    "__int__": lambda x: int(x),
    "__index__": lambda x: [1, 2][x],
    "__complex__": lambda x: complex(x),
    "__array__": lambda x: np.asarray(x),
    "item": lambda x: x.item(),
    "tolist": lambda x: x.tolist(),
    "__setitem__": lambda x: operator.setitem(x, 0, 1.0),
    "__delitem__": lambda x: operator.delitem(x, 0),
    "__format__": lambda x: f"{x}",
    "sort": lambda x: x.sort(),
    "partition": lambda x: x.partition(1),
    "astype": lambda x: x.astype(int),
}


def refuse(function, *values):
    """Return the message of a refusal, after checking that it points at the function's line."""
    with pytest.raises(RefusedError) as caught:
        gt.trace(function, *values)
    message = str(caught.value)
    lines, start = inspect.getsourcelines(function)
    here = [f"test_refusals.py:{start + k}: `{text.strip()}`: " for k, text in enumerate(lines)]
    assert message.startswith(tuple(here)), message
    assert "\n" not in message
    return message


def test_every_refusal_has_its_case_here():
    assert set(CODE) == set(REFUSED)


@pytest.mark.parametrize("name", CODE)
@pytest.mark.parametrize("value", [1.5, np.array([1.5, 2.5])], ids=["float", "array"])
def test_each_refusal_has_the_line_and_the_fix(name, value):
    what, fix = REFUSED[name]
    assert refuse(CODE[name], value).endswith(f"{what}; {fix}")


ZEROS: Any = np.zeros(3)
TAKEN_OUT = [
    lambda x: math.exp(x),
    lambda x: np.array([x, x]),
    lambda x: np.sum([x, x]),
    lambda x: operator.setitem(ZEROS, 0, x),
    lambda x: np.zeros(3)[x],
    lambda x: list(range(x)),
]


@pytest.mark.parametrize("number", range(len(TAKEN_OUT)))
def test_numbers_are_not_taken_out_of_the_graph(number):
    message = refuse(TAKEN_OUT[number], 2.0)
    assert "out of the graph; " in message or "cannot be an index or a count; " in message


VECTOR = np.array([1.0, 2.0])
NUMPY = [
    (lambda x: np.unwrap(x), "np.unwrap is not supported; the nearest that is recorded: np.mod"),
    (lambda x: np.nextafter(x, 1), "np.nextafter is not supported"),
    (lambda x: np.frexp(x), "np.frexp is not supported"),
    (lambda x: np.exp(x, out=np.zeros(2)), "out= writes into an array in place; assign the result"),
    (lambda x: np.sum(x, out=np.zeros(())), "out= writes into an array in place"),
    (lambda x: operator.iadd(np.zeros(2), x), "out= writes into an array in place"),
    (lambda x: np.exp(x, where=[True, False]), "np.exp(where=…) cannot be recorded; use np.where"),
    (lambda x: np.exp(x, dtype=np.float32), "np.exp(dtype=…) cannot be recorded"),
    (lambda x: np.sum(x, dtype=float), "np.sum: dtype= is not supported: convert the inputs"),
    (lambda x: np.nan_to_num(x, copy=False), "np.nan_to_num: copy=False writes into an array"),
    (lambda x: x.reshape(2, 1, order="A"), "order='A' depends on the memory of the operand"),
    (lambda x: np.hypot.reduce(x), "np.hypot.reduce cannot be recorded; use np.sum, np.max or a"),
    (lambda x: np.add.at(x, [0], 1.0), "np.add.at cannot be recorded; write it without it"),
    (lambda x: np.hypot.accumulate(x), "np.hypot.accumulate cannot be recorded"),
    (lambda x: np.add.reduceat(x, [0]), "np.add.reduceat cannot be recorded"),
    (lambda x: x.view(), ".view is not supported on a traced value"),
    (lambda x: x.byteswap(), ".byteswap is not supported on a traced value"),
    (lambda x: x + "text", "an operand of type str cannot be recorded"),
    (lambda x: x * None, "an operand of type NoneType cannot be recorded"),
    (lambda x: x * 2j, "a complex value cannot be recorded; split it into real and imaginary"),
    (lambda x: x * [[1.0], [1.0, 2.0]], "a list of uneven lengths"),
    (lambda x: x if x > 0 else -x, "the truth of an array with several elements is ambiguous"),
    (lambda x: x["a"], "an index of type str is not supported; use integers, slices, or arrays"),
]


@pytest.mark.parametrize("number", range(len(NUMPY)))
def test_unsupported_numpy_is_named_with_the_line(number):
    function, text = NUMPY[number]
    assert text in refuse(function, VECTOR)


UNSUPPORTED = [
    (lambda x: np.fft.fft(x), "np.fft.fft is not supported", "np.matmul"),
    (lambda x: np.unique(x), "np.unique is not supported", "np.sort"),
    (lambda x: np.trim_zeros(x), "np.trim_zeros is not supported", "a slice"),
    (lambda x: np.histogram(x), "np.histogram is not supported", "np.searchsorted"),
    (lambda x: np.roots(x), "np.roots is not supported", "np.linalg.eigvalsh"),
    (lambda x: np.lexsort((x,)), "np.lexsort is not supported", "np.argsort"),
    (lambda x: np.linalg.eig(x[:, None]), "np.linalg.eig is not supported", "np.linalg.eigh"),
    (lambda x: np.put(x, [0], 1.0), "np.put is not supported", "gt.set_at"),
    (lambda x: np.full(3, x), "np.full takes the numbers out of the graph", "np.broadcast_to"),
    (lambda x: np.spacing(x), "np.spacing is not supported", "np."),
]
SCIPY = [
    ("linalg", "expm", "takes the numbers out of the graph", "gt.special.expm"),
    ("special", "logsumexp", "takes the numbers out of the graph", "gt.special.logsumexp"),
    ("special", "softmax", "takes the numbers out of the graph", "gt.special.softmax"),
    ("linalg", "inv", "takes the numbers out of the graph", "np.linalg.inv"),
    ("linalg", "norm", "takes the numbers out of the graph", "np.linalg.norm"),
    ("special", "exprel", "is not supported", "np.exp"),
    ("special", "lambertw", "is not supported", "np."),
]


@pytest.mark.parametrize("number", range(len(UNSUPPORTED)))
def test_an_unsupported_function_names_itself_the_nearest_and_gt_op(number):
    function, what, nearest = UNSUPPORTED[number]
    message = refuse(function, VECTOR)
    assert f"{what}; the nearest" in message
    assert f": {nearest}" in message
    assert message.endswith("or declare an operation of your own with gt.op")


@pytest.mark.parametrize(("module", "name", "what", "nearest"), SCIPY)
def test_an_unsupported_function_of_scipy_names_the_way_out(oracle, module, name, what, nearest):
    function = getattr(oracle(f"scipy.{module}"), name)
    message = refuse(lambda x: function(x), np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert f"scipy.{module}.{name} {what}; the nearest" in message
    assert f": {nearest}" in message
    assert message.endswith("or declare an operation of your own with gt.op")


@pytest.mark.parametrize(("function", "text"), [
    (lambda x: np.linalg.qr(x[:, None], mode="raw"), "np.linalg.qr: mode='raw'"),
    (lambda x: np.linalg.svd(x[:, None]), "np.linalg.svd: full_matrices=True of a matrix that"),
    (lambda x: np.take([1.0, 2.0], x), "np.take of what is no traced array takes the number out"),
    (lambda x: np.where(x > 1), "np.where: a condition alone gives its places: use np.nonzero"),
    (lambda x: np.sum([x, x]), "join several with np.stack, or make the array an input too"),
])  # fmt: skip
def test_an_argument_that_cannot_be_recorded_is_told_with_the_whole_name(function, text):
    assert text in refuse(function, VECTOR)


@pytest.mark.parametrize(("function", "text"), [
    (lambda x: len(x), "a scalar has no len()"),
    (lambda x: list(x), "a scalar cannot be iterated over"),
])  # fmt: skip
def test_scalars_have_no_length(function, text):
    assert text in refuse(function, 1.0)


MISFITS = [
    (lambda x: x @ np.ones(3), "matmul of shapes (2,), (3,)"),
    (lambda x: x + np.ones(3), "add of shapes (2,), (3,)"),
    (lambda x: x[5], "getitem of shapes (2,): index 5 is out of bounds"),
    (lambda x: x.reshape(3), "cannot reshape array of size 2"),
    (lambda x: np.expand_dims(x, 5), "np.expand_dims: axis 5 is out of bounds"),
    (lambda x: np.squeeze(x, 0), "np.squeeze: cannot select an axis"),
    (lambda x: np.swapaxes(x, 0, 4), "np.swapaxes: "),
    (lambda x: np.sum(x, axis=3), "axis 3 is out of bounds"),
    (lambda x: np.max(x[2:]), "zero-size array"),
]


@pytest.mark.parametrize("number", range(len(MISFITS)))
def test_shapes_that_do_not_fit_are_told_with_the_line(number):
    function, text = MISFITS[number]
    with pytest.raises(ShapeError) as caught:
        gt.trace(function, VECTOR)
    line = inspect.getsourcelines(function)[1]
    assert str(caught.value).startswith(f"test_refusals.py:{line}: ")
    assert text in str(caught.value)


def test_an_unknown_attribute_answers_hasattr():
    g = gt.trace(lambda x: x * 2 if not hasattr(x, "numpy") else x, 1.0)
    assert g.output.value == 2


@pytest.mark.parametrize("value", [1.0, VECTOR], ids=["float", "array"])
def test_two_graphs_do_not_mix(value):
    one, two = gt.Graph().inputs(x=value), gt.Graph().inputs(x=value)
    with pytest.raises(RefusedError, match="values of two different graphs in one operation"):
        one + two
    with pytest.raises(RefusedError, match="values of two different graphs"):
        gt.trace(lambda x: np.arctan2(x, one), value)


def test_a_value_that_outlives_its_recording_is_refused_and_changes_nothing(recwarn):
    kept = []

    def f(x):
        kept.append(x * 2)
        return kept[0] * 3

    before = np.geterr()
    g = gt.trace(f, VECTOR)
    with pytest.raises(RefusedError, match="a recording that has ended"):
        kept[0] * 2
    assert np.geterr() == before
    assert len(g) == 5
    assert not recwarn.list


def test_a_failing_function_leaves_nothing_behind():
    from graphtrace.tape import tape

    before = np.geterr()
    for bad in (lambda x: x[9], lambda x: 1 // 0 * x, CODE["item"]):
        with pytest.raises((ZeroDivisionError, gt.GraphTraceError)):
            gt.trace(bad, VECTOR)
    assert tape._tracing == []
    assert np.geterr() == before


def test_the_users_own_errstate_is_put_back():
    def f(x):
        with np.errstate(divide="raise"):
            y = np.log(x)
        return np.sum(y)

    before = np.geterr()
    gt.trace(f, VECTOR)
    assert np.geterr() == before


def test_a_complete_graph_takes_no_more_inputs():
    with pytest.raises(RefusedError, match="a traced graph is complete"):
        gt.trace(np.exp, 1.0).inputs(y=1.0)
    g = gt.Graph()
    g.inputs(x=1.0)
    with pytest.raises(RefusedError, match="has an input 'x' already"):
        g.inputs(x=2.0)
    with pytest.raises(RefusedError, match="the graph is empty"):
        gt.Graph().backward()
