"""Two graphs on one drawing: marks, both numbers, the key, and nothing in the way of anything."""

from collections.abc import Callable

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.comparison import Comparison
from graphtrace.render.difference import draw_difference, outstanding
from graphtrace.render.registry import compose
from graphtrace.scene.model import Scene
from tests.scene.tidy import small_type, untidy


def parsed(one: str, two: str, **inputs: float) -> Comparison:
    """Return what differs between two programs, each of which takes what it uses of the inputs."""
    graphs = []
    for text in (one, two):
        words = "".join(c if c.isalnum() else " " for c in text).split()
        graphs.append(gt.parse(text, **{k: v for k, v in inputs.items() if k in words}).backward())
    return gt.compare(*graphs)


def other_inputs() -> Comparison:
    graph = gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward()
    return gt.compare(graph, graph.at(y=2).backward())


def other_operation() -> Comparison:
    return parsed("f = ln(x)*y", "f = exp(x)*y", x=1.0, y=2.0)


def line_more() -> Comparison:
    return parsed("h = w*x; f = tanh(h)", "h = w*x + b; f = tanh(h)", w=0.5, x=2.0, b=0.1)


def line_less() -> Comparison:
    return parsed("h = w*x + b; f = tanh(h)", "h = w*x; f = tanh(h)", w=0.5, x=2.0, b=0.1)


def other_constant() -> Comparison:
    return parsed("f = 2*x + y", "f = 3*x + y", x=1.0, y=2.0)


def nothing_in_common() -> Comparison:
    return parsed("f = ln(x)", "g = sin(a)*cos(b)", x=1.0, a=1.0, b=2.0)


def the_same() -> Comparison:
    return parsed("f = ln(x)*y", "f = ln(x)*y", x=1.0, y=2.0)


def without_gradients() -> Comparison:
    return gt.compare(gt.parse("f = ln(x)*y", x=1, y=2), gt.parse("f = exp(x)*y", x=1, y=2))


def nan_on_one_side() -> Comparison:
    with np.errstate(invalid="ignore"):
        return gt.compare(
            gt.parse("f = ln(x)*y", x=1, y=2).backward(),
            gt.parse("f = ln(x)*y", x=-1, y=2).backward(),
        )


def network(rows: int, *, relu: bool) -> gt.Graph:
    def loss(X: np.ndarray, W: np.ndarray) -> np.ndarray:
        a = X @ W
        h = np.maximum(a, 0) if relu else np.tanh(a)
        mean: np.ndarray = np.mean(h**2)
        return mean

    numbers = np.linspace(-1, 1, rows * 6).reshape(rows, 6), np.linspace(-2, 1, 30).reshape(6, 5)
    return gt.trace(loss, *numbers).backward()


def arrays() -> Comparison:
    return gt.compare(network(8, relu=False), network(8, relu=True))


def other_shape() -> Comparison:
    return gt.compare(network(8, relu=False), network(5, relu=False))


def steps(count: int, weight: float = 0.9) -> gt.Graph:
    def rnn(w: float) -> float:
        h = 0.1
        for k in range(count):
            h = np.tanh(w * h + 0.1 * k)
        return h

    return gt.trace(rnn, weight).backward()


def shared_weight() -> Comparison:
    return gt.compare(steps(6), steps(6, 1.0))


def longer_loop() -> Comparison:
    return gt.compare(steps(10), steps(12))


MAKES: tuple[Callable[[], Comparison], ...] = (
    other_inputs, other_operation, line_more, line_less, other_constant, nothing_in_common,
    the_same, without_gradients, nan_on_one_side, arrays, other_shape, shared_weight, longer_loop,
)  # fmt: skip


def texts(scene: Scene) -> set[str]:
    return {label.ink.text for node in scene.nodes for label in node.labels}


@pytest.mark.parametrize("make", MAKES, ids=lambda make: make.__name__)
@pytest.mark.parametrize("look", ["auto", "card", "circuit"])
def test_nothing_overlaps_and_type_is_readable_on_a_slide(
    make: Callable[[], Comparison], look: str
) -> None:
    scene = compose(make().facts, look=look)
    assert untidy(scene) == {}
    assert small_type(scene) == []


def test_both_numbers_stand_where_they_moved_and_one_where_not() -> None:
    said = texts(compose(other_operation().facts))
    # ln 1 = 0, exp 1 = 2.718; f = y·h; ∂f/∂x = y/x = 2, y·exp x = 5.437; x, y, ∂f/∂h stay.
    assert said >= {"0 → 2.718", "0 → 5.437", "2 → 5.437", "1", "2", "≠ was ln(x)"}
    # The key has the largest ones first, with numbers that stand beside the nodes too.
    assert "≠ changed: 1" in said
    assert any(text.startswith("① ") and text.endswith(" 100 %") for text in said)


def test_what_came_has_a_heavy_border_what_went_a_dashed_one_and_both_a_sign() -> None:
    for make, sign, word, look in (
        (line_more, "+", "added", "heavy"),
        (line_less, "−", "removed", "dashed"),
    ):
        scene = compose(make().facts)
        bordered = {
            node.key
            for node in scene.nodes
            for shape in node.shapes
            if shape.role == "operation"
            and (shape.dashed if look == "dashed" else shape.weight > 2)
        }
        signed = {
            node.key
            for node in scene.nodes
            if any(label.ink.text == f"{sign} {word}" for label in node.labels)
        }
        # The sum and the input b.
        assert len(bordered) == 2
        assert bordered == signed
        assert f"{sign} {word} ({look} border): 2" in texts(scene)


def test_the_key_tells_of_operands_that_came_and_went() -> None:
    assert "− operand removed (dashed)" in texts(compose(line_more().facts))
    assert not any("operand" in text for text in texts(compose(other_inputs().facts)))


def test_of_two_that_are_the_same_the_picture_says_so() -> None:
    said = texts(compose(the_same().facts))
    assert "no difference beyond 1e-06 of the sizes" in said
    assert not any("→" in text for text in said)


def test_as_many_digits_as_tell_two_numbers_apart() -> None:
    said = texts(compose(parsed("f = x + 1", "f = x + 1.00001", x=1.0).facts))
    assert {"2 → 2.00001", "1 → 1.00001"} <= said


def test_readers_hear_what_is_drawn() -> None:
    scene = compose(line_less().facts)
    said = " ".join(node.description for node in scene.nodes)
    assert "− removed" in said
    assert "gradient" in said


def test_of_a_large_drawing_what_differs_most_is_drawn() -> None:
    found = gt.compare(steps(40), steps(42))
    drawn, whole = (draw_difference(found, "svg", whole=flag) for flag in (False, True))
    assert "what differs most of" in drawn.notes[0]
    assert "--whole" in drawn.notes[0]
    assert len(drawn.data) < len(whole.data) / 2
    names = outstanding(found.facts)
    # The shared weight has forty uses: around it is everything.
    assert "w" not in names
    assert set(found.added[:1]) <= {*names}
    same = draw_difference(gt.compare(steps(40), steps(40)), "svg")
    assert "Drawn is the output of" in same.notes[0]
