"""The same forward and backward pass in symbols, through the formulas that compute numbers."""

from typing import Any

from graphtrace.errors import GradientError, GraphTraceError
from graphtrace.formula.symbols import apply_sympy, exact_number, to_sympy
from graphtrace.ops.registry import Op, definitions, notations
from graphtrace.ops.values import shape_of
from graphtrace.run.state import State

__all__ = ["Symbolic"]

EXPAND_BELOW = 2000
"""Polynomials of fewer operations than this are multiplied out."""


class Symbolic:
    """A scalar graph in SymPy: values and gradients as functions of the inputs."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._values: dict[int, Any] = {}
        self._grads: dict[int, Any] | None = None

    def value(self, number: int) -> Any:
        """Return a node's value as a SymPy expression of the inputs."""
        return tidy(self.raw(number))

    def raw(self, number: int) -> Any:
        """Return a node's value, not multiplied out."""
        import sympy

        sealed = self.state.sealed
        for n in range(len(self._values), number + 1):
            kind = sealed.kind(n)
            value = sealed.nodes[n].value
            if kind == "input" and not shape_of(value):
                self._values[n] = sympy.Symbol(sealed.names[n])
            elif kind == "constant" and not shape_of(value):
                self._values[n] = exact_number(value)
            else:
                self._values[n] = self._apply(n)
        found = self._values[number]
        if isinstance(found, Exception):
            raise found
        return found

    def _apply(self, number: int) -> Any:
        """Return the node in symbols, or the error to raise when it is asked for."""
        sealed = self.state.sealed
        op = sealed.op(number)
        operands = [self._values[operand] for operand in sealed.operands[number]]
        for operand in operands:
            if isinstance(operand, Exception):
                return operand
        if op is None or shape_of(sealed.nodes[number].value):
            return GraphTraceError(
                f"{sealed.names[number]} is an array: symbolic readings are for scalar nodes"
            )
        try:
            return apply_sympy(op.name, operands, notations(), definitions())
        except RecursionError:
            return GraphTraceError(
                f"{sealed.names[number]} is nested too deeply for a symbolic reading"
            )
        except KeyError:
            return GraphTraceError(
                f"{sealed.names[number]} is made by {op.name}, which has no symbolic form"
            )

    def local(self, target: int, slot: int) -> Any:
        """Return an edge's local gradient in symbols."""
        sealed = self.state.sealed
        op = sealed.op(target)
        assert isinstance(op, Op)
        expr = op.partials[slot] if op.is_elementwise else None
        if expr is None:
            raise GraphTraceError(f"{op.name} has no symbolic derivative")
        operands = [self.raw(operand) for operand in sealed.operands[target]]
        names = dict(zip(op.operands, operands, strict=True)) | {"out": self.raw(target)}
        return to_sympy(expr, notations(), names, definitions())

    def grads(self) -> dict[int, Any]:
        """Return ∂output/∂node for every node the output depends on."""
        import sympy

        if self._grads is None:
            sealed, output = self.state.sealed, self.state.output
            found: dict[int, Any] = {output: sympy.Integer(1)}
            for target in range(output, -1, -1):
                if target not in found:
                    continue
                for slot, source in enumerate(sealed.operands[target]):
                    op = sealed.op(target)
                    if op is None or not op.passes(slot) or not sealed.differentiable[source]:
                        continue
                    piece = found[target] * self.local(target, slot)
                    found[source] = found.get(source, sympy.Integer(0)) + piece
            self._grads = found
        return self._grads

    def grad(self, number: int) -> Any:
        """Return ∂output/∂node, tidied."""
        found = self.grads().get(number)
        if found is None:
            names = self.state.sealed.names
            raise GradientError(f"{names[self.state.output]} does not depend on {names[number]}")
        return tidy(found)

    def contribution(self, target: int, slot: int) -> Any:
        """Return upstream × local of one edge, tidied."""
        return tidy(self.grads()[target] * self.local(target, slot))


def tidy(expr: Any) -> Any:
    """Multiply out polynomials; leave everything else as the formulas made it."""
    import sympy

    try:
        if expr.is_polynomial() and expr.count_ops() < EXPAND_BELOW:
            return sympy.expand(expr)
    except RecursionError:
        raise GraphTraceError("this is nested too deeply for a symbolic reading") from None
    return expr
