"""Packages that pictures need, imported when first used; one that is missing has a plain error."""

import importlib
from types import ModuleType

from graphtrace.errors import FormatError

__all__ = ["need"]


def need(module: str, package: str, purpose: str) -> ModuleType:
    """Import and return a module.

    Raises
    ------
    FormatError: when it is missing or its shared libraries are, with the command that helps.
    """
    try:
        return importlib.import_module(module)
    except (ImportError, OSError) as error:
        raise FormatError(
            f"{purpose} needs the package {package}: `pip install {package}`, or all that pictures"
            " need with `pip install graphtrace`; text needs none: `-o f.txt`"
        ) from error
