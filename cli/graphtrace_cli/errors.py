"""From an exception to the one line that a user reads, and the exit codes."""

import os
import re
import traceback
from pathlib import Path

__all__ = [
    "EXIT_CLOSED_PIPE",
    "EXIT_DONE",
    "EXIT_INTERRUPTED",
    "EXIT_NO",
    "EXIT_WRONG",
    "RequestError",
    "describe",
    "one_line",
]

EXIT_DONE = 0
EXIT_NO = 1
EXIT_WRONG = 2
EXIT_INTERRUPTED = 130
EXIT_CLOSED_PIPE = 141

LONGEST = 600


class RequestError(Exception):
    """The command line asked for something that cannot be done; the message says what to do."""


def one_line(text: str) -> str:
    """Return `text` as one printable line of bounded length."""
    line = re.sub(r"\s+", " ", text).strip()
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    if len(line) <= LONGEST:
        return line
    half = LONGEST // 2
    return f"{line[:half]} … {line[-half:]}"


def describe(error: BaseException) -> str:
    """Return the line for an error: as written for our own, with its place for a surprise."""
    from graphtrace.errors import GraphTraceError

    if isinstance(error, (RequestError, GraphTraceError)):
        return one_line(str(error))
    usage = getattr(error, "format_message", None)
    if usage is not None:
        return one_line(_usage(error, str(usage())))
    if isinstance(error, OSError) and error.filename is not None:
        return one_line(f"{error.filename}: {error.strerror}; choose another path")
    return one_line(f"internal error, please report it: {_summary(error)} ({_place(error)})")


def _usage(error: BaseException, message: str) -> str:
    """Return Typer's message with the way out added."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "graphtrace"
    remedy = f"see `{command} --help`"
    if message.startswith("No such option"):
        remedy += ", and put -- before an expression that starts with -"
    return f"{message.rstrip('.')}; {remedy}"


def _summary(error: BaseException) -> str:
    """Return the exception's type and message."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: BaseException) -> str:
    """Return file and line of the innermost frame."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown place"


def in_users_file(error: BaseException, path: Path) -> str:
    """Return `file.py:12: ValueError: message` for an exception that left a user's file."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name}:{error.lineno}: {type(error).__name__}: {error.msg}"
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.realpath(frame.filename) == os.path.realpath(path)
    ]
    place = f"{path.name}:{own[-1].lineno}" if own else path.name
    return f"{place}: {_summary(error)}"
