"""Training: gradient descent on a recorded graph, by replay."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphtrace.errors import GradientError, GuardError
from graphtrace.experiments.parts import plan_of, whole_number
from graphtrace.graph import Graph
from graphtrace.ops.values import cast_like, shape_of
from graphtrace.run.state import input_numbers

__all__ = ["Fit", "fit"]

Callback = Callable[[int, float, Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What training made.

    Attributes
    ----------
    graph: the same graph at the trained parameters, with gradients.
    parameters: the trained parameters by name.
    losses: the loss before each step, and after the last one.
    diverged: the first step after which the loss was not finite; training ended there. None
        where it stayed finite.
    """

    graph: Graph
    parameters: Mapping[str, Any]
    losses: np.ndarray
    diverged: int | None

    @property
    def loss(self) -> float:
        """The loss at the trained parameters."""
        return float(self.losses[-1])

    def __str__(self) -> str:
        from graphtrace.annotate.summary import number

        steps = len(self.losses) - 1
        first, last = number(self.losses[0]), number(self.losses[-1])
        told = f"{steps} step{'s' * (steps != 1)}: loss {first} → {last}"
        if self.diverged is not None:
            told += f"; not finite after step {self.diverged}: take a smaller learning rate"
        return told

    def plot(
        self, path: str | os.PathLike[str], *, log: bool = False, theme: str = "light"
    ) -> None:
        """Draw the loss against the step, as SVG or PNG (extra `plot`)."""
        from graphtrace.render.charts import Panel, Series, save_chart

        line = Series(self.losses, np.arange(len(self.losses)))
        panel = Panel([line], "Loss", "step", "loss", "y" if log else "")
        save_chart([panel], path, theme=theme)


def fit(
    graph: Graph,
    parameters: Iterable[str] | str,
    steps: int,
    lr: float,
    *,
    momentum: float = 0.0,
    callback: Callback | None = None,
) -> Fit:
    """Train parameters by gradient descent on the output of a graph; nothing is traced again.

    Each step is v ← momentum·v + ∂loss/∂w, w ← w - lr·v (Sutskever et al. 2013, in the form
    that libraries use). All other inputs keep their values. `parameters` are names of inputs; a
    name stands for its elements too: `params` for `params[W1]`. `callback(step, loss,
    parameters)` is called before each step; training ends when it returns True. The graph that
    is given stays as it is.

    Raises
    ------
    GradientError: where the output is no scalar, or a parameter no float.
    GuardError: where a step would leave a recorded branch, with the line and the step.
    """
    count = whole_number(steps, "steps", 0)
    state = graph._state
    names = state.sealed.names
    if shape_of(state.value(state.output)):
        raise GradientError(
            f"{names[state.output]} has shape {shape_of(state.value(state.output))}: training "
            "needs a scalar loss, for example a mean"
        )
    wrt = input_numbers(state, parameters)
    plan = plan_of(graph, wrt, wrt)
    weights = {n: state.value(n) for n in wrt}
    speed = {n: np.zeros(shape_of(state.value(n))) for n in wrt}
    losses: list[float] = []
    diverged = None
    for step in range(count + 1):
        values = _forward(plan.forward, weights, step)
        losses.append(float(values[state.output]))
        if not np.isfinite(losses[-1]):
            diverged = step
            break
        shown = {names[n]: weights[n] for n in wrt}
        if step == count or (callback is not None and callback(step, losses[-1], shown) is True):
            break
        slopes = plan.backward(values, cast_like(1.0, values[state.output]))
        with np.errstate(all="ignore"):
            for n in wrt:
                if n in slopes:
                    speed[n] = momentum * speed[n] + slopes[n]
                    weights[n] = cast_like(weights[n] - lr * speed[n], weights[n])
    trained = {names[n]: weights[n] for n in wrt}
    final = graph.at(**trained).backward(state.output)
    return Fit(final, trained, np.array(losses), diverged)


def _forward(run: Callable[..., Any], weights: Mapping[int, Any], step: int) -> Any:
    try:
        return run(weights)
    except GuardError as error:
        raise GuardError(f"at step {step}: {error}; or write the choice as np.where") from None
