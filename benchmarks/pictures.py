"""The picture cases: from a recorded graph to the text of an SVG, layout included, in wall time."""

import time
from collections.abc import Callable
from typing import Any

__all__ = ["CASES"]


def seconds(graph: Any, samples: int, **choice: Any) -> list[float]:
    """Return wall seconds of pictures of one graph, after one of a small one."""
    import graphtrace as gt

    gt.parse("y = x*x", x=1.0).backward().render(format="svg")
    found = []
    for _ in range(samples):
        start = time.perf_counter()
        graph.render(format="svg", **choice)
        found.append(time.perf_counter() - start)
    return found


def rnn(steps: int = 80) -> list[float]:
    """An RNN with three shared weights, scalar, every step drawn, the weights by aliases."""
    import numpy as np

    import graphtrace as gt

    us = [0.1] * steps

    def run(w: Any, v: Any, b: Any) -> Any:
        h = 0.0
        for u in us:
            h = np.tanh(w * h + v * u + b)
        return h

    graph = gt.trace(run, 0.9, 0.3, 0.1).backward()
    return seconds(graph, 5, fold="none")


def layered(nodes: int, samples: int) -> list[float]:
    """Scalar nodes in layers of ten, each computed from two of the layer before, all drawn."""
    import graphtrace as gt

    def run(x: Any, y: Any) -> Any:
        row, made = [x * (k + 1.0) + y for k in range(10)], 30
        while made < nodes:
            row = [left * right for left, right in zip(row, row[1:] + row[:1], strict=True)]
            made += 10
        total = row[0]
        for item in row[1:]:
            total = total + item
        return total

    graph = gt.trace(run, 0.1, 0.9).backward()
    return seconds(graph, samples, fold="none")


def nested(samples: int, **choice: Any) -> list[float]:
    """Nested functions of 10 300 operations: 50 rows of 50 cells of 4, and 6 for each row."""
    import numpy as np

    import graphtrace as gt

    def cell(h: Any, x: Any, w: Any, v: Any) -> Any:
        a = w * h
        b = v * x
        return np.tanh(a + b)

    def row(h: Any, xs: list[float], w: Any, v: Any) -> Any:
        for x in xs:
            h = cell(h, x, w, v)
        return h

    def score(h: Any, target: float) -> Any:
        d = h - target
        return d * d + 0.01 * np.abs(d)

    def grid(w: Any, v: Any) -> Any:
        xs = [0.1 * (i % 7) for i in range(50)]
        h, total = 0.0, 0.0
        for _ in range(50):
            h = row(h, xs, w, v)
            total = total + score(h, 0.5)
        return total

    graph = gt.trace(grid, 0.9, 0.3).backward()
    return seconds(graph, samples, **choice)


def deck(kind: str) -> list[float]:
    """Seconds to make a deck of a graph of 30 nodes, about 90 steps, in a fresh process."""
    import numpy as np

    import graphtrace as gt
    from graphtrace.slides.save import make_slides

    def run(w: Any, v: Any, b: Any) -> Any:
        h = 0.5
        for u in (0.1, 0.2, 0.3, 0.4):
            h = np.tanh(w * h + v * u + b)
        return h * h

    facts = gt.trace(run, 0.9, 0.3, 0.1).backward().facts()
    start = time.perf_counter()
    made = make_slides([facts], kind)
    assert made.pages > 80
    return [time.perf_counter() - start]


CASES: dict[str, Callable[[], list[float]]] = {
    "deck-pdf": lambda: deck("pdf"),
    "deck-pptx": lambda: deck("pptx"),
    "picture-rnn": rnn,
    "picture-layered-1000": lambda: layered(1000, 5),
    "picture-layered-3000": lambda: layered(3000, 3),
    "picture-nested-folded": lambda: nested(5),
    "picture-nested-whole": lambda: nested(3, fold="none"),
}
"""By name: seconds from a graph to its SVG."""
