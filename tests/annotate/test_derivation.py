"""Worked derivations against the solutions of the worked systems, line by line."""

from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.annotate.derivation_symbols import unicode_formula
from graphtrace.errors import FormatError, GradientError, NameNotFoundError

S1 = "h1 = ln(x); h2 = exp(y); h3 = h2*z; f = h1 + h3"
S2 = "p = u1; q = w*p; r = u2 + q; s = w*r; t = u3 + s; y = w*t"


def s1() -> gt.Graph:
    return gt.parse(S1, x=1, y=3, z=2)


def s2() -> gt.Graph:
    return gt.parse(S2, w=2, u1=1, u2=1, u3=1)


def lines(g: gt.Graph, section: str, **options: object) -> list[str]:
    found = [part for part in g.derivation(**options).sections if part.title == section]  # type: ignore[arg-type] # passed on
    return [line.text for part in found for line in part.lines]


def test_s1_states_every_line_of_its_solution():
    g = s1()
    assert lines(g, "Given") == ["x = 1", "y = 3", "z = 2"]
    assert lines(g, "Nodes and operations") == [
        "h₁ = ln(x)",
        "h₂ = exp(y)",
        "h₃ = h₂·z",
        "f = h₁ + h₃",
    ]
    assert lines(g, "Forward pass") == [
        "h₁ = ln(x) = ln(1) = 0",
        "h₂ = exp(y) = exp(3) = 20.09",
        "h₃ = h₂·z = 20.09·2 = 40.17",
        "f = h₁ + h₃ = 0 + 40.17 = 40.17",
    ]
    assert lines(g, "Local gradients") == [
        "∂f/∂h₁ = 1",
        "∂f/∂h₃ = 1",
        "∂h₃/∂h₂ = z = 2",
        "∂h₃/∂z = h₂ = 20.09",
        "∂h₂/∂y = exp(y) = exp(3) = 20.09",
        "∂h₁/∂x = 1/x = 1/1 = 1",
    ]
    assert lines(g, "Upstream gradients") == [
        "∂f/∂f = 1",
        "∂f/∂h₃ = ∂f/∂f · ∂f/∂h₃ = 1 · 1 = 1",
        "∂f/∂h₂ = ∂f/∂h₃ · ∂h₃/∂h₂ = 1 · z = 1 · 2 = 2",
        "∂f/∂h₁ = ∂f/∂f · ∂f/∂h₁ = 1 · 1 = 1",
        "∂f/∂z = ∂f/∂h₃ · ∂h₃/∂z = 1 · h₂ = 1 · 20.09 = 20.09",
        "∂f/∂y = ∂f/∂h₂ · ∂h₂/∂y = 2 · exp(y) = 2 · 20.09 = 40.17",
        "∂f/∂x = ∂f/∂h₁ · ∂h₁/∂x = 1 · 1/x = 1 · 1 = 1",
    ]
    assert lines(g, "Partial derivatives by paths") == [
        "x → h₁ → f: ∂f/∂h₁ · ∂h₁/∂x = 1 · 1 = 1",
        "∂f/∂x = 1",
        "y → h₂ → h₃ → f: ∂f/∂h₃ · ∂h₃/∂h₂ · ∂h₂/∂y = 1 · 2 · 20.09 = 40.17",
        "∂f/∂y = 40.17",
        "z → h₃ → f: ∂f/∂h₃ · ∂h₃/∂z = 1 · 20.09 = 20.09",
        "∂f/∂z = 20.09",
    ]


def test_digits():
    assert "h₂ = exp(y) = exp(3) = 20.0855" in lines(s1(), "Forward pass", digits=6)


def test_s2_has_all_its_symbolic_results():
    g = s2()
    assert lines(g, "Values in symbols", symbolic=True) == [
        "p = u₁",
        "q = u₁·w",
        "r = u₁·w + u₂",
        "s = u₁·w² + u₂·w",
        "t = u₁·w² + u₂·w + u₃",
        "y = u₁·w³ + u₂·w² + u₃·w",
    ]
    found = lines(g, "Gradients in symbols", symbolic=True)
    for line in ("∂y/∂t = w", "∂y/∂s = w", "∂y/∂r = w²", "∂y/∂q = w²", "∂y/∂p = w³"):
        assert line in found
    start = found.index("∂y/∂y · ∂y/∂w = u₁·w² + u₂·w + u₃   (from the use in y)")
    assert found[start + 1 : start + 3] == [
        "∂y/∂s · ∂s/∂w = u₁·w² + u₂·w   (from the use in s)",
        "∂y/∂q · ∂q/∂w = u₁·w²   (from the use in q)",
    ]
    assert found[start + 3].startswith("∂y/∂w = ")
    assert found[start + 3].endswith(" = 3·u₁·w² + 2·u₂·w + u₃")


def test_s2_adds_the_three_uses_of_its_weight():
    g = s2()
    assert lines(g, "Upstream gradients", wrt="w")[-4:] == [
        "∂y/∂y · ∂y/∂w = 1 · 7 = 7   (from the use in y)",
        "∂y/∂s · ∂s/∂w = 2 · 3 = 6   (from the use in s)",
        "∂y/∂q · ∂q/∂w = 4 · 1 = 4   (from the use in q)",
        "∂y/∂w = 7 + 6 + 4 = 17",
    ]
    assert lines(g, "Partial derivatives by paths", wrt=["w"]) == [
        "w → y: ∂y/∂w = 7",
        "w → s → t → y: ∂y/∂t · ∂t/∂s · ∂s/∂w = 2 · 1 · 3 = 6",
        "w → q → r → s → t → y: ∂y/∂t · ∂t/∂s · ∂s/∂r · ∂r/∂q · ∂q/∂w = 2 · 1 · 2 · 1 · 1 = 4",
        "∂y/∂w = 7 + 6 + 4 = 17",
    ]


def classifier(W1, b1, W2, b2, x, y):
    z1 = W1 @ x + b1
    a1 = gt.nn.leaky_relu(z1, 0.01)
    z2 = W2 @ a1 + b2
    p = gt.nn.softmax(z2)
    L = -np.sum(y * np.log(p))
    return L  # noqa: RET504 - a name for the result


def s4() -> gt.Graph:
    rng = np.random.default_rng(4)
    W1, W2 = rng.normal(size=(4, 3)), rng.normal(size=(2, 4))
    return gt.trace(classifier, W1, np.zeros(4), W2, np.zeros(2), np.ones(3), np.array([0.0, 1.0]))


def test_s4_has_its_matrix_forms():
    g = s4()
    assert lines(g, "In matrix form", wrt=["W1", "b1", "W2", "b2"]) == [
        "δ₀ = ∂L/∂z₂ = p − y   (shape 2)",
        "δ₁ = ∂z₂/∂a₁ = W₂   (shape 2×4)",
        "δ₂ = ∂a₁/∂z₁ = where(z₁ > 0, 1, 0.01)   (shape 4)",
        "∂L/∂W₁ = (δ₁ᵀ δ₀ ∘ δ₂) xᵀ   (shape 4×3)",
        "∂L/∂b₁ = δ₁ᵀ δ₀ ∘ δ₂   (shape 4)",
        "∂L/∂W₂ = δ₀ a₁ᵀ   (shape 2×4)",
        "∂L/∂b₂ = δ₀   (shape 2)",
    ]
    local = lines(g, "Local gradients")
    assert "∂p[k]/∂z₂[k] = p[k]·(1 − p[k])   (by element)" in local
    assert "∂p[k]/∂z₂[i] = −p[k]·p[i]   (for i ≠ k)" in local
    assert any(line.startswith("∂p/∂z₂ = diag(p) − p pᵀ") for line in local)
    assert "∂L/∂z₂ = p − y   (y of shape 2: its entries sum to 1)" in lines(g, "Upstream gradients")


def network(W1, b1, W2, b2, x):
    z1 = W1 @ x + b1
    a1 = gt.nn.relu(z1)
    out = W2 @ a1 + b2
    return out  # noqa: RET504 - a name for the result


def s5(*start: np.ndarray) -> gt.Graph:
    g = gt.trace(network, *start, np.array([1.0, 2.0]))
    return g.backward(seed=np.array([0.1, 0.2]))


CONSTANT = (np.full((2, 2), 2.0), np.full(2, -2.0), np.ones((2, 2)), np.ones(2))
WEIGHTS = ("W1", "b1", "W2", "b2")


def test_s5_has_its_numbers_and_its_matrix_forms():
    g = s5(*CONSTANT)
    values = lines(g, "Forward pass", wrt=WEIGHTS)
    assert "z₁ = h₁ + b₁ = [4, 4]" in values
    assert "a₁ = relu(z₁) = [4, 4]" in values
    assert "out = h₂ + b₂ = [9, 9]" in values
    found = lines(g, "Upstream gradients", wrt=WEIGHTS)
    assert found[0] == "∂L/∂out = [0.1, 0.2]   (shape 2)"
    for start, end in (
        ("∂L/∂a₁", "[0.3, 0.3]"),
        ("∂L/∂z₁", "[0.3, 0.3]"),
        ("∂L/∂b₁", "[0.3, 0.3]"),
        ("∂L/∂b₂", "[0.1, 0.2]"),
        ("∂L/∂W₂", "[[0.4, 0.4], [0.8, 0.8]]"),
        ("∂L/∂W₁", "[[0.3, 0.6], [0.3, 0.6]]"),
    ):
        assert any(
            line.startswith(f"{start} = ") and line.partition("   ")[0].endswith(f" = {end}")
            for line in found
        ), start
    assert lines(g, "In matrix form", wrt=WEIGHTS) == [
        "δ₀ = ∂L/∂out   (shape 2)",
        "δ₁ = ∂out/∂a₁ = W₂   (shape 2×2)",
        "δ₂ = ∂a₁/∂z₁ = 1[z₁ > 0]   (shape 2)",
        "∂L/∂W₁ = (δ₁ᵀ δ₀ ∘ δ₂) xᵀ   (shape 2×2)",
        "∂L/∂b₁ = δ₁ᵀ δ₀ ∘ δ₂   (shape 2)",
        "∂L/∂W₂ = δ₀ a₁ᵀ   (shape 2×2)",
        "∂L/∂b₂ = δ₀   (shape 2)",
    ]
    assert lines(g, "Where no gradient arrives", wrt=WEIGHTS) == []


def test_s5_from_zero_says_what_cuts_its_gradients():
    g = s5(*map(np.zeros_like, CONSTANT))
    found = lines(g, "Where no gradient arrives", wrt=WEIGHTS)
    assert [line.partition(" (")[0] for line in found] == [
        "W1 → h1 → z1 → a1 → h2: W2 is 0",
        "b1 → z1 → a1 → h2: W2 is 0",
        "W2 → h2: a1 is 0",
    ]


def evaluated(form: str, known: dict[str, np.ndarray]) -> np.ndarray:
    """Compute (δ₁ᵀ δ₀ ∘ δ₂) xᵀ from numbers: columns and rows as they stand in the formula."""
    first, second, third, x = (known[name] for name in ("δ₀", "δ₁", "δ₂", "x"))
    assert form == "(δ₁ᵀ δ₀ ∘ δ₂) xᵀ"
    return np.outer((second.T @ first) * third, x)


def test_the_composed_form_is_the_gradient():
    g = s4()
    (form,) = [
        line.split(" = ")[1].split("   ")[0]
        for line in lines(g, "In matrix form", wrt="W1")
        if line.startswith("∂L/∂W₁")
    ]
    p, z1 = g["p"].value, g["z1"].value
    known = {"δ₀": p - np.array([0, 1]), "δ₁": g["W2"].value, "x": np.ones(3)}
    known["δ₂"] = np.where(z1 > 0, 1.0, 0.01)
    assert np.allclose(evaluated(form, known), g["W1"].grad, rtol=1e-12)


def test_batches_are_rows():
    def mlp(X: np.ndarray, W: np.ndarray, b: np.ndarray, V: np.ndarray) -> Any:
        h = np.tanh(X @ W + b)
        L = np.sum(h @ V)
        return L  # noqa: RET504 - a name for the result

    g = gt.trace(mlp, np.ones((5, 3)), np.full((3, 4), 0.1), np.zeros(4), np.ones((4, 2)))
    assert lines(g, "In matrix form", wrt=["W", "b"])[-2:] == [
        "∂L/∂W = Xᵀ (δ₀ δ₁ᵀ ∘ δ₂)   (shape 3×4)",
        "∂L/∂b = sum(δ₀ δ₁ᵀ ∘ δ₂, axis=0)   (shape 4)",
    ]


def test_a_batch_of_cross_entropies_comes_to_a_difference():
    Y = np.eye(3)[[0, 1, 2, 0]]
    g = gt.trace(gt.nn.cross_entropy, np.linspace(-1, 1, 12).reshape(4, 3), Y)
    found = lines(g, "Upstream gradients")
    assert any("(softmax(logits) − targets)/4" in line for line in found)
    # Where the targets are none, nothing is claimed.
    other = gt.trace(gt.nn.cross_entropy, np.ones((4, 3)), 2 * Y)
    assert not any("softmax(logits) −" in line for line in lines(other, "Upstream gradients"))


def test_only_what_lies_between_is_written():
    g = s2()
    assert lines(g, "Nodes and operations", wrt="s") == ["t = u₃ + s", "y = w·t"]
    assert lines(g, "Given", wrt="s") == ["w = 2", "u₃ = 1", "s = 6"]
    assert lines(g, "Upstream gradients", wrt="s")[-1].endswith(" = 2")


def test_another_output_and_another_seed():
    g = s2().backward("s", seed=-1)
    found = lines(g, "Upstream gradients", wrt="w")
    assert found[0] == "∂L/∂s = −1"
    assert found[-1] == "∂L/∂w = (−3) + (−2) = −5"
    paths = lines(g, "Partial derivatives by paths", wrt="w")
    assert paths[0] == "w → s: ∂L/∂s · ∂s/∂w = (−1) · 3 = −3"


def test_a_cut_path_is_said():
    def f(q: np.ndarray, K: np.ndarray, V: np.ndarray) -> Any:
        s = K @ q
        i = np.argmax(s)
        out = V[i]
        return np.sum(out)

    g = gt.trace(f, np.ones(2), np.eye(2), np.ones((2, 2)))
    assert "out = V[i]   (shape 2)" in lines(g, "Nodes and operations")
    assert "∂f/∂q: no gradient: argmax at i passes none" in lines(g, "Upstream gradients")
    assert lines(g, "Where no gradient arrives")[0].startswith(
        "q → s → i: argmax has no derivative"
    )


def test_many_paths_are_counted():
    g = gt.parse("; ".join(f"x{i + 1} = x{i} + x{i}" for i in range(6)), x0=1)
    assert lines(g, "Partial derivatives by paths")[-1].endswith("52 more paths, in all 64)")


def test_large_graphs_are_refused_in_a_sentence():
    def f(w: float) -> float:
        h = 1.0
        for _ in range(3000):
            h = 0.5 * (h + w)
        return h

    g = gt.trace(f, 1.0)
    with pytest.raises(FormatError, match=r"6,000 operations are too many .* such as wrt='w'"):
        g.explain()
    with pytest.raises(FormatError, match="ask for a node nearer to"):
        g.explain("w")
    assert len(lines(g, "Nodes and operations", wrt=len(g) - 8)) < 10
    with pytest.raises(FormatError, match="too many for formulas"):
        gt.parse("; ".join(f"x{i + 1} = sin(x{i})" for i in range(80)), x0=1).explain(symbolic=True)


def test_bad_requests():
    with pytest.raises(NameNotFoundError, match="no node 'q'"):
        s1().explain("q")
    with pytest.raises(FormatError, match="cannot explain 'words'"):
        s1().explain(symbolic="words")
    with pytest.raises(GradientError, match="seed"):
        gt.parse("y = 2*x", x=[1, 2]).explain()


def test_arrays_without_short_symbols_are_remarked():
    found = s4().derivation(symbolic="both")
    assert any("No symbols are written for" in remark for remark in found.remarks)
    seeded = s2().backward(seed=3).derivation(symbolic=True)
    assert any("starts from 1" in remark for remark in seeded.remarks)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("3*u1*w**2 + u2", "3·u₁·w² + u₂"),
        ("x**(-2)*exp(y)", "x⁻²·exp(y)"),
        ("x**(a + 1)", "x^(a + 1)"),
        ("log(x) - 1", "ln(x) − 1"),
        ("W1_{01}*x_{2}", "W₁[0,1]·x[2]"),
    ],
)
def test_formulas_in_unicode(text: str, shown: str):
    assert unicode_formula(text) == shown
