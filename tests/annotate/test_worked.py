"""The equations with numbers put in, against what one writes by hand."""

from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts
from graphtrace.annotate.worked import Equation, Worked
from graphtrace.formula.names import latex_name
from graphtrace.nn.samples import SAMPLES
from graphtrace.ops.registry import OPS, call
from graphtrace.render.tex import tex_math
from graphtrace.scene.fold import fold_facts
from graphtrace.scene.options import options_of
from tests.render import hostile

S1 = gt.parse("h1 = ln(x); h2 = exp(y); h3 = h2*z; f = h1 + h3", x=1, y=3, z=2).backward()
S2 = gt.parse(
    "q = w*u1; r = u2 + q; s = w*r; t = u3 + s; y = w*t", w=2, u1=1, u2=1, u3=1
).backward()


def node(facts: GraphFacts, name: str) -> NodeFacts:
    return next(item for item in facts.nodes if item.name == name)


def edge(facts: GraphFacts, source: str, target: str, slot: int | None = None) -> EdgeFacts:
    ends = node(facts, source).id, node(facts, target).id
    return next(
        item
        for item in facts.edges
        if (item.source, item.target) == ends and slot in (None, item.slot)
    )


def forward(g: gt.Graph, name: str) -> str:
    return Worked(g.facts()).forward(node(g.facts(), name)).text


def total(g: gt.Graph, name: str) -> str:
    return Worked(g.facts()).total(node(g.facts(), name)).text


def local(g: gt.Graph, source: str, target: str, slot: int | None = None) -> str:
    return Worked(g.facts()).local(edge(g.facts(), source, target, slot)).text


def contribution(g: gt.Graph, source: str, target: str, slot: int | None = None) -> str:
    return Worked(g.facts()).contribution(edge(g.facts(), source, target, slot)).text


def test_values_with_the_numbers_put_in():
    assert [forward(S1, name) for name in ("x", "h1", "h2", "h3", "f")] == [
        "x = 1",
        "h₁ = ln(x) = ln(1) = 0",
        "h₂ = exp(y) = exp(3) = 20.09",
        "h₃ = h₂·z = 20.09·2 = 40.17",
        "f = h₁ + h₃ = 0 + 40.17 = 40.17",
    ]


def test_local_gradients_with_formula_and_number():
    assert [local(S1, *ends) for ends in (("h2", "h3"), ("x", "h1"), ("y", "h2"), ("h1", "f"))] == [
        "∂h₃/∂h₂ = z = 2",
        "∂h₁/∂x = 1/x = 1/1 = 1",
        "∂h₂/∂y = exp(y) = exp(3) = 20.09",
        "∂f/∂h₁ = 1",
    ]


def test_contributions_and_totals():
    assert contribution(S1, "h2", "h3") == "∂f/∂h₃ · ∂h₃/∂h₂ = 1 · 2 = 2"
    assert total(S1, "f") == "∂f/∂f = 1"
    assert total(S1, "h2") == "∂f/∂h₂ = ∂f/∂h₃ · ∂h₃/∂h₂ = 1 · z = 1 · 2 = 2"
    assert total(S1, "y") == "∂f/∂y = ∂f/∂h₂ · ∂h₂/∂y = 2 · exp(y) = 2 · 20.09 = 40.17"


def test_a_shared_weight_sums_its_uses_in_the_order_of_the_backward_pass():
    assert total(S2, "w") == "∂y/∂w = 7 + 6 + 4 = 17"
    assert contribution(S2, "w", "s") == "∂y/∂s · ∂s/∂w = 2 · 3 = 6"


def test_latex_says_the_same():
    facts = S1.facts()
    found = Worked(facts).total(node(facts, "h2")).latex
    assert found == (
        r"\frac{\partial f}{\partial h_{2}} = \frac{\partial f}{\partial h_{3}} \cdot"
        r" \frac{\partial h_{3}}{\partial h_{2}} = 1 \cdot z = 1 \cdot 2 = 2"
    )


def test_negative_numbers_have_parentheses_where_they_are_put_in():
    g = gt.parse("p = a*b; d = a - b; s = b**2; q = -b; f = p*d*s*q", a=3, b=-2).backward()
    assert [forward(g, name) for name in ("b", "p", "d", "s", "q")] == [
        "b = −2",
        "p = a·b = 3·(−2) = −6",
        "d = a − b = 3 − (−2) = 5",
        "s = b² = (−2)² = 4",
        "q = −b = −(−2) = 2",
    ]
    assert local(g, "b", "q") == "∂q/∂b = −1"
    quotient = gt.parse("f = -3*(2/x)", x=2).backward()
    assert total(quotient, "x").endswith(" = (−3) · (−2/x²) = (−3) · (−0.5) = 1.5")


def test_two_uses_by_one_node_are_told_apart():
    g = gt.parse("y = x*x", x=3).backward()
    assert local(g, "x", "y", 0) == "∂y/∂x|₁ = x = 3"
    assert local(g, "x", "y", 1) == "∂y/∂x|₂ = x = 3"
    assert total(g, "x") == "∂y/∂x = 3 + 3 = 6"


def test_another_seed():
    g = gt.parse("y = 2*x", x=5).backward(seed=-3)
    facts = g.facts()
    assert Worked(facts).seed().text == "∂y/∂y = −3"
    assert Worked(facts, of="L").seed().text == "∂L/∂y = −3"
    line = Worked(facts, of="L").total(node(facts, "x")).text
    assert line == "∂L/∂x = ∂L/∂y · ∂y/∂x = (−3) · 2 = −6"


@pytest.mark.parametrize(
    ("text", "inputs", "line"),
    [
        ("y = x**3", {"x": 2}, "∂y/∂x = ∂y/∂y · ∂y/∂x = 1 · 3·x² = 1 · 12 = 12"),
        ("y = 3*x + 0*x", {"x": 2}, "∂y/∂x = 0 + 3 = 3"),
        ("y = sqrt(x)", {"x": 4}, "∂y/∂x = ∂y/∂y · ∂y/∂x = 1 · 1/(2·√x) = 1 · 0.25 = 0.25"),
        ("y = 1/x", {"x": 0}, "∂y/∂x = ∂y/∂y · ∂y/∂x = 1 · (−1/x²) = 1 · (−∞) = −∞"),
        ("y = ln(x)", {"x": float("nan")}, "∂y/∂x = ∂y/∂y · ∂y/∂x = 1 · 1/x = 1 · NaN = NaN"),
        ("y = exp(-x)", {"x": 20}, "∂y/∂x = ∂y/∂h₁ · ∂h₁/∂x = 2.061×10⁻⁹ · (−1) = −2.061×10⁻⁹"),
    ],
)  # fmt: skip
def test_totals_of_one_operation(text: str, inputs: dict[str, float], line: str):
    with np.errstate(all="ignore"):
        assert total(gt.parse(text, **inputs).backward(), "x") == line


def test_what_was_not_computed_is_not_zero():
    g = gt.parse("y = x*z; other = x + z; f = y", x=2, z=3)
    assert total(g, "x") == "∂f/∂x: not computed"
    g.backward("y")
    assert contribution(g, "x", "other") == "∂y/∂other · ∂other/∂x: not computed"
    assert total(g, "x") == "∂y/∂x = ∂y/∂y · ∂y/∂x = 1 · z = 1 · 3 = 3"
    assert total(g, "other") == "∂y/∂other: not computed (y does not depend on it)"


def test_a_cut_path_names_what_cuts_it():
    def f(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> Any:
        s = k @ q
        i = np.argmax(s)
        return v[i] * 1.0

    g = gt.trace(f, np.ones(2), np.eye(2), np.ones(2)).backward()
    assert total(g, "q") == "∂f/∂q: no gradient: argmax at i passes none"
    assert local(g, "s", "i") == "∂i/∂s: none: argmax passes no gradient"


def layer() -> gt.Graph:
    def loss(w: np.ndarray, b: np.ndarray, x: np.ndarray) -> Any:
        z = w @ x + b
        a = gt.nn.relu(z)
        return np.sum(a)

    return gt.trace(loss, np.full((2, 3), 2.0), np.array([-2.0, -20.0]), np.arange(3.0)).backward()


def test_arrays_have_shapes_and_matrix_rules():
    g = layer()
    h = g["z"].operands[0].name
    assert forward(g, "w") == "w of shape 2×3"
    assert forward(g, "a") == "a = relu(z) = [4, 0]"
    assert forward(g, h) == "h₁ = w x = [6, 6]"
    assert local(g, "x", h) == "∂h₁/∂x = w of shape 2×3"
    assert local(g, "w", h) == "∂h₁/∂w: δ ↦ δ xᵀ"
    assert local(g, "z", "a") == "∂a/∂z = 1[z > 0] = [1, 0]"
    assert contribution(g, "z", "a") == "∂loss/∂a ∘ 1[z > 0] = [1, 0]"
    # δ = (1, 0), x = (0, 1, 2): the norm of δ xᵀ is √5.
    assert total(g, "w") == "∂loss/∂w = ∂loss/∂h₁ xᵀ of shape 2×3, norm 2.236"
    assert total(g, "x") == "∂loss/∂x = wᵀ (∂loss/∂h₁) = [2, 2, 2]"
    assert total(g, "a") == "∂loss/∂a = ∂loss/∂loss·ones = [1, 1]"


def test_rules_sum_over_the_axes_that_were_broadcast():
    def f(x: np.ndarray, b: np.ndarray, s: float) -> Any:
        h = x + b
        k = h * s
        return np.mean(k)

    g = gt.trace(f, np.ones((4, 3)), np.zeros(3), 2.0).backward()
    assert total(g, "b") == "∂f/∂b = sum(∂f/∂h, axis=0) = [0.6667, 0.6667, 0.6667]"
    assert total(g, "s") == "∂f/∂s = sum(∂f/∂k ∘ h) = 1"
    assert total(g, "k") == "∂f/∂k = ∂f/∂f·(ones/12) of shape 4×3, norm 0.2887"


def test_a_product_of_two_vectors_is_a_row_by_a_column():
    g = gt.trace(lambda w, x: w @ x, np.array([1.0, 2.0]), np.array([3.0, 4.0])).backward()
    name = g.output.name
    assert forward(g, name).endswith("= wᵀ x = 11")
    assert local(g, "w", name).endswith("= xᵀ = [3, 4]")
    assert total(g, "x").endswith("·w = [1, 2]")


def test_a_long_sum_is_cut_short():
    g = gt.parse("y = " + " + ".join(["x"] * 20), x=1).backward()
    assert total(g, "x") == "∂y/∂x = 1 + 1 + 1 + 1 + 1 + 1 + … + 1 = 20"


@pytest.mark.parametrize("facts", [hostile.graph(), hostile.arrays()], ids=["numbers", "arrays"])
def test_hostile_names_are_cut_and_never_commands(facts: GraphFacts):
    worked = Worked(facts)
    lines = [worked.forward(n) for n in facts.nodes] + [worked.total(n) for n in facts.nodes]
    lines += [worked.local(e) for e in facts.edges] + [worked.contribution(e) for e in facts.edges]
    assert all(len(line.text) < 600 for line in lines)
    for line in lines:
        passed = tex_math(line.latex)
        assert passed is None or "\\write" not in passed


def test_every_line_of_a_worked_graph_is_latex():
    for g in (S1, S2, layer()):
        worked, facts = Worked(g.facts()), g.facts()
        lines: list[Equation] = [worked.seed()]
        lines += [make(n) for n in facts.nodes for make in (worked.forward, worked.total)]
        lines += [make(e) for e in facts.edges for make in (worked.local, worked.contribution)]
        for line in lines:
            assert tex_math(line.latex), line
            assert latex_name(g.output.name) in worked.seed().latex


FROM_SCIPY = {"expm"}


def operations() -> list[tuple[str, gt.Graph]]:
    """Return a graph of each operation and each network function that has a derivative."""
    rng = np.random.default_rng(0)
    found = []
    for op in list(OPS.values()):
        if not op.differentiable or op.family == "special" or op.name in FROM_SCIPY:
            continue
        operands, params = (
            (tuple(rng.uniform(interval[0], interval[1], size=3) for interval in op.samples), {})
            if op.is_elementwise
            else op.samples(rng)[0]
        )
        name = op.name
        found.append((name, gt.trace(lambda *a, n=name, p=params: call(n, *a, **p), *operands)))
    for name, (function, shapes) in SAMPLES.items():
        values = [rng.uniform(0.1, 0.9, size=shape) for shape in shapes]
        found.append((name, gt.trace(function, *values)))
    return found


def test_every_operation_has_lines_that_latex_reads():
    for name, g in operations():
        out = g.output.value
        worked = Worked(g.backward(seed=np.ones(np.shape(out))).facts())
        facts = worked.facts
        lines = [make(n) for n in facts.nodes for make in (worked.forward, worked.total)]
        lines += [make(e) for e in facts.edges for make in (worked.local, worked.contribution)]
        for line in lines:
            assert tex_math(line.latex), (name, line)


def test_parts_and_pairs_of_graphs_have_lines_too():
    g = gt.trace(lambda w: [w := np.tanh(w * 2) for _ in range(12)][-1], 0.5).backward()
    folded, _ = fold_facts(g.facts(), options_of(fold="all"))
    pair = gt.compare(S1, S1.at(z=-3).backward()).facts
    for facts in (folded, pair, g.backward(record=True).facts()):
        worked = Worked(facts)
        assert all(worked.forward(n).text and worked.total(n).text for n in facts.nodes)
        assert all(worked.local(e).text and worked.contribution(e).text for e in facts.edges)
