"""Packages that pictures need, imported when first used; one that is missing has a plain error."""

import importlib
from types import ModuleType

from graphtrace.errors import FormatError

__all__ = ["need"]


def need(module: str, package: str, purpose: str, *, extra: str = "") -> ModuleType:
    """Import and return a module; `extra` is the extra that brings it, if it is optional.

    Raises
    ------
    FormatError: when it is missing or its shared libraries are, with the command that helps.
    """
    try:
        return importlib.import_module(module)
    except (ImportError, OSError) as error:
        if extra:
            how = f"`pip install 'graphtrace[{extra}]'`"
        else:
            how = (
                f"`pip install {package}`, or all that pictures need with `pip install graphtrace`;"
                " text needs none: `-o f.txt`"
            )
        raise FormatError(f"{purpose} needs the package {package}: {how}") from error
