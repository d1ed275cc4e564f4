"""Places, counts and truths: reductions whose result is no quantity, so no gradient passes.

They are recorded like any operation, and their results serve as indices and conditions; a replay
computes them again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Axis, Cases
from graphtrace.ops.reducing import binder, given
from graphtrace.ops.registry import cut

__all__: list[str] = []

FAMILY = "count"


def _matrices(rng: np.random.Generator) -> Cases:
    return [
        ((rng.normal(size=(5,)),), {}),
        ((rng.normal(size=(3, 4)),), {"axis": 0}),
        ((rng.normal(size=(3, 4)),), {"axis": -1, "keepdims": True}),
    ]


def _place(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def forward(a: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
        return function(a, axis=axis, keepdims=keepdims)

    return forward


def _truth(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def forward(a: Any, *mask: Any, axis: Axis = None, keepdims: bool = False) -> Any:
        return function(a, axis=axis, keepdims=keepdims, **given(mask))

    return forward


def _count(a: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.count_nonzero(a, axis=axis, keepdims=keepdims)


def _plain(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return binder()(a, axis, keepdims=keepdims)


for _name in ("argmax", "argmin", "nanargmax", "nanargmin"):
    cut(
        _name,
        _place(_name),
        family=FAMILY,
        arity=1,
        samples=_matrices,
        calls={getattr(np, _name): _plain},
        notation=Notation(_name, latex=rf"\mathrm{{{{{_name}}}}}({{a0}})"),
    )
for _name in ("any", "all"):
    cut(
        _name,
        _truth(_name),
        family=FAMILY,
        arity=1,
        samples=_matrices,
        calls={getattr(np, _name): lambda a, axis=None, **options: binder()(a, axis, **options)},
        notation=Notation(_name, latex=rf"\mathrm{{{{{_name}}}}}({{a0}})"),
    )
cut(
    "count_nonzero",
    _count,
    family=FAMILY,
    arity=1,
    samples=_matrices,
    calls={np.count_nonzero: _plain},
    notation=Notation("count", latex=r"\mathrm{{count}}({a0})"),
)
