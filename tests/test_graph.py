"""The face users hold: finding nodes, walking edges, facts and networkx in step with them."""

from collections import Counter

import networkx as nx
import numpy as np
import pytest

import graphtrace as gt
from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts
from graphtrace.errors import NameNotFoundError, RefusedError


@pytest.fixture
def g():
    return gt.parse("h1 = ln(x); h2 = exp(y); h3 = h2*z; f = h1 + h3", x=1, y=3, z=2).backward()


def test_nodes_are_found_by_name_id_and_value(g):
    assert [node.id for node in g] == list(range(len(g))) == [g[k].id for k in range(len(g))]
    assert g["h3"] == g[g["h3"].id] == g[np.int64(g["h3"].id)]
    assert g[-1] == g.output == g["f"]
    assert hash(g["h3"]) == hash(g[g["h3"].id])
    assert g["h3"] != g["h2"]
    steps = gt.Graph()
    x = steps.inputs(x=2.0)
    assert steps[x].name == "x"
    assert x in steps
    assert ("h1" in g, "zz" in g, 3 in g, 99 in g) == (True, False, True, False)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("h33", "no node 'h33'; did you mean 'h3'?"),
        ("zzz", "no node 'zzz'; known: f, h1, h2, h3, x, y, z"),
        (7, "no node 7: ids run from 0 to 6"),
        (-8, "no node -8"),
        (1.0, "nodes are found by name, id or Node, not by float"),
        (None, "nodes are found by name, id or Node, not by NoneType"),
        (True, "nodes are found by name, id or Node, not by bool"),
    ],
)
def test_what_is_not_there_is_named(g, key, text):
    with pytest.raises(NameNotFoundError) as caught:
        g[key]
    assert text in str(caught.value)


def test_a_value_of_another_graph_is_not_found(g):
    other = gt.Graph().inputs(x=1.0)
    with pytest.raises(NameNotFoundError, match="does not belong to this graph"):
        g[other]


def test_a_node_knows_its_neighbours(g):
    h3 = g["h3"]
    assert (h3.op, h3.kind, h3.expression, h3.value) == ("multiply", "op", "h2*z", g["f"].value)
    assert [node.name for node in h3.operands] == ["h2", "z"]
    assert [(e.source.name, e.target.name, e.slot, e.formula) for e in h3.inputs] == [
        ("h2", "h3", 0, "z"),
        ("z", "h3", 1, "h2"),
    ]
    assert [e.target.name for e in h3.uses] == ["f"]
    assert (g["x"].op, g["x"].kind, g["x"].operands) == ("input", "input", ())
    assert repr(g["h1"]) == "<Node 3 h1 = ln(x): 0.0>"
    assert repr(h3.inputs[0]) == "<Edge h2 → h3[0]: z>"


def test_edges_come_by_target_and_slot(g):
    found = [(e.target.id, e.slot) for e in g.edges]
    assert found == sorted(found)
    assert len(found) == sum(len(node.operands) for node in g)


def test_networkx_has_every_fact_as_an_attribute(g):
    graph = g.nx
    assert type(graph) is nx.MultiDiGraph
    assert nx.is_directed_acyclic_graph(graph)
    assert graph.graph == {"title": g.title, "output": g.output.id}
    assert list(graph.nodes) == [node.id for node in g]
    for node in g:
        data = graph.nodes[node.id]
        assert (data["name"], data["op"], data["kind"]) == (node.name, node.op, node.kind)
        assert (data["value"], data["grad"], data["where"]) == (node.value, node.grad, node.where)
        assert data["operands"] == tuple(n.id for n in node.operands)
    for edge in g.edges:
        data = graph.edges[edge.source.id, edge.target.id, edge.slot]
        assert (data["local"], data["formula"]) == (edge.local, edge.formula)
        assert (data["upstream"], data["contribution"]) == (edge.upstream, edge.contribution)
    assert graph.number_of_edges() == len(g.edges)


def test_networkx_is_in_step_with_the_last_backward_pass(g):
    assert g.backward(seed=2).nx.nodes[g["f"].id]["grad"] == 2
    assert g.backward("h2").nx.nodes[g["f"].id]["grad"] is None
    assert g.nx.graph["output"] == g["h2"].id
    square = gt.parse("f = x*x", x=3).backward().nx
    assert [key for _, _, key in square.edges(keys=True)] == [0, 1]


def test_the_gradient_is_a_reading_of_networkx():
    """Reverse accumulation over `g.nx` alone gives the gradients that were recorded."""
    g = gt.parse("a = x*y; b = sin(a)*a; f = b*b/y + exp(a)", x=0.5, y=1.5).backward()
    graph, grads = g.nx, Counter({g.output.id: 1.0})
    for number in reversed(list(nx.topological_sort(graph))):
        for source, _, data in graph.in_edges(number, data=True):
            if data["local"] is not None:
                grads[source] += grads[number] * data["local"]
    for node in g:
        if node.grad is not None:
            assert grads[node.id] == pytest.approx(node.grad, rel=1e-13)


def test_facts_are_complete_and_frozen(g):
    facts = g.facts()
    assert isinstance(facts, GraphFacts)
    assert [type(item) for item in (*facts.nodes[:1], *facts.edges[:1])] == [NodeFacts, EdgeFacts]
    assert (facts.output, facts.title) == (g.output.id, g.title)
    assert [f.named for f in facts.nodes] == [True] * 7
    assert [f.differentiable for f in facts.nodes] == [True] * 7
    h3 = facts.nodes[g["h3"].id]
    assert (h3.expression, h3.latex, h3.symbol) == ("h2*z", r"h_{2} \, z", "×")
    with pytest.raises(AttributeError):
        setattr(h3, "name", "other")  # noqa: B010 # mypy knows that it cannot be set
    literal = gt.parse("f = 2*x", x=1).facts().nodes[1]
    assert (literal.kind, literal.name, literal.value, literal.grad, literal.differentiable) == (
        "constant",
        "2",
        2.0,
        None,
        False,
    )


def test_edges_that_carry_nothing_have_no_numbers():
    g = gt.parse("f = where(x > 1, 2*x, y)", x=2, y=1).backward()
    condition, chosen, other = g["f"].inputs
    assert (condition.local, condition.formula, condition.contribution) == (None, "", None)
    assert (chosen.local, other.local) == (1, 0)
    literal = next(node for node in g if node.name == "2")
    assert [(e.local, e.formula, e.contribution) for e in literal.uses] == [(None, "", None)]


def test_step_by_step_and_traced_and_parsed_are_one_graph():
    def f(x, y):
        h = np.sin(x) * y
        return h + x

    traced = gt.trace(f, 0.5, np.array([1.0, 2.0]))
    parsed = gt.parse("h = sin(x)*y; f = h + x", x=0.5, y=[1.0, 2.0])
    steps = gt.Graph()
    x, y = steps.inputs(x=0.5, y=np.array([1.0, 2.0]))
    h = gt.name(np.sin(x) * y, "h")
    gt.name(h + x, "f")
    shapes = []
    for g in (traced, parsed, steps):
        g.backward(seed=[1.0, 1.0])
        shapes.append([(n.op, tuple(o.id for o in n.operands)) for n in g])
        assert g["f"].value == pytest.approx(np.sin(0.5) * np.array([1.0, 2.0]) + 0.5)
        assert g["x"].grad == pytest.approx(3 * np.cos(0.5) + 2)
        assert g["h"].grad.tolist() == [1, 1]
    assert shapes[0] == shapes[1] == shapes[2]


def test_inputs_come_one_or_several():
    g = gt.Graph()
    one = g.inputs(x=1)
    two = g.inputs(y=2.0, z=[1.0, 2.0])
    assert isinstance(two, tuple)
    assert (g[one].value, g["y"].value, g["z"].value.tolist()) == (1.0, 2.0, [1, 2])
    with pytest.raises(RefusedError, match="the graph is empty"):
        gt.Graph().output  # noqa: B018 # reading it raises


def test_arrays_behave_as_arrays_while_they_are_recorded():
    def f(x):
        assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2, 3), 2, 6, np.float64, 2)
        assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 3), 2, 6)
        assert x.T.shape == (3, 2)
        assert x.copy() is x
        assert [row.shape for row in x] == [(3,), (3,)]
        return x.reshape(3, 2).sum(axis=0).max() + x.mean() + x.ravel()[0] + x.flatten()[-1]

    g = gt.trace(f, np.arange(6.0).reshape(2, 3)).backward()
    assert g.output.value == 9 + 2.5 + 0 + 5
    assert g["x"].grad == pytest.approx(np.array([[7, 7, 1], [7, 1, 13]]) / 6)


def test_two_runs_give_the_same_graph():
    def f(x):
        return np.tanh(x) * x + x

    def described():
        return [(n.id, n.name, n.op, n.expression, str(n.where)) for n in gt.trace(f, 0.5)]

    assert described() == described()


def test_plain_values_pass_through_the_activations():
    assert gt.nn.relu(-1.0) == 0
    assert gt.nn.leaky_relu(-2.0, 0.1) == pytest.approx(-0.2)
    assert gt.nn.sigmoid(0.0) == 0.5
    assert gt.nn.softmax([0.0, 0.0]).tolist() == [0.5, 0.5]
    assert gt.nn.relu(np.array([-1.0, 2.0])).tolist() == [0, 2]
