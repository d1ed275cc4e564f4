# ruff: noqa: E501 - one operation a line reads best
"""Facts built by hand, so that pictures are tested without the core."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value
from graphtrace.formula.names import latex_name


class Maker:
    """Collects nodes and edges; every number is given by the caller."""

    def __init__(self, title: str = "sample") -> None:
        self.nodes: list[NodeFacts] = []
        self.edges: list[EdgeFacts] = []
        self.title = title
        self.ids: dict[str, int] = {}

    def node(
        self,
        name: str,
        value: Value,
        grad: Value | None = None,
        *,
        op: str = "input",
        symbol: str = "",
        expression: str = "",
        latex: str = "",
        operands: Sequence[tuple[str, str, str, Value | None, Value | None]] = (),
        named: bool = True,
        scope: tuple[str, ...] = (),
    ) -> None:
        """Add a node; operands are (name, formula, latex, local, contribution)."""
        id_ = len(self.nodes)
        self.ids[name] = id_
        kind = op if op in ("input", "constant") else "op"
        self.nodes.append(
            NodeFacts(
                id_, name, named, kind, op, symbol or op, expression or name,
                latex or latex_name(name), tuple(self.ids[o[0]] for o in operands), value, grad,
                kind != "constant", None, scope,
            )
        )  # fmt: skip
        for slot, (source, formula, tex, local, contribution) in enumerate(operands):
            self.edges.append(
                EdgeFacts(self.ids[source], id_, slot, local, formula, tex, grad, contribution)
            )

    def facts(self) -> GraphFacts:
        return GraphFacts(tuple(self.nodes), tuple(self.edges), len(self.nodes) - 1, self.title)


def s1(*, backward: bool = True) -> GraphFacts:
    """F = ln x + exp(y)·z at (1, 3, 2)."""
    e, m = math.exp(3), Maker("f = ln(x) + exp(y)*z")
    m.node("x", 1.0, 1.0)
    m.node("y", 3.0, 2 * e)
    m.node("z", 2.0, e)
    m.node("h1", 0.0, 1.0, op="ln", expression="ln(x)", latex=r"\ln x",
           operands=[("x", "1/x", r"\frac{1}{x}", 1.0, 1.0)])  # fmt: skip
    m.node("h2", e, 2.0, op="exp", expression="exp(y)", latex=r"\exp(y)",
           operands=[("y", "h2", "h_{2}", e, 2 * e)])  # fmt: skip
    m.node("h3", 2 * e, 1.0, op="multiply", symbol="×", expression="h2*z", latex=r"h_{2} \, z",
           operands=[("h2", "z", "z", 2.0, 2.0), ("z", "h2", "h_{2}", e, e)])  # fmt: skip
    m.node("f", 2 * e, 1.0, op="add", symbol="+", expression="h1 + h3", latex="h_{1} + h_{3}",
           operands=[("h1", "1", "1", 1.0, 1.0), ("h3", "1", "1", 1.0, 1.0)])  # fmt: skip
    return m.facts() if backward else without_gradients(m.facts())


def without_gradients(facts: GraphFacts) -> GraphFacts:
    return replace(
        facts,
        nodes=tuple(replace(node, grad=None) for node in facts.nodes),
        edges=tuple(replace(edge, upstream=None, contribution=None) for edge in facts.edges),
    )


def s2() -> GraphFacts:
    """The 1-D RNN with a shared weight at w = 2, u = (1, 1, 1): 17 = 4 + 6 + 7."""
    m = Maker("y = w*t")
    m.node("w", 2.0, 17.0)
    for i, grad in ((1, 8.0), (2, 4.0), (3, 2.0)):
        m.node(f"u{i}", 1.0, grad)
    one = ("1", "1", 1.0)

    def times(name: str, other: str, value: float, grad: float, x: float) -> None:
        m.node(name, value, grad, op="multiply", symbol="×", expression=f"w*{other}",
               latex=rf"w \, {latex_name(other)}",
               operands=[("w", other, latex_name(other), x, grad * x),
                         (other, "w", "w", 2.0, grad * 2)])  # fmt: skip

    def plus(name: str, a: str, b: str, value: float, grad: float) -> None:
        m.node(name, value, grad, op="add", symbol="+", expression=f"{a} + {b}",
               latex=f"{latex_name(a)} + {b}",
               operands=[(a, *one, grad), (b, *one, grad)])  # fmt: skip

    m.node("p", 1.0, 8.0, op="identity", symbol="=", expression="u1", latex="u_{1}",
           operands=[("u1", *one, 8.0)])  # fmt: skip
    times("q", "p", 2.0, 4.0, 1.0)
    plus("r", "u2", "q", 3.0, 4.0)
    times("s", "r", 6.0, 2.0, 3.0)
    plus("t", "u3", "s", 7.0, 2.0)
    times("y", "t", 14.0, 1.0, 7.0)
    return m.facts()


def square(value: float = 3.0) -> GraphFacts:
    """Y = x*x: two edges from one node to one node."""
    m = Maker("y = x*x")
    m.node("x", value, 2 * value)
    m.node("y", value * value, 1.0, op="multiply", symbol="×", expression="x*x", latex=r"x \, x",
           operands=[("x", "x", "x", value, value), ("x", "x", "x", value, value)])  # fmt: skip
    return m.facts()


def diamond(scope: tuple[str, ...] = ()) -> GraphFacts:
    """F = sin(a)*cos(a) with a = x*y."""
    m = Maker("diamond")
    s, c = math.sin(1.0), math.cos(1.0)
    g = c * c - s * s
    m.node("x", 2.0, 0.5 * g)
    m.node("y", 0.5, 2.0 * g)
    m.node("a", 1.0, g, op="multiply", symbol="×", expression="x*y", latex=r"x \, y", scope=scope,
           operands=[("x", "y", "y", 0.5, 0.5 * g), ("y", "x", "x", 2.0, 2 * g)])  # fmt: skip
    m.node("b", s, c, op="sin", expression="sin(a)", latex=r"\sin a", scope=scope,
           operands=[("a", "cos(a)", r"\cos a", c, c * c)])  # fmt: skip
    m.node("c", c, s, op="cos", expression="cos(a)", latex=r"\cos a", scope=scope,
           operands=[("a", "-sin(a)", r"-\sin a", -s, -s * s)])  # fmt: skip
    m.node("f", s * c, 1.0, op="multiply", symbol="×", expression="b*c", latex=r"b \, c",
           operands=[("b", "c", "c", c, c), ("c", "b", "b", s, s)])  # fmt: skip
    return m.facts()


def hub(uses: int = 20, *, op: bool = False) -> GraphFacts:
    """A chain h = w*h with w used many times."""
    m = Maker("hub")
    w, grads = 1.1, [1.1 ** (uses - 1 - i) for i in range(uses)]
    if op:
        m.node("v", 1.0, 1.0)
    total = uses * w ** (uses - 1)
    operands = [("v", "1.1", "1.1", 1.1, total * 1.1)] if op else []
    m.node("w", w, total, op="scale" if op else "input", symbol="s", expression="1.1*v",
           latex="1.1 v" if op else "w", operands=operands)  # fmt: skip
    m.node("h0", 1.0, w**uses)
    for i in range(uses):
        h = w**i
        m.node(f"h{i + 1}", w * h, grads[i], op="multiply", symbol="×", expression=f"w*h{i}",
               latex=rf"w \, h_{{{i}}}",
               operands=[("w", f"h{i}", f"h_{{{i}}}", h, grads[i] * h),
                         (f"h{i}", "w", "w", w, grads[i] * w)])  # fmt: skip
    return m.facts()


def network() -> GraphFacts:
    """A two-layer network with small matrices, and a scalar loss."""
    m = Maker("two layers")
    x, w1, b1 = np.array([2.0, -1.0]), np.array([[1.0, 0.5], [-0.5, -1.0]]), np.array([0.5, -0.5])
    w2 = np.array([[0.5, -0.5], [-1.0, 1.0], [0.25, 0.125]])
    a = w1 @ x
    z = a + b1
    h = np.maximum(z, 0)
    o = w2 @ h
    loss = float(o @ o)
    go = 2 * o
    gw2, gh = np.outer(go, h), w2.T @ go
    gz = gh * (z > 0)
    m.node("x", x, w1.T @ gz)
    m.node("W1", w1, np.outer(gz, x))
    m.node("b1", b1, gz)
    m.node("W2", w2, gw2)
    m.node("a1", a, gz, op="matmul", symbol="@", expression="W1 @ x", latex=r"W_{1} \, x",
           operands=[("W1", "outer(δ, x)", r"\delta \, x^{\top}", None, np.outer(gz, x)),
                     ("x", "W1.T @ δ", r"W_{1}^{\top} \delta", None, w1.T @ gz)])  # fmt: skip
    m.node("z1", z, gz, op="add", symbol="+", expression="a1 + b1", latex="a_{1} + b_{1}",
           operands=[("a1", "1", "1", np.ones(2), gz), ("b1", "1", "1", np.ones(2), gz)])  # fmt: skip
    m.node("h1", h, gh, op="relu", expression="relu(z1)", latex=r"\mathrm{relu}(z_{1})",
           operands=[("z1", "z1 > 0", r"\mathbf{1}[z_{1} > 0]", (z > 0) * 1.0, gz)])  # fmt: skip
    m.node("o", o, go, op="matmul", symbol="@", expression="W2 @ h1", latex=r"W_{2} \, h_{1}",
           operands=[("W2", "outer(δ, h1)", r"\delta \, h_{1}^{\top}", None, gw2),
                     ("h1", "W2.T @ δ", r"W_{2}^{\top} \delta", None, gh)])  # fmt: skip
    m.node("L", loss, 1.0, op="dot", symbol="·", expression="o @ o", latex=r"o \cdot o",
           operands=[("o", "δ*o", r"\delta \, o", None, o), ("o", "δ*o", r"\delta \, o", None, o)])  # fmt: skip
    return m.facts()


def softmax(*, nan: bool = False) -> GraphFacts:
    """Softmax over 100 × 50 scores and its cross-entropy."""
    m = Maker("softmax")
    rng = np.random.default_rng(7)
    z = rng.normal(size=(100, 50))
    z[3, 4] = 6.0
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    y = np.zeros_like(p)
    y[np.arange(100), rng.integers(0, 50, 100)] = 1
    loss = float(-(y * np.log(p)).sum() / 100)
    if nan:
        p = p.copy()
        p[0, :3], p[5, 5] = np.nan, np.inf
        loss = math.nan
    gp = -y / p / 100
    gz = (p - y) / 100
    m.node("z", z, gz)
    m.node("y", y, op="constant", named=False)
    m.node("p", p, gp, op="softmax", expression="softmax(z)", latex=r"\mathrm{softmax}(z)",
           operands=[("z", "p*(δ - sum(δ*p))", r"p \odot (\delta - \sum \delta p)", None, gz)])  # fmt: skip
    m.node("L", loss, 1.0, op="cross_entropy", symbol="CE", expression="cross_entropy(p, y)",
           latex=r"\mathrm{cross\_entropy}(p, y)",
           operands=[("p", "-y/p/100", r"-\frac{y}{100 p}", None, gp),
                     ("y", "", "", None, None)])  # fmt: skip
    return m.facts()


def exceptional() -> GraphFacts:
    """F = ln(x)/y at x = -1, y = 0: NaN and ∞ among scalars."""
    m = Maker("exceptional")
    nan, inf = math.nan, math.inf
    m.node("x", -1.0, -inf)
    m.node("y", 0.0, nan)
    m.node("a", nan, inf, op="ln", expression="ln(x)", latex=r"\ln x",
           operands=[("x", "1/x", r"\frac{1}{x}", -1.0, -inf)])  # fmt: skip
    m.node("f", nan, 1.0, op="divide", symbol="÷", expression="a/y", latex=r"\frac{a}{y}",
           operands=[("a", "1/y", r"\frac{1}{y}", inf, inf),
                     ("y", "-a/y**2", r"-\frac{a}{y^{2}}", nan, nan)])  # fmt: skip
    return m.facts()


def rnn(steps: int) -> GraphFacts:
    """H = tanh(a*h + b*u + c) with three shared weights."""
    m = Maker("rnn")
    for name in "abc":
        m.node(name, 0.5, 0.25)
    m.node("h0", 0.1, 0.01)
    for t in range(1, steps + 1):
        old = f"h{t - 1}"
        m.node(f"u{t}", 0.3, 0.02)
        for name, left, right in ((f"m{t}", "a", old), (f"n{t}", "b", f"u{t}")):
            m.node(name, 0.15, 0.03, op="multiply", symbol="×", named=False,
                   operands=[(left, right, latex_name(right), 0.3, 0.01),
                             (right, left, left, 0.5, 0.015)])  # fmt: skip
        for name, left, right in ((f"k{t}", f"m{t}", f"n{t}"), (f"z{t}", f"k{t}", "c")):
            m.node(name, 0.3, 0.03, op="add", symbol="+", named=False,
                   operands=[(left, "1", "1", 1.0, 0.03), (right, "1", "1", 1.0, 0.03)])  # fmt: skip
        m.node(f"h{t}", 0.29, 0.03, op="tanh", expression=f"tanh(z{t})",
               operands=[(f"z{t}", f"1 - h{t}**2", f"1 - h_{{{t}}}^{{2}}", 0.9, 0.027)])  # fmt: skip
    return m.facts()


def layered(nodes: int, width: int = 10) -> GraphFacts:
    """A layered graph: each node adds two of the layer before it."""
    m = Maker("layered")
    for i in range(width):
        m.node(f"v{i}", float(i), 1.0)
    for i in range(width, nodes):
        base = i - i % width - width
        left, right = base + i % width, base + (i * 7 + 3) % width
        m.node(f"v{i}", 1.5, 1.0, op="add", symbol="+", named=False,
               operands=[(f"v{left}", "1", "1", 1.0, 1.0), (f"v{right}", "1", "1", 1.0, 1.0)])  # fmt: skip
    return m.facts()


def chain(length: int) -> GraphFacts:
    """A chain of additions."""
    m = Maker("chain")
    m.node("x", 1.0, 1.0)
    m.node("v0", 2.0, 1.0, op="exp", operands=[("x", "v0", "v_{0}", 2.0, 1.0)], named=False)
    for i in range(1, length):
        m.node(f"v{i}", 2.0, 1.0, op="tanh", named=False,
               operands=[(f"v{i - 1}", "1", "1", 1.0, 1.0)])  # fmt: skip
    return m.facts()


NASTY = (
    '<b>&"quote"',
    "two\nlines\ttab",
    "bell\x07null\x00",
    "\u202eright to left",
    "שלום",
    "🎉 party",
    "a" * 10_000,
    "back\\slash\\N",
    "lone\ud800surrogate",
    "-->]]>",
)


def nasty() -> GraphFacts:
    """A chain whose names are all hostile to some format."""
    m = Maker(NASTY[0] + NASTY[4])
    m.node(NASTY[0], 1.0, 1.0, scope=(NASTY[0],))
    for before, name in pairwise(NASTY):
        m.node(name, 1.0, 1.0, op="tanh", symbol="<&>", expression=f"f({before})", latex=before,
               operands=[(before, before, before, 1.0, 1.0)], scope=(NASTY[0],))  # fmt: skip
    return m.facts()


def long_names() -> GraphFacts:
    """Names of ordinary length in real programs."""
    m = Maker("long names")
    m.node("learning_rate", 0.001, -12345.678)
    m.node("hidden_state", 1.2e-5, 1e30)
    m.node("input", -1.0, 1.0)
    m.node("gate_activation", 1.2e-8, 1.0, op="multiply", symbol="×",
           operands=[("learning_rate", "hidden_state", r"\mathrm{hidden\_state}", 1.2e-5, 1.2e-5),
                     ("hidden_state", "learning_rate", r"\mathrm{learning\_rate}", 0.001, 0.001)])  # fmt: skip
    m.node("normalized", 0.5, 1.0, op="leaky_relu", symbol="leaky relu",
           operands=[("gate_activation", "where(gate_activation > 0, 1, 0.01)", "", 1.0, 1.0)])  # fmt: skip
    m.node("unnormalized_loss", 0.5, 1.0, op="add", symbol="+",
           operands=[("normalized", "1", "1", 1.0, 1.0), ("input", "1", "1", 1.0, 1.0)])  # fmt: skip
    return m.facts()


def many_operands(count: int) -> GraphFacts:
    """A sum of many inputs, two of them constants."""
    m = Maker("many operands")
    for i in range(count):
        constant = i in (3, 4)
        m.node(f"x{i}" if not constant else str(i), float(i), None if constant else 1.0,
               op="constant" if constant else "input")  # fmt: skip
    m.node("s", float(sum(range(count))), 1.0, op="sum", symbol="Σ",
           operands=[(n.name, "1", "1", 1.0, None if n.kind == "constant" else 1.0)
                     for n in list(m.nodes)])  # fmt: skip
    return m.facts()


def scoped(steps: int) -> GraphFacts:
    """The network of `rnn`, each step in a scope of its own."""
    facts = rnn(steps)
    nodes = tuple(
        replace(node, scope=(f"step {node.name[1:]}",)) if node.kind == "op" else node
        for node in facts.nodes
    )
    return replace(facts, nodes=nodes)
