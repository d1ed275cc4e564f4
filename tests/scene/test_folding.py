"""Large graphs as a few cards: what is folded, and that its totals and gradients are right."""

import hashlib
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.annotate.facts import GraphFacts
from graphtrace.annotate.fold_region import FoldFacts
from graphtrace.errors import FormatError, NameNotFoundError
from graphtrace.render import render
from graphtrace.scene import layout
from graphtrace.scene.build import build_scene
from graphtrace.scene.fold import fold_facts
from graphtrace.scene.fold_card import norm_words, thinned
from graphtrace.scene.model import Scene
from graphtrace.scene.options import options_of
from tests.annotate import folding
from tests.annotate.folding import PROGRAMS
from tests.scene.tidy import untidy

ROOT = Path(__file__).resolve().parents[2]
US = [0.3, -0.2, 0.5, 0.1]
W, H = 0.8, 0.4


def folded(graph: gt.Graph, **choice: Any) -> GraphFacts:
    return fold_facts(graph.facts(choice.get("show")), options_of(**choice))[0]


def drawn(graph: gt.Graph, **choice: Any) -> Scene:
    return build_scene(folded(graph, **choice), options_of(**choice))


def cards(graph: gt.Graph, **choice: Any) -> list[FoldFacts]:
    return list(folded(graph, **choice).folds.values())


def titles(graph: gt.Graph, **choice: Any) -> list[str]:
    """Return each card's title with its count and which passes it has."""
    found = []
    for card in cards(graph, **choice):
        count = f" ×{card.count}" if card.count > 1 else ""
        found.append(f"{card.title}{count}" + (f" ({card.note})" if card.note else ""))
    return found


def rnn(us: list[float] = US) -> gt.Graph:
    return gt.trace(lambda w, h: folding.rnn(w, h, us), W, H).backward()


def stack(blocks: int, width: int = 3) -> gt.Graph:
    rng = np.random.default_rng(2)
    layers = [tuple(rng.normal(size=(2, width, width)) * 0.5) for _ in range(blocks)]
    return gt.trace(folding.stack, rng.normal(size=(2, width)), layers).backward()


def by_hand(us: list[float]) -> tuple[list[float], list[float]]:
    """Return what each step of h = tanh(w·h + u) adds to ∂/∂w, and ∂/∂h of each step's result."""
    hs = [H]
    for u in us:
        hs.append(math.tanh(W * hs[-1] + u))
    g, parts, gradients = 1.0, list[float](), list[float]()
    for before, after in zip(hs[-2::-1], hs[:0:-1], strict=True):
        gradients.append(g)
        parts.append(g * (1 - after**2) * before)
        g *= (1 - after**2) * W
    return parts[::-1], gradients[::-1]


# -- what a card says ---------------------------------------------------------------------


def test_a_loop_is_one_card_with_the_sum_of_what_its_steps_add_to_each_gradient() -> None:
    graph = rnn()
    facts = folded(graph, fold="all")
    (card,) = facts.folds.values()
    assert (card.title, card.count, card.operations) == ("for u in us", 4, 12)
    # The two inputs and the loop: its constants are inside of it.
    assert [node.name for node in facts.nodes] == ["w", "h", graph.output.name]
    edges = {facts.nodes[edge.source].name: edge for edge in facts.edges}
    parts, gradients = by_hand(US)
    assert edges["w"].count == 4
    assert edges["w"].contribution == pytest.approx(sum(parts), rel=1e-12)
    h1 = math.tanh(W * H + US[0])
    assert edges["h"].contribution == pytest.approx(gradients[0] * (1 - h1**2) * W, rel=1e-12)
    assert card.norms == pytest.approx(gradients, rel=1e-12)


def test_of_several_values_that_a_pass_hands_on_the_gradients_are_measured_together() -> None:
    # (a, b) ← M (a, b), then a + b: behind step t the gradient is (Mᵀ)ᵀ⁻ᵗ (1, 1).
    matrix = np.array([[0.5, 0.2], [0.1, 0.9]])

    def linear(a: Any, b: Any) -> Any:
        for _ in range(5):
            a, b = 0.5 * a + 0.2 * b, 0.1 * a + 0.9 * b
        return a + b

    (card,) = cards(gt.trace(linear, 1.0, 2.0).backward(), fold="all")
    seeds = [np.linalg.matrix_power(matrix.T, 5 - t) @ [1.0, 1.0] for t in range(1, 6)]
    assert card.norms == pytest.approx([float(np.linalg.norm(seed)) for seed in seeds], rel=1e-12)
    assert card.flows_out == ("number ×2",)


def test_the_norms_of_arrays_are_those_of_numpy() -> None:
    rng = np.random.default_rng(4)
    matrix, xs = rng.normal(size=(3, 3)) * 0.5, list(rng.normal(size=(6, 3)))

    def loss(W: Any, h: Any) -> Any:
        for x in xs:
            h = np.tanh(W @ h + x)
        return np.sum(h)

    graph = gt.trace(loss, matrix, np.zeros(3)).backward()
    (card,) = cards(graph, fold="all")
    hs = [np.zeros(3)]
    for x in xs:
        hs.append(np.tanh(matrix @ hs[-1] + x))
    g, norms, total = np.ones(3), [], np.zeros((3, 3))
    for before, after in zip(hs[-2::-1], hs[:0:-1], strict=True):
        norms.append(float(np.linalg.norm(g)))
        total += np.outer(g * (1 - after**2), before)
        g = matrix.T @ (g * (1 - after**2))
    assert card.norms == pytest.approx(norms[::-1], rel=1e-12)
    (edge,) = (e for e in folded(graph, fold="all").edges if e.source == graph["W"].id)
    assert edge.contribution is not None
    np.testing.assert_allclose(np.asarray(edge.contribution), total, rtol=1e-12)


def test_a_stack_of_blocks_counts_its_operations_and_the_weights_that_only_it_uses() -> None:
    (card,) = cards(stack(12), fold="all")
    # Four operations and two 3×3 matrices each.
    assert (card.title, card.count, card.operations) == ("block", 12, 48)
    assert (card.inputs, card.parameters) == (24, 12 * 2 * 9)
    assert card.flows_in == card.flows_out == ("float64[2, 3]",)
    assert len(card.norms) == 12


def test_before_a_backward_pass_a_card_shows_no_gradients() -> None:
    graph = gt.trace(lambda w, h: folding.rnn(w, h, US), W, H)
    assert cards(graph, fold="all")[0].norms == (None,) * 4
    text = render(graph.facts(), "svg", fold="all").decode()
    assert "‖g" not in text
    assert "4" in text


def test_a_card_says_what_went_wrong_in_it() -> None:
    def roots(x: Any) -> Any:
        for _ in range(3):
            x = np.sqrt(x - 1)
        return x

    with np.errstate(invalid="ignore"):
        graph = gt.trace(roots, 1.5).backward()
    # 0.5, 0.707, −0.293, NaN, NaN, NaN: the second root is of a negative number.
    assert cards(graph, fold="all")[0].exceptional == 3
    texts = [label.ink.text for n in drawn(graph, fold="all").nodes for label in n.labels]
    assert "NaN or ∞ in 3 values" in texts


def test_bars_of_many_passes_keep_the_largest_and_what_is_no_number() -> None:
    norms = [float(n) for n in range(1, 241)]
    assert thinned(norms, 60) == [float(4 * n) for n in range(1, 61)]
    assert math.isnan(thinned([*norms[:100], math.nan, *norms[101:]], 60)[25] or 0.0)
    assert thinned([None, 0.5], 60) == [None, 0.5]


def test_the_strip_says_its_ends_in_words() -> None:
    assert norm_words([0.5, 2.0, 4.0], 3) == "‖g₁‖ 0.5 … ‖g₃‖ 4  (log scale)"
    assert norm_words([0.5, None], 3, start=9) == "‖g₉‖ 0.5 … ‖g₁₀‖ –  (log scale)"
    assert norm_words([1e-20], 3) == "‖g‖ 1×10⁻²⁰"


def test_a_picture_with_bars_has_a_key_to_them() -> None:
    keys = [n for n in drawn(rnn(), fold="all").nodes if n.key == "legend-passes"]
    assert [label.ink.text for key in keys for label in key.labels] == [
        "bars: ‖gₜ‖ is the norm of the gradient of what pass t hands on"
    ]
    assert [n for n in drawn(rnn(), fold="none").nodes if n.key == "legend-passes"] == []


# -- all of it is there, and the sums are right ------------------------------------------


@pytest.mark.parametrize("choice", [{"fold": "all"}, {"depth": 1}, {"depth": 2}], ids=str)
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_node_is_drawn_once_and_gradients_still_add_up(name: str, choice) -> None:
    function, inputs = PROGRAMS[name]
    graph = gt.trace(function, *inputs).backward()
    facts = folded(graph, **choice)
    shown = {node.id for node in facts.nodes}
    inside = [id_ for card in facts.folds.values() for id_ in card.members]
    assert sorted([*inside, *(shown - facts.folds.keys())]) == [node.id for node in graph]
    for node in facts.nodes:
        uses = [edge for edge in facts.edges if edge.source == node.id]
        parts = [edge.contribution for edge in uses if edge.contribution is not None]
        if node.id not in facts.folds and parts:
            total = sum(np.asarray(part) for part in parts)
            np.testing.assert_allclose(total, np.asarray(node.grad), rtol=1e-9)
    # As many uses as in the open graph.
    open_ = graph.facts()
    owner = {id_: id_ for id_ in shown}
    owner |= {id_: key for key, card in facts.folds.items() for id_ in card.members}
    crossing = [e for e in open_.edges if owner[e.source] != owner[e.target]]
    assert sum(edge.count for edge in facts.edges) == len(crossing)


@pytest.mark.parametrize(
    ("make", "choice"),
    [
        (lambda: rnn([0.1] * 40), {}),
        (lambda: rnn([0.1] * 70), {"unfold": "for u in us[69]"}),
        (lambda: stack(12), {}),
        (lambda: stack(12), {"unfold": "block[3]", "show": "+formula"}),
        (lambda: stack(3), {"unfold": "block[*]"}),
        (lambda: gt.trace(folding.nested, 0.5, 0.1).backward(), {"depth": 1, "heaviest": 3}),
        (lambda: gt.trace(folding.scoped, 0.5).backward(), {"depth": 2, "show": "+thickness"}),
    ],
)
def test_a_folded_picture_is_tidy(make, choice) -> None:
    assert untidy(drawn(make(), **choice)) == {}


# -- what is open -------------------------------------------------------------------------


def test_small_graphs_are_drawn_whole_and_large_ones_open_as_far_as_they_can_be_read() -> None:
    small, large = rnn([0.1] * 10), rnn([0.1] * 100)
    assert titles(small) == []
    assert titles(large) == ["for u in us ×99 (2–100 of 100)"]
    assert titles(large, fold="none") == []
    assert len(drawn(large).nodes) < 20


def test_ten_thousand_operations_of_nested_functions_open_as_a_few_cards() -> None:
    def run(w: Any, v: Any) -> Any:
        return folding.grid(w, v, 60, 42)

    graph = gt.trace(run, 0.9, 0.3).backward()
    # A row: 42 cells of three operations and one for the input, then two.
    facts = graph.facts()
    assert sum(node.kind == "op" for node in facts.nodes) == 60 * (42 * 4 + 2)
    few, notes = fold_facts(facts, options_of())
    assert len(few.nodes) <= 60
    assert f"Folded: {len(facts.nodes)} nodes are drawn as {len(few.nodes)}." in notes[0]
    assert untidy(build_scene(few, options_of())) == {}
    (card,) = fold_facts(facts, options_of(fold="all"))[0].folds.values()
    assert (card.title, card.count) == ("for _ in range(rows)", 60)


UNFOLDED = [
    ("block", ["block ×11 (2–12 of 12)"]),
    ("block[3]", ["block ×2 (1–2 of 12)", "block ×9 (4–12 of 12)"]),
    ("block[12]", ["block ×11 (1–11 of 12)"]),
    ("block[3],block[4]", ["block ×2 (1–2 of 12)", "block ×8 (5–12 of 12)"]),
    ("for weights in layers[2]", ["block[1]", "block ×10 (3–12 of 12)"]),
    ("block[*]", []),
]


@pytest.mark.parametrize(("word", "expected"), UNFOLDED)
def test_what_is_unfolded_by_name_is_open_and_the_rest_is_not(word, expected) -> None:
    graph = stack(12)
    assert titles(graph, unfold=word) == expected
    assert titles(graph, unfold=word.split(",")) == expected
    if "*" in word:
        return
    # What is open is drawn in a frame of its name.
    clusters = drawn(graph, unfold=word).clusters
    frames = {cluster.label.ink.text.removesuffix(" …") for cluster in clusters}
    asked = {"block": ["block[1]"], "for weights in layers[2]": ["block[2]"]}.get(word)
    assert frames == set(asked or word.split(","))


def test_a_part_inside_of_a_part_is_named_by_the_way_to_it() -> None:
    graph = gt.trace(folding.nested, 0.5, 0.1).backward()
    outer, inner = "for _ in range(3)", "for _ in range(4)"
    assert titles(graph, unfold=f"{outer}[2]/{inner}[3]") == [
        f"{outer}[1]", f"{inner} ×2 (1–2 of 4)", f"{inner}[4]", f"{outer}[3]",
    ]  # fmt: skip
    assert titles(graph, unfold=inner) == [
        f"{inner} ×3 (2–4 of 4)", f"{outer} ×2 (2–3 of 3)",
    ]  # fmt: skip


def test_depth_opens_that_many_levels() -> None:
    graph = gt.trace(folding.outer, 0.5, 0.1).backward()
    assert titles(graph, depth=0) == ["twice ×2"]
    assert titles(graph, depth=1) == ["twice[1]", "twice[2]"]
    assert titles(graph, depth=2) == ["cell ×2", "cell ×2"]
    assert titles(graph, depth=9) == []


@pytest.mark.parametrize(
    ("choice", "error", "message"),
    [
        ({"unfold": "blok"}, NameNotFoundError, r"no part .* 'blok'; did you mean 'block'\?"),
        ({"unfold": "block[13]"}, NameNotFoundError, "no part .* 'block\\[13\\]'"),
        ({"unfold": "block[0]"}, NameNotFoundError, "no part .* 'block\\[0\\]'"),
        ({"unfold": "block[3]/mlp"}, NameNotFoundError, "no part .* 'block\\[3\\]/mlp'"),
        ({"fold": "al"}, FormatError, r"cannot fold 'al'; did you mean 'all'\?"),
        ({"fold": "none", "unfold": "block"}, FormatError, "nothing is folded with fold='none'"),
        ({"fold": "none", "depth": 1}, FormatError, "nothing is folded with fold='none'"),
        ({"depth": -1}, FormatError, "depth counts levels from 0 on, not -1"),
        ({"deadline": 0}, FormatError, "the deadline is a time in seconds above 0, not 0"),
        ({"deadline": math.nan}, FormatError, "the deadline is a time in seconds above 0, not nan"),
    ],
)  # fmt: skip
def test_a_wish_that_cannot_be_granted_is_refused_with_the_reason(choice, error, message) -> None:
    with pytest.raises(error, match=message):
        folded(stack(12), **choice)


def test_what_has_no_parts_cannot_be_unfolded_nor_can_both_passes() -> None:
    graph = gt.parse("y = x*x + 1", x=2.0).backward()
    assert titles(graph, fold="all") == []
    with pytest.raises(NameNotFoundError, match="'y'; it has no parts to unfold"):
        folded(graph, unfold="y")
    both = rnn([0.1] * 40).backward(record=True)
    assert folded(both).folds == {}
    with pytest.raises(FormatError, match="both passes is drawn whole: leave out fold and unfold"):
        folded(both, fold="all")


# -- together with other wishes -----------------------------------------------------------


def test_what_a_focus_or_a_path_names_is_open() -> None:
    graph = gt.trace(folding.nested, 0.5, 0.1).backward()
    name = graph["t_5"].name
    facts = folded(graph, fold="all", focus=name)
    assert name in {node.name for node in facts.nodes}
    scene = drawn(graph, fold="all", focus="for _ in range(3)", radius=0)
    assert scene.notes[0].endswith("within 0 steps of for _ in range(3).")


def test_a_path_runs_through_cards_and_weighs_by_the_growth_of_the_gradient() -> None:
    # Through the whole loop: |∂f/∂w|, the sum over all ways in it; ∂f/∂h is the smaller one.
    graph = rnn()
    scene = drawn(graph, fold="all", heaviest=2)
    (key,) = (n for n in scene.nodes if n.key == "legend-paths")
    texts = [label.ink.text for label in key.labels]
    assert texts[0].startswith("highlighted paths: product of gains, the size of the gradient")
    found = [float(text) for text in texts if text[:1].isdigit() and "." in text]
    expected = sorted([abs(float(graph[name].grad or 0)) for name in "wh"], reverse=True)
    assert found == pytest.approx(expected, rel=1e-3)
    one = drawn(graph, fold="all", path=f"w:{graph.output.name}")
    assert len([wire for wire in one.wires if wire.role == "path"]) == 1


def test_graphs_that_are_narrowed_are_not_folded_unless_asked() -> None:
    graph = rnn([0.1] * 100)
    assert titles(graph, focus="w") == []
    assert titles(graph, heaviest=1) == []
    assert titles(graph, heaviest=1, fold="all") == ["for u in us ×100"]


# -- the same bytes, within the deadline --------------------------------------------------

CODE = """
import hashlib
import graphtrace as gt
from graphtrace.render import render
from tests.scene.test_folding import rnn, stack
for facts in (rnn([0.1] * 40).facts(), stack(12).facts()):
    for word in ("svg", "dot", "tex", "txt", "mmd"):
        for choice in ({}, {"fold": "all"}, {"depth": 1}):
            print(word, hashlib.sha256(render(facts, word, **choice)).hexdigest())
"""


def test_two_processes_write_the_same_bytes() -> None:
    def digests(seed: str) -> str:
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", CODE]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        return done.stdout

    first = digests("1")
    assert first.count("\n") == 30
    assert digests("2") == first


def test_the_same_graph_twice_in_one_process_gives_the_same_bytes() -> None:
    pictures = [hashlib.sha256(render(stack(12).facts(), "svg")).hexdigest() for _ in range(2)]
    assert pictures[0] == pictures[1]


def test_a_layout_past_its_deadline_is_replaced_by_plain_columns_and_says_so(monkeypatch) -> None:
    monkeypatch.setattr(layout, "IN_PROCESS_LIMIT", 20)
    graph = rnn([0.1] * 30)
    scene = drawn(graph, fold="none", wrap=0, deadline=1e-6)
    assert any("took longer than" in note and "plain columns" in note for note in scene.notes)
    assert len([n for n in scene.nodes if n.role == "operation"]) == 90
