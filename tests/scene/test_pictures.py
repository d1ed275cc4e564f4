"""What a picture says: roles, contributions, hubs, cards, and what is left out."""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.annotate.facts import GraphFacts
from graphtrace.errors import FormatError
from graphtrace.scene.borders import shared_length
from graphtrace.scene.build import build_scene
from graphtrace.scene.geometry import sample
from graphtrace.scene.model import Label, Scene, SceneNode
from graphtrace.scene.options import Options, check_look, check_show
from tests.scene import samples


def drawn(facts: GraphFacts, *show: str, look: str = "auto", wrap: float = 0.0) -> Scene:
    """Return a picture, in one row unless told otherwise."""
    return build_scene(facts, Options(show=check_show(show or None), look=look, wrap=wrap))


def node(scene: Scene, key: str) -> SceneNode:
    return next(node for node in scene.nodes if node.key == key)


def said(of: Scene | SceneNode, role: str) -> list[str]:
    nodes = of.nodes if isinstance(of, Scene) else (of,)
    return [label.ink.text for n in nodes for label in n.labels if label.ink.role == role]


def only(of: SceneNode, role: str) -> Label:
    (label,) = [label for label in of.labels if label.ink.role == role]
    return label


def test_the_value_is_above_the_wire_and_the_gradient_below_in_italics() -> None:
    scene = drawn(samples.s1())
    for box in scene.nodes:
        wire = next(shape for shape in box.shapes if shape.role == "wire")
        value, gradient = only(box, "value"), only(box, "gradient")
        assert value.box.bottom <= wire.y + 0.5
        assert gradient.box.y >= wire.y - 0.5
        assert (value.ink.italic, gradient.ink.italic) == (False, True)
    assert said(scene, "value") == ["1", "3", "2", "0", "20.09", "40.17", "40.17"]
    assert said(scene, "gradient") == ["1", "40.17", "20.09", "1", "2", "1", "1"]
    assert sorted(said(scene, "local")) == ["1", "1", "1/x", "h2", "h2", "z"]


def test_inputs_are_named_at_the_left_and_the_output_at_the_right_end() -> None:
    scene = drawn(samples.s1())
    x, f = node(scene, "n0"), node(scene, "n6")
    assert only(x, "name").left == pytest.approx(x.box.x)
    assert only(f, "name").box.right == pytest.approx(f.box.right, abs=3)


def test_a_shared_weight_shows_each_contribution_and_their_sum_once() -> None:
    scene = drawn(samples.s2())
    assert sorted(said(scene, "contribution")) == ["4", "6", "7"]
    assert said(node(scene, "n0"), "gradient") == ["17"]


def test_other_contributions_are_shown_on_request() -> None:
    assert said(drawn(samples.s1()), "contribution") == []
    asked = said(drawn(samples.s1(), "value", "grad", "contribution"), "contribution")
    assert sorted(asked) == ["1", "1", "1", "2", "20.09", "40.17"]


def test_a_square_has_two_wires_that_do_not_lie_on_each_other() -> None:
    one, two = drawn(samples.square()).wires
    assert (one.source, one.target) == (two.source, two.target) == ("n0", "n1")
    assert one.points != two.points
    assert one.head != two.head


def test_not_computed_is_absent_and_zero_is_zero() -> None:
    assert said(drawn(samples.s1(backward=False)), "gradient") == []
    zero = samples.Maker()
    zero.node("x", 1.0, 0.0)
    assert said(drawn(zero.facts()), "gradient") == ["0"]


def test_nan_and_infinity_have_badges() -> None:
    scene = drawn(samples.exceptional())
    assert sorted(said(scene, "badge-text")) == ["NaN", "NaN", "NaN", "−∞", "∞"]
    badges = [shape for n in scene.nodes for shape in n.shapes if shape.role == "badge"]
    assert len(badges) == 5
    cards = said(drawn(samples.softmax(nan=True)), "badge-text")
    assert "NaN×3" in cards
    assert "+∞×1" in cards


def test_a_hub_has_an_alias_at_each_use_and_one_box_with_the_sum() -> None:
    scene = drawn(samples.hub(20))
    aliases = [n for n in scene.nodes if n.role == "alias"]
    assert len(aliases) == 20
    assert {wire.source for wire in scene.wires if wire.dashed} == {n.key for n in aliases}
    (box,) = [n for n in scene.nodes if n.role == "hub"]
    assert "20 uses" in said(box, "shape")
    terms = " ".join(said(box, "gradient"))
    assert terms.startswith("∂h₂₀/∂w = 122.3 = 6.116 + 6.116")
    assert "more" in terms
    assert not [n for n in drawn(samples.hub(8)).nodes if n.role in ("alias", "hub")]


def test_constants_stand_at_their_wire_without_gradient() -> None:
    m = samples.Maker()
    m.node("x", 3.0, 2.0)
    m.node("2", 2.0, op="constant", named=False)
    m.node("y", 6.0, 1.0, op="multiply", symbol="×",
           operands=[("2", "x", "x", 3.0, None), ("x", "2", "2", 2.0, 2.0)])  # fmt: skip
    scene = drawn(m.facts())
    (constant,) = [n for n in scene.nodes if n.role == "constant"]
    assert [label.ink.text for label in constant.labels] == ["2"]


def test_arrays_are_cards_and_scalars_beside_them_circuits() -> None:
    scene = drawn(samples.network())
    roles = {n.title.split(" ")[0]: n.role for n in scene.nodes if n.key[0] == "n"}
    assert roles == {"x": "card", "W₁": "card", "b₁": "card", "W₂": "card", "a₁": "card",
                     "z₁": "card", "h₁": "card", "o": "card", "L": "operation"}  # fmt: skip
    assert {n.role for n in drawn(samples.network(), look="circuit").nodes} == {
        "input",
        "operation",
    }
    assert {n.role for n in drawn(samples.s1(), look="card").nodes} == {"card"}


def test_a_large_card_tells_shape_statistics_and_norm() -> None:
    p = node(drawn(samples.softmax()), "n2")
    assert "float64[100, 50]" in said(p, "shape")
    assert any(text.startswith("mean 0.02") for text in said(p, "value"))
    assert any(text.startswith("norm") for text in said(p, "gradient"))
    levels = [shape.level for shape in p.shapes if shape.level is not None]
    assert len(levels) == 2 * 12 * 8
    assert all(-1 <= level <= 1 for level in levels)


def test_heat_maps_share_a_scale_that_the_legend_tells() -> None:
    facts = samples.softmax()
    (legend,) = [n for n in drawn(facts).nodes if n.role == "legend"]
    peak = max(float(np.abs(n.value).max()) for n in facts.nodes if np.ndim(n.value))
    assert said(legend, "value")[-1] == f"{peak:.3g}"


def test_an_operand_without_an_edge_leaves_no_hole() -> None:
    facts = samples.s2()
    scene = drawn(replace(facts, edges=tuple(e for e in facts.edges if e.slot or e.source != 0)))
    assert len(scene.wires) == len(facts.edges) - 3


def test_scopes_are_nested_frames() -> None:
    outer, inner = drawn(samples.diamond(("encoder", "block"))).clusters
    assert (outer.label.ink.text, inner.label.ink.text) == ("encoder", "block")
    assert outer.box.x < inner.box.x
    assert inner.box.bottom < outer.box.bottom


@pytest.mark.parametrize("make", [samples.s1, samples.s2, samples.network, lambda: samples.rnn(2)])
def test_wires_run_from_their_source_to_their_target(make: Callable[[], GraphFacts]) -> None:
    scene = drawn(make())
    for wire in scene.wires:
        source, target = node(scene, wire.source).box, node(scene, wire.target)
        # A wire begins a little inside of its source, so that no gap shows.
        x, y = wire.points[0]
        assert x == pytest.approx(source.right - 0.5)
        assert y == source.y + source.height / 2
        body = next(s for s in target.shapes if s.role in ("operation", "card"))
        x, y = wire.head[0]
        if body.kind == "ellipse":
            across = (x - body.x - body.width / 2) / (body.width / 2)
            down = (y - body.y - body.height / 2) / (body.height / 2)
            assert across**2 + down**2 == pytest.approx(1)
        else:
            assert x == pytest.approx(body.x)
            assert body.y < y < body.y + body.height
        end = wire.points[-1]
        assert abs(end[0] - x) + abs(end[1] - y) < 12
        assert all(a[0] <= b[0] + 40 for a, b in pairwise(wire.points))


def test_every_node_and_wire_speaks() -> None:
    scene = drawn(samples.s1())
    assert node(scene, "n4").title == "h₂ = 20.09"
    assert "op exp; exp(y); value 20.09; gradient 2" in node(scene, "n4").description
    assert next(w for w in scene.wires if w.key == "e4-5-0").title == (
        "∂h₃/∂h₂ = z = 2; contribution 2"
    )


def test_unknown_words_are_named_with_a_guess() -> None:
    with pytest.raises(FormatError, match=r"cannot show 'vaule'; did you mean 'value'\?"):
        check_show("vaule,grad")
    with pytest.raises(FormatError, match=r"unknown look 'cards'; did you mean 'card'\?"):
        check_look("cards")
    assert check_show("value, grad") == {"value", "grad"}


@pytest.mark.parametrize(
    ("facts", "most"),
    [(samples.s1(), 140), (samples.s2(), 165), (samples.rnn(4), 150), (samples.hub(12), 190)],
    ids=["s1", "s2", "rnn", "hub"],
)
def test_an_operation_with_short_numbers_takes_little_room(facts: GraphFacts, most: float) -> None:
    operations = sum(n.kind == "op" for n in facts.nodes)
    assert drawn(facts).width / operations <= most


def test_a_picture_too_wide_for_a_slide_says_so_and_what_to_do() -> None:
    wide = samples.hub(40)
    (note,) = drawn(wide).notes
    assert "on a slide of 1280 pixels its small type has 1." in note
    assert note.endswith(
        "Draw a part (`--focus NAME`), show less (`--show value,name`),"
        " or read it as text (`-o f.txt`)."
    )
    less = drawn(wide, "value", "name")
    assert less.width < 0.9 * drawn(wide).width
    assert all("--show" not in note for note in less.notes)
    assert drawn(samples.s2()).notes == ()


def test_a_card_ends_where_its_block_does_without_a_stub() -> None:
    for facts in (samples.s1(), samples.network(), samples.exceptional()):
        for card in (n for n in drawn(facts, look="card").nodes if n.role == "card"):
            (frame,) = [shape for shape in card.shapes if shape.role == "card"]
            assert frame.x + frame.width == pytest.approx(card.box.right)
            assert not [shape for shape in card.shapes if shape.role == "wire"]


def test_a_card_has_air_between_name_and_value() -> None:
    for card in drawn(samples.s1(), look="card").nodes:
        # Digits reach up to 0.73 of their size, ascents to 0.76.
        assert only(card, "value").box.y - only(card, "name").box.bottom >= 4.5


@pytest.mark.parametrize("look", ["auto", "card"])
def test_wires_that_climb_have_room_to_do_so(look: str) -> None:
    for facts in (samples.network(), samples.s1(), samples.square()):
        scene = drawn(facts, look=look)
        right = {n.key: n.box.right for n in scene.nodes}
        left = {n.key: n.box.x for n in scene.nodes}
        for wire in scene.wires:
            climb = abs(wire.points[-1][1] - wire.points[0][1])
            run = left[wire.target] - right[wire.source]
            assert run >= min(0.8 * climb, 30), wire.key


def test_wires_have_no_corners() -> None:
    for facts in (samples.s2(), samples.rnn(4), samples.scoped(2), samples.scoped(4)):
        for wire in drawn(facts).wires:
            line = sample(wire.points[:-3], 60)
            for a, b in zip(turns(line), turns(line[1:]), strict=False):
                assert abs(a - b) < 0.5, wire.key


def turns(line: list[tuple[float, float]]) -> list[float]:
    far = [line[0]]
    for x, y in line:
        if math.hypot(x - far[-1][0], y - far[-1][1]) > 2:
            far.append((x, y))
    return [math.atan2(y1 - y0, x1 - x0) for (x0, y0), (x1, y1) in pairwise(far)]


def test_small_circuits_name_every_operation_and_large_ones_the_named() -> None:
    assert said(drawn(samples.s1()), "name") == ["x", "y", "z", "h₁", "h₂", "h₃", "f"]
    assert said(drawn(samples.chain(12)), "name")[1:3] == ["v₀", "v₁"]
    assert said(drawn(samples.chain(13)), "name") == ["x", "v₀", "v₁₂"]


def test_a_name_of_low_lines_does_not_look_like_a_minus() -> None:
    m = samples.Maker()
    m.node("_", 1.0, 1.0)
    m.node("__", 1.0, 1.0, op="exp", operands=[("_", "1", "1", 1.0, 1.0)])
    assert said(drawn(m.facts()), "name") == ["\u201c_\u201d", "\u201c__\u201d"]
    assert said(drawn(m.facts(), look="card"), "name")[0] == "\u201c_\u201d"


def test_every_result_is_named_at_its_end() -> None:
    m = samples.Maker()
    m.node("x", 1.0, 1.0)
    for result in ("a", "b"):
        m.node(result, 1.0, 1.0, op="exp", operands=[("x", "1", "1", 1.0, 1.0)])
    scene = drawn(m.facts())
    for key in ("n1", "n2"):
        end = node(scene, key)
        assert only(end, "name").box.right == pytest.approx(end.box.right, abs=3)


@pytest.mark.parametrize("look", ["auto", "card"])
@pytest.mark.parametrize("steps", [2, 4, 9])
def test_no_wire_runs_along_the_border_of_a_scope(steps: int, look: str) -> None:
    scene = drawn(samples.scoped(steps), look=look)
    wires = [wire.points for wire in scene.wires]
    assert len(scene.clusters) == steps
    # A crossing at a slant shares a little.
    assert max(shared_length(cluster.box, wires) for cluster in scene.clusters) < 26


def test_a_frame_holds_the_wires_between_what_is_in_it() -> None:
    def residual(x):
        h = np.tanh(x)
        with gt.scope("block"):
            a = h * 2
            y = a + np.tanh(np.exp(np.tanh(a)))
        return np.sum(y)

    scene = build_scene(gt.trace(residual, np.ones(9)).backward().facts(), Options(wrap=0))
    (frame,) = (cluster.box for cluster in scene.clusters)
    boxes = {node.key: node.box for node in scene.nodes}
    inner = {key for key, box in boxes.items() if frame.x < box.x and box.right < frame.right}
    wires = [wire for wire in scene.wires if {wire.source, wire.target} <= inner]
    assert len(wires) >= 5
    for wire in wires:
        for x, y in sample(wire.points):
            assert frame.x < x < frame.right, wire.title
            assert frame.y < y < frame.bottom, wire.title
