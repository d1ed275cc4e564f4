"""Choices among several, and replacements of NaN and infinity.

What nan_to_num replaces gets no gradient; select and piecewise are recorded as nested np.where.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.composed import composes, example
from graphtrace.ops.costs import each
from graphtrace.ops.registry import structured
from graphtrace.ops.values import plain, shape_of

FAMILY = "selection"
DEFAULTS: dict[str, Any] = {"nan": 0.0, "posinf": None, "neginf": None}


def _kept(
    slot: int,
    g: Any,
    out: Any,
    a: Any,
    nan: Any = 0.0,
    posinf: Any = None,
    neginf: Any = None,
) -> Any:
    return np.where(np.isfinite(a), g, 0)


def _bind_nan_to_num(
    x: Any, copy: bool = True, nan: Any = DEFAULTS["nan"], posinf: Any = None, neginf: Any = None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if not copy:
        raise TypeError("nan_to_num() copy=False writes into an array in place")
    given = {"nan": nan, "posinf": posinf, "neginf": neginf}
    return (x,), {key: value for key, value in given.items() if value is not DEFAULTS[key]}


structured(
    "nan_to_num",
    np.nan_to_num,
    family=FAMILY,
    arity=1,
    cost=each(others=1),
    rules=["where(isfinite(a), g, 0)"],
    vjp=_kept,
    jvp=_kept,
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)),), {}),
        ((rng.normal(size=(3,)),), {"nan": 2.0, "posinf": 7.0}),
        ((0.5,), {}),
    ],
    calls={np.nan_to_num: _bind_nan_to_num},
    notation=Notation("nan→num", latex=r"\mathrm{{nan\_to\_num}}({a0})"),
)


@composes(
    np.select,
    family=FAMILY,
    samples=[
        example([np.array([True, False, True]), np.array([True, True, False])], [(3,), (3,)], 0.5)
    ],
)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Nest np.where: the first condition that holds decides."""
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    chosen = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        chosen = np.where(condition, choice, chosen)
    return chosen


@composes(
    np.piecewise,
    family=FAMILY,
    samples=[
        example(np.array([-1.0, 0.5, 2.0]), [np.array([True, False, False])], [np.negative, np.exp])
    ],
)
def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Nest np.where: the last condition that holds decides.

    The functions are of single elements; each is computed everywhere, with an element of its
    own part put in the place of the others, so that it never leaves its domain.
    """
    conditions = _conditions(x, condlist)
    if len(funclist) == len(conditions) + 1:
        covered = conditions[0]
        for condition in conditions[1:]:
            covered = np.logical_or(covered, condition)
        conditions.append(np.logical_not(covered))
    if len(funclist) != len(conditions):
        raise ValueError(
            f"with {len(conditions)} condition(s), either {len(conditions)} or "
            f"{len(conditions) + 1} functions are expected"
        )
    nothing: Any = np.zeros_like(plain(x)) if shape_of(x) else 0.0
    result = nothing
    for condition, function in zip(conditions, funclist, strict=True):
        if not callable(function):
            result = np.where(condition, function, result)
            continue
        holds = np.broadcast_to(np.asarray(plain(condition), dtype=bool), shape_of(x))
        inside = np.asarray(plain(x))[holds]
        if inside.size:
            piece = function(np.where(condition, x, inside[0]), *args, **kw)
            result = np.where(condition, piece, result)
        elif holds.size:
            # A guard: at other inputs, where the condition holds, the function is missing.
            bool(np.max(condition))
    return np.where(conditions[0], nothing, nothing) if result is nothing else result


def _conditions(x: Any, condlist: Any) -> list[Any]:
    """Return a list of conditions; NumPy takes a single one as it is."""
    if not isinstance(condlist, (list, tuple)):
        return list(condlist) if np.ndim(condlist) > np.ndim(x) else [condlist]
    single = np.ndim(x) and condlist and isinstance(condlist[0], (bool, np.bool_))
    return [np.array(condlist)] if single else list(condlist)
