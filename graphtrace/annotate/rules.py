"""The derivative rule of an edge as a formula: local gradients, Jacobians and pull-backs."""

from collections.abc import Mapping

import numpy as np

from graphtrace.annotate.facts import EdgeFacts, NodeFacts, Value
from graphtrace.annotate.terms import AXES, by_element, word
from graphtrace.formula.fold import fold
from graphtrace.formula.printers import to_text
from graphtrace.formula.tree import Call, Expr, Name, Number, Printed, substitute
from graphtrace.ops.op import formula as parsed
from graphtrace.ops.registry import OPERANDS, OPS, Op, notations
from graphtrace.ops.values import shape_of

__all__ = ["PRODUCTS", "UP", "Rules", "shown_rule"]

UP, OUT = "g", "out"
ONES = Printed("ones", r"\mathbf{1}")
PRODUCTS = frozenset({"matmul", "dot", "inner"})
# The Jacobian of a function of one vector, where one writes it as a formula.
JACOBIANS = {"softmax": "diag(out) - out @ out.T", "sum": "ones.T", "mean": "ones.T/n"}


def shown_rule(op: Op, slot: int, literals: Mapping[str, float]) -> Expr | None:
    """Return what is shown of an edge's derivative, with the numbers of constant operands.

    For an elementwise operation it is the local gradient, for another one its pull-back of g.
    None where there is none.
    """
    if not op.passes(slot):
        return None
    expr = op.partials[slot] if op.is_elementwise else op.rules[min(slot, len(op.rules) - 1)]
    if expr is None:
        return None

    def number(part: Expr) -> Expr | None:
        found = literals.get(part.id) if isinstance(part, Name) else None
        return None if found is None else Number(found)

    return fold(substitute(expr, number))


class Rules:
    """The rules of a graph's edges, in the names of its facts.

    In what they return the operands are called a, b, c (o0, o1, … in a node's expression), the
    node itself out, its upstream gradient g.
    """

    def __init__(self, nodes: Mapping[int, NodeFacts]) -> None:
        self.nodes = nodes

    def expression(self, node: NodeFacts) -> Expr | None:
        """Return an operation on its operands; None where it has parameters besides these."""
        op = OPS.get(node.op)
        operands = [self.nodes.get(id_) for id_ in node.operands]
        if op is None or node.kind != "op" or None in operands:
            return None
        letters = tuple(Name(f"o{place}") for place in range(len(operands)))
        names = {f"o{place}": item.name for place, item in enumerate(operands) if item}
        try:
            plain = to_text(Call(op.name, letters), notations(), names)
        except KeyError:
            # Its notation asks for parameters.
            return None
        if plain != node.expression:
            return None
        expr: Expr = Call(op.name, letters)
        if op.name == "matmul" and all(
            item is not None and np.ndim(item.value) == 1 for item in operands
        ):
            expr = Call("matmul", (Call("transpose", letters[:1]), letters[1]))
        return by_element(self._literal(expr, node), self._arrays(node))

    def local(self, edge: EdgeFacts) -> Expr | None:
        """Return ∂target/∂source as a formula; None where there is none but the pull-back."""
        target = self.nodes[edge.target]
        op = OPS.get(target.op)
        if op is None or not edge.formula:
            return None
        if op.is_elementwise:
            expr = shown_rule(op, edge.slot, self._literals(target))
            return None if expr is None else by_element(expr, self._arrays(target))
        return self._jacobian(op, edge)

    def value(self, edge: EdgeFacts) -> Value | None:
        """Return the value of such a local gradient; None where it is not at hand."""
        if edge.local is not None:
            return edge.local
        target, source = self.nodes[edge.target], self.nodes[edge.source]
        if target.op in PRODUCTS:
            other = self.nodes[target.operands[1 - edge.slot]].value
            return np.asarray(other).T if edge.slot == 0 else other
        if target.op == "softmax":
            out = np.asarray(target.value)
            return np.diag(out) - np.outer(out, out)
        if target.op in JACOBIANS:
            return np.full(
                shape_of(source.value), 1 / np.size(source.value) if target.op == "mean" else 1.0
            )
        return None

    def pulled(self, edge: EdgeFacts) -> Expr | None:
        """Return what an upstream gradient g becomes along an edge; None where it is unknown."""
        target, source = self.nodes[edge.target], self.nodes[edge.source]
        op = OPS.get(target.op)
        if op is None or not edge.formula:
            return None
        expr = shown_rule(op, edge.slot, self._literals(target))
        if expr is None:
            return None
        arrays = self._arrays(target)
        if op.is_elementwise:
            return self._summed(_times_g(expr, arrays), edge)
        if op.name in PRODUCTS:
            expr = self._product(expr, edge)
        elif expr in (Name(UP), parsed("g/n")) and np.size(source.value) != np.size(target.value):
            expr = self._spread(expr, edge)
        return by_element(expr, arrays)

    def names(self, node: NodeFacts) -> dict[str, Printed]:
        """Return what the letters of a node's rules stand for, in print."""
        found = {OUT: word(node.name), "ones": ONES}
        for place, id_ in enumerate(node.operands):
            if id_ in self.nodes:
                printed = word(self.nodes[id_].name)
                found[f"o{place}"] = printed
                if place < len(OPERANDS):
                    found[OPERANDS[place]] = printed
        return found

    def values(self, node: NodeFacts) -> dict[str, Value]:
        """Return the values of the letters of a node's rules."""
        found: dict[str, Value] = {OUT: node.value}
        for place, id_ in enumerate(node.operands):
            if id_ in self.nodes:
                found[f"o{place}"] = self.nodes[id_].value
                if place < len(OPERANDS):
                    found[OPERANDS[place]] = self.nodes[id_].value
        return found

    # -- inside ---------------------------------------------------------------------------

    def _arrays(self, node: NodeFacts) -> dict[str, bool]:
        found = {letter: bool(np.ndim(value)) for letter, value in self.values(node).items()}
        return found | {UP: found[OUT], "ones": True}

    def _literals(self, node: NodeFacts) -> dict[str, float]:
        found = {}
        for letter, id_ in zip(OPERANDS, node.operands, strict=False):
            operand = self.nodes.get(id_)
            if operand is not None and operand.kind == "constant" and type(operand.value) is float:
                found[letter] = operand.value
        return found

    def _literal(self, expr: Expr, node: NodeFacts) -> Expr:
        """Put the numbers of constant operands into an expression."""
        numbers = {}
        for place, id_ in enumerate(node.operands):
            operand = self.nodes[id_]
            if operand.kind == "constant" and type(operand.value) is float:
                numbers[f"o{place}"] = Number(operand.value)
        return substitute(
            expr, lambda part: numbers.get(part.id) if isinstance(part, Name) else None
        )

    def _jacobian(self, op: Op, edge: EdgeFacts) -> Expr | None:
        """Return the Jacobian of a product by a vector, or of a function of one."""
        target, source = self.nodes[edge.target], self.nodes[edge.source]
        if np.ndim(source.value) != 1 or np.ndim(target.value) > 1:
            return None
        if op.name in PRODUCTS:
            letter = Name(OPERANDS[1 - edge.slot])
            other = self.nodes[target.operands[1 - edge.slot]].value
            row = edge.slot == 0 or np.ndim(other) == 1
            return Call("transpose", (letter,)) if row else letter
        text = JACOBIANS.get(op.name)
        if text is None or (op.name in ("sum", "mean") and np.ndim(target.value)):
            return None
        return self._counted(parsed(text), edge)

    def _product(self, expr: Expr, edge: EdgeFacts) -> Expr:
        """Return the pull-back of a product; with no axis to sum over, as of one by element."""
        target = self.nodes[edge.target]
        ranks = [np.ndim(self.nodes[id_].value) for id_ in target.operands]
        if ranks == [1, 1] or 0 in ranks:
            other = Name(OPERANDS[1 - edge.slot])
            found: Expr = Call("multiply", (Name(UP), other))
            return found if ranks == [1, 1] else self._summed(found, edge)
        return expr

    def _spread(self, expr: Expr, edge: EdgeFacts) -> Expr:
        """Return the pull-back of a sum or a mean: the same to each of the terms."""
        if np.ndim(self.nodes[edge.target].value):
            return Call("broadcast", (self._counted(expr, edge),))
        each: Expr = Name("ones") if expr == Name(UP) else parsed("ones/n")
        return Call("multiply", (Name(UP), self._counted(each, edge)))

    def _counted(self, expr: Expr, edge: EdgeFacts) -> Expr:
        target, source = self.nodes[edge.target], self.nodes[edge.source]
        count = Number(np.size(source.value) // max(np.size(target.value), 1))
        return substitute(expr, lambda part: count if part == Name("n") else None)

    def _summed(self, expr: Expr, edge: EdgeFacts) -> Expr:
        """Return a pull-back summed over the axes that broadcasting added or stretched."""
        have = shape_of(self.nodes[edge.target].value)
        want = shape_of(self.nodes[edge.source].value)
        if have == want:
            return expr
        if not want:
            return Call("sum", (expr,))
        extra = len(have) - len(want)
        axes = [
            axis for axis in range(len(have)) if axis < extra or want[axis - extra] != have[axis]
        ]
        return Call(AXES, (expr,), (("axis", ", ".join(map(str, axes))),))


def _times_g(expr: Expr, arrays: Mapping[str, bool]) -> Expr:
    """Return g times a local gradient, without needless factors."""
    if expr == Number(1):
        return Name(UP)
    if expr == Number(-1):
        return Call("negative", (Name(UP),))
    if isinstance(expr, Number):
        return Call("multiply", (expr, Name(UP)))
    return by_element(Call("multiply", (Name(UP), expr)), arrays)
