"""The equations of both passes, with the numbers put in: as one writes them on a blackboard."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value
from graphtrace.annotate.rules import Rules
from graphtrace.annotate.terms import (
    formula,
    numeral,
    partial,
    product,
    quantity,
    shape_text,
    size_words,
    word,
    words,
)
from graphtrace.formula.tree import Call, Expr, Name, Number, Printed

__all__ = ["Equation", "Worked", "added", "joined", "members"]

MOST_TERMS = 8
"""Of longer sums the first terms and the last are written."""
UP = "g"
IDENTIFIER = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Equation:
    """One line of a worked solution.

    Attributes
    ----------
    text: in Unicode, on one line: ``∂f/∂h₂ = ∂f/∂h₃ · ∂h₃/∂h₂ = 1 · z = 1 · 2 = 2``.
    latex: the same in LaTeX's math mode.
    """

    text: str
    latex: str


class Worked:
    """The equations of a graph's facts, with substituted numbers.

    Numbers have `digits` significant digits. Arrays of at most four elements are written out;
    of others there is the shape, and of gradients the norm. `of` is what gradients are of: the
    output, if not given; a name of its own suits a pass that starts from a seed other than 1.
    """

    def __init__(self, facts: GraphFacts, digits: int = 4, of: str = "") -> None:
        self.facts, self.digits = facts, digits
        self.nodes = {node.id: node for node in facts.nodes}
        self.of = of or self.nodes[facts.output].name
        self.uses: dict[int, list[EdgeFacts]] = {}
        self.into: dict[int, list[EdgeFacts]] = {}
        for edge in facts.edges:
            self.uses.setdefault(edge.source, []).append(edge)
            self.into.setdefault(edge.target, []).append(edge)
        self.rules = Rules(self.nodes)
        self._useful: set[int] | None = None

    # -- the lines ------------------------------------------------------------------------

    def forward(self, node: NodeFacts) -> Equation:
        """Return ``h₃ = h₂·z = 20.09·2 = 40.17``; for an input ``x = 1``."""
        if node.kind != "op":
            name = word(node.name)
            if node.kind == "constant" and not np.ndim(node.value):
                found = self._number(node.value)
                return Equation(found.text, found.latex)
            return self._line(name, [], node.value)
        parts = [self.expression(node)]
        expr, numbers = self.rules.expression(node), self._numbers(node)
        if expr is not None and numbers is not None:
            parts.append(formula(expr, numbers))
        return self._line(word(node.name), parts, node.value)

    def seed(self) -> Equation:
        """Return ``∂f/∂f = 1``, or with the seed that was given."""
        node = self.nodes[self.facts.output]
        head = partial(self.of, node.name)
        if node.grad is None:
            return _said(head, "not computed")
        return self._line(head, [], node.grad, gradient=True)

    def local(self, edge: EdgeFacts) -> Equation:
        """Return ``∂h₃/∂h₂ = z = 2``; where it is no formula, what becomes of a gradient δ."""
        target = self.nodes[edge.target]
        head = self.partial_of(edge)
        if not edge.formula:
            return _said(head, self._why_none(edge))
        expr = self.rules.local(edge)
        if expr is None:
            pulled = self._pulled(edge, Printed("δ", r"\delta"))
            text = f"{head.text}: δ ↦ {pulled.text}"
            return Equation(text, rf"{head.latex}:\quad \delta \mapsto {pulled.latex}")
        parts = [formula(expr, self.rules.names(target))]
        value = self.rules.value(edge)
        if value is None or (np.ndim(value) and isinstance(expr, Number)):
            return joined([head, *parts])
        if self._scalar(edge):
            numbers = self._numbers(target)
            if numbers is not None:
                parts.append(formula(expr, numbers))
        return self._line(head, parts, value)

    def contribution(self, edge: EdgeFacts) -> Equation:
        """Return ``∂f/∂h₃ · ∂h₃/∂h₂ = 1 · 2 = 2``, for arrays the pull-back."""
        if edge.contribution is None:
            return _said(self._product(edge), "not computed")
        if not self._scalar(edge):
            return self._line(self.pulled(edge), [], edge.contribution, gradient=True)
        return self._line(self._product(edge), [self._numeric(edge)], edge.contribution)

    def total(self, node: NodeFacts) -> Equation:
        """Return a node's gradient from all of its uses.

        With one use ``∂f/∂h₂ = ∂f/∂h₃ · ∂h₃/∂h₂ = 1 · z = 1 · 2 = 2``; with several the sum of
        what they contribute, in the order of the backward pass: ``∂y/∂w = 7 + 6 + 4 = 17``.
        """
        head = partial(self.of, node.name)
        if node.grad is None:
            return _said(head, self.absent(node))
        uses = self.carrying(node)
        if node.id == self.facts.output and not uses:
            return self.seed()
        if len(uses) == 1:
            return self._line(head, self._steps(uses[0]), node.grad, gradient=True)
        if all(map(self._scalar, uses)):
            terms = [self._number(edge.contribution) for edge in uses]  # type: ignore[arg-type] # carrying
        else:
            terms = [self.pulled(edge) for edge in uses]
        return self._line(head, [added(terms)], node.grad, gradient=True)

    # -- what the lines are made of -------------------------------------------------------

    def expression(self, node: NodeFacts) -> Printed:
        """Return an operation on its operands: ``h₂·z``."""
        expr = self.rules.expression(node)
        if expr is not None:
            return formula(expr, self.rules.names(node))
        names = [word(self.nodes[id_].name) for id_ in node.operands if id_ in self.nodes]
        latex = node.latex
        for place, name in enumerate(names if node.op == "getitem" else ()):
            # An index that is computed is a parameter, which tells its operand.
            latex = latex.replace(f"operand {place}", name.latex)
        return _raw(self._with_print_names(node), latex)

    def carrying(self, node: NodeFacts) -> list[EdgeFacts]:
        """Return the uses that contribute to a node's gradient, as the backward pass meets them."""
        found = [edge for edge in self.uses.get(node.id, ()) if edge.contribution is not None]
        return sorted(found, key=lambda edge: (-edge.target, edge.slot))

    def partial_of(self, edge: EdgeFacts) -> Printed:
        """Return ∂target/∂source; of several edges between the two, which operand it is by."""
        source, target = self.nodes[edge.source], self.nodes[edge.target]
        several = sum(other.source == edge.source for other in self.into[edge.target]) > 1
        return partial(target.name, source.name, edge.slot if several else None)

    def pulled(self, edge: EdgeFacts) -> Printed:
        """Return what an array's upstream gradient becomes along an edge, as a formula."""
        return self._pulled(edge, partial(self.of, self.nodes[edge.target].name))

    def absent(self, node: NodeFacts) -> str:
        """Return why a node has no gradient: not computed, not used, or cut, and by what."""
        end = self.nodes[self.facts.output]
        if end.grad is None or node.id == end.id:
            return "not computed"
        if node.kind == "constant":
            return "not computed (a constant)"
        useful = self._leading_to_output()
        if node.id not in useful:
            return f"not computed ({word(end.name).text} does not depend on it)"
        cuts = dict.fromkeys(self._cuts(node, useful))
        if not cuts:
            return "not computed"
        return f"no gradient: {' and '.join(cuts)}"

    # -- inside ---------------------------------------------------------------------------

    def _number(self, value: Value) -> Printed:
        return numeral(value, self.digits)

    def _scalar(self, edge: EdgeFacts) -> bool:
        values = self.nodes[edge.source].value, self.nodes[edge.target].value
        return edge.local is not None and not any(map(np.ndim, values))

    def _numbers(self, node: NodeFacts) -> dict[str, Printed] | None:
        """Return the numbers of a node's operands, and None where one of them is an array."""
        found = {}
        for letter, value in self.rules.values(node).items():
            if np.ndim(value):
                return None
            found[letter] = self._number(value)
        return found

    def _with_print_names(self, node: NodeFacts) -> str:
        """Return a node's expression with its operands' names as they are printed."""
        names = [self.nodes[id_].name for id_ in node.operands if id_ in self.nodes]
        printed = {name: word(name).text for name in names}
        text = node.expression
        if node.op == "getitem":
            for place, name in enumerate(names):
                text = text.replace(f"operand {place}", name)
        return IDENTIFIER.sub(lambda found: printed.get(found[0], found[0]), text)

    def _product(self, edge: EdgeFacts) -> Printed:
        up = partial(self.of, self.nodes[edge.target].name)
        return product(up, self.partial_of(edge))

    def _numeric(self, edge: EdgeFacts) -> Printed:
        assert edge.upstream is not None
        assert edge.local is not None
        return product(self._number(edge.upstream), self._number(edge.local))

    def _steps(self, edge: EdgeFacts) -> list[Printed]:
        """Return the chain rule along one edge: in names, by its formula, in numbers."""
        if not self._scalar(edge):
            return [self.pulled(edge)]
        target = self.nodes[edge.target]
        parts = [self._product(edge)]
        expr = self.rules.local(edge)
        assert edge.upstream is not None
        if expr is not None:
            own = formula(expr, self.rules.names(target))
            parts.append(product(self._number(edge.upstream), own))
        return [*parts, self._numeric(edge)]

    def _pulled(self, edge: EdgeFacts, upstream: Printed) -> Printed:
        expr = self.rules.pulled(edge)
        if expr is None:
            return _raw(edge.formula, edge.latex)
        return formula(expr, self.rules.names(self.nodes[edge.target]) | {UP: upstream})

    def _line(
        self, head: Printed, parts: Iterable[Printed], value: Value, *, gradient: bool = False
    ) -> Equation:
        """Return head = part = … = value; of large arrays the shape, of gradients the norm too."""
        found = quantity(value, self.digits)
        if found is not None:
            return joined([head, *parts, found])
        tail = f" of shape {shape_text(value)}"
        shape = shape_text(value).replace("×", r" \times ")
        latex = rf"\ \mathrm{{of\ shape}}\ {shape}"
        if gradient:
            norm = size_words(value, self.digits)
            tail += f", {norm.text}"
            latex += rf",\ {norm.latex}"
        chain = joined([head, *parts])
        return Equation(chain.text + tail, chain.latex + latex)

    def _why_none(self, edge: EdgeFacts) -> str:
        source, target = self.nodes[edge.source], self.nodes[edge.target]
        if source.kind == "constant":
            return "none is needed, it is a constant"
        return f"none: {target.op} passes no gradient"

    def _leading_to_output(self) -> set[int]:
        """Return the nodes that the output depends on, through whatever operations."""
        if self._useful is None:
            found, waiting = {self.facts.output}, [self.facts.output]
            while waiting:
                for id_ in self.nodes[waiting.pop()].operands:
                    if id_ in self.nodes and id_ not in found:
                        found.add(id_)
                        waiting.append(id_)
            self._useful = found
        return self._useful

    def _cuts(self, node: NodeFacts, useful: set[int]) -> Iterable[str]:
        """Yield where every way from a node to the output is cut."""
        seen, waiting = {node.id}, [node.id]
        for id_ in waiting:
            for edge in self.uses.get(id_, ()):
                if edge.target not in useful:
                    continue
                target = self.nodes[edge.target]
                if not edge.formula:
                    yield f"{target.op} at {word(target.name).text} passes none"
                elif target.id not in seen:
                    seen.add(target.id)
                    waiting.append(target.id)


def members(chain: str) -> list[str]:
    """Return what stands between the equals signs of a chain, those in brackets left alone."""
    found, depth, start = [], 0, 0
    for at, char in enumerate(chain):
        depth += (char in "{([") - (char in "})]")
        if depth == 0 and chain.startswith(" = ", at):
            found.append(chain[start:at])
            start = at + 3
    return [*found, chain[start:]]


def _raw(text: str, latex: str) -> Printed:
    return Printed(text, latex)


def _said(head: Printed, text: str) -> Equation:
    return Equation(f"{head.text}: {text}", rf"{head.latex}:\quad {words(text).latex}")


def joined(parts: Sequence[Printed]) -> Equation:
    """Return parts with equals signs between, nothing twice in a row after the first."""
    kept = [part for at, part in enumerate(parts) if at < 2 or part.text != parts[at - 1].text]
    return Equation(" = ".join(p.text for p in kept), " = ".join(p.latex for p in kept))


def added(terms: Sequence[Printed]) -> Printed:
    """Return a sum; a long one with an ellipsis."""
    shown = list(terms)
    if len(terms) > MOST_TERMS:
        dots = Printed("…", r"\ldots")
        shown = [*terms[: MOST_TERMS - 2], dots, terms[-1]]
    names = {f"t{number}": term for number, term in enumerate(shown)}
    expr: Expr = Name("t0")
    for name in list(names)[1:]:
        expr = Call("add", (expr, Name(name)))
    return formula(expr, names)
