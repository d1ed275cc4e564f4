"""The parts of a program that a graph was recorded from, and those that are shown folded."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphtrace.tape.sources import Where

__all__ = ["PART", "FoldFacts", "Region", "members"]

PART = "part"
"""The operation of a node that stands for a part of the program."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a program and the operations recorded in it, inputs and constants left out.

    Attributes
    ----------
    kind: ``"program"`` for the whole, ``"scope"``, ``"call"`` of a function, ``"repeat"`` of what
        its parts are, ``"pass"`` through a loop.
    names: what users may call it; the first one is displayed.
    parts: numbers of nodes and regions, in order of execution.
    where: where it is written: a loop's first line, the first operation of the others.
    """

    kind: str
    names: tuple[str, ...]
    parts: "tuple[int | Region, ...]"
    where: Where | None = None

    @property
    def name(self) -> str:
        """The name that is displayed."""
        return self.names[0]


def members(region: Region) -> Iterator[int]:
    """Yield the numbers of all nodes in a region, in order of execution."""
    stack: list[Iterator[int | Region]] = [iter(region.parts)]
    while stack:
        part = next(stack[-1], None)
        if part is None:
            stack.pop()
        elif isinstance(part, Region):
            stack.append(iter(part.parts))
        else:
            yield part


@dataclass(frozen=True, slots=True)
class FoldFacts:
    """What there is to say about a part of a program that is shown as one node.

    Attributes
    ----------
    title: its name; `count` is how often it was executed, 1 for once.
    first, note: which pass it begins with; ``4–12 of 12`` if these are not all.
    members: the ids of all nodes in it, inputs and constants that only it uses with them.
    operations: how many operations it has.
    inputs, parameters: how many inputs only it uses, and the numbers in them.
    flows_in, flows_out: the shapes of what it takes from elsewhere and hands on, with counts.
    norms: for each pass the norm of the gradient of what it hands on; None where there is none.
    result: name and value of the graph's output, if it is in here.
    exceptional: how many of its values hold NaN or an infinity.
    """

    title: str
    count: int
    first: int
    note: str
    where: Where | None
    members: tuple[int, ...]
    operations: int
    inputs: int
    parameters: int
    flows_in: tuple[str, ...]
    flows_out: tuple[str, ...]
    norms: tuple[float | None, ...]
    result: str
    exceptional: int
