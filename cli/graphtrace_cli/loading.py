"""Run a user's file: import it as Python would, and turn what it raises into one line."""

import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from graphtrace_cli.errors import RequestError, in_users_file

if TYPE_CHECKING:
    from graphtrace.ops.registry import Op

__all__ = ["forget", "is_own", "load_file", "own_modules", "remember", "user_code"]

INSTALLED = frozenset({"site-packages", "dist-packages"})
_imported: set[str] = set()
"""Names of the modules that users' code was the first to import."""


def load_file(path: Path) -> Any:
    """Return the module that a Python file makes; in a package, by its dotted name."""
    if not path.is_file():
        raise RequestError(f"{path}: no such file; check the path")
    root, dotted = _place_in_package(path.resolve())
    name = dotted or f"graphtrace_source_{path.stem}"
    before = set(sys.modules)
    try:
        with user_code(path):
            return _import_from(root, name, path) if dotted else _run_file(name, path)
    except BaseException:
        # Nothing half-made stays behind.
        top = name.partition(".")[0]
        for made in set(sys.modules) - before:
            if made.partition(".")[0] == top:
                del sys.modules[made]
        raise


def _place_in_package(path: Path) -> tuple[Path, str]:
    """Return the folder that holds the file's outermost package, and its dotted name or ""."""
    folder, names = path.parent, [] if path.stem == "__init__" else [path.stem]
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        names.insert(0, folder.name)
        folder = folder.parent
    in_package = folder != path.parent and path.stem.isidentifier()
    return folder, ".".join(names) if in_package else ""


def _import_from(root: Path, name: str, path: Path) -> ModuleType:
    """Return the module of that dotted name, and make sure that it is this file."""
    top = name.partition(".")[0]
    package = sys.modules.get(top) or importlib.import_module(top)
    if not _same(Path(package.__file__ or ""), root / top / "__init__.py"):
        raise RequestError(
            f"{path}: its package {top!r} has the name of another one; rename the folder"
        )
    return importlib.import_module(name)


def _run_file(name: str, path: Path) -> ModuleType:
    """Return a module made by running a file that is in no package."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def user_code(path: Path) -> Iterator[None]:
    """Run code of a file: its imports, its prints and its errors are the user's.

    It finds its neighbours, as a script does, and what is in the working directory, as a module
    does. It prints to standard error. It writes no bytecode: that goes by the second, and a file
    edited twice within one would run stale. What it raises is one line that names its place.
    """
    from graphtrace.errors import GraphTraceError

    resolved = path.resolve()
    root, dotted = _place_in_package(resolved)
    folder = str(resolved.parent)
    # In a package the neighbours may have names of Python's own modules, which then come first.
    first = [str(root)] if dotted else [folder]
    last = [folder, os.getcwd()]  # noqa: PTH109 -- a string for sys.path
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    known = set(sys.modules)
    try:
        with _on_path(first, last), contextlib.redirect_stdout(sys.stderr):
            yield
    except (KeyboardInterrupt, GraphTraceError, RequestError):
        raise
    except BaseException as error:  # the user's code may raise anything
        raise RequestError(f"{in_users_file(error, path)}; mend it and run again") from error
    finally:
        sys.dont_write_bytecode = before
        _imported.update(set(sys.modules) - known)


@contextlib.contextmanager
def _on_path(first: list[str], last: list[str]) -> Iterator[None]:
    """Put folders before and after Python's own for a while; keep what the code adds itself."""
    after = [folder for folder in dict.fromkeys(last) if folder not in (*first, *sys.path)]
    sys.path[:0] = first
    sys.path += after
    try:
        yield
    finally:
        for folder in (*first, *after):
            with contextlib.suppress(ValueError):
                sys.path.remove(folder)


def _same(one: Path, other: Path) -> bool:
    """Tell whether two paths are one file."""
    with contextlib.suppress(OSError):
        return one.samefile(other)
    return False


def own_modules(path: Path) -> dict[str, Path]:
    """Return what a file's code imported from its folder, or its package's: names and files."""
    found = {}
    for name in sorted(_imported & set(sys.modules)):
        file = getattr(sys.modules[name], "__file__", None)
        if isinstance(file, str) and is_own(Path(file), path):
            found[name] = Path(file).resolve()
    return found


def is_own(file: Path, path: Path) -> bool:
    """Tell whether a file is of the program that another one belongs to.

    It is in the same folder or package, or below, and was not installed there.
    """
    import graphtrace

    root, _ = _place_in_package(path.resolve())
    place = file.resolve()
    ours = (Path(graphtrace.__file__).resolve().parent, Path(__file__).resolve().parent)
    return (
        place.is_relative_to(root)
        and not INSTALLED.intersection(place.parts)
        and not any(place.is_relative_to(folder) for folder in ours)
    )


def forget(path: Path) -> "list[Op]":
    """Forget what a file has made: its modules, so that they run anew, and its operations.

    Returns the operations, for `remember`.
    """
    from graphtrace.custom import FAMILY
    from graphtrace.ops import registry

    for name in own_modules(path):
        del sys.modules[name]
    importlib.invalidate_caches()
    made = [op for op in registry.OPS.values() if op.family == FAMILY]
    for op in made:
        registry.forget(op.name)
    return made


def remember(made: "list[Op]") -> None:
    """Declare forgotten operations again, where nothing of their name has been since."""
    from graphtrace.ops import registry

    for op in made:
        registry.restore(op)
