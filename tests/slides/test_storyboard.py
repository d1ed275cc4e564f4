"""The steps of a lecture, against passes worked by hand."""

from itertools import pairwise

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import FormatError
from graphtrace.scene.model import LIT, Shape, Wire
from graphtrace.scene.options import Options
from graphtrace.slides.caption import caption_lines
from graphtrace.slides.deck import make_deck
from graphtrace.slides.layers import layers_of, ranges
from graphtrace.slides.storyboard import MOST_STEPS


def s1():
    return gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward()


def s2():
    return gt.parse(
        "p = u1; q = w*p; r = u2 + q; s = w*r; t = u3 + s; y = w*t", u1=1, u2=1, u3=1, w=2
    ).backward()


def network():
    rng = np.random.default_rng(0)

    def loss(W, x, b):
        with gt.scope("hidden"):
            h = np.tanh(W @ x + b)
        return np.sum(h * h)

    return gt.trace(
        loss, rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=3)
    ).backward()


def test_the_steps_of_s1_in_the_order_of_a_blackboard():
    headings = [step.heading for step in s1().storyboard().steps]
    assert headings[1:8] == [
        "The graph", "The inputs", "Forward: h₁", "Forward: h₂", "Forward: h₃", "Forward: f",
        "Backward: start at f",
    ]  # fmt: skip
    # Each edge: its local gradient, then what goes back along it; f first, inputs last.
    assert headings[8:] == [
        "Backward: local gradient of f by h₁", "Backward: gradient of h₁",
        "Backward: local gradient of f by h₃", "Backward: gradient of h₃",
        "Backward: local gradient of h₃ by h₂", "Backward: gradient of h₂",
        "Backward: local gradient of h₃ by z", "Backward: gradient of z",
        "Backward: local gradient of h₂ by y", "Backward: gradient of y",
        "Backward: local gradient of h₁ by x", "Backward: gradient of x",
        "The gradients of the inputs",
    ]  # fmt: skip


def test_captions_have_the_formula_and_the_numbers():
    captions = {step.heading: step.captions[0].text for step in s1().storyboard().steps[2:]}
    assert captions["The inputs"] == "x = 1,  y = 3,  z = 2"
    assert captions["Forward: h₃"].endswith("= 40.17")
    chain = captions["Backward: gradient of h₂"]
    assert chain.startswith("∂f/∂h₂ = ∂f/∂h₃ · ∂h₃/∂h₂ = ")
    assert chain.endswith("1 · 2 = 2")
    assert "20.09" in captions["Backward: local gradient of h₃ by z"]


def test_where_contributions_meet_there_is_a_sum():
    steps = s2().storyboard().steps
    sums = [step for step in steps if step.kind == "sum"]
    assert [step.heading for step in sums] == ["Backward: sum at w"]
    # By hand: the uses of w contribute 4 in q, 6 in s, 7 in y.
    for word in ("4", "6", "7", "17"):
        assert word in sums[0].captions[0].text
        assert word in sums[0].notes
    # Each contribution to w comes before the sum, and none shows the gradient of w.
    at = steps.index(sums[0])
    before = [step for step in steps[:at] if step.heading.endswith("to w")]
    assert len(before) == 3
    assert all(not any(part.startswith("grad") for part in step.new) for step in before)


def test_every_step_has_words_for_the_speaker():
    assert all(step.notes for step in s2().storyboard().steps)


@pytest.mark.parametrize("make", [s1, s2, network])
def test_each_part_appears_once_and_in_the_end_all_are_there(make):
    board = make().storyboard()
    seen: list[str] = []
    for step in board.steps[:-1]:
        assert not step.new & set(seen)
        seen += step.new
    nodes = {node.id: node for node in board.facts.nodes}
    values = {f"value n{n}" for n in nodes if nodes[n].kind != "constant"}
    gradients = {f"grad n{n}" for n in nodes if nodes[n].grad is not None}
    assert values | gradients <= set(seen)
    assert board.steps[-1].new <= set(seen)


def test_without_a_backward_pass_there_are_forward_steps_only():
    kinds = {step.kind for step in gt.parse("y = x*x", x=3).storyboard().steps}
    assert kinds == {"title", "graph", "inputs", "forward"}


def test_a_level_is_what_has_as_many_operations_before_it():
    steps = s1().storyboard(per="level").steps
    forward = [step for step in steps if step.kind == "forward"]
    # ln and exp first, then the product, then the sum.
    assert [len(step.captions) for step in forward] == [2, 1, 1]
    assert [step.heading for step in forward] == [f"Forward: level {k}" for k in (1, 2, 3)]
    back = [step.heading for step in steps if step.kind == "level"]
    assert back == [f"Backward: level {k}" for k in (3, 2, 1)]


def test_a_scope_is_one_step():
    steps = network().storyboard(per="scope").steps
    assert "Forward: hidden" in [step.heading for step in steps]
    assert len(steps) < len(network().storyboard().steps)


def test_graphs_that_are_too_large_are_refused_with_the_way_out():
    source = "y = x" + "; y = y*x" * (MOST_STEPS // 3)
    with pytest.raises(FormatError, match=r"too many for a deck .* --per scope"):
        gt.parse(source, x=1).backward().storyboard()
    with pytest.raises(FormatError, match="did you mean 'level'"):
        s1().storyboard(per="levle")


def plain(element):
    """Return what is drawn, highlighted or not."""
    if isinstance(element, (Shape, Wire)):
        return element.points if isinstance(element, Wire) else (element.x, element.y, element.kind)
    return element


@pytest.mark.parametrize("make", [s1, s2, network])
def test_nothing_moves_from_frame_to_frame(make):
    deck = make_deck([make().storyboard()], Options())
    frames = deck.frames[1:]
    whole = frames[-1].drawing
    places = {node.key: {plain(thing) for thing in (*node.shapes, *node.labels)}
              for node in whole.nodes}  # fmt: skip
    ways = {wire.key: wire.points for wire in whole.wires}
    for frame in frames:
        assert (frame.page.width, frame.page.height) == (960, 540)
        assert {wire.key: wire.points for wire in frame.drawing.wires} == ways
        for node in frame.drawing.nodes:
            things = [s for s in node.shapes if s.role != "mark"] + list(node.labels)
            assert {plain(thing) for thing in things} <= places[node.key]


@pytest.mark.parametrize("make", [s1, s2, network])
@pytest.mark.parametrize("aspect", ["16:9", "4:3"])
def test_picture_heading_and_captions_keep_apart_and_on_the_page(make, aspect):
    deck = make_deck([make().storyboard()], Options(), aspect=aspect)
    for frame in deck.frames[1:]:
        assert frame.count is not None
        boxes = [label.box for label in (frame.heading, frame.count, *frame.captions)]
        for box in boxes:
            assert box.x >= 0
            assert box.right <= deck.width
            assert box.y >= 0
            assert box.bottom <= deck.height
        for above, below in pairwise(boxes[2:]):
            assert above.bottom <= below.y
        for node in frame.drawing.nodes:
            assert boxes[0].bottom <= node.box.y
            assert all(node.box.bottom <= caption.y for caption in boxes[2:])


def test_titles_tell_no_more_than_the_frame_shows():
    deck = make_deck([s1().storyboard()], Options())
    titles = [node.title for node in deck.frames[1].drawing.nodes]
    assert set(titles) == {"x", "y", "z", "h₁", "h₂", "h₃", "f"}
    assert not any(node.description for node in deck.frames[1].drawing.nodes)


def test_what_a_step_is_about_is_lit():
    deck = make_deck([s1().storyboard()], Options())
    (frame,) = (frame for frame in deck.frames if frame.step.heading == "Forward: h₃")
    lit_nodes = {
        node.title for node in frame.drawing.nodes
        if any(shape.role == f"{LIT}operation" for shape in node.shapes)
    }  # fmt: skip
    assert lit_nodes == {"h₃"}
    assert {w.title for w in frame.drawing.wires if w.role.startswith(LIT)} == {"h₂ → h₃", "z → h₃"}
    marks = [shape for node in frame.drawing.nodes for shape in node.shapes if shape.role == "mark"]
    assert len(marks) == 1


def test_layers_make_each_frame_again():
    deck = make_deck([s2().storyboard()], Options())
    pages = [frame.page for frame in deck.frames]
    layers = layers_of(pages)
    for number, page in enumerate(pages):
        shown = [layer.element for layer in layers if number in layer.frames]
        drawn = [*page.clusters, *page.wires]
        drawn += [thing for node in page.nodes for thing in (*node.shapes, *node.labels)]
        assert sorted(map(repr, shown)) == sorted(map(repr, drawn))
    # Type and outlines that stay are there once.
    assert len(layers) < sum(len(page.nodes) for page in pages)


def test_runs_of_frames():
    assert ranges([0, 1, 2, 5, 7, 8], 1) == [(1, 3), (6, 6), (8, 9)]
    assert ranges([]) == []


def test_a_long_caption_is_broken_at_its_equals_signs():
    from graphtrace.annotate.worked import Equation

    members = ["x"] + [" + ".join(["a_1 b_2"] * 12)] * 3
    text = " = ".join(members)
    lines = caption_lines([Equation(text, text)], 880)
    assert len(lines) >= 3
    assert all(line.width <= 880 for line in lines)


def test_several_graphs_are_one_deck():
    boards = [s1().storyboard(), s2().storyboard()]
    deck = make_deck(boards, Options())
    assert [frame.number for frame in deck.frames] == list(range(1, len(deck.frames) + 1))
    assert [frame.graph for frame in deck.frames].count(0) == len(boards[0].steps)
    assert (
        deck.title
        == "f = ln(x) + exp(y)*z · p = u1; q = w*p; r = u2 + q; s = w*r; t = u3 + s; y = w*t"
    )


def test_the_title_page_has_the_title_and_the_program():
    deck = make_deck([s2().storyboard()], Options(), title="Lecture 3: one weight, three uses")
    front = deck.frames[0]
    words = [label.ink.text for label in (front.heading, *front.captions)]
    assert words[0] == deck.title == "Lecture 3: one weight, three uses"
    assert words[1:7] == ["p = u1", "q = w*p", "r = u2 + q", "s = w*r", "t = u3 + s", "y = w*t"]
    assert all(label.box.right <= deck.width for label in (front.heading, *front.captions))
