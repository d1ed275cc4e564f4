"""Derivatives of any node by any node, as methods of Graph."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from graphtrace.errors import ShapeError
from graphtrace.ops.values import cast_like, normal, shape_of
from graphtrace.run.backward import seed_for
from graphtrace.run.state import State

if TYPE_CHECKING:
    from graphtrace.run.audit import AuditReport
    from graphtrace.run.record import Recording
    from graphtrace.tape.var import Var

__all__ = ["Derivatives"]


class Derivatives:
    """Readings that compute derivatives without touching the gradients of `backward`."""

    _mirror: "Mapping[Var, Var | None]" = MappingProxyType({})

    if TYPE_CHECKING:

        @property
        def _state(self) -> State: ...

        def _number(self, key: object) -> int: ...

    def _end(self, output: object) -> int:
        return self._state.output if output is None else self._number(output)

    def _directions(self, directions: Mapping[Any, Any]) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for key, direction in directions.items():
            number = self._number(key)
            shape = shape_of(self._state.value(number))
            try:
                array = np.array(direction).astype(float, casting="same_kind")
            except (TypeError, ValueError):
                raise ShapeError(
                    f"the direction of {key} must be real numbers, of shape {shape}"
                ) from None
            if array.shape != shape:
                raise ShapeError(
                    f"the direction of {key} has shape {array.shape}, but {key} has shape {shape}"
                )
            found[number] = cast_like(normal(array), self._state.value(number))
        return found

    def jacobian(self, output: Any, node: Any) -> Any:
        """Return ∂output/∂node, of shape output.shape + node.shape; a float between scalars.

        Both are names, ids or traced values, of any rank; `node` need not be an input.
        """
        from graphtrace.run.modes import jacobian

        return jacobian(self._state, self._number(output), self._number(node))

    def jvp(self, directions: Mapping[Any, Any], output: Any = None) -> Any:
        """Return the tangent of the output as nodes move along directions (forward mode).

        `directions` maps nodes to arrays of their shapes; all others stay. The result has the
        output's shape.
        """
        from graphtrace.run.modes import push_forward, values_of

        end = self._end(output)
        along = self._directions(directions)
        moved = push_forward(self._state, values_of(self._state), along, end)
        return normal(np.zeros(shape_of(self._state.value(end))) if moved is None else moved)

    def vjp(self, seed: Any = None, output: Any = None) -> dict[str, Any]:
        """Return the gradient of ⟨seed, output⟩ by every input, by name (reverse mode)."""
        from graphtrace.run.modes import pull_back, values_of

        state = self._state
        end = self._end(output)
        start = seed_for(state.sealed.nodes[end], seed, state.sealed.names[end])
        found = pull_back(state, values_of(state), end, start)
        return {
            state.sealed.names[n]: cast_like(
                normal(found.get(n, np.zeros(shape_of(state.value(n))))), state.value(n)
            )
            for n in range(len(state.sealed.nodes))
            if state.sealed.kind(n) == "input"
        }

    def hessian(self, output: Any, node: Any, other: Any = None) -> Any:
        """Return ∂²output/∂node∂other (default: node twice) of a scalar output.

        Its shape is node.shape + other.shape. It is the derivative of the gradient by `node`, in
        which everything between follows `other`.
        """
        from graphtrace.run.modes import jacobian

        first = self._number(node)
        second = first if other is None else self._number(other)
        state, numbers = self._gradient_state(output, [first], [second])
        return jacobian(state, state.output, numbers[0])

    def hvp(self, directions: Mapping[Any, Any], output: Any = None) -> dict[str, Any]:
        """Return the Hessian of a scalar output times a direction, by node.

        `directions` maps nodes to arrays of their shapes; the result has their names.
        """
        from graphtrace.run.modes import push_forward, values_of

        along = self._directions(directions)
        found: dict[str, Any] = {}
        for number in along:
            state, numbers = self._gradient_state(output, [number], list(along))
            moved = push_forward(
                state,
                values_of(state),
                dict(zip(numbers, along.values(), strict=True)),
                state.output,
            )
            shape = shape_of(self._state.value(number))
            name = self._state.sealed.names[number]
            whole = normal(np.zeros(shape) if moved is None else moved)
            found[name] = cast_like(whole, self._state.value(number))
        return found

    def _gradient_state(
        self, output: Any, wrt: list[int], others: list[int]
    ) -> tuple[State, list[int]]:
        """Return the recorded gradient as a state, and where the nodes `others` are in it."""
        from graphtrace.run.derived import record_gradient
        from graphtrace.tape.sealed import Sealed

        end = self._end(output)
        start = seed_for(self._state.sealed.nodes[end], None, self._state.sealed.names[end])
        whole = State(self._state.sealed, end, self._state.title)
        recording, twins = record_gradient(whole, wrt, start, ["gradient"])
        sealed = Sealed(recording.records, {})
        state = State(sealed, sealed.numbers[recording.outputs[0]])
        return state, [sealed.numbers[twins[number]] for number in others]

    def _gradient_recording(self, output: int, seed: Any) -> "Recording":
        """Record the forward and the backward pass."""
        from graphtrace.run.derived import record_backward

        return record_backward(State(self._state.sealed, output, self._state.title), seed)

    def audit(self, *, rtol: float = 1e-4, atol: float = 1e-7) -> "AuditReport":
        """Re-run every operation and compare: purity, aliasing, shape, precision, both rules."""
        from graphtrace.run.audit import audit_nodes

        return audit_nodes(self._state, rtol, atol)
