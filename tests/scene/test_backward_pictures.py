"""A recorded backward pass, drawn beside the forward one: tidy, mirrored, column by column."""

from collections.abc import Callable

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.annotate.facts import GraphFacts
from graphtrace.scene import layout
from graphtrace.scene.build import build_scene
from graphtrace.scene.model import SceneNode
from graphtrace.scene.options import Options
from tests.scene.tidy import overlapping_nodes, untidy


def network(x, W1, b1, W2, b2, t):
    with gt.scope("hidden"):
        z1 = W1 @ x + b1
        h = np.tanh(z1)
    y = W2 @ h + b2
    loss = np.sum((y - t) ** 2)
    return loss  # noqa: RET504 - a name for the result, as in a user's program


def chain(w, h, steps: int = 12):
    for _ in range(steps):
        h = np.tanh(w * h)
    return h


def arrays(*shapes):
    rng = np.random.default_rng(5)
    return [rng.normal(size=shape) for shape in shapes]


PICTURES: dict[str, Callable[[], gt.Graph]] = {
    "s1": lambda: gt.parse("h1 = ln(x); h2 = exp(y); h3 = h2*z; f = h1 + h3", x=1, y=3, z=2),
    "s2": lambda: gt.parse(
        "q = w*u1; r = u2 + q; s = w*r; t = u3 + s; y = w*t", w=2, u1=1, u2=1, u3=1
    ),
    "x*x": lambda: gt.parse("y = x*x", x=3),
    "a shared weight of many uses": lambda: gt.trace(chain, 0.5, 1.0),
    "a network": lambda: gt.trace(network, *arrays(3, (4, 3), 4, (2, 4), 2, 2)),
    "large arrays": lambda: gt.trace(network, *arrays(9, (8, 9), 8, (7, 8), 7, 7)),
    "an input without a path": lambda: gt.parse("f = x*y + 0*sign(z)", x=2, y=3, z=4),
    "a second backward pass": lambda: gt.parse("f = x*exp(x*y)", x=0.5, y=2).backward(record=True),
    "accidents": lambda: gt.parse("f = ln(x)*y", x=0, y=0),
}


@pytest.fixture(params=list(PICTURES), scope="module")
def facts(request: pytest.FixtureRequest) -> GraphFacts:
    return PICTURES[request.param]().backward(record=True).facts()


@pytest.mark.parametrize("look", ["auto", "card"])
def test_both_passes_are_tidy(facts: GraphFacts, look: str) -> None:
    assert untidy(build_scene(facts, Options(look=look))) == {}


def body(node: SceneNode) -> tuple[float, float]:
    """Return where a node's circle, card or name begins and ends."""
    shape = node.shapes[0]
    return shape.x, shape.x + shape.width


def test_a_gradient_stands_below_what_it_is_the_gradient_of(facts: GraphFacts) -> None:
    nodes = {node.key: node for node in build_scene(facts).nodes}
    for gradient, of in facts.mirror.items():
        below, above = nodes.get(f"n{gradient}"), nodes.get(f"n{of}")
        if below and above:
            one, two = below.box, above.box
            assert one.x + one.width / 2 == pytest.approx(two.x + two.width / 2, abs=1.01)
            assert one.y > two.bottom


def test_forward_wires_run_to_the_right_and_backward_ones_to_the_left(facts: GraphFacts) -> None:
    scene = build_scene(facts, Options(wrap=0))
    for wire in scene.wires:
        way = 1 if int(wire.target[1:]) not in facts.mirror else -1
        assert way * (wire.head[0][0] - wire.points[0][0]) > 0, wire.key


def test_the_passes_are_two_framed_groups_that_do_not_overlap(facts: GraphFacts) -> None:
    frames = [c for c in build_scene(facts, Options(wrap=0)).clusters if " / " not in c.title]
    assert [frame.title for frame in frames] == ["backward", "forward"]
    backward, forward = (frame.box for frame in frames)
    assert backward.y > forward.bottom
    assert (backward.x, backward.width) == (forward.x, forward.width)


def test_forward_values_enter_the_backward_pass_by_thin_dashed_wires_from_their_names() -> None:
    scene = build_scene(PICTURES["s1"]().backward(record=True).facts())
    names = {node.key: node.labels[0].ink.text for node in scene.nodes if node.role == "reference"}
    dashed = [wire for wire in scene.wires if wire.dashed]
    assert {wire.role for wire in dashed} == {"reference"}
    assert sorted(names[wire.source] for wire in dashed) == ["h₂", "h₂", "x", "z"]


def test_gradients_are_typeset_as_quotients_in_the_colour_of_gradients() -> None:
    scene = build_scene(PICTURES["s1"]().backward(record=True).facts())
    labels = {label.ink.text: label.ink for node in scene.nodes for label in node.labels}
    assert labels["∂f/∂h₂"].art
    assert labels["20.09"].role in ("value", "gradient")
    roles = {
        label.ink.role for node in scene.nodes if "∂f/∂z" in node.title for label in node.labels
    }
    assert "gradient" in roles
    assert "value" not in roles


def test_a_matrix_on_a_mirrored_card_keeps_its_order() -> None:
    facts = PICTURES["a network"]().backward(record=True).facts()
    (gradient,) = (node for node in facts.nodes if node.name == "∂loss/∂W2")
    (card,) = (n for n in build_scene(facts).nodes if n.key == f"n{gradient.id}")
    numbers = [label for label in card.labels if label.ink.role == "gradient"]
    rows = sorted({round(label.y) for label in numbers})
    for at, row in zip(rows, np.asarray(gradient.value), strict=True):
        line = sorted((label.x, label.ink.text) for label in numbers if round(label.y) == at)
        shown = [float(text.replace("\N{MINUS SIGN}", "-")) for _, text in line]
        np.testing.assert_allclose(shown, row, rtol=1e-3)


def test_without_time_both_passes_stand_in_plain_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "IN_PROCESS_LIMIT", 0)
    monkeypatch.setattr(layout, "_run", lambda *_: None)
    facts = PICTURES["s2"]().backward(record=True).facts()
    scene = build_scene(facts)
    assert "plain columns" in scene.notes[0]
    assert overlapping_nodes(scene) == []
    frames = {cluster.title: cluster.box for cluster in scene.clusters}
    assert frames["backward"].y > frames["forward"].bottom
    mine = [wire for wire in scene.wires if not wire.dashed]
    for wire in mine:
        way = 1 if int(wire.target[1:]) not in facts.mirror else -1
        assert way * (wire.head[0][0] - wire.points[0][0]) > 0


def test_a_picture_of_both_passes_has_the_same_bytes_each_time() -> None:
    one, two = (PICTURES["a network"]().backward(record=True).render() for _ in range(2))
    assert one == two


def test_no_row_has_steps_between_gradients_alone():
    def square(W, x):
        return np.sum(np.tanh(W @ x) ** 2)

    g = gt.trace(square, np.array([[1.0, 0.5], [-0.5, 2.0]]), np.array([0.3, -0.2]))
    scene = build_scene(g.backward(record=True).facts(), Options(digits=3))
    frames = sorted(scene.clusters, key=lambda frame: frame.box.y)
    assert [frame.title for frame in frames] == ["forward", "backward"] * 2
