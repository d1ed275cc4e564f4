"""The worked examples: where they live, how one is run, and the page that shows them all."""

import ast
import base64
import contextlib
import html
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graphtrace_cli.errors import RequestError

if TYPE_CHECKING:
    from graphtrace import Graph

__all__ = ["Example", "Outcome", "find", "index_page", "load_all", "run", "save_decks",
           "save_thumbnail"]  # fmt: skip

HERE = Path(__file__).resolve().parent
FOLDERS = (HERE / "gallery_files", HERE.parents[1] / "examples")
THUMBNAIL = 320
"""Width of a thumbnail in pixels."""


@dataclass(frozen=True, slots=True)
class Example:
    """One runnable file: its name, its first docstring line, its path."""

    name: str
    summary: str
    path: Path

    @property
    def thumbnail(self) -> Path:
        """A small picture of it, beside the file."""
        return self.path.parent / "thumbnails" / f"{self.name}.png"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished example: what it printed, and its pictures in the order it wrote them.

    `lecture` returns the graph that slides are made of, in those examples that have one.
    """

    example: Example
    report: str
    pictures: tuple[Path, ...]
    lecture: "Callable[[], Graph] | None" = None


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


class _Tee(io.StringIO):
    """Text that is shown while it is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = sys.stdout

    def write(self, text: str) -> int:
        from graphtrace_cli import terminal

        with contextlib.redirect_stdout(self.shown):
            terminal.write(text)
        return super().write(text)


def run(example: Example, folder: Path, *, quiet: bool = False) -> Outcome:
    """Run an example's `main(folder)`; write what it prints beside its pictures, as `NAME.txt`."""
    from graphtrace.render import write_whole
    from graphtrace_cli.loading import load_file

    folder.mkdir(parents=True, exist_ok=True)
    report = io.StringIO() if quiet else _Tee()
    module = load_file(example.path)
    with contextlib.redirect_stdout(report):
        module.main(folder)
    text = report.getvalue()
    write_whole(folder / f"{example.name}.txt", text.encode())
    lines = [line for line in text.splitlines() if line.startswith("Picture: ")]
    pictures = tuple(Path(line.partition(": ")[2]) for line in lines)
    return Outcome(example, text, pictures, getattr(module, "lecture", None))


def save_decks(outcome: Outcome, folder: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Write an example's slides in every kind of deck that this installation can make.

    Return the files (of a folder of pictures the folder), and what is missing for the others.
    """
    from graphtrace.errors import FormatError
    from graphtrace.slides.registry import DECKS
    from graphtrace.slides.save import save_slides

    if outcome.lecture is None:
        return (), ()
    facts, made, missing = outcome.lecture().facts(), [], []
    for kind in sorted(DECKS):
        path = folder / (f"{outcome.example.name}.{kind}" if kind else outcome.example.name)
        if not kind:
            path.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            save_slides([facts], path, title=outcome.example.summary)
        except FormatError as error:
            missing.append(str(error))
        else:
            made.append(path)
    return tuple(made), tuple(missing)


STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 1500px; margin: 2rem auto; padding: 0 1rem; }
figure { margin: 1rem 0; background: #fff; border: 1px solid #8886; border-radius: 8px; }
figure { padding: 12px; overflow-x: auto; }
img { max-width: 100%; height: auto; display: block; margin: auto; }
pre { overflow-x: auto; padding: 12px; border-radius: 8px; background: #8882; font-size: 14px; }
nav ul { columns: 2; list-style: none; padding: 0; }
@media (max-width: 800px) { nav ul { columns: 1; } }
@media (prefers-color-scheme: dark) {
  figure { background: #111; }
  img { filter: invert(0.933) hue-rotate(180deg); }
}
"""
"""Pictures are drawn on white; on a dark page their lightness is turned round, their hues stay."""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def index_page(outcomes: Sequence[Outcome], decks: Mapping[str, Sequence[Path]]) -> str:
    """Return one page with every picture and report in it; it asks for no other file.

    `decks` are slides by example, linked by their path from the page's folder.
    """
    links = "\n".join(
        f'<li><a href="#{_escape(o.example.name)}">{_escape(o.example.summary)}</a></li>'
        for o in outcomes
    )
    sections = "\n".join(_section(o, decks.get(o.example.name, ())) for o in outcomes)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        # An empty icon keeps browsers from asking for one.
        '<link rel="icon" href="data:,">\n'
        f"<title>graphtrace: worked examples</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Worked examples</h1>\n<nav><ul>\n{links}\n</ul></nav>\n{sections}\n</body>\n</html>\n"
    )


def _section(outcome: Outcome, decks: Sequence[Path]) -> str:
    name = _escape(outcome.example.name)
    figures = "\n".join(
        f'<figure><img src="{_data(path)}" alt="{_escape(path.stem)}"></figure>'
        for path in outcome.pictures
    )
    shown = [line for line in outcome.report.splitlines() if not line.startswith("Picture: ")]
    report = _escape("\n".join(shown))
    return (
        f'<section id="{name}">\n<h2>{_escape(outcome.example.summary)}</h2>\n'
        f"{figures}\n<pre>{report}</pre>\n{_links(decks)}</section>"
    )


def _links(decks: Sequence[Path]) -> str:
    if not decks:
        return ""
    links = (
        f'<a href="{_escape(path.as_posix())}{"" if path.suffix else "/"}">'
        f"{_escape(path.suffix.removeprefix('.') or 'pictures')}</a>"
        for path in decks
    )
    return f"<p>Slides, step by step: {', '.join(links)}</p>\n"


def _data(path: Path) -> str:
    """Return a picture as the address that holds it."""
    kind = {".svg": "svg+xml"}.get(path.suffix, path.suffix.removeprefix("."))
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _escape(text: str) -> str:
    return html.escape(text, quote=True)


def save_thumbnail(outcome: Outcome, path: Path) -> None:
    """Write a small PNG of an example's first picture."""
    from graphtrace.render import write_whole
    from graphtrace.render.png import rasterize

    picture = outcome.pictures[0].read_text(encoding="utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, rasterize(picture, width=THUMBNAIL))
