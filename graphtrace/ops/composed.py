"""NumPy functions that are recorded as several operations.

Each is written in NumPy calls and operators that are operations themselves, so that its
derivatives are theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from graphtrace.errors import RegistrationError

__all__ = ["COMPOSED", "Composed", "Sample", "composes", "example"]

Function = TypeVar("Function", bound=Callable[..., Any])


class Sample(NamedTuple):
    """Arguments of a call; among the positional ones a tuple stands for an array of its shape."""

    args: tuple[Any, ...]
    options: dict[str, Any]

    def draw(self, rng: np.random.Generator) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments with normally distributed arrays, also inside of lists."""
        return tuple(_drawn(item, rng) for item in self.args), dict(self.options)


def example(*args: Any, **options: Any) -> Sample:
    """Return a sample: `example([(2, 3), (2, 3)], axis=1)` has a list of two matrices."""
    return Sample(args, options)


def _drawn(item: Any, rng: np.random.Generator) -> Any:
    if item.__class__ is tuple:
        return rng.normal(size=item)
    return [_drawn(part, rng) for part in item] if item.__class__ is list else item


class Composed(NamedTuple):
    """A declaration.

    Attributes
    ----------
    function: what is recorded, with the same arguments as NumPy's.
    names: NumPy's functions.
    family: where it is listed.
    samples: where tests run it; the float arrays among the positional arguments are its inputs.
    differentiable: whether any gradient passes.
    """

    function: Callable[..., Any]
    names: tuple[Callable[..., Any], ...]
    family: str
    samples: tuple[Sample, ...]
    differentiable: bool


COMPOSED: dict[Callable[..., Any], Composed] = {}
"""From a NumPy function to its declaration."""


def composes(
    *functions: Callable[..., Any],
    family: str,
    samples: Sequence[Sample],
    differentiable: bool = True,
) -> Callable[[Function], Function]:
    """Declare a function to be what is recorded for some of NumPy's.

    A TypeError that it raises becomes a refusal with the user's line, a ValueError or
    IndexError a ShapeError. Raises RegistrationError for a declaration without samples.
    """
    if not samples:
        raise RegistrationError(f"{functions[0].__name__}: give at least one sample")

    def declare(function: Function) -> Function:
        made = Composed(function, functions, family, tuple(samples), differentiable)
        COMPOSED.update(dict.fromkeys(functions, made))
        return function

    return declare
