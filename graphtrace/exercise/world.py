"""What follows from a student's own numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphtrace.exercise.problem import Problem, Step, like

__all__ = ["World", "make_world"]


@dataclass(slots=True)
class World:
    """The numbers of a student, where they differ from the right ones.

    Attributes
    ----------
    numbers: what was answered, or follows from it.
    slack: how far each of these is uncertain, because digits were left out when it was written.
    """

    problem: Problem
    numbers: dict[Step, Any] = field(default_factory=dict)
    slack: dict[Step, Any] = field(default_factory=dict)

    def get(self, step: Step) -> Any:
        """Return a step's number."""
        found = self.numbers.get(step)
        return self.problem.truth(step) if found is None else found

    def is_own(self, step: Step) -> bool:
        """Whether a step follows from at least one number that is not exactly the right one."""
        return any(parent in self.numbers for parent in self.problem.parents(step))

    def expect(self, step: Step) -> tuple[Any, Any]:
        """Return what a step is by the numbers before it, and how far that is uncertain."""
        problem = self.problem
        value = problem.compute(step, self.get)
        slack: Any = 0.0
        for parent in problem.parents(step):
            moved = self.slack.get(parent)
            if moved is not None and np.any(moved):
                sides = [self._moved(step, parent, sign * np.asarray(moved)) for sign in (1, -1)]
                with np.errstate(all="ignore"):
                    offs = [_distance(side, value) for side in sides]
                    slack = slack + np.maximum(*offs)
        return value, slack

    def _moved(self, step: Step, parent: Step, by: Any) -> Any:
        """Return a step's number where one of those before it is moved."""
        truth = self.problem.truth(parent)
        moved = like(self.get(parent) + by, truth)
        return self.problem.compute(step, lambda at: moved if at == parent else self.get(at))


def make_world(
    problem: Problem, given: Mapping[Step, tuple[Any, Any]], *, shown: bool = False
) -> World:
    """Return the numbers that follow from answers, each with its uncertainty.

    Where nothing was answered, the number is what follows from the others; with `shown` it is the
    right one, as printed on the sheet.
    """
    world = World(problem)
    for step in problem.truths:
        if step in given:
            value, slack = given[step]
            if not np.array_equal(value, problem.truth(step), equal_nan=True):
                world.numbers[step], world.slack[step] = value, slack
        elif not shown and world.is_own(step):
            world.numbers[step], world.slack[step] = world.expect(step)
    return world


def _distance(one: Any, other: Any) -> Any:
    """Return by how much two numbers differ, 0 where that is no number."""
    difference = np.asarray(one, dtype=float) - np.asarray(other, dtype=float)
    return np.nan_to_num(np.abs(difference))
