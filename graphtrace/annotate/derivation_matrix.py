"""Gradients of arrays in matrix form: δ's for the factors, and each parameter's as a product."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from graphtrace.annotate.derivation_parts import Line, Part, with_shape
from graphtrace.annotate.facts import EdgeFacts, NodeFacts
from graphtrace.annotate.rules import PRODUCTS, UP
from graphtrace.annotate.terms import formula, partial, shape_text, word
from graphtrace.annotate.worked import Equation, Worked, joined
from graphtrace.formula.tree import Call, Expr, Name, Printed, substitute
from graphtrace.ops.registry import OPERANDS, OPS

__all__ = ["index_form", "matrix_lines", "measured_difference"]

DEEPEST = 8
"""Products of more factors than this begin at a δ of their own."""
MOST_USES = 4
INTRO = (
    "{}'s stand for the upstream gradient that a product begins with, and for the factors that"
    " follow, in the order of the backward pass; ∘ multiplies by element."
)


def matrix_lines(worked: Worked, part: Part) -> tuple[str, tuple[Line, ...]]:
    """Return the definitions of the δ's and the composed form of each derivative by an array."""
    arrays = [
        worked.nodes[id_]
        for id_ in part.wrt
        if np.ndim(worked.nodes[id_].value) and worked.nodes[id_].grad is not None
    ]
    forms = _Forms(worked)
    rows = []
    for node in arrays:
        uses = worked.carrying(node)
        if uses and len(uses) <= MOST_USES:
            rows.append((node, [forms.along(edge, 0) for edge in uses]))
    if not rows:
        return "", ()
    names = forms.numbered()
    lines = [*forms.definitions(names)]
    for node, terms in rows:
        whole = terms[0]
        for term in terms[1:]:
            whole = Call("add", (whole, term))
        head = partial(worked.of, node.name)
        lines.append(with_shape(joined([head, formula(whole, names)]), node.value))
    return INTRO.format(forms.letter()), tuple(lines)


@dataclass(slots=True)
class _Forms:
    """Composed pull-backs, with the δ's that they need: bases by node, factors by edge."""

    worked: Worked
    bases: dict[int, NodeFacts] = field(default_factory=dict)
    factors: dict[tuple[int, int], EdgeFacts] = field(default_factory=dict)
    names: dict[str, Printed] = field(default_factory=dict)

    def along(self, edge: EdgeFacts, depth: int) -> Expr:
        """Return what comes back along an edge, as a product from a base on."""
        upstream = self._gradient(self.worked.nodes[edge.target], depth)
        return self._pulled(edge, upstream, factor=False)

    def _gradient(self, node: NodeFacts, depth: int) -> Expr:
        """Return a node's gradient as a product, or a δ of its own where a product cannot go on."""
        uses = self.worked.carrying(node)
        if node.id != self.worked.facts.output and len(uses) == 1 and depth < DEEPEST:
            edge = uses[0]
            if self._goes_on(edge):
                grows = 0 if self._passes(edge) else 1
                upstream = self._gradient(self.worked.nodes[edge.target], depth + grows)
                return self._pulled(edge, upstream, factor=True)
        self.bases[node.id] = node
        return Name(f"base{node.id}")

    def _goes_on(self, edge: EdgeFacts) -> bool:
        """Tell whether a product goes on through an edge: by element, or by a matrix."""
        source, target = self.worked.nodes[edge.source], self.worked.nodes[edge.target]
        op = OPS.get(target.op)
        if op is None or self.worked.rules.pulled(edge) is None:
            return False
        if op.is_elementwise:
            return np.shape(source.value) == np.shape(target.value)
        return op.name in PRODUCTS and max(np.ndim(source.value), np.ndim(target.value)) <= 2

    def _passes(self, edge: EdgeFacts) -> bool:
        """Tell whether an edge hands the gradient on as it is."""
        return self.worked.rules.pulled(edge) == Name(UP)

    def _pulled(self, edge: EdgeFacts, upstream: Expr, *, factor: bool) -> Expr:
        """Return an edge's rule on an upstream gradient, its factor replaced by a δ if asked."""
        target = self.worked.nodes[edge.target]
        rule = self.worked.rules.pulled(edge)
        if rule is None:
            self.bases[edge.target] = target
            return Name(f"base{edge.target}")
        swaps: dict[str, Expr] = {UP: upstream}
        for letter, printed in self.worked.rules.names(target).items():
            own = f"{letter} of {target.id}"
            self.names[own] = printed
            swaps[letter] = Name(own)
        if factor and not self._passes(edge):
            delta = Name(f"factor{edge.target},{edge.slot}")
            if target.op in PRODUCTS:
                self.factors[edge.target, edge.slot] = edge
                swaps[OPERANDS[1 - edge.slot]] = delta
            elif self._by_element(rule):
                self.factors[edge.target, edge.slot] = edge
                return Call(rule.op, (upstream, delta))  # type: ignore[union-attr] # a Call, see above
        return substitute(rule, lambda part: swaps.get(part.id) if isinstance(part, Name) else None)

    def _by_element(self, rule: Expr) -> bool:
        return isinstance(rule, Call) and len(rule.args) == 2 and rule.args[0] == Name(UP)

    def numbered(self) -> dict[str, Printed]:
        """Return what every name stands for, the δ's numbered in the order of the backward pass."""
        keys = [(-id_, -1, f"base{id_}") for id_ in self.bases]
        keys += [(-target, slot, f"factor{target},{slot}") for target, slot in self.factors]
        found = dict(self.names)
        letter = self.letter()
        for number, (_, _, key) in enumerate(sorted(keys)):
            found[key] = word(f"{letter}{number}")
        return found

    def letter(self) -> str:
        """Return the letter of the δ's: one that no node of the graph is named with."""
        taken = {node.name[:1] for node in self.worked.facts.nodes}
        taken |= {"δ" for node in self.worked.facts.nodes if node.name.startswith("delta")}
        return next((letter for letter in "δηξ" if letter not in taken), "δ")

    def definitions(self, names: Mapping[str, Printed]) -> Iterator[Line]:
        """Yield what each δ is, with its shape."""
        rows: list[tuple[int, int, Line]] = []
        for id_, node in self.bases.items():
            parts = [names[f"base{id_}"], partial(self.worked.of, node.name)]
            known = difference(self.worked, node)
            if known is not None:
                parts.append(known[0])
            found = joined(parts)
            rows.append((-id_, -1, with_shape(found, node.value)))
        for (target, slot), edge in self.factors.items():
            rows.append((-target, slot, self._factor(edge, names[f"factor{target},{slot}"])))
        for _, _, row in sorted(rows, key=lambda row: row[:2]):
            yield row

    def _factor(self, edge: EdgeFacts, delta: Printed) -> Line:
        """Return δ₁ = ∂z₂/∂a₁ = W₂, or by element δ₂ = ∂a₁/∂z₁ = 1[z₁ > 0]."""
        source, target = self.worked.nodes[edge.source], self.worked.nodes[edge.target]
        names = self.worked.rules.names(target)
        if target.op in PRODUCTS:
            other = self.worked.nodes[target.operands[1 - edge.slot]]
            parts = [delta, word(other.name)]
            if edge.slot == 1 and np.ndim(source.value) == 1:
                parts.insert(1, partial(self._known_as(target).name, source.name))
            return with_shape(joined(parts), other.value)
        expr = self.worked.rules.local(edge)
        assert expr is not None
        head = self.worked.partial_of(edge)
        own = formula(expr, names)
        return with_shape(joined([delta, head, own]), source.value)

    def _known_as(self, node: NodeFacts) -> NodeFacts:
        """Return the named node that an unnamed one is handed on to, as h in z = h + b."""
        while not node.named:
            uses = self.worked.carrying(node)
            if len(uses) != 1 or not self._passes(uses[0]):
                break
            node = self.worked.nodes[uses[0].target]
        return node


def index_form(target: NodeFacts, source: NodeFacts) -> Iterator[Line]:
    """Yield the Jacobian of softmax by elements."""
    if target.op != "softmax" or np.ndim(target.value) != 1:
        return
    p, z = word(target.name), word(source.name)
    base, below_base = (f"({n.latex})" if "_" in n.latex else n.latex for n in (p, z))
    own, other = f"{base}_{{k}}", f"{base}_{{i}}"
    for at, result, latex_result, note in (
        ("k", f"{p.text}[k]·(1 − {p.text}[k])", rf"{own} \left(1 - {own}\right)", "by element"),
        ("i", f"−{p.text}[k]·{p.text}[i]", rf"-{own} \, {other}", "for i ≠ k"),
    ):
        text = f"∂{p.text}[k]/∂{z.text}[{at}] = {result}"
        below = f"{below_base}_{{{at}}}"
        latex = rf"\frac{{\partial {own}}}{{\partial {below}}} = {latex_result}"
        yield Line(Equation(text, latex), note)


def measured_difference(worked: Worked, node: NodeFacts) -> Iterator[Line]:
    """Yield ∂L/∂z = ŷ − y where softmax and cross-entropy come to that, as measured."""
    found = difference(worked, node)
    if found is not None:
        expr, why = found
        yield Line(joined([partial(worked.of, node.name), expr]), why)


def difference(worked: Worked, node: NodeFacts) -> tuple[Printed, str] | None:
    """Return ŷ − y for the gradient of what goes into a softmax, where it is that, and why."""
    uses = worked.carrying(node)
    if len(uses) != 1 or node.grad is None:
        return None
    soft = worked.nodes[uses[0].target]
    if soft.op not in ("softmax", "log_softmax") or np.shape(soft.value) != np.shape(node.value):
        return None
    guess = np.asarray(soft.value if soft.op == "softmax" else np.exp(soft.value))
    grad = np.asarray(node.grad)
    rows = max(guess.size // max(guess.shape[-1], 1), 1)
    for label in worked.facts.nodes:
        if label.kind == "op" or np.shape(label.value) != guess.shape or label.id == node.id:
            continue
        truth = np.asarray(label.value, dtype=float)
        if not np.allclose(truth.sum(axis=-1), 1):
            continue
        for scale in dict.fromkeys((1, rows)):
            if np.allclose(grad * scale, guess - truth, rtol=1e-9, atol=1e-12):
                return _minus(soft, node, label, scale), _why(label)
    return None


def _minus(soft: NodeFacts, node: NodeFacts, label: NodeFacts, scale: int) -> Printed:
    z, y = word(node.name), word(label.name)
    p = word(soft.name)
    if soft.op != "softmax":
        p = Printed(f"softmax({z.text})", rf"\mathrm{{softmax}}({z.latex})")
    if scale == 1:
        return Printed(f"{p.text} − {y.text}", f"{p.latex} - {y.latex}")
    return Printed(f"({p.text} − {y.text})/{scale}", rf"\frac{{{p.latex} - {y.latex}}}{{{scale}}}")


def _why(label: NodeFacts) -> str:
    rows = "its rows sum" if np.ndim(label.value) > 1 else "its entries sum"
    return f"{word(label.name).text} of shape {shape_text(label.value)}: {rows} to 1"
