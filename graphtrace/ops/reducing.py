"""What every reduction along axes is declared with.

The derivative of a reduction is one number for each element. `scale` multiplies by it: the
pull-back spreads the gradient over the reduced axes and scales it, the tangent is scaled and
then summed. A mask (`where=`) is a second operand; elements outside of it, and NaN in the
nan- forms, get no gradient.
"""

from __future__ import annotations

import functools
import inspect
import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Axis, Cases, spread
from graphtrace.ops.costs import Cost
from graphtrace.ops.op import Bind, Op
from graphtrace.ops.registry import structured
from graphtrace.ops.values import shape_of

__all__ = [
    "binder",
    "counted",
    "given",
    "only",
    "reduction",
    "samples",
    "skipping",
    "unwarned",
    "valid",
]

FAMILY = "reduction"
Scale = Callable[..., Any]
"""`scale(x, a, out, kept, *, axis, keepdims, …)`: x times the derivative; kept as `valid` says."""


def valid(a: Any, mask: tuple[Any, ...], nan: bool) -> Any:
    """Return which elements count, or None when all do."""
    if not nan:
        return mask[0] if mask else None
    numbers = np.equal(a, a)
    return np.logical_and(numbers, mask[0]) if mask else numbers


def only(kept: Any, x: Any, fill: float = 0.0) -> Any:
    """Return x with elements that do not count replaced."""
    return x if kept is None else np.where(kept, x, fill)


def counted(a: Any, kept: Any, axis: Axis) -> Any:
    """Return the number of elements that count: a float, or an array that keeps the axes."""
    shape = shape_of(a)
    if kept is not None:
        return np.sum(np.where(np.broadcast_to(kept, shape), 1.0, 0.0), axis=axis, keepdims=True)
    if axis is None:
        return float(math.prod(shape))
    axes = axis if isinstance(axis, tuple) else (axis,)
    return float(math.prod(shape[n] for n in axes))


def given(mask: tuple[Any, ...], **options: Any) -> dict[str, Any]:
    """Return the options of a NumPy call that were given."""
    found = {key: value for key, value in options.items() if value is not None}
    return found | {"where": mask[0]} if mask else found


def binder(*names: str, **defaults: Any) -> Bind:
    """Return how a reduction's arguments are read: axis, keepdims, where and those named.

    `names` are options that are numbers; the keywords are options with NumPy's own default,
    which is not kept.
    """

    def bind(
        a: Any,
        axis: Any = None,
        dtype: None = None,
        *,
        keepdims: bool = False,
        where: Any = True,
        **options: Any,
    ) -> Any:
        if dtype is not None:
            raise TypeError("dtype= is not supported: convert the inputs before the trace")
        params: dict[str, Any] = {}
        if axis is not None:
            params["axis"] = tuple(axis) if isinstance(axis, (list, tuple)) else int(axis)
        if keepdims:
            params["keepdims"] = True
        for name, value in options.items():
            if name not in names and name not in defaults:
                raise TypeError(f"{name}= is not supported")
            if value is None or (name in defaults and value == defaults[name]):
                continue
            if not isinstance(value, (int, float, np.number)):
                raise TypeError(f"{name}= must be a number, not a traced value")
            params[name] = float(value) if isinstance(value, (float, np.floating)) else int(value)
        return (a,) if where is True else (a, where), params

    return bind


def skipping(samples: Callable[[np.random.Generator], Cases]) -> Any:
    """Return samples with NaN among the elements."""

    def holed(rng: np.random.Generator) -> Cases:
        cases = samples(rng)
        for operands, _ in cases:
            if np.size(operands[0]) > 1:
                operands[0].flat[1] = np.nan
        return cases

    return holed


def samples(*more: dict[str, Any]) -> Callable[[np.random.Generator], Cases]:
    """Return samples over axes and a mask, and a matrix for each of `more` parameters."""

    def cases(rng: np.random.Generator) -> Cases:
        mask = np.arange(12).reshape(3, 4) % 5 > 1
        return [
            ((rng.normal(size=(5,)),), {}),
            ((rng.normal(size=(3, 4)),), {"axis": 0}),
            ((rng.normal(size=(3, 4)),), {"axis": -1, "keepdims": True}),
            ((rng.normal(size=(2, 3, 4)),), {"axis": (0, 2)}),
            ((rng.normal(size=(2, 3)),), {"keepdims": True}),
            ((1.5,), {}),
            *(((rng.normal(size=(3, 4)), mask), dict(params)) for params in more),
        ]

    return cases


def _declare_options(vjp: Callable[..., Any], forward: Callable[..., Any]) -> None:
    """Give a rule the options of the function it differentiates."""
    rule = [inspect.Parameter(key, inspect.Parameter.POSITIONAL_ONLY) for key in RULE]
    own = inspect.signature(forward).parameters.values()
    options = [item for item in own if item.kind is item.KEYWORD_ONLY]
    vjp.__signature__ = inspect.Signature([*rule, *options])  # type: ignore[attr-defined]


RULE = ("slot", "g", "out", "a")


def unwarned(function: Callable[..., Any], *, nan: bool = False) -> Callable[..., Any]:
    """Return a reduction that is silent where nothing is left to reduce.

    NumPy says that by a warning that its error state does not govern; the result says it too.
    """

    @functools.wraps(function)
    def forward(a: Any, *mask: Any, **options: Any) -> Any:
        if np.size(a) and not mask and not nan and not options.get("ddof"):
            return function(a, **options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return function(a, *mask, **options)

    return forward


def reduction(
    name: str,
    function: Callable[..., Any] | None,
    forward: Callable[..., Any],
    scale: Scale,
    rule: str,
    *,
    bind: Bind,
    cases: Callable[[np.random.Generator], Cases],
    notation: Notation,
    cost: Cost,
    nan: bool = False,
    aliases: tuple[str, ...] = (),
    calls: Sequence[Callable[..., Any]] = (),
) -> Op:
    """Declare a reduction by the derivative of its elements."""

    def vjp(
        slot: int,
        g: Any,
        out: Any,
        a: Any,
        *mask: Any,
        axis: Axis = None,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        kept = valid(a, mask, nan)
        whole = spread(g, a, axis, keepdims)
        return only(kept, scale(whole, a, out, kept, axis=axis, keepdims=keepdims, **options))

    def jvp(
        slot: int,
        t: Any,
        out: Any,
        a: Any,
        *mask: Any,
        axis: Axis = None,
        keepdims: bool = False,
        **options: Any,
    ) -> Any:
        kept = valid(a, mask, nan)
        scaled = scale(t, a, out, kept, axis=axis, keepdims=keepdims, **options)
        return np.sum(only(kept, scaled), axis=axis, keepdims=keepdims)

    _declare_options(vjp, forward)
    return structured(
        name,
        unwarned(forward, nan=nan),
        family=FAMILY,
        cost=cost,
        arity=1,
        rules=[rule],
        vjp=vjp,
        jvp=jvp,
        samples=skipping(cases) if nan else cases,
        calls=dict.fromkeys([*([function] if function else []), *calls], bind),
        notation=notation,
        aliases=aliases,
    )
