"""Accounting: the layer table of a small network, and counts worked out by hand."""

import json

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import NameNotFoundError
from graphtrace.ops.costs import Counts


def cnn(image, params):
    with gt.scope("CONV3-10"):
        h = gt.nn.conv2d(image, params["K1"], params["b1"], padding=1)
    with gt.scope("POOL2"):
        h = gt.nn.max_pool2d(h, 2)
    with gt.scope("CONV3-10"):
        h = gt.nn.conv2d(h, params["K2"], params["b2"], padding=1)
    with gt.scope("POOL2"):
        h = gt.nn.max_pool2d(h, 2)
    with gt.scope("FLATTEN"):
        h = h.reshape(-1)
    with gt.scope("FC-3"):
        return params["W"] @ h + params["b"]


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(0)
    shapes = {
        "K1": (10, 1, 3, 3),
        "b1": (10,),
        "K2": (10, 10, 3, 3),
        "b2": (10,),
        "W": (3, 490),
        "b": (3,),
    }
    params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    return gt.trace(cnn, rng.normal(size=(1, 28, 28)), params).cost(data="image")


def test_the_layer_table_of_a_convolutional_network(network):
    """Parameters: outputs·(inputs·3·3 + 1) for a convolution, outputs·(inputs + 1) for FC."""
    rows = [
        (row.name, row.parameters, row.shape, row.forward.multiplications) for row in network.layers
    ]
    assert rows == [
        ("image", 0, (1, 28, 28), 0),
        ("CONV3-10", 100, (10, 28, 28), 28 * 28 * 10 * 9),
        ("POOL2", 0, (10, 14, 14), 0),
        ("CONV3-10", 910, (10, 14, 14), 14 * 14 * 10 * 90),
        ("POOL2", 0, (10, 7, 7), 0),
        ("FLATTEN", 0, (490,), 0),
        ("FC-3", 1473, (3,), 3 * 490),
    ]
    assert network.total.parameters == 100 + 910 + 1473
    assert [row.forward.others for row in network.layers if row.name == "POOL2"] == [
        3 * 10 * 14 * 14,
        3 * 10 * 7 * 7,
    ]


def test_layers_and_nodes_add_up_to_the_total(network):
    for rows in (network.layers, network.nodes):
        for count in ("forward", "backward"):
            whole = sum((getattr(row, count) for row in rows), Counts())
            assert whole == getattr(network.total, count)
        assert sum(row.parameters for row in rows) == network.total.parameters


def test_a_linear_layer_by_hand():
    g = gt.trace(lambda W, x, b: W @ x + b, np.ones((3, 4)), np.ones(4), np.ones(3))
    cost = g.cost(data=["x"])
    assert cost.total.forward == Counts(12, 9 + 3)
    # ∂W = δ xᵀ: 12 products; ∂x = Wᵀ δ: 12 products, 4·2 additions; ∂b = δ
    assert cost.total.backward == Counts(24, 8)
    assert (cost.total.parameters, cost["W"].parameters, cost["x"].parameters) == (15, 12, 0)
    assert cost["W"].bytes == 96
    assert cost.parameters == ("W", "b")
    assert cost.layers == ()


def test_a_shared_weight_adds_its_contributions():
    """w·(u2 + w·u1): two products back through each, and one addition where they meet at w."""
    cost = gt.parse("y = w*(u2 + w*u1)", w=2, u1=1, u2=1).cost()
    assert cost.total.forward == Counts(2, 1)
    assert cost.total.backward == Counts(4, 1)


def test_a_scope_inside_of_another_is_told_apart_on_request():
    def f(x):
        with gt.scope("block"):
            with gt.scope("square"):
                y = x * x
            return y + 1.0

    g = gt.trace(f, 2.0)
    assert [row.name for row in g.cost().layers] == ["block"]
    assert [row.name for row in g.cost(depth=2).layers] == ["block/square", "block"]


def test_an_unused_input_and_what_is_outside_of_scopes_have_rows():
    def f(x, spare):
        with gt.scope("double"):
            y = x * 2.0
        return np.sum(y)

    cost = gt.trace(f, np.ones(3), np.ones(5)).cost()
    assert [(row.name, row.parameters) for row in cost.layers] == [
        ("double", 3),
        ("f", 0),
        ("spare", 5),
    ]


def test_parameters_by_name_and_what_is_no_input():
    g = gt.trace(lambda p, x: p["W"] * p["b"] * x, {"W": 1.0, "b": 2.0}, 3.0)
    assert g.cost(parameters="p").parameters == ("p[W]", "p[b]")
    assert g.cost(parameters=["p[W]"]).parameters == ("p[W]",)
    with pytest.raises(NameNotFoundError, match="no input 'y'; known: p"):
        g.cost(data="y")
    with pytest.raises(NameNotFoundError, match="no node or layer 'nothing'"):
        g.cost()["nothing"]


def test_an_output_without_gradient_costs_nothing_backward():
    g = gt.trace(np.argmax, np.ones(4))
    assert g.cost().total.backward == Counts()


def test_text_and_json(network):
    text = str(network)
    assert text.splitlines()[0].startswith("Layers")
    assert "10×28×28" in text
    found = json.loads(network.as_json())
    assert found["total"]["parameters"] == 2483
    assert found["layers"][0]["shape"] == [1, 28, 28]
    assert set(found) == {"total", "parameters", "layers", "nodes"}
