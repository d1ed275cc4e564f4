"""Order and repetition: sort, partition, repeat, tile, diagonals and triangles.

`sort` and `partition` give each place's gradient back to the element that came there; among
equal elements the order is that of a stable sort.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from graphtrace.formula.tree import Notation
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import FREE, Counts, each, size_of, sorting
from graphtrace.ops.registry import call, cut, structured
from graphtrace.ops.values import plain, shape_of

FAMILY = "ordering"
Cases = list[tuple[tuple[Any, ...], dict[str, Any]]]


def _word(name: str) -> Notation:
    return Notation(name, latex=rf"\mathrm{{{{{name}}}}}({{args}})")


def _bind_argsort(
    a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Any:
    if order is not None:
        raise TypeError("order= is for arrays with fields")
    return (a,), {} if axis == -1 else {"axis": axis}


def _argsort(a: Any, axis: int | None = -1) -> Any:
    return np.argsort(a, axis=axis, kind="stable")


def _argpartition(a: Any, kth: Any, axis: int | None = -1) -> Any:
    return np.argpartition(a, kth, axis=axis)


def _bind_partition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect") -> Any:
    places = tuple(map(int, kth)) if isinstance(kth, (list, tuple, np.ndarray)) else int(kth)
    return (a,), {"kth": places} if axis == -1 else {"kth": places, "axis": axis}


cut(
    "argsort",
    _argsort,
    family=FAMILY,
    arity=1,
    cost=sorting(),
    samples=lambda rng: [((rng.normal(size=(3, 4)),), {"axis": 0})],
    calls={np.argsort: _bind_argsort},
    notation=_word("argsort"),
    doc="The places of the elements in ascending order, which pass no gradient.",
)
cut(
    "argpartition",
    _argpartition,
    family=FAMILY,
    arity=1,
    cost=each(others=1),
    samples=lambda rng: [((rng.normal(size=(5,)),), {"kth": 2})],
    calls={np.argpartition: _bind_partition},
    notation=_word("argpartition"),
    doc="The places of the elements as partition puts them, which pass no gradient.",
)


def _search_cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
    return Counts(others=size_of(out) * math.ceil(math.log2(size_of(operands[0]) + 1)))


cut(
    "searchsorted",
    np.searchsorted,
    family=FAMILY,
    arity=2,
    cost=_search_cost,
    samples=lambda rng: [((np.sort(rng.normal(size=(5,))), rng.normal(size=(3,))), {})],
    calls={
        np.searchsorted: lambda a, v, side="left": (
            (a, v),
            {} if side == "left" else {"side": side},
        )
    },
    notation=_word("searchsorted"),
    doc="Where elements would be put in to keep the order; no gradient passes.",
)


def _put_back(g: Any, order: Any, a: Any, axis: int | None) -> Any:
    """Return each place's gradient to the element that `order` brought there."""
    along = -1 if axis is None else axis
    back = call("argsort", order, axis=along)
    return np.reshape(np.take_along_axis(g, back, along), shape_of(a))


def _sort(a: Any, axis: int | None = -1) -> Any:
    return np.sort(a, axis=axis)


def _sort_vjp(slot: int, g: Any, out: Any, a: Any, axis: int | None = -1) -> Any:
    return _put_back(g, call("argsort", a, axis=axis), a, axis)


def _sort_jvp(slot: int, t: Any, out: Any, a: Any, axis: int | None = -1) -> Any:
    return np.take_along_axis(t, call("argsort", a, axis=axis), axis)


structured(
    "sort",
    _sort,
    family=FAMILY,
    arity=1,
    cost=sorting(),
    rules=["unsort(g)"],
    vjp=_sort_vjp,
    jvp=_sort_jvp,
    calls={np.sort: _bind_argsort},
    samples=lambda rng: [
        ((rng.normal(size=(5,)),), {}),
        ((rng.normal(size=(3, 4)),), {"axis": 0}),
        ((rng.normal(size=(2, 3)),), {"axis": None}),
    ],
    notation=_word("sort"),
    doc="Elements in ascending order along an axis.",
)


def _partition(a: Any, kth: Any, axis: int | None = -1) -> Any:
    a = np.asarray(a)
    return np.take_along_axis(a, np.argpartition(a, kth, axis=axis), axis)


def _partition_vjp(slot: int, g: Any, out: Any, a: Any, kth: Any, axis: int | None = -1) -> Any:
    return _put_back(g, call("argpartition", a, kth=kth, axis=axis), a, axis)


def _partition_jvp(slot: int, t: Any, out: Any, a: Any, kth: Any, axis: int | None = -1) -> Any:
    return np.take_along_axis(t, call("argpartition", a, kth=kth, axis=axis), axis)


structured(
    "partition",
    _partition,
    family=FAMILY,
    arity=1,
    cost=each(others=1),
    rules=["unpartition(g)"],
    vjp=_partition_vjp,
    jvp=_partition_jvp,
    calls={np.partition: _bind_partition},
    samples=lambda rng: [
        ((rng.normal(size=(6,)),), {"kth": 2}),
        ((rng.normal(size=(4, 3)),), {"kth": (1, 2), "axis": 0}),
    ],
    notation=_word("partition"),
    doc="Elements so that the k-th is in its sorted place, smaller ones before it.",
)


def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    return np.repeat(a, repeats, axis)


def _repeat_vjp(slot: int, g: Any, out: Any, a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Add up what the copies of each element get."""
    shape = shape_of(a)
    sizes = shape if axis is not None else (int(np.prod(shape)),)
    axis = axis % len(shape) if axis is not None else 0
    if isinstance(repeats, int):
        copies = np.reshape(g, (*sizes[: axis + 1], repeats, *sizes[axis + 1 :]))
        return np.reshape(np.sum(copies, axis=axis + 1), shape)
    index = (slice(None),) * axis + (np.repeat(np.arange(sizes[axis]), repeats),)
    return np.reshape(call("scatter", g, index=index, shape=sizes), shape)


def _bind_repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    if plain(repeats) is not repeats:
        raise TypeError("repeat() traced repeats; close over them")
    counts = np.asarray(repeats)
    kept = tuple(counts.tolist()) if counts.size > 1 else int(counts.reshape(()))
    return (a,), {"repeats": kept} if axis is None else {"repeats": kept, "axis": axis}


structured(
    "repeat",
    _repeat,
    family=FAMILY,
    arity=1,
    cost=FREE,
    rules=["sum(g)"],
    vjp=_repeat_vjp,
    jvp="linear",
    calls={np.repeat: _bind_repeat},
    samples=lambda rng: [
        ((rng.normal(size=(3,)),), {"repeats": 2}),
        ((rng.normal(size=(2, 3)),), {"repeats": 2, "axis": -1}),
        ((rng.normal(size=(2, 3)),), {"repeats": (1, 0, 2), "axis": 1}),
        ((rng.normal(size=(2, 2)),), {"repeats": (2, 0, 1, 1)}),
    ],
    notation=_word("repeat"),
)


def _tile(a: Any, reps: tuple[int, ...]) -> Any:
    return np.tile(a, reps)


def _tile_vjp(slot: int, g: Any, out: Any, a: Any, reps: tuple[int, ...]) -> Any:
    """Add up the tiles: every axis becomes two, the tile and the place in it."""
    shape = shape_of(a)
    count = max(len(reps), len(shape))
    times = (1,) * (count - len(reps)) + reps
    sizes = (1,) * (count - len(shape)) + shape
    pairs = [size for pair in zip(times, sizes, strict=True) for size in pair]
    return np.reshape(np.sum(np.reshape(g, pairs), axis=tuple(range(0, 2 * count, 2))), shape)


structured(
    "tile",
    _tile,
    family=FAMILY,
    arity=1,
    cost=FREE,
    rules=["sum(g)"],
    vjp=_tile_vjp,
    jvp="linear",
    calls={np.tile: lambda A, reps: ((A,), {"reps": tuple(np.atleast_1d(reps).tolist())})},
    samples=lambda rng: [
        ((rng.normal(size=(3,)),), {"reps": (2,)}),
        ((rng.normal(size=(2, 3)),), {"reps": (2, 1, 3)}),
        ((rng.normal(size=(2, 1, 3)),), {"reps": (2,)}),
    ],
    notation=_word("tile"),
)


def _triangle(name: str, function: Callable[..., Any]) -> None:
    def vjp(slot: int, g: Any, out: Any, a: Any, k: int = 0) -> Any:
        if len(shape_of(a)) == 1:
            # NumPy spreads a vector over the rows of a square first.
            return np.sum(function(g, k), axis=0)
        return function(g, k)

    structured(
        name,
        function,
        family="indexing",
        arity=1,
        cost=FREE,
        rules=[f"{name}(g)"],
        vjp=vjp,
        jvp="linear",
        calls={function: lambda m, k=0: ((m,), {"k": int(k)} if k else {})},
        samples=lambda rng: [
            ((rng.normal(size=(3, 4)),), {}),
            ((rng.normal(size=(2, 3, 3)),), {"k": 1}),
            ((rng.normal(size=(3,)),), {"k": -1}),
        ],
        notation=_word(name),
    )


_triangle("triu", np.triu)
_triangle("tril", np.tril)


def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return np.diagonal(a, offset, axis1, axis2)


def _diagonal_vjp(
    slot: int, g: Any, out: Any, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1
) -> Any:
    count = len(shape_of(a))
    axes = {"axis1": axis1 % count, "axis2": axis2 % count}
    return call("on_diagonal", g, shape=shape_of(a), offset=offset, **axes)


def _on_diagonal(
    a: Any, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1
) -> Any:
    """Return zeros of a shape with the operand's last axis along a diagonal of two axes."""
    whole = np.zeros(shape, dtype=np.asarray(a).dtype)
    steps = np.arange(np.shape(a)[-1])
    moved = np.moveaxis(whole, (axis1, axis2), (-2, -1))
    moved[..., steps + max(-offset, 0), steps + max(offset, 0)] = a
    return whole


def _on_diagonal_vjp(
    slot: int, g: Any, out: Any, a: Any, shape: Any, offset: int = 0, axis1: int = 0, axis2: int = 1
) -> Any:
    return np.diagonal(g, offset, axis1, axis2)


def _bind_diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    normalize_axis_index(axis1, np.ndim(a))
    normalize_axis_index(axis2, np.ndim(a))
    given = {"offset": (offset, 0), "axis1": (axis1, 0), "axis2": (axis2, 1)}
    return (a,), {key: int(value) for key, (value, usual) in given.items() if value != usual}


structured(
    "diagonal",
    _diagonal,
    family="indexing",
    arity=1,
    cost=FREE,
    rules=["on_diagonal(g)"],
    vjp=_diagonal_vjp,
    jvp="linear",
    calls={
        np.diagonal: _bind_diagonal,
        np.linalg.diagonal: lambda x, *, offset=0: _bind_diagonal(x, offset, -2, -1),
    },
    samples=lambda rng: [
        ((rng.normal(size=(3, 3)),), {}),
        ((rng.normal(size=(3, 4)),), {"offset": -1}),
        ((rng.normal(size=(2, 3, 4)),), {"offset": 1, "axis1": -1, "axis2": 0}),
    ],
    notation=Notation("diag", latex=r"\mathrm{{diag}}({a0})"),
)
structured(
    "on_diagonal",
    _on_diagonal,
    family="indexing",
    arity=1,
    cost=FREE,
    rules=["diagonal(g)"],
    vjp=_on_diagonal_vjp,
    jvp="linear",
    calls={},
    samples=lambda rng: [
        ((rng.normal(size=(3,)),), {"shape": (3, 3)}),
        ((rng.normal(size=(2, 3)),), {"shape": (4, 2, 3), "offset": -1, "axis1": 0, "axis2": 2}),
    ],
    notation=Notation("diag", latex=r"\mathrm{{diag}}({a0})"),
    doc="Zeros with the operand along a diagonal: what np.diag makes of a vector.",
)


@composes(np.diag, family="indexing", samples=[example((3,), 1), example((3, 3))])
def _diag(v: Any, k: int = 0) -> Any:
    if np.ndim(v) == 2:
        return np.diagonal(v, k)
    if np.ndim(v) != 1:
        raise ValueError("np.diag takes a vector or a matrix")
    size = np.shape(v)[0] + abs(k)
    return call("on_diagonal", v, shape=(size, size), **({"offset": k} if k else {}))


@composes(np.diagflat, family="indexing", samples=[example((2, 2))])
def _diagflat(v: Any, k: int = 0) -> Any:
    return _diag(np.reshape(v, -1) if np.ndim(v) != 1 else v, k)
