"""Kinds of mistakes, and how one is declared: by the numbers that it would lead to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from graphtrace.annotate.terms import word
from graphtrace.exercise.closeness import Closeness
from graphtrace.exercise.numbers import Given
from graphtrace.exercise.problem import Get, Problem, Step
from graphtrace.ops.op import Op

__all__ = ["KINDS", "MISTAKES", "At", "Guess", "Mistake", "mistake"]

Guess = tuple[Any, str]
"""A number, and in words what was done to get it."""


@dataclass(frozen=True, slots=True)
class At:
    """One step, with a student's numbers of all steps before it.

    Attributes
    ----------
    get: the student's number of a step.
    expected: what the step should be by these.
    given: what was answered instead; None for a step that was not.
    """

    problem: Problem
    step: Step
    get: Get
    expected: Any
    given: Given | None
    closeness: Closeness

    @property
    def op(self) -> Op | None:
        """The operation of the node, or of the edge's target."""
        return self.problem.op(self.step.node)

    @property
    def params(self) -> Any:
        """The operation's parameters."""
        return self.problem.state.sealed.params(self.step.node)

    @property
    def operands(self) -> list[Any]:
        """The operands' values."""
        return [self.get(step) for step in self.problem.operands(self.step.node)]

    @property
    def out(self) -> Any:
        """The value of the node, or of the edge's target."""
        return self.get(Step("values", self.step.node))

    @property
    def upstream(self) -> Any:
        """The gradient of the edge's target."""
        return self.get(Step("grads", self.step.node))

    @property
    def source(self) -> int:
        """The edge's source."""
        return self.problem.edge(self.step).source

    def local(self, slot: int | None = None) -> Any:
        """Return the local gradient of the edge, or of the one in another slot; None if none."""
        step = Step("locals", self.step.node, self.step.slot if slot is None else slot)
        return self.get(step) if step in self.problem.truths else None

    def name(self, node: int) -> str:
        """Return a node's name in print."""
        return word(self.problem.facts.nodes[node].name).text

    def title(self, table: str, node: int, slot: int = -1) -> str:
        """Return a step in print."""
        return self.problem.title(Step(table, node, slot))

    def operand_name(self, slot: int) -> str:
        """Return an operand's name in print."""
        return self.name(self.problem.state.sealed.operands[self.step.node][slot])


KINDS = {
    "rounding": "the last digit is not rounded right",
    "too_few_digits": "rounded too much",
    "transposed": "a matrix is transposed",
    "not_summed": "not summed over the axes that broadcasting added",
    "missed_path": "a path is left out of a sum",
    "path_twice": "a path is counted twice",
    "seed": "the backward pass starts from another number",
    "wrong_branch": "the other branch of a maximum, relu, abs",
    "swapped": "operands are swapped, or the derivative is by the other operand",
    "no_upstream": "not multiplied by the upstream gradient",
    "no_local": "upstream handed on without the local (inner) derivative",
    "rule": "a slip in a rule: a factor, a square, an exponent",
    "wrong_point": "the derivative is evaluated at the wrong node",
    "other_operation": "one operation taken for another",
    "sign": "the sign is wrong",
    "degrees": "degrees instead of radians",
    "not_differentiated": "the function instead of its derivative",
    "value_for_gradient": "a value where a gradient belongs",
    "gradient_for_value": "a gradient where a value belongs",
    "not_applied": "an operand copied, the operation not carried out",
    "as_constant": "0, as if nothing depended on it",
    "added_factors": "upstream and local gradient added, not multiplied",
    "multiplied_paths": "contributions multiplied or averaged, not added",
    "divided": "divided where one multiplies",
    "wrong_upstream": "multiplied by another node's gradient",
    "total_for_contribution": "a whole gradient where one contribution belongs",
    "count_factor": "a factor 1/n missing, or there once too often",
    "decimal_point": "the decimal point is in the wrong place",
    "digits_swapped": "two digits changed places",
    "other_node": "the number of another node",
    "shape": "an array of another shape",
}
"""Every kind of mistake, the most likely first where several fit."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A kind of mistake, in which tables it is made, and the numbers that it would lead to."""

    kind: str
    tables: tuple[str, ...]
    guesses: Callable[[At], Iterator[Guess]]


MISTAKES: list[Mistake] = []
"""What was declared; a kind may have several rows."""

Guesses = Callable[[At], Iterator[Guess]]


def mistake(kind: str, *tables: str) -> Callable[[Guesses], Guesses]:
    """Declare a mistake; the function yields the numbers that it leads to."""
    assert kind in KINDS, kind

    def keep(guesses: Guesses) -> Guesses:
        MISTAKES.append(Mistake(kind, tables, guesses))
        return guesses

    return keep
