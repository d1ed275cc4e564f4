"""How the cost of a graph grows with a size: counted at several sizes, and the exponent fitted."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from graphtrace.errors import RefusedError
from graphtrace.graph import Graph
from graphtrace.ops.costs import Counts

if TYPE_CHECKING:
    from graphtrace.annotate.table import Table

__all__ = ["Growth", "PowerLaw", "growth"]


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """The line through log(operations) against log(size), by least squares.

    Attributes
    ----------
    exponent, coefficient: operations ≈ coefficient · size^exponent; NaN where some count is 0.
    residual: root of the mean square of what is left of log(operations); 0 is an exact law.
    """

    exponent: float
    coefficient: float
    residual: float

    def __str__(self) -> str:
        from graphtrace.annotate.summary import number

        law = f"{number(self.coefficient)} · size^{self.exponent:.4f}"
        return f"{law} (residual {number(self.residual, 2)} in the logarithm)"


@dataclass(frozen=True, slots=True)
class Growth:
    """Operation counts at several sizes, forward and backward, with the laws fitted to them."""

    sizes: tuple[int, ...]
    nodes: tuple[int, ...]
    forward: tuple[Counts, ...]
    backward: tuple[Counts, ...]
    forward_law: PowerLaw
    backward_law: PowerLaw

    def table(self) -> Table:
        """Return one row a size."""
        from graphtrace.annotate.table import Column, Table

        columns = (
            Column("size", "name", right=True),
            Column("nodes", "quiet", right=True),
            Column("forward", "value", right=True),
            Column("backward", "gradient", right=True),
        )
        rows = tuple(
            (str(size), str(nodes), str(ahead.operations), str(back.operations))
            for size, nodes, ahead, back in zip(
                self.sizes, self.nodes, self.forward, self.backward, strict=True
            )
        )
        return Table("Operations by size", columns, rows)

    def __str__(self) -> str:
        from graphtrace.annotate.table import as_text

        laws = f"forward ≈ {self.forward_law}\nbackward ≈ {self.backward_law}\n"
        return as_text(self.table()) + laws

    def plot(self, path: str | os.PathLike[str], *, theme: str = "light") -> None:
        """Draw both counts against size, on logarithmic scales, as SVG or PNG (extra `plot`)."""
        from graphtrace.render.charts import Panel, Series, save_chart

        series = [
            Series([c.operations for c in counts], self.sizes, f"{name}: size^{law.exponent:.3f}")
            for name, counts, law in (
                ("forward", self.forward, self.forward_law),
                ("backward", self.backward, self.backward_law),
            )
        ]
        panel = Panel(series, "Operations by size", "size", "operations", "xy")
        save_chart([panel], path, theme=theme)


def growth(build: Callable[[int], Graph], sizes: Iterable[int]) -> Growth:
    """Count the operations of `build(size)` at each size, and fit a power law to them.

    `build` records the graph of one size, as in `lambda n: gt.trace(loss, np.ones(n))`. The
    counts are those of `Graph.cost`. Where a count has smaller terms beside the leading one,
    the exponent comes near to that of the leading term for large sizes.

    Raises RefusedError for fewer than two sizes, and for a `build` that returns no graph.
    """
    wanted = tuple(sizes)
    if len(set(wanted)) < 2 or any(not size > 0 for size in wanted):
        raise RefusedError(f"growth needs at least two different sizes above 0, not {wanted}")
    nodes, forward, backward = [], [], []
    for size in wanted:
        graph = build(size)
        if not isinstance(graph, Graph):
            raise RefusedError(
                f"build({size}) returned a {type(graph).__name__}, not a graph: "
                "return gt.trace(…) or gt.parse(…)"
            )
        total = graph.cost().total
        nodes.append(len(graph))
        forward.append(total.forward)
        backward.append(total.backward)
    laws = [power_law(wanted, [c.operations for c in counts]) for counts in (forward, backward)]
    return Growth(wanted, tuple(nodes), tuple(forward), tuple(backward), laws[0], laws[1])


def power_law(sizes: Sequence[float], counts: Sequence[float]) -> PowerLaw:
    """Return the power law nearest to the counts, by least squares in logarithms."""
    if not all(count > 0 for count in counts):
        return PowerLaw(math.nan, math.nan, math.nan)
    x, y = np.log(np.asarray(sizes, dtype=float)), np.log(np.asarray(counts, dtype=float))
    middle = x - x.mean()
    slope = float(middle @ y / (middle @ middle))
    start = float(y.mean() - slope * x.mean())
    residual = float(np.sqrt(np.mean((y - start - slope * x) ** 2)))
    return PowerLaw(slope, math.exp(start), residual)
