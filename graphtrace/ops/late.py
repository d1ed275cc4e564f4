"""Functions of SciPy that reach an operation, found without importing SciPy.

SciPy is optional and heavy: it is imported when an operation that needs it computes, and a
program that calls `scipy.special.erf` has imported it already.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from graphtrace.errors import GraphTraceError
from graphtrace.ops.registry import CALLS, Bind, Op

__all__ = ["LATE_CALLS", "MissingLibraryError", "called", "every_name", "home", "reached", "scipy"]

LATE_CALLS: dict[str, tuple[Op, Bind]] = {}
"""What `CALLS` says of NumPy's functions, by full name: `scipy.special.erf`."""
MODULES = ("scipy.special",)


class MissingLibraryError(GraphTraceError, ImportError):
    """An optional library is needed and not installed; the message has the command."""


def scipy(module: str, wanted: str) -> ModuleType:
    """Return a module of SciPy, such as `special`; `wanted` says in the error what needs it."""
    name = f"scipy.{module}"
    loaded = sys.modules.get(name)
    if loaded is not None:
        return loaded
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingLibraryError(
            f"{wanted} needs SciPy: pip install 'graphtrace[scipy]'"
        ) from error


def home(function: Callable[..., Any]) -> str:
    """Return the module that a function is called from: a loaded one of SciPy's, or np."""
    name = getattr(function, "__name__", "")
    if getattr(np, name, None) is function:
        return "np"
    for module in MODULES:
        if getattr(sys.modules.get(module), name, None) is function:
            return module
    where = getattr(function, "__module__", None) or ""
    known = where.startswith("numpy.") and getattr(sys.modules.get(where), name, None) is function
    return f"np{where.removeprefix('numpy')}" if known else "np"


def called(function: Callable[..., Any]) -> str:
    """Return what a function is called by: `np.linalg.norm`."""
    return f"{home(function)}.{getattr(function, '__name__', function)}"


def every_name(function: Callable[..., Any]) -> set[str]:
    """Return all that a function is called by: `np.abs` and `np.absolute` are one function."""
    found = {called(function)}
    for prefix, module in (("np", np), ("np.linalg", np.linalg)):
        found.update(
            f"{prefix}.{name}"
            for name, thing in vars(module).items()
            if thing is function and not name.startswith("_")
        )
    return found


def reached(function: Callable[..., Any]) -> tuple[Op, Bind] | None:
    """Return the operation a function reaches and how its arguments are read, or None."""
    found = CALLS.get(function)
    if found is not None:
        return found
    return LATE_CALLS.get(f"{home(function)}.{getattr(function, '__name__', '')}")
