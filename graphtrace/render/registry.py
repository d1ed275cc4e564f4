"""The formats: one row each; a new format is one function and one row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from graphtrace.annotate.facts import GraphFacts
from graphtrace.errors import FormatError, did_you_mean
from graphtrace.render.theme import Theme, theme_named
from graphtrace.scene.model import Scene
from graphtrace.scene.options import Options, check_look, check_show

__all__ = ["Format", "Rendering", "Request", "compose", "draw", "format_named", "formats"]


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that a format may ask for."""

    facts: GraphFacts
    options: Options
    theme: Theme
    scale: float | None
    prefix: str | None


@dataclass(frozen=True, slots=True)
class Rendering:
    """A file's content, and sentences about how it was made."""

    data: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """A format's name, which is its extension too, its media type, and how to write it."""

    name: str
    media_type: str
    write: Callable[[Request], Rendering]


def _scene(request: Request) -> Scene:
    from graphtrace.scene.build import build_scene

    return build_scene(request.facts, request.options)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _svg(request: Request) -> Rendering:
    from graphtrace.render.svg import svg_text

    scene = _scene(request)
    scale = request.scale or 1.0
    text = svg_text(scene, request.theme, prefix=request.prefix, scale=scale)
    return Rendering(_utf8(text), scene.notes)


def _png(request: Request) -> Rendering:
    from graphtrace.render.png import png_bytes

    scene = _scene(request)
    return Rendering(png_bytes(scene, request.theme, scale=request.scale or 2.0), scene.notes)


def _dot(request: Request) -> Rendering:
    from graphtrace.render.dot import dot_text

    options = request.options
    return Rendering(_utf8(dot_text(request.facts, options.show, request.theme, options.digits)))


def _txt(request: Request) -> Rendering:
    from graphtrace.render.text import tree_text

    return Rendering(_utf8(tree_text(request.facts, request.options.show, request.options.digits)))


def _json(request: Request) -> Rendering:
    from graphtrace.render.data import json_text

    return Rendering(_utf8(json_text(request.facts)))


FORMATS = {
    row.name: row
    for row in (
        Format("dot", "text/vnd.graphviz", _dot),
        Format("json", "application/json", _json),
        Format("png", "image/png", _png),
        Format("svg", "image/svg+xml", _svg),
        Format("txt", "text/plain", _txt),
    )
}


def formats() -> tuple[str, ...]:
    """Return the names of all formats, in alphabetical order."""
    return tuple(sorted(FORMATS))


def format_named(name: str) -> Format:
    """Return a format, or raise a FormatError that names the known ones."""
    known = ", ".join(formats())
    word = name.lower().lstrip(".")
    if word not in FORMATS:
        hint = did_you_mean(word, FORMATS)
        raise FormatError(
            f"unknown format {name!r}{hint if 'mean' in hint else ''}; known: {known}"
        )
    return FORMATS[word]


def compose(
    facts: GraphFacts,
    *,
    show: Iterable[str] | str | None = None,
    look: str = "auto",
    deadline: float = 10.0,
    digits: int = 4,
) -> Scene:
    """Return the scene that the drawn formats walk."""
    from graphtrace.scene.build import build_scene

    return build_scene(facts, Options(check_show(show), check_look(look), deadline, digits))


def draw(
    facts: GraphFacts,
    format: str,  # noqa: A002 - the word that users know
    *,
    show: Iterable[str] | str | None = None,
    theme: str = "light",
    look: str = "auto",
    scale: float | None = None,
    deadline: float = 10.0,
    digits: int = 4,
    prefix: str | None = None,
) -> Rendering:
    """Return a graph in a format, with notes on how it was laid out."""
    row = format_named(format)
    if scale is not None and not 0 < scale <= 100:
        raise FormatError(f"scale must be above 0 and at most 100, not {scale!r}")
    options = Options(check_show(show), check_look(look), deadline, digits)
    return row.write(Request(facts, options, theme_named(theme), scale, prefix))
