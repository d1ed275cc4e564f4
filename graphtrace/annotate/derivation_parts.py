"""What a written derivation consists of: sections of lines, and the part of a graph it is about."""

from dataclasses import dataclass

import numpy as np

from graphtrace.annotate.facts import NodeFacts, Value
from graphtrace.annotate.terms import quantity, shape_text, word
from graphtrace.annotate.worked import Equation, joined
from graphtrace.run.state import State

__all__ = ["Derivation", "Line", "Part", "Section", "line", "number_line", "with_shape"]


@dataclass(frozen=True, slots=True)
class Line:
    """An equation with a note in plain words; one of them may be missing."""

    equation: Equation | None
    note: str = ""

    @property
    def text(self) -> str:
        """The line as one reads it in a terminal."""
        if self.equation is None:
            return self.note
        return f"{self.equation.text}   ({self.note})" if self.note else self.equation.text


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a sentence on what follows, and lines."""

    title: str
    intro: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Derivation:
    """A worked solution.

    Attributes
    ----------
    title: what is derived; `program` is the expression or the function that was recorded.
    opening: a sentence on what is done.
    remarks: sentences on what was left out.
    """

    title: str
    program: str
    opening: str
    sections: tuple[Section, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a graph that is written.

    Attributes
    ----------
    wrt: what derivatives are taken by.
    between: these, the output, and what lies between.
    outside: operands of nodes between that do not depend on any of `wrt`.
    """

    wrt: tuple[int, ...]
    between: frozenset[int]
    outside: frozenset[int]

    def stops(self, state: State) -> frozenset[int]:
        """Return the operations that derivatives are taken by, and that start what is written."""
        return frozenset(
            n
            for n in self.wrt
            if state.sealed.op(n) is not None and self.between.isdisjoint(state.sealed.operands[n])
        )


def line(equation: Equation) -> Line:
    """Return a line without a note."""
    return Line(equation)


def with_shape(equation: Equation, value: Value) -> Line:
    """Return a line that tells the shape of an array in words, unless the equation does."""
    if not np.ndim(value) or " of shape " in equation.text:
        return Line(equation)
    return Line(equation, f"shape {shape_text(value)}")


def number_line(node: NodeFacts, digits: int) -> Line:
    """Return a node's name and value; of a large array the shape."""
    name, found = word(node.name), quantity(node.value, digits)
    if found is None:
        return Line(joined([name]), f"shape {shape_text(node.value)}")
    return with_shape(joined([name, found]), node.value)
