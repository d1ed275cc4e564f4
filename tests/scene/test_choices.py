"""What a user asks a picture to show: a part, a path, the heaviest paths, line widths, symbols."""

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import FormatError, NameNotFoundError
from graphtrace.scene.build import build_scene
from graphtrace.scene.model import FADED, Scene, SceneNode
from graphtrace.scene.options import options_of
from tests.scene.tidy import untidy

# Type of 10 points has 9 pixels where so many points are 1280 pixels wide.
FITS = 1422


def s1() -> gt.Graph:
    text = "h1 = ln(x); h2 = exp(y); h3 = h2*z; f = h1 + h3"
    return gt.parse(text, x=1, y=3, z=2).backward()


def s2() -> gt.Graph:
    text = "q = w*u1; r = u2 + q; s = w*r; t = u3 + s; y = w*t"
    return gt.parse(text, w=2, u1=1, u2=1, u3=1).backward()


def network() -> gt.Graph:
    """A chain from W1 on, in which every node has one use."""
    rng = np.random.default_rng(5)

    def loss(W1, W2, x, t):
        h = np.tanh(W1 @ x)
        y = W2 @ h
        return np.sum((y - t) ** 2)

    shapes = (4, 3), (2, 4), 3, 2
    return gt.trace(loss, *(rng.normal(size=shape) for shape in shapes)).backward()


def chain(steps: int) -> gt.Graph:
    def run(w, u):
        h = 0.1
        for t in range(steps):
            h = np.tanh(w * h + u[t])
        return h

    return gt.trace(run, 0.5, [0.1] * steps).backward()


def drawn(graph: gt.Graph, **choice) -> Scene:
    return build_scene(graph.facts(choice.get("show")), options_of(**choice))


def said(scene: Scene, role: str) -> list[str]:
    return [label.ink.text for n in scene.nodes for label in n.labels if label.ink.role == role]


def node(graph: gt.Graph, scene: Scene, name: str) -> SceneNode:
    return next(n for n in scene.nodes if n.key == f"n{graph[name].id}")


# -- a part of the graph ------------------------------------------------------------------


def test_a_focus_draws_what_is_near_and_stubs_where_the_graph_goes_on() -> None:
    g = s1()
    scene = drawn(g, focus="h2", radius=1)
    roles = {n.title.split(" = ")[0]: n.role for n in scene.nodes}
    assert roles == {
        "y": "input", "h₂": "operation", "h₃": "operation", "z": "alias", "f …": "stub",
    }  # fmt: skip
    (stub,) = [wire for wire in scene.wires if wire.dashed and wire.source == f"n{g['h3'].id}"]
    assert stub.target not in {f"n{n.id}" for n in g}
    assert scene.notes == ("3 of 7 nodes: within 1 step of h₂.",)


def test_an_operand_outside_that_is_an_operation_is_marked_to_go_on() -> None:
    scene = drawn(s1(), focus="h3", radius=0)
    assert sorted(n.labels[0].ink.text for n in scene.nodes if n.role in ("stub", "alias")) == [
        "f …",
        "z",
        "… h2",
    ]


def test_what_comes_back_from_outside_is_the_sum_of_its_contributions() -> None:
    # At w = 2, u = 1 the three uses of w contribute 4, 6 and 7; only the first is near u1.
    scene = drawn(s2(), focus=["w,q"], radius=0)
    assert sorted(said(scene, "contribution")) == ["13", "4"]


def test_a_hub_that_goes_on_outside_has_an_alias_there_too() -> None:
    def powers(u: float) -> float:
        h = 1.0 * u
        for _ in range(11):
            h = h * u
        return h

    scene = drawn(gt.trace(powers, 2.0).backward(), focus=[f"h{k}" for k in range(1, 10)], radius=1)
    # u is used twelve times: at h1 to h9 and h10, which is near h9; h11 and h12 are outside.
    (stub,) = [n for n in scene.nodes if n.title == "h₁₁, h₁₂ …"]
    assert next(wire.source for wire in scene.wires if wire.target == stub.key).startswith("ae")
    # Each use contributes 2¹¹, so those outside come to 2·2048.
    assert said(scene, "contribution").count("4096") == 1
    assert "10 uses, others outside" in [label.ink.text for n in scene.nodes for label in n.labels]
    assert untidy(scene) == {}


@pytest.mark.parametrize("focus", ["h2", "h_2", "h₂", ["h2"], "h2,h2"])
def test_a_focus_is_found_by_every_spelling_of_its_name(focus) -> None:
    assert len([n for n in drawn(s1(), focus=focus).nodes if n.role == "operation"]) == 2


def test_with_a_large_radius_all_is_drawn_without_stubs() -> None:
    scene = drawn(s2(), focus="r", radius=99)
    # What is computed neither from r nor for it stays outside: u3.
    assert [n.title for n in scene.nodes if n.role in ("alias", "stub")] == ["u₃ = 1"]


def test_only_gradient_leaves_out_what_carries_none() -> None:
    g = gt.parse("h = 2*x; k = sign(3.5)*h; f = k + h", x=3).backward()
    everything, less = drawn(g), drawn(g, only="gradient")
    assert said(everything, "constant") != []
    assert said(less, "constant") == []
    assert [n.key for n in less.nodes] == [f"n{n.id}" for n in g if n.grad is not None]
    with pytest.raises(FormatError, match=r"no gradients .* g\.backward\(\)"):
        drawn(gt.parse("f = 2*x", x=1), only="gradient")


def test_only_gradient_of_both_passes_keeps_the_sums() -> None:
    g = s2().backward(record=True)
    less = drawn(g, only="gradient")
    kept = {n.key for n in less.nodes}
    mirror = g.facts().mirror
    assert {f"n{id_}" for id_, of in mirror.items() if of is not None} <= kept
    assert len(less.wires) > len(mirror) - 3


# -- paths --------------------------------------------------------------------------------


def test_one_path_is_drawn_and_the_rest_fades() -> None:
    g = s1()
    scene = drawn(g, path="y:f")
    path = [wire for wire in scene.wires if wire.role == "path"]
    ids = [f"n{g[name].id}" for name in ("y", "h2", "h3", "f")]
    assert {(wire.source, wire.target) for wire in path} == set(pairwise(ids))
    others = [wire for wire in scene.wires if wire not in path]
    assert all(wire.role.startswith(FADED) for wire in others)
    assert {n.key for n in scene.nodes if n.labels[0].ink.role.startswith(FADED)} == {
        f"n{g[name].id}" for name in ("x", "z", "h1")
    }
    # Thicker, too: nothing is told by colour alone.
    assert min(wire.weight for wire in path) > max(wire.weight for wire in others)


def test_of_several_paths_the_largest_is_drawn_and_waypoints_choose_another() -> None:
    # From w: 7 directly, 6 through s, 4 through q.
    g = s2()
    scene = drawn(g, path="w:y")
    assert "One of 3 paths is drawn, the one with the largest |product|." in scene.notes
    assert said(scene, "gradient")[-1] == "7"
    assert said(drawn(g, path="w:q:y"), "gradient")[-1] == "4"


def test_the_heaviest_paths_are_numbered_and_listed_with_their_products() -> None:
    # At w = 2, u = 1: y = w·(u3 + w·(u2 + w·u1)); the five products are 8, 7, 6, 4, 4, 2.
    scene = drawn(s2(), heaviest=3)
    (legend,) = [n for n in scene.nodes if n.key == "legend-paths"]
    texts = [label.ink.text for label in legend.labels]
    assert texts[1:] == [
        "①", "u₁ → q → r → s → t → y", "8", "②", "w → y", "7", "③", "w → s → t → y", "6",
    ]  # fmt: skip
    marks = [text for text in said(scene, "path-mark") if text not in "①②③" or len(text) == 1]
    assert sorted("".join(marks)) == sorted("①②③" + "①" * 5 + "②" + "③" * 3)


def test_through_arrays_a_path_weighs_by_how_the_gradients_norm_grows() -> None:
    # Along a chain of single uses these factors multiply to the norm of the first gradient.
    g = network()
    scene = drawn(g, path="W1:loss")
    found = float(said(scene, "gradient")[-1])
    assert found == pytest.approx(float(np.linalg.norm(g["W1"].grad)), rel=1e-3)


def test_a_highlighted_path_goes_on_through_stubs() -> None:
    scene = drawn(s2(), focus="s", radius=1, heaviest=1)
    assert len([w for w in scene.wires if w.dashed and w.role == "path"]) == 2


@pytest.mark.parametrize(
    ("choice", "error", "message"),
    [
        ({"focus": "h9"}, NameNotFoundError, "focus: no node 'h9'; known: f, h1"),
        ({"focus": "hh2"}, NameNotFoundError, r"focus: no node 'hh2'; did you mean 'h2'\?"),
        ({"path": "y:h33"}, NameNotFoundError, r"path: no node 'h33'; did you mean 'h3'\?"),
        ({"path": "y"}, FormatError, "a path runs from one node to another: 'y:f', not 'y'"),
        ({"path": "y:h1"}, FormatError, "path: h1 is not computed from y"),
        ({"path": "f:y"}, FormatError, "path: y is not computed from f"),
        ({"radius": 2}, FormatError, "a radius is around a node"),
        ({"focus": "h2", "radius": -1}, FormatError, "radius counts steps from 0 on, not -1"),
        ({"heaviest": 10}, FormatError, "heaviest is from 0 to 9 paths, not 10"),
        ({"only": "gradients"}, FormatError, r"only 'gradients'; did you mean 'gradient'\?"),
        ({"wrap": 20}, FormatError, "wrap is at least 300 points, or 0 for one row, not 20"),
        ({"show": "+formulas"}, FormatError, r"cannot show 'formulas'; did you mean 'formula'\?"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused_with_the_reason(choice, error, message) -> None:
    with pytest.raises(error, match=message):
        drawn(s1(), **choice)


# -- what is written and how thick --------------------------------------------------------


def test_a_plus_adds_to_what_is_usual() -> None:
    assert options_of(show="+formula").show == options_of().show | {"formula"}
    assert options_of(show="formula").show == {"formula"}


def test_line_widths_are_on_a_log_scale() -> None:
    # The contributions along the chain are 4, 4, 2, 2, 1, 1 of 8 at u1: halving is one step.
    g = s2()
    scene = drawn(g, show="+thickness")
    weight = {(wire.source, wire.target): wire.weight for wire in scene.wires}
    chain_ = [f"n{g[name].id}" for name in ("u1", "q", "r", "s", "t", "y")]
    found = [weight[pair] for pair in pairwise(chain_)]
    assert found == sorted(found, reverse=True)
    eight, four, two = found[0], found[2], found[4]
    assert eight - four == pytest.approx(four - two, abs=0.02)
    (legend,) = [n for n in scene.nodes if n.key == "legend-widths"]
    lines = [shape.weight for shape in legend.shapes]
    assert lines[0] == eight == max(weight.values())
    assert lines == sorted(lines, reverse=True)


def test_what_fades_keeps_its_line_widths() -> None:
    g = s2()
    plain = drawn(g, show="thickness")
    faded = drawn(g, show="thickness", path="u1:y")
    for name in ("w", "u2"):
        one, two = (node(g, scene, name).shapes[0] for scene in (plain, faded))
        assert (two.role, two.weight) == (f"{FADED}wire", one.weight)
        assert one.weight > 1


def test_widths_of_gradients_that_are_zero_nan_or_absent() -> None:
    g = gt.parse("f = ln(x)*0 + 3*y", x=0, y=2).backward()
    assert all(math.isfinite(wire.weight) for wire in drawn(g, show="thickness").wires)
    with pytest.raises(FormatError, match=r"thickness shows .* run g\.backward\(\) first"):
        drawn(gt.parse("f = 2*x", x=1), show="thickness")


def test_symbols_are_the_formulas_of_the_inputs() -> None:
    sympy = pytest.importorskip("sympy")
    g = s2()
    w, u1, u2, u3 = sympy.symbols("w u1 u2 u3")
    y = w * (u3 + w * (u2 + w * u1))
    scene = drawn(g, show="value,grad,name,symbolic")
    facts = g.facts("symbolic").extras.symbols
    assert sympy.sympify(facts[g["y"].id].value).equals(y)
    for name in ("w", "u1", "u2", "u3"):
        found = sympy.sympify(facts[g[name].id].gradient)
        assert found.equals(sympy.diff(y, sympy.Symbol(name)))
    assert "∂y/∂u₁ = w**3" in said(scene, "gradient")


def test_graphs_and_formulas_too_large_for_symbols_say_so() -> None:
    assert "No symbols are shown: 300 operations" in drawn(chain(100), show="symbolic").notes[0]
    large = gt.trace(lambda x: np.sum(np.exp(x)), np.ones(20)).backward()
    (note,) = drawn(large, show="symbolic").notes
    assert note.startswith("No symbols are shown for ")
    assert "g.symbolic(" in note


def test_costs_are_those_of_the_accounts() -> None:
    g = network()
    scene = drawn(g, show="cost", look="card")
    # (4, 3) @ (3,): 12 multiplications and 8 additions; 96 and 32 bytes.
    assert "20 ops · back" in node(g, scene, "v1").labels[1].ink.text.replace("op ", "ops ")
    assert "12 parameters · 96 B" in said(scene, "shape")
    (legend,) = [n for n in scene.nodes if n.key == "legend-cost"]
    total = g.cost().total
    assert f"{total.forward.operations} ops · back {total.backward.operations}" in (
        legend.labels[0].ink.text
    )


def test_the_way_of_a_nan_is_drawn_from_its_cause() -> None:
    g = gt.parse("a = ln(x); b = a*y; f = b + z", x=-1, y=2, z=3).backward()
    scene = drawn(g)
    assert [(w.source, w.target) for w in scene.wires if w.role == "alarm"] == [
        (f"n{g['a'].id}", f"n{g['b'].id}"),
        (f"n{g['b'].id}", f"n{g['f'].id}"),
    ]
    assert [label.ink.text for label in node(g, scene, "a").labels if label.ink.role == "cause"]
    assert said(scene, "cause") == ["first NaN"]


# -- rows ---------------------------------------------------------------------------------


def test_a_long_loop_is_broken_into_rows_that_fit_a_slide() -> None:
    g = chain(40)
    scene, long = drawn(g), drawn(g, wrap=0)
    assert scene.width <= FITS < 3 * FITS < long.width
    assert (scene.notes, len(long.notes)) == ((), 1)
    # Nothing is lost: every edge has its wire.
    assert {wire.key for wire in long.wires} <= {wire.key for wire in scene.wires}


def test_a_wire_from_row_to_row_ends_and_begins_anew_at_its_name() -> None:
    g = chain(40)
    scene = drawn(g)
    ends = [n.labels[0].ink.text for n in scene.nodes if n.role == "stub"]
    assert len(ends) >= 4
    begins = {n.title for n in scene.nodes if n.role == "alias"}
    for end in ends:
        name = end.removesuffix(" …")
        assert any(title.startswith(f"{name} = ") for title in begins), name
    # Loops are broken between their passes, where only h goes on.
    assert {end[0] for end in ends} == {"h"}


@pytest.mark.parametrize("backward", [False, True])
def test_rows_stand_below_each_other_and_wires_stay_in_theirs(backward: bool) -> None:
    g = chain(12)
    scene = drawn(g.backward(record=True) if backward else g, wrap=700)
    boxes = {n.key: n.box for n in scene.nodes}
    for wire in scene.wires:
        low = min(y for _, y in wire.points)
        high = max(y for _, y in wire.points)
        assert high - low < 400, wire.key
        assert abs(boxes[wire.source].y - boxes[wire.target].y) < 400, wire.key
    assert scene.width <= 750


def test_a_graph_that_rows_would_tear_apart_is_drawn_in_one() -> None:
    def dense(x):
        layer = [x * k for k in range(1, 15)]
        for _ in range(12):
            layer = [a * layer[i - 5] for i, a in enumerate(layer)]
        return sum(layer)

    scene = drawn(gt.trace(dense, 1.1).backward())
    assert [n for n in scene.nodes if n.role == "stub"] == []
    assert "Draw a part (`--focus NAME`)" in scene.notes[-1]


PICTURES: dict[str, Callable[[], gt.Graph]] = {"rows": lambda: chain(20), "network": network}


@pytest.mark.parametrize("picture", list(PICTURES))
def test_every_choice_has_the_same_bytes_each_time(picture: str, tmp_path: Path) -> None:
    choice: dict[str, Any] = {"show": "+thickness", "heaviest": 2, "focus": "h", "radius": 3}
    if picture == "rows":
        choice["focus"] = "h10"
    one, two = (PICTURES[picture]().render(**choice) for _ in range(2))
    assert one == two
    PICTURES[picture]().render(tmp_path / "f.svg", **choice)
    assert (tmp_path / "f.svg").read_bytes() == one
