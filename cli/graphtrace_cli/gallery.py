"""Where the examples live: beside this package when installed, in the source tree otherwise."""

import ast
from dataclasses import dataclass
from pathlib import Path

from graphtrace_cli.errors import RequestError

__all__ = ["Example", "find", "load_all"]

HERE = Path(__file__).resolve().parent
FOLDERS = (HERE / "gallery_files", HERE.parents[1] / "examples")


@dataclass(frozen=True, slots=True)
class Example:
    """One runnable file: its name, its first docstring line, its path."""

    name: str
    summary: str
    path: Path


def load_all() -> tuple[Example, ...]:
    """Return all examples in order of their names, without running them."""
    folder = next((folder for folder in FOLDERS if folder.is_dir()), None)
    if folder is None:
        raise RequestError("the examples are not installed; install graphtrace again")
    return tuple(
        Example(path.stem, _summary(path), path)
        for path in sorted(folder.glob("*.py"))
        if not path.stem.startswith("_")
    )


def find(name: str) -> Example:
    """Return the one example whose name is, or begins with, `name`."""
    from graphtrace.errors import did_you_mean

    every = load_all()
    found = [e for e in every if e.name == name] or [e for e in every if e.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    names = [e.name for e in found or every]
    problem = "fits several examples" if found else "is no example"
    raise RequestError(f"{name!r} {problem}{did_you_mean(name, names)}")


def _summary(path: Path) -> str:
    """Return the first line of a file's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]
