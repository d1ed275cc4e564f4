"""The shape of an array: its axes, their order and their lengths; the elements stay.

Functions that return several arrays (`broadcast_arrays`, `meshgrid`, `atleast_1d` of several)
record each of them by itself, and none where an array is returned as it came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from graphtrace.formula.tree import Notation
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import FREE
from graphtrace.ops.registry import structured
from graphtrace.ops.values import plain, shape_of, unbroadcast

FAMILY = "shape"
Axes = int | tuple[int, ...] | None
Order = Sequence[int]


def _transpose(a: Any, axes: Order | None = None) -> Any:
    return np.transpose(a, axes)


def _transpose_vjp(slot: int, g: Any, out: Any, a: Any, axes: Order | None = None) -> Any:
    back = None if axes is None else np.argsort([n % np.ndim(a) for n in axes]).tolist()
    return np.transpose(g, back)


def _bind_transpose(a: Any, axes: Order | None = None) -> Any:
    return (a,), {} if axes is None else {"axes": tuple(axes)}


def _bind_swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    axes = list(range(np.ndim(a)))
    one, two = (normalize_axis_index(axis, len(axes)) for axis in (axis1, axis2))
    axes[one], axes[two] = two, one
    return (a,), {"axes": tuple(axes)}


def _bind_moveaxis(
    a: Any, source: int | tuple[int, ...], destination: int | tuple[int, ...]
) -> Any:
    start = normalize_axis_tuple(source, np.ndim(a), "source")
    end = normalize_axis_tuple(destination, np.ndim(a), "destination")
    if len(start) != len(end):
        raise ValueError("source and destination must have the same number of elements")
    axes = [axis for axis in range(np.ndim(a)) if axis not in start]
    for to, of in sorted(zip(end, start, strict=True)):
        axes.insert(to, of)
    return (a,), {"axes": tuple(axes)}


def _bind_rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    count = np.ndim(a)
    axis = normalize_axis_index(axis, count)
    place = start + count if start < 0 else start
    if not 0 <= place <= count:
        raise ValueError(f"start is {start}, not between {-count} and {count}")
    return _bind_moveaxis(a, axis, place - 1 if axis < place else place)


def _bind_matrix(x: Any) -> Any:
    if np.ndim(x) < 2:
        raise ValueError(f"a matrix has at least 2 axes, not {np.ndim(x)}")
    return _bind_swapaxes(x, -1, -2)


structured(
    "transpose",
    _transpose,
    family=FAMILY,
    arity=1,
    cost=FREE,
    rules=["g.T"],
    vjp=_transpose_vjp,
    jvp="linear",
    calls={
        np.transpose: _bind_transpose,
        np.swapaxes: _bind_swapaxes,
        np.moveaxis: _bind_moveaxis,
        np.rollaxis: _bind_rollaxis,
        np.matrix_transpose: _bind_matrix,
        np.linalg.matrix_transpose: _bind_matrix,
    },
    samples=lambda rng: [
        ((rng.normal(size=(3, 4)),), {}),
        ((rng.normal(size=(2, 3, 4)),), {"axes": (1, -1, 0)}),
    ],
    notation=Notation("ᵀ", text="{0}.T", latex="{0}^{{T}}"),
)


def _reshape(a: Any, shape: tuple[int, ...], order: str = "C") -> Any:
    return np.reshape(a, shape, order=order)  # type: ignore[call-overload]


def _reshape_vjp(
    slot: int, g: Any, out: Any, a: Any, shape: tuple[int, ...], order: str = "C"
) -> Any:
    return np.reshape(g, shape_of(a), **_ordered({}, order))


def _ordered(params: dict[str, Any], order: str | None) -> dict[str, Any]:
    """Add the order in which elements are counted, when it is not the usual one."""
    if order not in (None, "C", "F"):
        raise TypeError(f"order={order!r} depends on the memory of the operand")
    return {**params, "order": "F"} if order == "F" else params


def _bind_reshape(a: Any, shape: int | Order, order: str = "C", *, copy: bool | None = None) -> Any:
    sizes = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    return (a,), _ordered({"shape": tuple(int(size) for size in sizes)}, order)


def _bind_ravel(a: Any, order: str = "C") -> Any:
    return (a,), _ordered({"shape": (-1,)}, order)


def _bind_expand(a: Any, axis: int | tuple[int, ...]) -> Any:
    return (a,), {"shape": np.expand_dims(np.empty(np.shape(a)), axis).shape}


def _bind_squeeze(a: Any, axis: Axes = None) -> Any:
    return (a,), {"shape": np.squeeze(np.empty(np.shape(a)), axis).shape}


structured(
    "reshape",
    _reshape,
    family=FAMILY,
    arity=1,
    cost=FREE,
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
        ((rng.normal(size=(3, 4)),), {"shape": (2, -1), "order": "F"}),
    ],
    notation=Notation("reshape", latex=r"\mathrm{{reshape}}({a0})"),
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
    cost=FREE,
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


@composes(np.broadcast_arrays, family=FAMILY, samples=[example((3, 1), (4,))])
def _broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(arg if np.shape(arg) == shape else np.broadcast_to(arg, shape) for arg in args)


@composes(
    np.meshgrid,
    family=FAMILY,
    samples=[example((3,), (2,)), example((3,), (2,), sparse=True, indexing="ij")],
)
def _meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Any, ...]:
    """Lay each vector along an axis of its own and stretch it over the others."""
    if indexing not in ("xy", "ij"):
        raise ValueError("indexing must be 'xy' or 'ij'")
    axes = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        axes[:2] = [1, 0]
    sizes = [1] * len(xi)
    grids = []
    for axis, x in zip(axes, xi, strict=True):
        sizes[axis] = int(np.size(plain(x)))
        shape = [1] * len(xi)
        shape[axis] = sizes[axis]
        grids.append(x if np.shape(x) == tuple(shape) else np.reshape(x, shape))
    if sparse:
        return tuple(grids)
    return _broadcast_arrays(*grids)


def _at_least(count: int, place: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Any:
    """Return NumPy's atleast function for a number of axes; `place` completes a shape."""

    def one(array: Any) -> Any:
        shape = np.shape(array)
        return array if len(shape) >= count else np.reshape(array, place(shape))

    def at_least(*arys: Any) -> Any:
        found = tuple(one(array) for array in arys)
        return found[0] if len(found) == 1 else found

    return at_least


def _two(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (1,) * (2 - len(shape)) + shape


composes(np.atleast_1d, family=FAMILY, samples=[example(()), example((2,), (3,))])(
    _at_least(1, lambda shape: shape or (1,))
)
composes(np.atleast_2d, family=FAMILY, samples=[example((3,))])(_at_least(2, _two))
composes(np.atleast_3d, family=FAMILY, samples=[example((3, 2))])(
    _at_least(3, lambda shape: (*_two(shape), 1))
)


@composes(np.copy, family=FAMILY, samples=[example((2, 3))])
def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    """A recorded value never changes, so it is its own copy."""
    return a


@composes(np.real, family=FAMILY, samples=[example((2, 3))])
def _real(val: Any) -> Any:
    """A recorded value is real."""
    return val


def _like(function: Callable[..., Any]) -> None:
    """Let a function of shape and dtype alone return a plain array."""

    def like(a: Any, *args: Any, **kwargs: Any) -> Any:
        return function(np.asarray(plain(a)), *args, **kwargs)

    composes(function, family=FAMILY, samples=[example((2, 3))], differentiable=False)(like)


_like(np.zeros_like)
_like(np.ones_like)
_like(np.empty_like)


@composes(np.full_like, family=FAMILY, samples=[example((2, 3), ())])
def _full_like(a: Any, fill_value: Any, dtype: Any = None, shape: Any = None) -> Any:
    if plain(fill_value) is fill_value:
        return np.full_like(np.asarray(plain(a)), fill_value, dtype=dtype, shape=shape)
    if dtype is not None:
        raise TypeError("full_like() dtype= with a traced fill value")
    return np.broadcast_to(fill_value, np.shape(a) if shape is None else shape)


def _move(
    name: str,
    function: Callable[..., Any],
    vjp: Callable[..., Any],
    calls: dict[Callable[..., Any], Any],
    samples: list[tuple[tuple[int, ...], dict[str, Any]]],
    doc: str,
) -> None:
    """Declare an operation that puts every element in another place; `vjp` puts it back."""
    structured(
        name,
        function,
        family="ordering",
        arity=1,
        cost=FREE,
        rules=[f"{name}(g)"],
        vjp=vjp,
        jvp="linear",
        calls=calls,
        samples=lambda rng: [((rng.normal(size=size),), params) for size, params in samples],
        notation=Notation(name, latex=rf"\mathrm{{{{{name}}}}}({{a0}})"),
        doc=doc,
    )


def _flip_vjp(slot: int, g: Any, out: Any, a: Any, axis: Axes = None) -> Any:
    return np.flip(g, axis)


def _roll_vjp(slot: int, g: Any, out: Any, a: Any, shift: Any, axis: Axes = None) -> Any:
    return np.roll(g, -shift if isinstance(shift, int) else tuple(-n for n in shift), axis)


def _rot90_vjp(slot: int, g: Any, out: Any, a: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return np.rot90(g, -k, axes)


def _options(**given: Any) -> dict[str, Any]:
    return {key: _hashable(value) for key, value in given.items() if value is not None}


def _hashable(value: Any) -> Any:
    return tuple(np.asarray(value).tolist()) if np.ndim(value) else int(value)


def _flip_axis(axis: int) -> Callable[..., Any]:
    def bind(m: Any) -> Any:
        if np.ndim(m) <= axis:
            raise ValueError(f"needs at least {axis + 1} axes")
        return (m,), {"axis": axis}

    return bind


_move(
    "flip",
    np.flip,
    _flip_vjp,
    {
        np.flip: lambda m, axis=None: ((m,), _options(axis=axis)),
        np.flipud: _flip_axis(0),
        np.fliplr: _flip_axis(1),
    },
    [((4,), {}), ((2, 3), {"axis": 1}), ((2, 3, 2), {"axis": (0, -1)})],
    "Elements in reverse order along axes.",
)
_move(
    "roll",
    np.roll,
    _roll_vjp,
    {np.roll: lambda a, shift, axis=None: ((a,), _options(shift=shift, axis=axis))},
    [
        ((5,), {"shift": 2}),
        ((2, 3), {"shift": -1}),
        ((3, 4), {"shift": (1, -2), "axis": (0, 1)}),
        ((3, 4), {"shift": (1, 2), "axis": 1}),
    ],
    "Elements shifted along axes; what leaves at one end enters at the other.",
)
_move(
    "rot90",
    np.rot90,
    _rot90_vjp,
    {np.rot90: lambda m, k=1, axes=(0, 1): ((m,), _options(k=k, axes=axes))},
    [((2, 3), {}), ((2, 3), {"k": 2}), ((2, 3, 4), {"k": -1, "axes": (2, 0)})],
    "An array turned by k right angles in the plane of two axes.",
)
