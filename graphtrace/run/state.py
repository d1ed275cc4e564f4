"""An evaluated graph as data: what every reading reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphtrace.errors import NameNotFoundError, did_you_mean
from graphtrace.ops.values import shape_of
from graphtrace.run import backward as reverse
from graphtrace.tape.sealed import Sealed
from graphtrace.tape.var import ABSENT, CONSTANT, Var

__all__ = ["State", "input_numbers", "inputs_of"]


@dataclass(slots=True)
class State:
    """A sealed recording with its output's number; gradients live on the records.

    `mirror` is that of the recording: see `Recording`.

    The readings of `run` and `annotate` take a State and return values.
    """

    sealed: Sealed
    output: int
    title: str = ""
    mirror: Mapping[Var, Var | None] = field(default_factory=dict)
    _cache: dict[str, Any] = field(default_factory=dict)

    def value(self, number: int) -> Any:
        """Return a node's value."""
        return self.sealed.nodes[number].value

    def grad(self, number: int) -> Any:
        """Return a node's upstream gradient, None when not computed."""
        record = self.sealed.nodes[number]
        return None if record.g is ABSENT or record.op is CONSTANT else record.g

    def local(self, target: int, slot: int) -> Any:
        """Return the local gradient of an edge; see `backward.local`."""
        source = self.sealed.operands[target][slot]
        if not self.sealed.differentiable[source]:
            return None
        return reverse.local(self.sealed.nodes[target], slot)

    def contribution(self, target: int, slot: int) -> Any:
        """Return an edge's contribution, None when not computed.

        With a single use it is the source's gradient itself, the same array.
        """
        source = self.sealed.operands[target][slot]
        grad = self.grad(source)
        if grad is None or self.grad(target) is None:
            return None
        if shape_of(grad) and len(self.sealed.uses[source]) == 1 and source != self.output:
            return grad
        return reverse.contribution(self.sealed.nodes[target], slot, self.sealed.nodes[source])


def inputs_of(state: State) -> list[int]:
    """Return the numbers of all inputs."""
    return [n for n in range(len(state.sealed.nodes)) if state.sealed.kind(n) == "input"]


def input_numbers(state: State, names: Iterable[str] | str) -> list[int]:
    """Return the numbers of inputs by name; a name stands for its elements too, `p` for `p[W]`.

    Raises NameNotFoundError for a name that is no input.
    """
    inputs = {state.sealed.names[n]: n for n in inputs_of(state)}
    found: list[int] = []
    for name in (names,) if isinstance(names, str) else names:
        own = [n for key, n in inputs.items() if key == name or key.startswith(f"{name}[")]
        if not own:
            raise NameNotFoundError(f"no input {name!r}{did_you_mean(name, inputs)}")
        found += own
    return found
