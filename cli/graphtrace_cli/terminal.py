"""The one place that writes to standard output and standard error."""

import os
import sys
from typing import TYPE_CHECKING

from graphtrace_cli.errors import RequestError

if TYPE_CHECKING:
    from graphtrace.annotate.table import Table

__all__ = [
    "ClosedPipeError",
    "complain",
    "flush",
    "is_terminal",
    "note",
    "prepare",
    "show",
    "takes_text",
    "write",
]


class ClosedPipeError(Exception):
    """Whoever read our output has left; there is nobody to tell."""


def prepare() -> None:
    """Never fail on a character that the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def is_terminal() -> bool:
    """Tell whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def takes_text(format_name: str) -> bool:
    """Tell whether a format is text; refuse to write another one into a terminal."""
    from graphtrace.render import media_type

    kind = media_type(format_name)
    is_text = kind.startswith("text/") or kind.endswith(("json", "xml"))
    if is_terminal() and not is_text:
        raise RequestError(f"a {format_name} cannot be shown in a terminal; pass -o FILE")
    return is_text


def write(text: str | bytes) -> None:
    """Write to standard output: text as it is, bytes untouched."""
    if sys.stdout is None:
        return
    try:
        if isinstance(text, str):
            sys.stdout.write(text)
        else:
            sys.stdout.flush()
            sys.stdout.buffer.write(text)
    except OSError as error:
        _output_failed(error)


def flush() -> None:
    """Deliver what was written, while its failure can still be reported."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        _output_failed(error)


def _output_failed(error: OSError) -> None:
    """Silence the interpreter's own last flush, then tell a closed pipe from a full disk."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    if isinstance(error, BrokenPipeError):
        raise ClosedPipeError from error
    raise OSError(error.errno, error.strerror, "standard output") from error


def complain(line: str) -> None:
    """Write one line of error to standard error."""
    if sys.stderr is not None:
        sys.stderr.write(f"graphtrace: error: {line}\n")


def note(line: str) -> None:
    """Write a remark to standard error."""
    if sys.stderr is not None:
        sys.stderr.write(f"graphtrace: note: {line}\n")


def show(tables: "tuple[Table, ...]") -> None:
    """Print tables: drawn with Rich on a terminal, as plain aligned text otherwise."""
    if is_terminal() and max(len(table.rows) for table in tables) <= MOST_DRAWN:
        _show_rich(tables)
    else:
        from graphtrace.annotate.table import plain_text

        write(plain_text(tables))


# Roles, not colours, are what a table knows; here they get the colours of the pictures.
STYLES = {"value": "#56b4e9", "gradient": "italic #e69f00", "quiet": "dim", "name": "bold"}
ALARM = "bold red"
# Rich lays out some 1000 rows a second; longer tables are printed plain.
MOST_DRAWN = 2000


def _show_rich(tables: "tuple[Table, ...]") -> None:
    """Print tables with Rich."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    from graphtrace.annotate.table import MARK

    console = Console()
    for table in tables:
        drawn = RichTable(title=table.title, title_justify="left", box=box.SIMPLE_HEAD)
        for column in table.columns:
            drawn.add_column(
                Text(column.title),
                justify="right" if column.right else "left",
                style=STYLES.get(column.role, ""),
                overflow="fold",
            )
        for row in table.rows:
            drawn.add_row(*(Text(cell, ALARM if cell.endswith(MARK) else "") for cell in row))
        console.print(drawn)
