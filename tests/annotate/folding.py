"""Programs with parts that can be counted by hand: loops, calls, scopes, recursion."""

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import numpy as np

import graphtrace as gt

RNG = np.random.default_rng(11)


def cell(h: Any, u: Any, w: Any) -> Any:
    """Three operations."""
    return np.tanh(w * h + u)


def rnn(w: Any, h: Any, us: Any) -> Any:
    """Three operations a step."""
    for u in us:
        h = np.tanh(w * h + u)
    return h


def called(w: Any, h: Any) -> Any:
    """A call in a loop: five times three operations."""
    for t in range(5):
        h = cell(h, 0.1 * t, w)
    return h


def twice(w: Any, h: Any) -> Any:
    """One function, called from two places: three operations each, and one."""
    first = cell(h, 1.0, w)
    second = cell(h, 2.0, w)
    return first * second


def outer(w: Any, h: Any) -> Any:
    """Calls of calls: twice seven operations, and one."""
    return twice(w, h) + twice(h, w)


def nested(x: Any, y: Any) -> Any:
    """Three times (four times two operations, and one)."""
    t = x * y
    for _ in range(3):
        for _ in range(4):
            t = t * x + y
        t = np.sin(t)
    return t


def branches(x: Any) -> Any:
    """Six passes: three of one operation, three of two."""
    for i in range(6):
        if i % 2:
            x = np.sin(x)
        else:
            x = x * 2
            x = x + 1
    return x


def skipping(x: Any) -> Any:
    """Five passes; the third goes on before the sine."""
    for i in range(5):
        if i == 2:
            x = x * 2
            continue
        x = np.sin(x)
    return x


def trying(x: Any) -> Any:
    """Four passes of three operations; in the second pass the middle one is in a handler."""
    for i in range(4):
        x = np.sin(x)
        try:
            x = x * (1 / (i - 1))
        except ZeroDivisionError:
            x = x + 1
        x = x * 2
    return x


def halving(x: Any) -> Any:
    """Four passes of two operations: a product, and the question whether to go on."""
    while x > 1:
        x = x * 0.5
    return x


def terms(x: Any) -> Any:
    """A comprehension of four times two operations, and four terms of a sum."""
    return sum([np.sin(x * k) for k in range(4)])


def lazy(x: Any) -> Any:
    """A generator inside of a sum: four times three operations."""
    return sum(np.sin(x * k) for k in range(4))


def products(x: Any) -> Any:
    """Four calls of a function without a name of its own."""
    return reduce(lambda a, b: a * b + 1, [1.0, 2.0, 3.0, 4.0], x)


def halves(x: Any, steps: int) -> Iterator[Any]:
    """A generator of one operation each."""
    for _ in range(steps):
        x = x * 0.5
        yield x


def asked(x: Any) -> Any:
    """A loop over a generator: five passes of one operation there and two here."""
    t = 0.0
    for v in halves(x, 5):
        t = t + v * 3
    return t


def inside_first(x: Any, n: int = 5) -> Any:
    """Two operations at each of five levels, after the call of itself."""
    return np.sin(inside_first(x, n - 1)) * 2 if n else x


def inside_last(x: Any, n: int = 5) -> Any:
    """Two operations at each of five levels, before the call of itself."""
    return inside_last(np.sin(x) * 2, n - 1) if n else x


def between(x: Any, n: int = 3) -> Any:
    """One operation before and one after the call of itself, at each of three levels."""
    return np.sin(x) * between(x, n - 1) if n else x


class Layer:
    """A layer that is called: three operations."""

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def __call__(self, x: Any) -> Any:
        """Apply it."""
        return np.tanh(x * self.weight + 1)


class Net:
    """Layers in a row."""

    def __init__(self, layers: int) -> None:
        self.layers = [Layer(0.1 * k) for k in range(layers)]

    def forward(self, x: Any) -> Any:
        """Apply all, and square."""
        for layer in self.layers:
            x = layer(x)
        return x * x


def scoped(x: Any) -> Any:
    """Three numbered scopes of three operations, two of them in a scope inside."""
    for i in range(3):
        with gt.scope(f"layer {i}"):
            x = np.sin(x)
            with gt.scope("norm"):
                x = x / (1 + x)
    return x


def library(x: Any) -> Any:
    """A function of ours that has several operations, and one of NumPy's."""
    y = gt.nn.layer_norm(x, np.ones(3), np.zeros(3))
    return np.sum(y)


def short(x: Any) -> Any:
    """A function without a name, called under one."""
    double = lambda a: np.sin(a) * 2  # noqa: E731 - that is what is tested
    for _ in range(3):
        x = double(x)
    return x


def block(x: Any, weights: Any) -> Any:
    """Five operations, with two weights of its own."""
    first, second = weights
    return x + np.tanh(x @ first) @ second


def stack(x: Any, layers: Any) -> Any:
    """Residual blocks in a row."""
    for weights in layers:
        x = block(x, weights)
    return np.sum(x * x)


def normed(x: Any, weight: Any) -> Any:
    """Functions of ours with several operations, each in the arguments of another call."""
    x = x + dense(gt.nn.layer_norm(x), weight)
    return x + dense(gt.nn.layer_norm(x), weight)


def dense(x: Any, weight: Any) -> Any:
    """Two operations."""
    return np.tanh(x @ weight)


def normed_stack(x: Any, weight: Any) -> Any:
    """Such blocks in a row."""
    for _ in range(3):
        x = normed(x, weight)
    return np.sum(x)


def grid(w: Any, v: Any, rows: int, columns: int) -> Any:
    """Nested functions: a row is calls of a cell, each row ends with a sum of two operations."""
    h, total = 0.1, 0.0
    for _ in range(rows):
        for u in range(columns):
            h = cell(h, 0.01 * u * v, w)
        total = total + h * h
    return total


PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "loop": (rnn, (0.5, 0.1, [0.1, 0.2, 0.3, 0.4])),
    "call in a loop": (called, (0.5, 0.1)),
    "two places": (twice, (0.5, 0.1)),
    "calls of calls": (outer, (0.5, 0.1)),
    "nested loops": (nested, (0.5, 0.1)),
    "branches": (branches, (0.5,)),
    "continue": (skipping, (0.5,)),
    "try": (trying, (0.5,)),
    "while": (halving, (12.0,)),
    "comprehension": (terms, (0.5,)),
    "generator expression": (lazy, (0.5,)),
    "reduce": (products, (0.5,)),
    "generator": (asked, (0.5,)),
    "recursion first": (inside_first, (0.5,)),
    "recursion last": (inside_last, (0.5,)),
    "recursion between": (between, (0.5,)),
    "objects": (Net(4).forward, (0.5,)),
    "scopes": (scoped, (0.5,)),
    "library": (library, (np.array([1.0, 2.0, 4.0]),)),
    "lambda": (short, (0.5,)),
    "library in calls": (normed_stack, (np.array([[1.0, 2.0, 4.0]]), np.eye(3))),
    "stack": (stack, (np.ones((2, 3)), [(np.eye(3), np.eye(3))] * 4)),
}
