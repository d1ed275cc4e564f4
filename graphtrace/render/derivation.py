"""A worked derivation as plain text, Markdown, LaTeX, HTML or JSON; one row for each format."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from graphtrace.annotate.derivation_parts import Derivation, Line
from graphtrace.errors import FormatError, did_you_mean
from graphtrace.render import write_whole
from graphtrace.render.data import dump
from graphtrace.render.derivation_html import html_text
from graphtrace.render.derivation_tex import document
from graphtrace.render.markdown import markdown_math, markdown_text
from graphtrace.scene.typeset import printable

__all__ = ["check_format", "derivation_formats", "save_derivation", "write_derivation"]


def write_derivation(derivation: Derivation, format: str = "txt") -> str:  # noqa: A002 - as elsewhere
    """Return a derivation in a format: one of `derivation_formats()`, or ``text``.

    Raises
    ------
    FormatError: for an unknown format.
    """
    return _row(format).write(derivation)


def save_derivation(
    derivation: Derivation,
    file: str | os.PathLike[str],
    format: str | None = None,  # noqa: A002 - as elsewhere
) -> None:
    """Write a derivation to a file, whole or not at all; the format is its extension.

    Raises
    ------
    FormatError: for an unknown format, or a file that cannot be written.
    """
    row = _row(format or _ending(file))
    write_whole(file, row.write(derivation).encode("utf-8", "backslashreplace"))


def check_format(file: str | os.PathLike[str] | None, format: str | None) -> None:  # noqa: A002
    """Refuse a format that cannot be written, before any work is done; for a file also none."""
    if format is not None or file is not None:
        _row(format or _ending(file))


def _ending(file: str | os.PathLike[str] | None) -> str:
    """Return the format that a file's ending names."""
    target = Path(file or "")
    if not target.suffix:
        known = ", ".join(derivation_formats())
        raise FormatError(f"{target.name!r} has no extension to tell its format; known: {known}")
    return target.suffix


def derivation_formats() -> tuple[str, ...]:
    """Return the names of all formats, in alphabetical order."""
    return tuple(sorted(FORMATS))


def _row(name: str) -> "_Format":
    word = name.lower().lstrip(".")
    word = {"text": "txt", "markdown": "md", "latex": "tex"}.get(word, word)
    if word not in FORMATS:
        known = ", ".join(derivation_formats())
        hint = did_you_mean(word, FORMATS)
        raise FormatError(
            f"a derivation cannot be written as {name!r}{hint if 'mean' in hint else ''};"
            f" known: {known}"
        )
    return FORMATS[word]


def _text(derivation: Derivation) -> str:
    lines = [printable(derivation.title)]
    lines += ["=" * len(lines[0]), "", printable(derivation.opening)]
    for number, section in enumerate(derivation.sections, 1):
        heading = f"{number}. {section.title}"
        lines += ["", heading, "-" * len(heading)]
        if section.intro:
            lines.append(section.intro)
        lines += [f"  {printable(line.text)}" for line in section.lines]
    if derivation.remarks:
        lines += ["", *(f"Note: {printable(remark)}" for remark in derivation.remarks)]
    return "\n".join(lines) + "\n"


def _markdown(derivation: Derivation) -> str:
    return "\n\n".join(_markdown_parts(derivation)) + "\n"


def _markdown_parts(derivation: Derivation) -> Iterator[str]:
    yield f"# {markdown_text(derivation.title)}"
    yield markdown_text(derivation.opening)
    for number, section in enumerate(derivation.sections, 1):
        yield f"## {number}. {section.title}"
        if section.intro:
            yield markdown_text(section.intro)
        yield from map(_markdown_line, section.lines)
    for remark in derivation.remarks:
        yield f"Note: {markdown_text(remark)}"


def _markdown_line(line: Line) -> str:
    """Return a displayed formula; what LaTeX might not read is plain text."""
    formula = markdown_math(line.equation.latex) if line.equation is not None else None
    if formula is None:
        return markdown_text(line.text)
    return formula + (f"\n\n({markdown_text(line.note)})" if line.note else "")


def _json(derivation: Derivation) -> str:
    """Return ``{"title", "program", "sections", "remarks"}`` as strict JSON.

    A section has ``title``, ``intro`` and ``lines``; a line has ``text``, ``latex`` (null where
    it is plain words) and ``note``.
    """
    sections = [
        {
            "title": section.title,
            "intro": section.intro,
            "lines": [
                {
                    "text": line.equation.text if line.equation is not None else line.note,
                    "latex": line.equation.latex if line.equation is not None else None,
                    "note": line.note if line.equation is not None else "",
                }
                for line in section.lines
            ],
        }
        for section in derivation.sections
    ]
    rows = ",\n".join(f"  {dump(section)}" for section in sections)
    head = f' "title": {dump(derivation.title)},\n "program": {dump(derivation.program)}'
    tail = f' "remarks": {dump(list(derivation.remarks))}'
    return f'{{\n{head},\n "sections": [\n{rows}\n ],\n{tail}\n}}\n'


@dataclass(frozen=True, slots=True)
class _Format:
    """A format's name, which is its extension too, and how to write it."""

    name: str
    write: Callable[[Derivation], str]


FORMATS = {
    row.name: row
    for row in (
        _Format("html", html_text),
        _Format("json", _json),
        _Format("md", _markdown),
        _Format("tex", document),
        _Format("txt", _text),
    )
}
