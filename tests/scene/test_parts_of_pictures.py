"""Every part of small graphs is drawn, in rows of any width, forward and with both passes."""

from itertools import product
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import FormatError
from graphtrace.render import compose, render

PROGRAMS: dict[str, dict[str, float]] = {
    "f = ln(x) + exp(y)*z": {"x": 1, "y": 3, "z": 2},
    "y = w*(v + w*u)": {"w": 2, "v": 1, "u": 1},
    "a = x*y; b = tanh(a); f = a*b + 2*b": {"x": 0.5, "y": 2},
}


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("text", PROGRAMS)
def test_every_node_can_be_the_focus(text, both):
    graph = gt.parse(text, **PROGRAMS[text])
    facts = graph.backward(record=True).facts() if both else graph.backward().facts()
    names = [node.name for node in facts.nodes if node.kind != "constant"]
    for name, radius, wrap in product(names, (0, 1, 2), (300, 600, 0)):
        scene = compose(facts, focus=name, radius=radius, wrap=wrap)
        assert scene.nodes


def test_shapes_have_no_negative_size():
    graph = gt.trace(lambda W, x: np.sum(np.tanh(W @ x)), np.ones((2, 3)), np.ones(3)).backward()
    shapes = [shape for node in compose(graph.facts(), look="card").nodes for shape in node.shapes]
    assert any(shape.role == "bracket" for shape in shapes)
    # Office documents know no others.
    assert all(shape.width >= 0 for shape in shapes if shape.role == "bracket")
    assert all(shape.height >= 0 for shape in shapes if shape.role == "bracket")


def test_a_norm_says_what_it_leaves_out():
    x = np.array([[1.0, -2, 3], [0, 5, 6]])
    with np.errstate(all="ignore"):
        graph = gt.trace(lambda x: np.sum(np.sqrt(np.log(x))), x).backward()
    text = render(graph.facts(), "svg", show="contribution,grad,value").decode()
    assert "NaN×" in text


@pytest.mark.parametrize(("word", "near"), [("focsu", "focus"), ("heavyest", "heaviest")])
def test_an_option_that_does_not_exist_is_named(word, near):
    facts = gt.parse("f = x*x", x=1).backward().facts()
    choice: Any = {word: "x"}
    with pytest.raises(FormatError, match=f"unknown option '{word}'; did you mean '{near}'"):
        compose(facts, **choice)
