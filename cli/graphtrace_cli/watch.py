"""Draw again whenever a source file changes, until Ctrl-C; the last good picture stays."""

import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, RequestError, describe
from graphtrace_cli.loading import forget, is_own, own_modules

__all__ = ["watch"]

INTERVAL = 0.25
"""Seconds between two looks at the files: a look at a few dozen takes less than a millisecond."""
Stamp = tuple[int, int, int] | None
Looks = dict[Path, Stamp | tuple[str, ...]]


def watch(source: Path, others: Iterable[Path], redraw: Callable[[], None], name: str) -> int:
    """Call `redraw` now and after every change of the files it reads; return when interrupted.

    They are the source file, what it imports from its own folder, and `others`. `name` is what is
    drawn. An error is one line, and the next change tries again.
    """
    if not source.is_file():
        raise RequestError(f"{source}: no such file; check the path")
    files = _Files(source, others)
    said = ""
    try:
        while True:
            seen = files.look()
            started = time.time_ns()
            error = _attempt(source, redraw)
            new = files.learn(error)
            seen = files.look() | seen | {path: _since(path, started) for path in new}
            if error is None:
                about = f"; watching {files}, Ctrl-C ends"
                terminal.note(f"drew {name}{about if about != said else ''}")
                said = about
            else:
                terminal.complain(describe(error))
            _wait(files, seen)
    except KeyboardInterrupt:
        return EXIT_DONE


def _attempt(source: Path, redraw: Callable[[], None]) -> Exception | None:
    """Draw with the files as they are now; return what went wrong."""
    forget(source)
    try:
        redraw()
    except Exception as error:  # noqa: BLE001 -- shown, and tried again after the next change
        return error
    return None


def _wait(files: "_Files", seen: Looks) -> None:
    """Wait until something looks different, and then until it stays so: editors write in steps."""
    while (now := files.look()) == seen:
        time.sleep(INTERVAL)
    while True:
        time.sleep(INTERVAL / 5)
        before, now = now, files.look()
        if now == before:
            return


def _since(path: Path, started: int) -> Stamp:
    """Return how a file looks that was read since then; None if it may have changed meanwhile."""
    stamp = _stamp(path)
    return stamp if stamp is not None and stamp[0] < started else None


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class _Files:
    """The files that a picture is made from, and the names of those beside them."""

    def __init__(self, source: Path, others: Iterable[Path]) -> None:
        self.source = source
        self.paths = {source.resolve(), *(path.resolve() for path in others)}

    def look(self) -> Looks:
        """Return how everything looks now.

        The names of Python files count too: an import that failed may be mended by a new one.
        """
        found: Looks = {path: _stamp(path) for path in self.paths}
        folders = {path.parent for path in self.paths if path.suffix == ".py"}
        found.update((folder, _python_files(folder)) for folder in folders)
        return found

    def learn(self, error: BaseException | None) -> set[Path]:
        """Add what was imported, and the files of an error; return those that are new here."""
        own = {*own_modules(self.source).values()}
        own |= {path for path in _files_of(error) if is_own(path, self.source)}
        new = own - self.paths
        self.paths |= new
        return new

    def __str__(self) -> str:
        names = sorted(path.name for path in self.paths)
        return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _python_files(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(sorted(path.name for path in folder.glob("*.py")))
    except OSError:
        return ()


def _files_of(error: BaseException | None) -> Iterator[Path]:
    """Yield the files that an error, or what caused it, names or passed through."""
    while error is not None:
        names = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        if isinstance(error, SyntaxError) and error.filename:
            names.append(error.filename)
        for name in names:
            if Path(name).is_file():
                yield Path(name).resolve()
        error = error.__cause__ or error.__context__
