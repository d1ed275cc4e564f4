"""Joining and splitting arrays.

Joining is one record, after one for each operand that has to gain an axis first. What splits
returns a list of parts, each an indexing record of its own: every record has one value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from graphtrace.formula.tree import Notation
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import FREE
from graphtrace.ops.indexing import ALL, along, flat, pick
from graphtrace.ops.registry import structured
from graphtrace.ops.values import fitting, plain, shape_of

FAMILY = "joining"
Cases = list[tuple[tuple[Any, ...], dict[str, Any]]]


def _concatenate(*parts: Any, axis: int | None = 0) -> Any:
    return np.concatenate(parts, axis)


def _concatenate_vjp(slot: int, g: Any, out: Any, *parts: Any, axis: int | None = 0) -> Any:
    sizes = [np.size(plain(part)) if axis is None else part.shape[axis] for part in parts]
    start = sum(sizes[:slot])
    where: Any = slice(start, start + sizes[slot])
    if axis is not None:
        where = (ALL,) * (axis % np.ndim(g)) + (where,)
    return np.reshape(g[where], shape_of(parts[slot]))


def _bind_join(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    return tuple(arrays), {} if axis == 0 else {"axis": axis}


def _joins(rng: np.random.Generator) -> Cases:
    return [
        ((rng.normal(size=(2, 3)), rng.normal(size=(2, 3))), {}),
        ((rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), rng.normal(size=(2, 3))), {"axis": -1}),
    ]


structured(
    "concatenate",
    _concatenate,
    family=FAMILY,
    arity=None,
    cost=FREE,
    rules=["split(g)"],
    vjp=_concatenate_vjp,
    jvp="joint",
    calls={np.concatenate: _bind_join},
    samples=lambda rng: [
        *_joins(rng),
        ((rng.normal(size=(2, 3)), rng.normal(size=(1, 3))), {"axis": 0}),
        ((rng.normal(size=(2, 3)), rng.normal(size=(4,))), {"axis": None}),
    ],
    notation=Notation("concat", latex=r"[{args}]"),
)


def _stack(*parts: Any, axis: int = 0) -> Any:
    return np.stack(parts, axis)


def _stack_vjp(slot: int, g: Any, out: Any, *parts: Any, axis: int = 0) -> Any:
    return g[(ALL,) * (axis % len(shape_of(out))) + (slot,)]


structured(
    "stack",
    _stack,
    family=FAMILY,
    arity=None,
    cost=FREE,
    rules=["unstack(g)"],
    vjp=_stack_vjp,
    jvp="joint",
    calls={np.stack: _bind_join},
    samples=lambda rng: [*_joins(rng), ((1.0, 2.0), {})],
    notation=Notation("stack", text="[{args}]", latex="[{args}]"),
)


@composes(np.hstack, family=FAMILY, samples=[example([(2, 3), (2, 1)]), example([(2,), ()])])
def _hstack(tup: Any) -> Any:
    parts = [np.atleast_1d(part) for part in tup]
    return np.concatenate(parts, axis=0 if np.ndim(parts[0]) == 1 else 1)


@composes(np.vstack, family=FAMILY, samples=[example([(2, 3), (3,)])])
def _vstack(tup: Any) -> Any:
    return np.concatenate([np.atleast_2d(part) for part in tup])


@composes(np.dstack, family=FAMILY, samples=[example([(2, 3), (2, 3)])])
def _dstack(tup: Any) -> Any:
    return np.concatenate([np.atleast_3d(part) for part in tup], axis=2)


@composes(np.column_stack, family=FAMILY, samples=[example([(3,), (3, 2)])])
def _column_stack(tup: Any) -> Any:
    columns = [part if np.ndim(part) > 1 else np.reshape(part, (-1, 1)) for part in tup]
    return np.concatenate(columns, axis=1)


@composes(
    np.append, family=FAMILY, samples=[example((2, 3), (4,)), example((2, 3), (1, 3), axis=0)]
)
def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    if axis is None:
        arr, values = flat(arr, None)[0], flat(values, None)[0]
    return np.concatenate((arr, values), axis=axis or 0)


@composes(np.block, family=FAMILY, samples=[example([[(2, 2), (2, 1)], [(1, 3)]])])
def _block(arrays: Any) -> Any:
    """Join nested lists: the innermost along the last axis, the next along the last but one."""
    deepest = _depth(arrays)
    axes = max(deepest, _most_axes(arrays))

    def join(item: Any, depth: int) -> Any:
        if isinstance(item, list):
            if not item:
                raise ValueError("an empty list in np.block")
            parts = [join(part, depth + 1) for part in item]
            return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=depth - deepest)
        if depth != deepest:
            raise ValueError("the lists in np.block are nested to different depths")
        shape = np.shape(item)
        return item if len(shape) >= axes else np.reshape(item, (1,) * (axes - len(shape)) + shape)

    return join(arrays, 0)


def _depth(item: Any) -> int:
    if isinstance(item, tuple):
        raise TypeError("block() takes lists of arrays, not tuples")
    return 1 + max(map(_depth, item), default=0) if isinstance(item, list) else 0


def _most_axes(item: Any) -> int:
    return max(map(_most_axes, item), default=0) if isinstance(item, list) else np.ndim(item)


@composes(
    np.insert,
    family=FAMILY,
    samples=[example((5,), [1, 3], (2,)), example((2, 3), 1, (2,), axis=1)],
)
def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """Join the new elements at the end, then put everything in its order."""
    if plain(obj) is not obj:
        raise TypeError("insert() a traced obj; close over it")
    arr, axis = flat(arr, axis)
    shape = np.shape(arr)
    count = shape[axis]
    places = np.arange(count)[obj] if isinstance(obj, slice) else np.asarray(obj)
    if places.dtype == bool:
        places = np.flatnonzero(places)
    if places.size == 1:
        # One place takes everything there is to insert along the axis.
        if np.ndim(values) < len(shape):
            values = np.reshape(values, (1,) * (len(shape) - np.ndim(values)) + np.shape(values))
        if not places.ndim and axis:
            values = np.moveaxis(values, 0, axis)
        places = np.repeat(places.reshape(-1), np.shape(values)[axis])
    new = np.broadcast_to(fitting(values, arr), (*shape[:axis], places.size, *shape[axis + 1 :]))
    marks = np.insert(np.full(count, -1), places.astype(int), np.arange(places.size))
    order = np.where(marks < 0, np.cumsum(marks < 0) - 1, count + marks)
    return pick(np.concatenate([arr, new], axis=axis), along(axis, order))


@composes(np.array_split, family=FAMILY, samples=[example((5, 2), 3)])
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    if plain(indices_or_sections) is not indices_or_sections:
        raise TypeError("split() at traced places; close over them")
    axis = normalize_axis_index(axis, np.ndim(ary))
    count = np.shape(ary)[axis]
    if np.ndim(indices_or_sections):
        cuts = [int(place) for place in indices_or_sections]
    else:
        parts = int(indices_or_sections)
        if parts <= 0:
            raise ValueError("the number of sections must be larger than 0")
        short, longer = divmod(count, parts)
        cuts = [k * short + min(k, longer) for k in range(1, parts)]
    ends = [0, *cuts, count]
    return [
        pick(ary, along(axis, slice(start, stop if k < len(cuts) else None)))
        for k, (start, stop) in enumerate(pairwise(ends))
    ]


@composes(np.split, family=FAMILY, samples=[example((4, 3), 2), example((5,), [1, 3])])
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    if not np.ndim(plain(indices_or_sections)) and np.shape(ary)[axis] % int(indices_or_sections):
        raise ValueError("array split does not result in an equal division")
    return _array_split(ary, indices_or_sections, axis)


def _split_along(function: Callable[..., Any], axis: int, least: int) -> None:
    """Declare hsplit, vsplit or dsplit: `least` axes are needed."""

    def split(ary: Any, indices_or_sections: Any) -> list[Any]:
        if np.ndim(ary) < least:
            raise ValueError(f"only works on arrays of {least} or more axes")
        return _split(ary, indices_or_sections, axis if np.ndim(ary) > axis else 0)

    composes(function, family=FAMILY, samples=[example((2, 4, 2), 2)])(split)


_split_along(np.hsplit, 1, 1)
_split_along(np.vsplit, 0, 2)
_split_along(np.dsplit, 2, 3)


def _unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    axis = normalize_axis_index(axis, np.ndim(x))
    return tuple(pick(x, along(axis, k)) for k in range(np.shape(x)[axis]))


if hasattr(np, "unstack"):  # since NumPy 2.1
    composes(np.unstack, family=FAMILY, samples=[example((2, 3)), example((2, 3), axis=1)])(
        _unstack
    )
