"""GraphML, DOT and Mermaid: other programs read back what was written."""

import json
import math
import re
from typing import Any

import networkx as nx
import numpy as np
import pytest

from graphtrace.annotate.facts import GraphFacts, Value
from graphtrace.render import draw, render
from tests.render import hostile
from tests.scene import samples

FACTS = {
    "s2": samples.s2,
    "square": samples.square,
    "network": samples.network,
    "nan": samples.exceptional,
    "scopes": lambda: samples.scoped(2),
    "hostile": hostile.graph,
}
every = pytest.mark.parametrize("name", FACTS)


def same(read: Any, value: Value | None) -> bool:
    """Tell whether what was read, a number or the text of a list, is a value."""
    if value is None:
        return read is None
    if isinstance(read, str):
        read = json.loads(read) if read[:1] == "[" else float(read.replace("Infinity", "inf"))
    return np.array_equal(np.array(read, dtype=float), np.asarray(value), equal_nan=True)


def legal(text: str) -> str:
    """Return what XML can hold of a text."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)


@every
def test_networkx_reads_graphml_back(name: str) -> None:
    facts = FACTS[name]()
    graph = nx.parse_graphml(render(facts, "graphml").decode(), force_multigraph=True)
    assert graph.is_directed()
    assert graph.graph["output"] == f"n{facts.output}"
    assert list(graph) == [f"n{node.id}" for node in facts.nodes]
    for node in facts.nodes:
        read = graph.nodes[f"n{node.id}"]
        assert read["name"] == legal(node.name)
        assert (read["kind"], read["op"]) == (node.kind, node.op)
        assert same(read.get("value"), node.value)
        assert same(read.get("grad"), node.grad)
    assert graph.number_of_edges() == len(facts.edges)
    for edge in facts.edges:
        source, target = f"n{edge.source}", f"n{edge.target}"
        read = graph.get_edge_data(source, target, f"{source}-{target}-{edge.slot}")
        assert read["slot"] == edge.slot
        assert same(read.get("local"), edge.local)
        assert same(read.get("contribution"), edge.contribution)


def test_graphml_says_what_is_not_computed_by_leaving_it_out() -> None:
    text = render(samples.s1(backward=False), "graphml").decode()
    assert "grad" not in text
    assert 'attr.name="value"' in text


@every
def test_graphviz_reads_dot_back(name: str) -> None:
    pygraphviz = pytest.importorskip("pygraphviz")
    facts = FACTS[name]()
    source = render(facts, "dot").decode()
    graph = pygraphviz.AGraph(string=source)
    again = pygraphviz.AGraph(string=graph.to_string())
    for read in (graph, again):
        assert set(read.nodes()) == {f"n{node.id}" for node in facts.nodes}
        for node in facts.nodes:
            attributes = read.get_node(f"n{node.id}").attr
            assert attributes["op"] == node.op
            assert same(attributes["value"] or None, node.value)
            assert same(attributes["grad"] or None, node.grad)
            if name != "hostile":
                assert attributes["name"] == node.name
        for edge in facts.edges:
            attributes = read.get_edge(f"n{edge.source}", f"n{edge.target}", str(edge.slot)).attr
            assert same(attributes["contribution"] or None, edge.contribution)
        assert read.number_of_edges() == len(facts.edges)


def test_dot_holds_hostile_names_in_their_labels() -> None:
    pygraphviz = pytest.importorskip("pygraphviz")
    graph = pygraphviz.AGraph(string=render(hostile.graph(), "dot").decode())
    tooltips = [node.attr["tooltip"] for node in graph.nodes()]
    assert any(hostile.LONG in tooltip for tooltip in tooltips)
    svg = graph.draw(format="svg", prog="dot").decode()
    shown = re.sub(r"<title>.*?</title>|xlink:title=\"[^\"]*\"", "", svg)
    assert "<script" not in svg
    assert set(re.findall(r"xlink:(?!title)\w+", shown.partition("<g ")[2])) == set()
    assert max(map(len, re.findall(r"<text[^>]*>([^<]*)", svg))) < 100
    assert "&lt;b&gt;" in svg


NAME = r"n\d+"
TEXT = r'"(?:[^\W_]|[ .,:=+/()\[\]\u0300-\u036f]|∂|<br/>|#\d+;)+"'
GRAMMAR = re.compile(
    rf"flowchart LR"
    rf"| +{NAME}(?:\[{TEXT}\]|\(\[{TEXT}\]\))"
    rf"| +subgraph s\d+\[{TEXT}\]"
    rf"| +end"
    rf"|  {NAME} -->(?:\|{TEXT}\|)? {NAME}"
    rf"| +%% {NAME}: {TEXT[1:-1]}"
    rf"|  classDef (?:input|constant|op|output) [\w#:,-]+"
    rf"|  class {NAME}(?:,{NAME})* (?:input|constant|op|output)"
)


@every
def test_mermaid_is_lines_of_a_small_grammar(name: str) -> None:
    facts = FACTS[name]()
    lines = render(facts, "mmd").decode().splitlines()
    for line in lines:
        assert GRAMMAR.fullmatch(line), line
    assert sum("-->" in line for line in lines) == len(facts.edges)
    nodes = [line for line in lines if re.match(rf" +{NAME}[\[(]", line)]
    assert len(nodes) == len(facts.nodes)
    if name != "hostile":
        assert max(map(len, lines)) < 400
    else:
        assert any(hostile.LONG in line and line.lstrip().startswith("%%") for line in lines)
        assert max(len(line) for line in nodes) < 1000


def test_mermaid_shows_values_and_gradients() -> None:
    lines = render(samples.s2(), "mmd").decode().splitlines()
    assert '  n0["w<br/>2<br/>∂ 17"]' in lines
    assert '  n8(["t = u3 + s<br/>7<br/>∂ 2"])' in lines
    assert '  n0 -->|"t<br/>∂ 7"| n9' in lines


def test_mermaids_limits_are_told() -> None:
    notes = draw(samples.layered(400), "mmd").notes
    assert any("500 edges" in note for note in notes)
    assert draw(samples.s2(), "mmd").notes == ()


def test_floats_are_written_in_full() -> None:
    third = 1 / 3
    maker = samples.Maker()
    maker.node("x", third, math.pi)
    facts: GraphFacts = maker.facts()
    for word in ("graphml", "dot"):
        source = render(facts, word).decode()
        assert repr(third) in source
        assert repr(math.pi) in source
