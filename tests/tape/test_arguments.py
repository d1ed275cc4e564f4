"""What may be an argument: counts by annotation, no subclasses, nothing traced already."""

import copy
import functools

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import RefusedError


def repeated(x, n: int = 2):
    for _ in range(n):
        x = x * x
    return x


def test_a_parameter_annotated_int_stays_a_count():
    g = gt.trace(repeated, 3.0, 2).backward()
    assert g.output.value == 81.0
    assert [node.name for node in g if node.kind == "input"] == ["x"]
    assert gt.trace(repeated, 3.0, n=1).output.value == 9.0


def test_without_the_annotation_the_refusal_names_it():
    def count(x, n):
        return x * len(range(n))

    with pytest.raises(RefusedError, match="annotate the parameter as a count"):
        gt.trace(count, 1.0, 3)


@pytest.mark.parametrize(
    "array", [np.ma.masked_array([1.0, 2.0], [False, True]), np.array([1.0, 2.0]).view(np.recarray)]
)
def test_array_subclasses_are_refused_as_inputs_and_as_constants(array):
    with pytest.raises(RefusedError, match="whose operations differ"):
        gt.trace(lambda x: (x * x).sum(), array)
    with pytest.raises(RefusedError, match="whose operations differ"):
        gt.trace(lambda x: (x * array).sum(), 1.0)


def test_copies_of_a_traced_value_are_the_value():
    g = gt.trace(lambda x: copy.copy(x) * copy.deepcopy(x), 3.0).backward()
    assert g["x"].grad == 6.0


def test_a_trace_inside_of_a_trace_is_refused():
    with pytest.raises(RefusedError, match="traced already"):
        gt.trace(lambda x: gt.trace(lambda y: y * y, x).output.value, 2.0)


def test_a_literal_beyond_floats_is_refused_with_the_line():
    with pytest.raises(RefusedError, match="beyond the range of floats"):
        gt.trace(lambda x: x * 10**400, 1.0)


def test_an_unnamed_result_takes_a_free_name():
    g = gt.parse("f + out", f=1, out=2)
    assert g.output.name == "f_1"


def test_an_input_may_be_called_self():
    g = gt.Graph()
    g.inputs(self=2.0)
    assert gt.parse("y = self*2", self=3.0).at(self=4.0).output.value == 8.0


def inside(x, scale, *rest):
    return x * scale + rest[0]


@functools.wraps(inside)
def decorated(*args, **kwargs):
    return inside(*args, **kwargs)


class Layer:
    def __call__(self, x, *rest):
        return x * rest[0]


@pytest.mark.parametrize(
    ("function", "count", "names"),
    [
        (inside, 4, ["x", "scale", "rest[0]", "rest[1]"]),
        (decorated, 4, ["x", "scale", "rest[0]", "rest[1]"]),
        (functools.partial(inside, 2.0), 3, ["scale", "rest[0]", "rest[1]"]),
        (Layer(), 2, ["x", "rest[0]"]),
        (gt.nn.huber, 2, ["predictions", "targets"]),
    ],
)
def test_inputs_are_named_by_the_parameters_of_what_is_called(function, count, names):
    g = gt.trace(function, *np.arange(1.0, count + 1))
    assert [node.name for node in g if node.kind == "input"] == names
