"""Shape, order and selection: transpose, reshape, indexing, joining."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.registry import call, structured
from graphtrace.ops.values import shape_of, unbroadcast

FAMILY = "shape"
Cases = list[tuple[tuple[Any, ...], dict[str, Any]]]


def _transpose(a: Any, axes: Sequence[int] | None = None) -> Any:
    return np.transpose(a, axes)


def _transpose_vjp(slot: int, g: Any, out: Any, a: Any, axes: Sequence[int] | None = None) -> Any:
    return np.transpose(g, None if axes is None else np.argsort([n % np.ndim(a) for n in axes]))


def _bind_transpose(a: Any, axes: Sequence[int] | None = None) -> Any:
    return (a,), {} if axes is None else {"axes": tuple(axes)}


def _bind_swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    axes = list(range(np.ndim(a)))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return (a,), {"axes": tuple(axes)}


structured(
    "transpose",
    _transpose,
    family=FAMILY,
    arity=1,
    rules=["g.T"],
    vjp=_transpose_vjp,
    jvp="linear",
    calls={np.transpose: _bind_transpose, np.swapaxes: _bind_swapaxes},
    samples=lambda rng: [
        ((rng.normal(size=(3, 4)),), {}),
        ((rng.normal(size=(2, 3, 4)),), {"axes": (1, -1, 0)}),
    ],
    notation=Notation("ᵀ", text="{0}.T", latex="{0}^{{T}}"),
)


def _reshape(a: Any, shape: tuple[int, ...]) -> Any:
    return np.reshape(a, shape)


def _reshape_vjp(slot: int, g: Any, out: Any, a: Any, shape: tuple[int, ...]) -> Any:
    return np.reshape(g, shape_of(a))


def _bind_reshape(a: Any, shape: int | Sequence[int]) -> Any:
    sizes = tuple(shape) if isinstance(shape, Sequence) else (shape,)
    return (a,), {"shape": tuple(int(size) for size in sizes)}


def _bind_ravel(a: Any) -> Any:
    return (a,), {"shape": (-1,)}


def _bind_expand(a: Any, axis: int | tuple[int, ...]) -> Any:
    return (a,), {"shape": np.expand_dims(np.empty(np.shape(a)), axis).shape}


def _bind_squeeze(a: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    return (a,), {"shape": np.squeeze(np.empty(np.shape(a)), axis).shape}


structured(
    "reshape",
    _reshape,
    family=FAMILY,
    arity=1,
    rules=["reshape(g)"],
    vjp=_reshape_vjp,
    jvp="linear",
    calls={
        np.reshape: _bind_reshape,
        np.ravel: _bind_ravel,
        np.expand_dims: _bind_expand,
        np.squeeze: _bind_squeeze,
    },
    samples=lambda rng: [
        ((rng.normal(size=(3, 4)),), {"shape": (2, 6)}),
        ((rng.normal(size=(3, 4)),), {"shape": (-1,)}),
    ],
    notation=Notation("reshape", latex=r"\mathrm{{reshape}}({a0})"),
)


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


def _getitem(a: Any, *others: Any, index: Any) -> Any:
    return a[_fill(index, (a, *others))]


def _getitem_vjp(slot: int, g: Any, out: Any, a: Any, *others: Any, index: Any) -> Any:
    return call("scatter", g, *others, index=index, shape=shape_of(a))


def _scatter(g: Any, *others: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros with g added at the index."""
    where = _fill(index, (g, *others))
    whole = np.zeros(shape, dtype=np.asarray(g).dtype)
    np.add.at(whole, where, g)
    return whole


def _scatter_vjp(
    slot: int, g: Any, out: Any, a: Any, *others: Any, index: Any, shape: tuple[int, ...]
) -> Any:
    return call("getitem", g, *others, index=index)


structured(
    "scatter",
    _scatter,
    family=FAMILY,
    arity=None,
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


def _broadcast_to(a: Any, shape: tuple[int, ...]) -> Any:
    return np.broadcast_to(a, shape)


def _broadcast_to_vjp(slot: int, g: Any, out: Any, a: Any, shape: tuple[int, ...]) -> Any:
    return unbroadcast(g, a)


structured(
    "broadcast_to",
    _broadcast_to,
    family=FAMILY,
    arity=1,
    rules=["sum(g)"],
    vjp=_broadcast_to_vjp,
    jvp="linear",
    calls={
        np.broadcast_to: lambda array, shape: (
            (array,),
            {"shape": tuple(int(n) for n in np.atleast_1d(shape))},
        )
    },
    samples=lambda rng: [
        ((rng.normal(size=(3, 1)),), {"shape": (2, 3, 4)}),
        ((1.5,), {"shape": (2, 2)}),
    ],
    notation=Notation("broadcast", latex=r"\mathrm{{broadcast}}({a0})"),
)


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


structured(
    "getitem",
    _getitem,
    family=FAMILY,
    arity=None,
    rules=["scatter(g)", "0"],
    vjp=_getitem_vjp,
    jvp="linear",
    calls={},
    samples=lambda rng: [
        ((rng.normal(size=(5,)),), {"index": 2}),
        ((rng.normal(size=(3, 4)),), {"index": (slice(None), slice(3, 0, -2))}),
        ((rng.normal(size=(3, 4)),), {"index": (Ellipsis, None, 1)}),
        ((rng.normal(size=(5,)),), {"index": np.array([0, 2, 2])}),
        ((rng.normal(size=(3, 4)),), {"index": (np.array([0, 0, 2]), np.array([1, 1, 3]))}),
        ((rng.normal(size=(4,)),), {"index": np.array([True, False, True, True])}),
    ],
    notation=Notation("[ ]", text="{0}[{index}]", latex="{0}[{index}]"),
)


def _concatenate(*parts: Any, axis: int | None = 0) -> Any:
    return np.concatenate(parts, axis)


def _concatenate_vjp(slot: int, g: Any, out: Any, *parts: Any, axis: int | None = 0) -> Any:
    sizes = [np.size(part) if axis is None else part.shape[axis] for part in parts]
    start = sum(sizes[:slot])
    where: Any = slice(start, start + sizes[slot])
    if axis is not None:
        where = (slice(None),) * (axis % np.ndim(g)) + (where,)
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
    return g[(slice(None),) * (axis % len(shape_of(out))) + (slot,)]


structured(
    "stack",
    _stack,
    family=FAMILY,
    arity=None,
    rules=["unstack(g)"],
    vjp=_stack_vjp,
    jvp="joint",
    calls={np.stack: _bind_join},
    samples=lambda rng: [*_joins(rng), ((1.0, 2.0), {})],
    notation=Notation("stack", text="[{args}]", latex="[{args}]"),
)
