"""Functions at their declared samples, as functions of float arrays to one number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from graphtrace.ops.composed import COMPOSED, Composed
from graphtrace.ops.op import Op, call
from graphtrace.ops.values import shape_of
from graphtrace.run.check import direction_of

__all__ = ["Trial", "composed", "of_composed", "of_operation"]


class Trial(NamedTuple):
    """A function of float arrays, and arrays to call it with."""

    function: Callable[..., Any]
    arrays: tuple[Any, ...]

    def total(self, *arrays: Any) -> Any:
        """Return one number: what the function returns, weighted with fixed directions."""
        parts = [
            np.sum(leaf * direction_of(shape_of(leaf))) for leaf in _leaves(self.function(*arrays))
        ]
        return sum(parts[1:], parts[0])


def _leaves(result: Any) -> Iterator[Any]:
    if isinstance(result, (list, tuple)):
        for item in result:
            yield from _leaves(item)
    else:
        yield result


def composed() -> list[Composed]:
    """Return every declaration of a NumPy function of several operations, once."""
    return list({id(made): made for made in COMPOSED.values()}.values())


def of_composed(made: Composed) -> list[Trial]:
    """Return a declared function at each of its samples."""
    rng = np.random.default_rng(len(made.names[0].__name__))
    return [_trial(made.names[0], *sample.draw(rng)) for sample in made.samples]


def of_operation(op: Op) -> Trial:
    """Return an operation at its first sample."""

    def run(*operands: Any, **params: Any) -> Any:
        return call(op.name, *operands, **params)

    if op.is_elementwise:
        middle = [low + (high - low) * 0.4 for low, high in op.samples]
        return _trial(run, tuple(np.array([x, x + 0.01]) for x in middle), {})
    return _trial(run, *op.samples(np.random.default_rng(5))[0])


def _trial(function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Trial:
    """Make the floats and float arrays among the positional arguments, also in lists, inputs."""
    arrays: list[Any] = []

    def collect(item: Any) -> None:
        if isinstance(item, list):
            for part in item:
                collect(part)
        elif _moves(item):
            arrays.append(item)

    def filled(item: Any, inputs: Iterator[Any]) -> Any:
        if isinstance(item, list):
            return [filled(part, inputs) for part in item]
        return next(inputs) if _moves(item) else item

    def run(*inputs: Any) -> Any:
        queue = iter(inputs)
        return function(*(filled(arg, queue) for arg in args), **options)

    collect(list(args))
    return Trial(run, tuple(arrays))


def _moves(item: Any) -> bool:
    return isinstance(item, (float, np.ndarray)) and np.asarray(item).dtype.kind == "f"
