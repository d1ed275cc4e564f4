"""Statistics of values and gradients over random draws of the inputs of one recorded graph."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from graphtrace.errors import GuardError, NameNotFoundError, RefusedError, did_you_mean
from graphtrace.experiments.parts import numbered, plan_of, tracked, whole_number
from graphtrace.graph import Graph, trace
from graphtrace.run.backward import seed_for
from graphtrace.run.state import inputs_of

if TYPE_CHECKING:
    from graphtrace.annotate.table import Table
    from graphtrace.run.plan import Plan

    Draw = Callable[[np.random.Generator], Mapping[str, Any]]

__all__ = ["Sample", "Study", "study"]

Names = Iterable[str] | str


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One quantity over all draws.

    Attributes
    ----------
    name: the node's name, or ∂output/∂node.
    draws: the numbers, of shape (draws, *shape of the quantity).
    """

    name: str
    draws: np.ndarray

    @property
    def mean(self) -> Any:
        """The mean over the draws, element by element."""
        return _plain(np.mean(self.draws, axis=0))

    @property
    def variance(self) -> Any:
        """The variance over the draws, element by element, without bias (n - 1)."""
        if len(self.draws) < 2:
            return _plain(np.full(self.draws.shape[1:], np.nan))
        return _plain(np.var(self.draws, axis=0, ddof=1))

    @property
    def standard_error(self) -> Any:
        """The standard deviation of the mean: √(variance / draws)."""
        return _plain(np.sqrt(np.asarray(self.variance) / len(self.draws)))

    def quantiles(self, q: float | Sequence[float] = (0.05, 0.5, 0.95)) -> Any:
        """Return the quantiles over the draws, element by element: one row for each of `q`."""
        return _plain(np.quantile(self.draws, q, axis=0))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.draws, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.draws)


def _plain(value: Any) -> Any:
    return value if np.ndim(value) else float(value)


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """Samples of values and of gradients, by the names of their nodes.

    Attributes
    ----------
    graph: the recorded graph, at the inputs it was recorded with.
    draws: how many draws there were.
    values, gradients: samples by node name; the gradients are those of the output.
    at_once: whether all draws ran together, as arrays through the same operations.
    """

    graph: Graph
    draws: int
    values: Mapping[str, Sample]
    gradients: Mapping[str, Sample]
    at_once: bool

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All samples: values first, then gradients."""
        return (*self.values.values(), *self.gradients.values())

    def __getitem__(self, name: str) -> Sample:
        """Return a sample by its name: `y`, or `∂f/∂x` for a gradient."""
        for sample in self.samples:
            if sample.name == name:
                return sample
        known = [sample.name for sample in self.samples]
        raise NameNotFoundError(f"no sample {name!r}{did_you_mean(name, known)}")

    def table(self) -> Table:
        """Return one row a sample: mean, variance, standard error of the mean, quantiles.

        Of a quantity with several elements each number is the average over the elements.
        """
        from graphtrace.annotate.table import Column, Table

        columns = (
            Column("quantity", "name"),
            Column("elements", "quiet", right=True),
            Column("mean", "value", right=True),
            Column("variance", "value", right=True),
            Column("standard error", "quiet", right=True),
            Column("5 %", "quiet", right=True),
            Column("median", "quiet", right=True),
            Column("95 %", "quiet", right=True),
        )
        rows = tuple(
            (
                sample.name,
                str(sample.draws[0].size),
                *map(_cell, (sample.mean, sample.variance, sample.standard_error)),
                *map(_cell, sample.quantiles()),
            )
            for sample in self.samples
        )
        return Table(f"{self.draws} draws", columns, rows)

    def __str__(self) -> str:
        from graphtrace.annotate.table import as_text

        return as_text(self.table())

    def plot(
        self,
        path: str | os.PathLike[str],
        *,
        kind: str = "histogram",
        log: bool = False,
        theme: str = "light",
    ) -> None:
        """Draw the samples as SVG or PNG (extra `plot`).

        `kind` is `"histogram"`, a panel for each sample with all its elements, or `"means"`, one
        line through the means of all samples with their standard errors; `log` makes its
        vertical axis logarithmic.
        """
        from graphtrace.render.charts import Panel, Series, save_chart

        if kind == "histogram":
            panels = [
                Panel([Series(sample.draws)], sample.name, sample.name, "draws")
                for sample in self.samples
            ]
        elif kind == "means":
            samples = self.samples
            means = [float(np.mean(sample.mean)) for sample in samples]
            errors = [float(np.mean(sample.standard_error)) for sample in samples]
            line = Series(means, range(len(samples)), error=errors)
            names = [sample.name for sample in samples]
            title = f"Mean over {self.draws} draws"
            panels = [Panel([line], title, "", "mean", "y" if log else "", names)]
        else:
            raise RefusedError(f"kind is 'histogram' or 'means', not {kind!r}")
        save_chart(panels, path, theme=theme)


def _cell(value: Any) -> str:
    from graphtrace.annotate.summary import number

    return number(float(np.mean(value)) if np.size(value) else np.nan)


# long because its docstring is the manual of a study
def study(
    build: Graph | Callable[..., Any],
    draw: Draw,
    *,
    draws: int | None = None,
    seeds: int | Sequence[int] = 0,
    values: Names | None = None,
    gradients: Names = (),
    upstream: Any = None,
    reduce: Callable[[Any], Any] | None = None,
    progress: bool | None = None,
) -> Study:
    """Evaluate one recorded graph at many random draws of its inputs; nothing is traced again.

    Parameters
    ----------
    build: a graph, or a function that is traced once, at the first draw.
    draw: from a random generator to new inputs by name; inputs it leaves out keep their values.
    draws: how many, 1000 if not given.
    seeds: one seed, from which each draw gets a generator of its own; or a seed for each draw.
    values: the nodes whose values are kept, by default the output.
    gradients: the nodes whose gradients ∂output/∂node are kept.
    upstream: the gradient to start from, in the output's shape; 1 for a scalar.
    reduce: makes what is kept of each draw's arrays, such as `np.linalg.norm`.
    progress: whether a bar is shown; by default when the standard error is a terminal.

    A graph of numbers whose operations work element by element runs once for all draws.
    The same seeds give the same numbers.

    Raises
    ------
    GuardError: where a draw takes another branch than the recorded one, with the line: use
        np.where for a choice that depends on the inputs.
    NameNotFoundError, ShapeError: for inputs and nodes that the graph does not have.
    """
    generators = _generators(draws, seeds)
    first = draw(generators[0])
    graph = build if isinstance(build, Graph) else trace(build, **first)
    state = graph._state
    kept = [state.output] if values is None else _numbers(graph, values)
    wrt = _numbers(graph, gradients)
    seed = None
    if wrt:
        output = state.sealed.nodes[state.output]
        seed = seed_for(output, upstream, state.sealed.names[state.output])
    plan = plan_of(graph, inputs_of(state), wrt)
    drawn = (numbered(graph, draw(rng) if k else first) for k, rng in enumerate(generators))
    if plan.is_elementwise:
        rows = _together(plan, list(drawn), kept, wrt, seed)
        if reduce is not None:
            rows = [np.array([reduce(item) for item in row], dtype=float) for row in rows]
    else:
        runs = tracked(range(len(generators)), "drawing", progress)
        rows = _collected([_once(plan, k, next(drawn), kept, wrt, seed, reduce) for k in runs])
    names = state.sealed.names
    found = [Sample(names[n], row) for n, row in zip(kept, rows, strict=False)]
    slopes = [
        Sample(f"∂{names[state.output]}/∂{names[n]}", row)
        for n, row in zip(wrt, rows[len(kept) :], strict=True)
    ]
    return Study(
        graph,
        len(generators),
        {names[n]: sample for n, sample in zip(kept, found, strict=True)},
        {names[n]: sample for n, sample in zip(wrt, slopes, strict=True)},
        plan.is_elementwise,
    )


def _generators(draws: int | None, seeds: int | Sequence[int]) -> list[np.random.Generator]:
    if hasattr(seeds, "__index__"):
        count = whole_number(1000 if draws is None else draws, "draws", 1)
        several: Sequence[Any] = np.random.SeedSequence(seeds).spawn(count)
    else:
        several = list(seeds)
        if not several or draws not in (None, len(several)):
            raise RefusedError(f"{len(several)} seeds for {draws} draws: give one for each draw")
    return [np.random.default_rng(seed) for seed in several]


def _numbers(graph: Graph, names: Names) -> list[int]:
    return [graph[name].id for name in ((names,) if isinstance(names, str) else names)]


def _once(
    plan: Plan,
    k: int,
    given: Mapping[int, Any],
    kept: Sequence[int],
    wrt: Sequence[int],
    seed: Any,
    reduce: Callable[[Any], Any] | None,
) -> list[Any]:
    """Return what is kept of one draw."""
    try:
        values = plan.forward(given)
    except GuardError as error:
        raise _of_draw(k, error) from None
    slopes = plan.backward(values, seed) if wrt else {}
    found = [values[n] for n in kept]
    found += [slopes.get(n, np.zeros(np.shape(values[n]))) for n in wrt]
    return found if reduce is None else [reduce(item) for item in found]


def _collected(rows: Sequence[Sequence[Any]]) -> list[np.ndarray]:
    return [np.array(column, dtype=float) for column in zip(*rows, strict=True)]


def _together(
    plan: Plan, given: Sequence[Mapping[int, Any]], kept: Sequence[int], wrt: Sequence[int],
    seed: Any,
) -> list[np.ndarray]:  # fmt: skip
    """Return what is kept of all draws, run as one: every input is an array over the draws."""
    recorded = plan.state.sealed.nodes
    inputs = {
        n: np.array([one.get(n, recorded[n].value) for one in given], dtype=float)
        for n in plan.changing
    }
    try:
        values = plan.forward(inputs)
    except GuardError as error:
        raise GuardError(f"among the draws: {error}; or write the choice as np.where") from None
    slopes = plan.backward(values, np.full(len(given), seed)) if wrt else {}
    found = [values[n] for n in kept] + [slopes.get(n, 0.0) for n in wrt]
    return [np.array(np.broadcast_to(item, len(given)), dtype=float) for item in found]


def _of_draw(k: int, error: GuardError) -> GuardError:
    return GuardError(f"draw {k}: {error}; or write the choice as np.where")
