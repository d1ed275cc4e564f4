"""Writing pictures: `render` gives bytes, `save` writes a file whole or not at all."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Unpack

from graphtrace.annotate.facts import GraphFacts
from graphtrace.errors import FormatError
from graphtrace.render.registry import Rendering, check, compose, draw, format_named, formats
from graphtrace.render.theme import THEMES, Theme
from graphtrace.scene.options import Choice

__all__ = ["Rendering", "check", "compose", "draw", "format_of", "formats", "media_type", "render",
           "save", "themes", "write_whole"]  # fmt: skip


def themes() -> tuple[str, ...]:
    """Return the names of all themes."""
    return tuple(THEMES)


def media_type(format: str) -> str:  # noqa: A002 - the word that users know
    """Return a format's media type."""
    return format_named(format).media_type


def render(
    facts: GraphFacts,
    format: str,  # noqa: A002 - the word that users know
    *,
    theme: str | Theme = "light",
    scale: float | None = None,
    width: float | None = None,
    prefix: str | None = None,
    **choice: Unpack[Choice],
) -> bytes:
    """Return a graph in a format; text formats are UTF-8.

    Parameters
    ----------
    facts: the annotated graph.
    format: one of `formats()`.
    theme: one of `themes()`, or the path of a TOML file with one of your own.
    scale: displayed size per point; by default 1, for PNG 2, and what fits the slide for PPTX.
    width: displayed width instead, in pixels (SVG, PNG) or points (PDF, TeX, PPTX).
    prefix: what ids in an SVG start with; by default made from the picture.
    choice: what is drawn, and how; all may be left out.
        show: some of value, grad, local, contribution, thickness, name, formula, symbolic, shape,
        cost, where; ``"+formula"`` adds to what is usual.
        look: ``"auto"``, ``"circuit"`` or ``"card"``.
        focus, radius: names, and how many steps around them are drawn (1).
        path: ``"y:f"`` draws the path from y to f with the largest |product|, and fades the rest.
        heaviest: this many of all paths are highlighted and numbered.
        only: ``"gradient"`` for what carries gradient.
        wrap: the width in points from which a picture is broken into rows; 0 for one row.
        digits: significant digits of numbers (4).
        deadline: seconds after which the layout of a large graph is replaced by a cheaper one.

    Raises
    ------
    FormatError: for an unknown format, theme, look or thing to show.
    NameNotFoundError: for a focus or a path through a node that does not exist.
    LayoutError: when a drawn format finds no Graphviz; dot, json and txt need none.
    """
    return draw(
        facts, format, theme=theme, scale=scale, width=width, prefix=prefix, **choice
    ).data  # fmt: skip


def save(
    facts: GraphFacts,
    file: str | os.PathLike[str],
    format: str | None = None,  # noqa: A002 - the word that users know
    *,
    theme: str | Theme = "light",
    scale: float | None = None,
    width: float | None = None,
    prefix: str | None = None,
    **choice: Unpack[Choice],
) -> tuple[str, ...]:
    """Write a graph to a file and return notes on how it was laid out.

    The format is the file's extension unless given. The file appears whole or not at all.

    Raises
    ------
    FormatError: for an unknown format, or a file that cannot be written.
    """
    word = format_of(file, format)
    done = draw(facts, word, theme=theme, scale=scale, width=width, prefix=prefix, **choice)
    write_whole(file, done.data)
    return done.notes


def format_of(file: str | os.PathLike[str], format: str | None = None) -> str:  # noqa: A002
    """Return the format of a file: the one that is given, else its extension.

    Raises
    ------
    FormatError: when it has none.
    """
    target = Path(file)
    word = format if format is not None else target.suffix
    if not word:
        known = ", ".join(formats())
        raise FormatError(f"{target.name!r} has no extension to tell its format; known: {known}")
    return word


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file by way of a temporary one beside it, so that readers never see a part.

    Raises
    ------
    FormatError: when it cannot be written; nothing is left behind.
    """
    target = Path(os.path.realpath(path))
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            # A pipe or a device, such as /dev/stdout, cannot be replaced.
            target.write_bytes(data)
            return
        if target.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        _replace(target, data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FormatError(f"cannot write {os.fspath(path)!r}: {reason}") from error


def _replace(target: Path, data: bytes) -> None:
    beside = target.with_name(f".{target.name[:100]}.{os.getpid()}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(data)
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
