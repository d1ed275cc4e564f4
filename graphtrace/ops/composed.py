"""NumPy functions that are recorded as several operations.

Each is written in NumPy calls and operators that are operations themselves, so that its
derivatives are theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["COMPOSED", "composes"]

Function = TypeVar("Function", bound=Callable[..., Any])

COMPOSED: dict[Callable[..., Any], tuple[Callable[..., Any], str]] = {}
"""From a NumPy function to ours, with the same arguments, and the family it belongs to."""


def composes(*functions: Callable[..., Any], family: str) -> Callable[[Function], Function]:
    """Declare a function to be what is recorded for some of NumPy's.

    A TypeError that it raises becomes a refusal with the user's line, a ValueError or
    IndexError a ShapeError.
    """

    def declare(function: Function) -> Function:
        COMPOSED.update(dict.fromkeys(functions, (function, family)))
        return function

    return declare
