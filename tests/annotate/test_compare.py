"""Two graphs side by side, against what was changed by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphtrace as gt
from graphtrace.errors import FormatError, GraphTraceError


def parse(text, **inputs):
    return gt.parse(text, **inputs).backward()


def test_another_operation_is_changed_and_what_follows_has_moved():
    found = gt.compare(parse("f = ln(x)*y", x=1, y=2), parse("f = exp(x)*y", x=1, y=2))
    assert not found.same
    assert (found.added, found.removed, found.changed) == ((), (), ("h1",))
    moved = {(row.node, row.what): (row.old, row.new) for row in found.moves}
    names = {node.name: node.id for node in found.facts.nodes}
    e = np.e
    # By hand: ln 1 = 0, ∂f/∂x = y/x = 2; exp 1 = e, ∂f/∂x = y·e.
    expected = {
        (names["f"], "value"): (0, 2 * e),
        (names["h1"], "value"): (0, e),
        (names["x"], "gradient"): (2, 2 * e),
        (names["y"], "gradient"): (0, e),
    }
    assert moved.keys() == expected.keys()
    for key, pair in expected.items():
        assert moved[key] == pytest.approx(pair)


def test_the_largest_move_comes_first():
    found = gt.compare(parse("f = x*y", x=1, y=8), parse("f = x*y", x=1.5, y=8.5))
    sizes = [row.relative for row in found.moves]
    assert sizes == sorted(sizes, reverse=True)
    # x: 0.5/1.5, and it is the gradient of y; f: 4.75/12.75; y: 0.5/8.5, and the gradient of x.
    assert sizes == pytest.approx([4.75 / 12.75, 1 / 3, 1 / 3, 0.5 / 8.5, 0.5 / 8.5])


def test_lines_that_came_and_went():
    one = parse("a = x*x; f = a + y", x=2, y=3)
    two = parse("a = x*x; b = tanh(a); f = b + y", x=2, y=3)
    assert gt.compare(one, two).added == ("b",)
    assert gt.compare(two, one).removed == ("b",)


def test_another_name_is_no_other_program():
    found = gt.compare(parse("h = x*x; f = ln(h)", x=2), parse("g = x*x; f = ln(g)", x=2))
    assert found.same
    assert found.renamed == (("h", "g"),)


def test_functions_of_two_versions():
    def before(x, w):
        h = np.tanh(w * x)
        return h * h

    def now(x, w):
        h = np.tanh(w * x)
        k = np.exp(h)
        return h * k

    found = gt.compare(gt.trace(before, 0.5, 2.0).backward(), gt.trace(now, 0.5, 2.0).backward())
    assert found.added == ("k",)
    assert found.removed == ()


def test_what_lies_within_the_tolerance_has_not_moved():
    one, two = parse("f = x*y", x=1, y=2), parse("f = x*y", x=1 + 1e-9, y=2)
    assert gt.compare(one, two).same
    assert not gt.compare(one, two, rtol=1e-12).same


def test_nan_and_another_shape_are_told():
    one = gt.trace(lambda x: np.sum(np.log(x)), np.array([1.0, 2.0])).backward()
    two = gt.trace(lambda x: np.sum(np.log(x)), np.array([1.0, -2.0])).backward()
    notes = {move.note for move in gt.compare(one, two).moves if not np.isfinite(move.relative)}
    assert notes
    three = gt.trace(lambda x: np.sum(np.log(x)), np.array([1.0, 2.0, 3.0])).backward()
    assert any("shape" in move.note for move in gt.compare(one, three).moves)


def test_only_one_side_with_gradients_is_refused():
    forward = gt.parse("f = x*x", x=1)
    with pytest.raises(GraphTraceError, match="backward"):
        gt.compare(forward, parse("f = x*x", x=1))
    assert gt.compare(forward, gt.parse("f = x*x", x=1)).same
    with pytest.raises(FormatError, match="rtol"):
        gt.compare(forward, forward, rtol=-1)


NAMES = ("x", "y", "z")


@st.composite
def programs(draw):
    """Draw a program of sums, products and tanh over three inputs."""
    known, lines = list(NAMES), []
    for k in range(draw(st.integers(1, 8))):
        a, b = draw(st.sampled_from(known)), draw(st.sampled_from(known))
        form = draw(st.sampled_from(["{a} + {b}", "{a}*{b}", "tanh({a})", "{a} - 2*{b}"]))
        lines.append(f"v{k + 1}00 = {form.format(a=a, b=b)}")
        known.append(f"v{k + 1}00")
    return lines


def inputs_of(lines):
    text = " ".join(lines)
    return {name: 0.5 + k for k, name in enumerate(NAMES) if name in text.replace("exp", "")}


@settings(max_examples=60, deadline=None)
@given(programs())
def test_a_graph_is_the_same_as_itself(lines):
    graph = parse("; ".join(lines), **inputs_of(lines))
    found = gt.compare(graph, graph)
    assert found.same
    assert not found.renamed


@settings(max_examples=60, deadline=None)
@given(programs(), st.sampled_from(NAMES))
def test_at_another_input_only_what_depends_on_it_has_another_value(lines, name):
    inputs = inputs_of(lines)
    if name not in inputs:
        return
    one = parse("; ".join(lines), **inputs)
    two = one.at(**{name: inputs[name] + 0.25}).backward()
    found = gt.compare(one, two)
    assert (found.added, found.removed, found.changed) == ((), (), ())
    touched = {name}
    for line in lines:
        target, _, right = line.partition(" = ")
        if touched & set(right.replace("(", " ").replace(")", " ").replace("*", " ").split()):
            touched.add(target)
    names = {node.id: node for node in found.facts.nodes}
    for move in found.moves:
        node = names[move.node]
        # Unnamed steps, such as 2*y, carry what they are made of in their line.
        if move.what == "value" and node.name.startswith("v") and node.name.endswith("00"):
            assert node.name in touched


@settings(max_examples=40, deadline=None)
@given(programs())
def test_before_and_now_change_places(lines):
    inputs = inputs_of(lines)
    one = parse("; ".join(lines), **inputs)
    two = parse("; ".join([*lines, f"last = {lines[-1].partition(' ')[0]} * 3"]), **inputs)
    there, back = gt.compare(one, two), gt.compare(two, one)
    assert there.added == back.removed
    assert there.removed == back.added


@pytest.mark.parametrize(
    "name", ["<b>&amp;", 'say "x"', "\\write18{ls}", "$a$", "☃\u202e", "n" * 300]
)
@pytest.mark.parametrize("form", ["svg", "txt", "json", "tex"])
def test_hostile_names_stay_text(name, form):
    def graph(value):
        made = gt.Graph()
        v = made.inputs(**{name: value})
        gt.name(v * v, name + "2")
        return made.backward()

    found = gt.compare(graph(2.0), graph(3.0))
    drawn = found.render(format=form)
    assert drawn is not None
    text = drawn.decode()
    if form == "tex":
        # What TeX reads.
        text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("%"))
    assert "<b>" not in text or form in ("txt", "json", "tex")
    assert "\\write18{" not in text or form in ("txt", "json", "svg")
    if form == "svg":
        from xml.etree.ElementTree import fromstring

        fromstring(text)  # noqa: S314 -- our own picture


def test_the_same_two_graphs_give_the_same_bytes():
    one, two = parse("f = ln(x)*y", x=1, y=2), parse("f = exp(x)*y + x", x=1, y=2)
    for form in ("svg", "json", "txt", "tex"):
        first, second = (gt.compare(one, two).render(format=form) for _ in range(2))
        assert first == second
