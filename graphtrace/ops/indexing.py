"""Indexing, and what is indexing under another name; assignment as a function.

A part that is picked gets its gradient back in its place (`scatter`); where an element is
picked several times, the gradients add up. An assignment (`set_at`) passes a gradient to what
it wrote, and none to what it overwrote; where it writes an element several times, the last
value stays, as in NumPy, and gets the gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from graphtrace.formula.tree import Notation
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import FREE, summed
from graphtrace.ops.registry import call, cut, structured
from graphtrace.ops.values import plain, shape_of, unbroadcast

FAMILY = "indexing"
ALL = slice(None)


@dataclass(frozen=True, slots=True)
class Slot:
    """Stands in a recorded index for a traced array: operand number `number`."""

    number: int

    def __repr__(self) -> str:
        return f"operand {self.number}"


def _fill(index: Any, operands: Sequence[Any]) -> Any:
    if isinstance(index, Slot):
        return operands[index.number]
    if isinstance(index, tuple):
        return tuple(_fill(item, operands) for item in index)
    return index


def bind_getitem(a: Any, index: Any) -> Any:
    """Read `a[index]`: traced indices become operands, lists and arrays are copied."""
    others: list[Any] = []

    def keep(item: Any) -> Any:
        if isinstance(item, tuple):
            return tuple(keep(part) for part in item)
        if isinstance(item, (list, np.ndarray)):
            return np.array(item, dtype=None if np.size(item) else int)
        if item is None or item is Ellipsis or isinstance(item, (int, slice, np.integer, np.bool_)):
            return item
        if hasattr(type(item), "__array_ufunc__"):
            others.append(item)
            return Slot(len(others))
        raise IndexError(f"an index of type {type(item).__name__} is not supported")

    where = keep(index)
    return (a, *others), {"index": where}


def pick(a: Any, index: Any) -> Any:
    """Return `a[index]`, where either may be traced."""
    operands, params = bind_getitem(a, index)
    return call("getitem", *operands, **params)


def _getitem(a: Any, *others: Any, index: Any) -> Any:
    return np.asarray(a)[_fill(index, (a, *others))]


def _getitem_vjp(slot: int, g: Any, out: Any, a: Any, *others: Any, index: Any) -> Any:
    return call("scatter", g, *others, index=index, shape=shape_of(a))


structured(
    "getitem",
    _getitem,
    family=FAMILY,
    arity=None,
    cost=FREE,
    rules=["scatter(g)", "0"],
    vjp=_getitem_vjp,
    jvp="linear",
    calls={},
    samples=lambda rng: [
        ((rng.normal(size=(5,)),), {"index": 2}),
        ((rng.normal(size=(3, 4)),), {"index": (ALL, slice(3, 0, -2))}),
        ((rng.normal(size=(3, 4)),), {"index": (Ellipsis, None, 1)}),
        ((rng.normal(size=(5,)),), {"index": np.array([0, 2, 2])}),
        ((rng.normal(size=(3, 4)),), {"index": (np.array([0, 0, 2]), np.array([1, 1, 3]))}),
        ((rng.normal(size=(4,)),), {"index": np.array([True, False, True, True])}),
        ((rng.normal(size=(4, 2)), np.array([3, 0, 3])), {"index": (Slot(1), 1)}),
    ],
    notation=Notation("[ ]", text="{0}[{index}]", latex="{0}[{index}]"),
)


def _scatter(g: Any, *others: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros with g added at the index."""
    where = _fill(index, (g, *others))
    whole = np.zeros(shape, dtype=np.asarray(g).dtype)
    if _may_repeat(where):
        np.add.at(whole, where, g)
    else:
        whole[where] = g
    return whole


def _may_repeat(where: Any) -> bool:
    """Whether an index may name an element several times: integer arrays may."""
    if isinstance(where, tuple):
        return any(_may_repeat(item) for item in where)
    return isinstance(where, np.ndarray) and where.ndim > 0 and where.dtype.kind in "iu"


def _scatter_vjp(
    slot: int, g: Any, out: Any, a: Any, *others: Any, index: Any, shape: tuple[int, ...]
) -> Any:
    return call("getitem", g, *others, index=index)


structured(
    "scatter",
    _scatter,
    family=FAMILY,
    arity=None,
    cost=summed,
    rules=["gather(g)"],
    vjp=_scatter_vjp,
    jvp="linear",
    calls={},
    samples=lambda rng: [
        ((rng.normal(size=(2,)),), {"index": slice(1, 3), "shape": (5,)}),
        ((rng.normal(size=(3,)),), {"index": np.array([0, 2, 2]), "shape": (4,)}),
        ((1.5,), {"index": (1, 0), "shape": (2, 2)}),
    ],
    notation=Notation("scatter", latex=r"\mathrm{{scatter}}({a0})"),
    doc="Zeros of a shape, with the operand added at an index: the reverse of indexing.",
)


def _target(a: Any, v: Any) -> Any:
    """Return a copy that v can be written into: its own precision, if it has one."""
    kind = np.asarray(a).dtype
    return np.array(a, dtype=kind if kind.kind == "f" else np.result_type(kind, np.asarray(v)))


def _set_at(a: Any, v: Any, *others: Any, index: Any) -> Any:
    out = _target(a, v)
    out[_fill(index, (a, *others))] = v
    return out


def _set_at_vjp(slot: int, g: Any, out: Any, a: Any, v: Any, *others: Any, index: Any) -> Any:
    if slot == 0:
        return call("set_at", g, 0.0, *others, index=index)
    stays = _last(_fill(index, (a, *map(plain, others))), shape_of(a))
    picked = call("getitem", g, *others, index=index)
    return unbroadcast(picked if stays is None else picked * stays, v)


def _set_at_jvp(slot: int, t: Any, out: Any, a: Any, v: Any, *others: Any, index: Any) -> Any:
    if slot == 0:
        return call("set_at", t, 0.0, *others, index=index)
    return call("set_at", np.zeros(shape_of(a)), t, *others, index=index)


def _last(where: Any, shape: tuple[int, ...]) -> Any:
    """Return which values of an assignment are not written over by a later one; None for all."""
    if not _may_repeat(where):
        return None
    owner = np.arange(int(np.prod(shape))).reshape(shape)
    places = owner[where]
    turns = np.arange(places.size).reshape(places.shape)
    owner[where] = turns
    stays = owner[where] == turns
    return None if stays.all() else stays


def _writes(rng: np.random.Generator) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    return [
        ((rng.normal(size=(4,)), 1.5), {"index": 1}),
        ((rng.normal(size=(3, 4)), rng.normal(size=(2,))), {"index": (ALL, slice(0, 4, 2))}),
        ((rng.normal(size=(5,)), rng.normal(size=(3,))), {"index": np.array([0, 2, 2])}),
        ((rng.normal(size=(3,)), rng.normal(size=(2,))), {"index": np.array([True, False, True])}),
        ((rng.normal(size=(4,)), rng.normal(size=(2,)), np.array([3, 0])), {"index": Slot(1)}),
    ]


structured(
    "set_at",
    _set_at,
    family=FAMILY,
    arity=None,
    cost=FREE,
    rules=["set_at(g, 0)", "gather(g)", "0"],
    vjp=_set_at_vjp,
    jvp=_set_at_jvp,
    calls={},
    samples=_writes,
    notation=Notation("[ ]=", latex=r"\mathrm{{set}}({args})"),
    doc="A copy of the first operand with the second written at an index.",
)


def _add_at(a: Any, v: Any, *others: Any, index: Any) -> Any:
    out = _target(a, v)
    where = _fill(index, (a, *others))
    if _may_repeat(where):
        np.add.at(out, where, v)
    else:
        out[where] += v
    return out


def _add_at_vjp(slot: int, g: Any, out: Any, a: Any, v: Any, *others: Any, index: Any) -> Any:
    return g if slot == 0 else unbroadcast(call("getitem", g, *others, index=index), v)


def _add_at_jvp(slot: int, t: Any, out: Any, a: Any, v: Any, *others: Any, index: Any) -> Any:
    return t if slot == 0 else call("add_at", np.zeros(shape_of(a)), t, *others, index=index)


structured(
    "add_at",
    _add_at,
    family=FAMILY,
    arity=None,
    cost=summed,
    rules=["g", "gather(g)", "0"],
    vjp=_add_at_vjp,
    jvp=_add_at_jvp,
    calls={},
    samples=_writes,
    notation=Notation("[ ]+=", latex=r"\mathrm{{add\_at}}({args})"),
    doc="A copy of the first operand with the second added at an index, repeats included.",
)


def write(name: str, x: Any, index: Any, v: Any) -> Any:
    """Run `set_at` or `add_at`, with the operands in the order of the declaration."""
    (x, *others), params = bind_getitem(x if hasattr(x, "shape") else np.asarray(x), index)
    where = _fill(params["index"], (plain(x), *map(plain, others)))
    part = np.shape(np.broadcast_to(False, shape_of(x))[where])
    if np.ndim(v) > len(part):
        v = np.reshape(v, np.shape(v)[np.ndim(v) - len(part) :])
    return call(name, x, v, *others, **params)


@composes(np.take, family=FAMILY, samples=[example((3, 4), [2, 0, 2], axis=1), example((2, 3), 4)])
def _take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    a, axis = flat(a, axis)
    count = np.shape(a)[axis]
    if mode == "wrap":
        indices = np.mod(indices, count)
    elif mode == "clip":
        indices = np.clip(indices, 0, count - 1)
    elif mode != "raise":
        raise ValueError(f"mode must be 'raise', 'wrap' or 'clip', not {mode!r}")
    return pick(a, along(axis, indices))


def flat(a: Any, axis: int | None) -> tuple[Any, int]:
    """Return the array and axis to work on: all elements in a row for the axis None."""
    if axis is not None:
        return a, normalize_axis_index(axis, np.ndim(a))
    return a if np.ndim(a) == 1 else np.reshape(a, -1), 0


def along(axis: int, item: Any) -> Any:
    """Return the index that applies an item to one axis."""
    return (ALL,) * axis + (item,) if axis else item


@composes(
    np.take_along_axis,
    family=FAMILY,
    samples=[example((3, 4), np.array([[0, 3], [1, 1], [2, 0]]), axis=1)],
)
def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    arr, axis = flat(arr, axis)
    shape = np.shape(arr)
    if np.ndim(indices) != len(shape):
        raise ValueError("indices and arr must have the same number of axes")
    index = [
        np.arange(size).reshape((1,) * dim + (size,) + (1,) * (len(shape) - dim - 1))
        for dim, size in enumerate(shape)
    ]
    where: list[Any] = list(index)
    where[axis] = indices
    return pick(arr, tuple(where) if len(where) > 1 else indices)


@composes(np.compress, family=FAMILY, samples=[example([True, False, True], (3, 2), axis=0)])
def _compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    if np.ndim(condition) != 1:
        raise ValueError("condition must have one axis")
    a, axis = flat(a, axis)
    if plain(condition) is condition:
        return pick(a, along(axis, np.flatnonzero(condition)))
    count = np.shape(condition)[0]
    if count < np.shape(a)[axis]:
        a = pick(a, along(axis, slice(count)))
    return pick(a, along(axis, np.not_equal(condition, 0)))


@composes(np.extract, family=FAMILY, samples=[example(np.array([True, False, True]), (3,))])
def _extract(condition: Any, arr: Any) -> Any:
    return _compress(np.ravel(condition), np.ravel(arr))


@composes(np.choose, family=FAMILY, samples=[example(np.array([1, 0, 1]), [(3,), (3,)])])
def _choose(a: Any, choices: Any, mode: str = "raise") -> Any:
    """Stack the choices and take from each place the one that `a` names."""
    choices = list(choices)
    count, values = len(choices), np.asarray(plain(a))
    if mode == "wrap":
        a = np.mod(a, count)
    elif mode == "clip":
        a = np.clip(a, 0, count - 1)
    elif values.size and (values.min() < 0 or values.max() >= count):
        raise ValueError(f"an index is not one of the {count} choices")
    shape = np.broadcast_shapes(np.shape(a), *map(np.shape, choices))
    stacked = np.stack([np.broadcast_to(choice, shape) for choice in choices])
    which = a if np.shape(a) == shape else np.broadcast_to(a, shape)
    grid = np.indices(shape, sparse=True)
    return pick(stacked, (which, *grid))


@composes(np.delete, family=FAMILY, samples=[example((5,), [1, 3]), example((3, 2), 0, axis=0)])
def _delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    if plain(obj) is not obj:
        raise TypeError("delete() a traced obj; its number of elements would not be known")
    arr, axis = flat(arr, axis)
    return pick(arr, along(axis, np.delete(np.arange(np.shape(arr)[axis]), obj)))


@composes(np.resize, family=FAMILY, samples=[example((2, 3), new_shape=(4, 2))])
def _resize(a: Any, new_shape: Any) -> Any:
    size = int(np.size(plain(a)))
    if not size:
        return np.zeros(new_shape)
    return pick(np.reshape(a, -1), np.resize(np.arange(size), new_shape))


def _nonzero(a: Any, axis: int = 0) -> Any:
    return np.nonzero(a)[axis]


NO_GRADIENT = "Places, which pass no gradient."
cut(
    "nonzero",
    _nonzero,
    family=FAMILY,
    arity=1,
    samples=lambda _: [((np.array([0.0, 1.5, 0.0, -2.0]),), {})],
    calls={},
    notation=Notation("nonzero", latex=r"\mathrm{{nonzero}}({a0})"),
    doc=NO_GRADIENT + " One record for each axis.",
)


@composes(np.nonzero, family=FAMILY, samples=[example((2, 3))], differentiable=False)
def _nonzeros(a: Any) -> tuple[Any, ...]:
    if not np.ndim(a):
        raise ValueError("nonzero of a scalar: use np.atleast_1d")
    return tuple(call("nonzero", a, axis=axis) for axis in range(np.ndim(a)))


@composes(np.flatnonzero, family=FAMILY, samples=[example((2, 3))], differentiable=False)
def _flatnonzero(a: Any) -> Any:
    return call("nonzero", np.ravel(a), axis=0)


@composes(np.argwhere, family=FAMILY, samples=[example((2, 3))], differentiable=False)
def _argwhere(a: Any) -> Any:
    return np.stack(_nonzeros(np.atleast_1d(a)), axis=-1)
