"""Readings of a graph besides its derivatives, as methods of Graph: uses, paths, symbols, cost."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from graphtrace.annotate.build import edge_formula
from graphtrace.run.state import State

if TYPE_CHECKING:
    from graphtrace.annotate.cost import Cost
    from graphtrace.annotate.derivation_parts import Derivation
    from graphtrace.run.cuts import Cuts
    from graphtrace.run.paths import Paths
    from graphtrace.run.uses import Contributions

__all__ = ["Readings"]


class Readings:
    """Where gradients come from, in numbers and in symbols, and what everything costs.

    Nodes are given by name, id or traced value.
    """

    if TYPE_CHECKING:

        @property
        def _state(self) -> State: ...

        def _number(self, key: object) -> int: ...

        def backward(self) -> Any:
            """Compute the gradients."""
            ...

    def contributions(self, node: Any, *, symbolic: bool = False) -> "Contributions":
        """Return one row for each use of a node, upstream × local, and their sum.

        With `symbolic=True` the rows are SymPy expressions of the inputs, or arrays of them; then
        no backward pass is needed.
        """
        from graphtrace.run.uses import find_contributions, find_symbolic_contributions

        state, number = self._state, self._number(node)
        formulas = [edge_formula(state.sealed, *use) for use in state.sealed.uses[number]]
        if symbolic:
            return find_symbolic_contributions(state, number, formulas)
        return find_contributions(state, number, formulas)

    def paths(
        self, source: Any, target: Any = None, *, limit: int = 100, symbolic: bool = False
    ) -> "Paths":
        """Return the paths from source to target (default: the output), largest first.

        Each has its product of local gradients; their sum is ∂target/∂source. At most
        `limit` are listed, all are counted. With `symbolic=True` factors and products are SymPy
        expressions of the inputs, whole derivatives where arrays are involved.
        """
        from graphtrace.run.paths import find_paths, in_symbols

        state = self._state
        end = state.output if target is None else self._number(target)
        found = find_paths(state, self._number(source), end, max(int(limit), 1))
        return in_symbols(state, found) if symbolic else found

    def cuts(self, node: Any) -> "Cuts":
        """Return where every way from a node to the output stops carrying gradient.

        Each row names the operation, the user's line and the reason; no rows where a gradient
        other than 0 arrives. Raises GradientError before a backward pass.
        """
        from graphtrace.run.cuts import find_cuts

        return find_cuts(self._state, self._number(node))

    def twins(self, node: Any, axis: int = 0) -> tuple[tuple[int, ...], ...]:
        """Return the groups of indices along an axis that agree in value and in gradient.

        Gradient descent keeps them the same: hidden units after a constant start. Raises
        GradientError before a backward pass, ShapeError for an axis that is not there.
        """
        from graphtrace.run.symmetry import find_twins

        return find_twins(self._state, self._number(node), axis)

    def symbolic(self, node: Any = None) -> Any:
        """Return a node (default: the output) as a SymPy expression of the inputs.

        For an array it is a SymPy array; the symbol of an input's element W[0, 1] is `W_{01}`, see
        `symbols`. Arrays may have up to 400 elements.
        """
        from graphtrace.run.symbolic import Symbolic

        state = self._state
        return Symbolic(state).value(state.output if node is None else self._number(node))

    def symbolic_gradient(self, output: Any, node: Any) -> Any:
        """Return ∂output/∂node as a SymPy expression of the inputs.

        Where one of them is an array it is a SymPy array, of shape output.shape + node.shape.
        """
        from graphtrace.run.symbolic import Symbolic

        state = self._state
        other = State(state.sealed, self._number(output), state.title)
        return Symbolic(other).grad(self._number(node))

    def symbols(self, name: str) -> Any:
        """Return the SymPy symbol of an input, or an array of those of its elements.

        They are what symbolic readings are made of: use them to put in numbers, as in
        `g.symbolic("f").subs(g.symbols("x"), 2)` or `sympy.lambdify([*g.symbols("W")], …)`.
        """
        from graphtrace.run.state import input_numbers
        from graphtrace.run.symbolic import Symbolic, shown

        (number,) = input_numbers(self._state, name)[:1]
        return shown(Symbolic(self._state).raw(number))

    def cost(
        self,
        *,
        parameters: Iterable[str] | str | None = None,
        data: Iterable[str] | str = (),
        depth: int = 1,
    ) -> "Cost":
        """Count parameters, shapes, bytes and operations of every node, layer and in all.

        Counted by the formulas that operations declare, from shapes alone, forward and backward.
        A layer is a stay in a `gt.scope`; `depth` tells scopes inside of each other apart.
        Every input is a parameter, except for those named in `data`; or name the `parameters`. A
        name stands for its elements too: `params` for `params[W1]`. Printed, the result is a
        table.
        """
        from graphtrace.annotate.cost import account

        return account(self._state, parameters, data, depth)

    def explain(
        self,
        wrt: Any = None,
        format: str = "text",  # noqa: A002 - the word that users know
        *,
        symbolic: bool | str = False,
        digits: int = 4,
    ) -> str:
        """Return the worked derivation of the gradients, as one writes it on a blackboard.

        Nodes and values, local gradients, upstream gradients in the order of the backward pass,
        each derivative by its paths; for arrays the matrix form. A backward pass is run if none has
        been.

        `wrt` is a node or several, by default all inputs; only what lies between them and the
        output is written. `format` is ``"text"``, ``"md"``, ``"tex"``, ``"html"`` or ``"json"``.
        With `symbolic` the lines are formulas of the inputs instead of numbers, with
        ``symbolic="both"`` both are there.

        Raises FormatError for an unknown format and for graphs of too many operations.
        """
        from graphtrace.render.derivation import write_derivation

        return write_derivation(self.derivation(wrt, symbolic=symbolic, digits=digits), format)

    def derivation(
        self, wrt: Any = None, *, symbolic: bool | str = False, digits: int = 4
    ) -> "Derivation":
        """Return what `explain` writes as data: sections of lines, each in Unicode and LaTeX."""
        from graphtrace.annotate.derivation import derive

        if self._state.grad(self._state.output) is None:
            self.backward()
        several = wrt if isinstance(wrt, (list, tuple)) else () if wrt is None else (wrt,)
        given = symbolic if isinstance(symbolic, str) else "symbolic" if symbolic else "numeric"
        return derive(
            self._state, [self._number(key) for key in several], given=given, digits=digits
        )
