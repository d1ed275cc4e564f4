"""The formats: one row each; a new format is one function and one row."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Unpack

from graphtrace.annotate.facts import GraphFacts
from graphtrace.annotate.network import refuse_foreign
from graphtrace.errors import FormatError, did_you_mean
from graphtrace.render.theme import Theme, faint
from graphtrace.render.theme_file import theme_named
from graphtrace.scene.fold import fold_facts
from graphtrace.scene.model import Scene
from graphtrace.scene.options import Choice, Options, options_of

__all__ = ["Format", "Rendering", "Request", "check", "compose", "draw", "format_named", "formats"]


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that a format may ask for."""

    facts: GraphFacts
    options: Options
    theme: Theme
    scale: float | None
    width: float | None
    prefix: str | None

    def size(self, scene: Scene, usual: float = 1.0) -> float:
        """Return how large a point of the scene is drawn: as asked for, else the usual size."""
        if self.width is not None:
            return self.width / scene.width
        return self.scale if self.scale is not None else usual * self.theme.scale


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
    text = svg_text(scene, request.theme, prefix=request.prefix, scale=request.size(scene))
    return Rendering(_utf8(text), scene.notes)


def _png(request: Request) -> Rendering:
    from graphtrace.render.png import largest, png_bytes

    scene = _scene(request)
    scale, notes = _at_most(largest(scene), request.size(scene, 2.0), scene)
    return Rendering(png_bytes(scene, request.theme, scale=scale), notes)


def _pdf(request: Request) -> Rendering:
    from graphtrace.render.pdf import LARGEST, pdf_bytes

    scene = _scene(request)
    side = max(scene.width, scene.height)
    scale, notes = _at_most(LARGEST / side, request.size(scene), scene)
    return Rendering(pdf_bytes(scene, request.theme, scale=scale), notes)


def _tex(request: Request) -> Rendering:
    from graphtrace.render.tikz import LARGEST, tikz_text

    scene = _scene(request)
    side = max(scene.width, scene.height)
    scale, notes = _at_most(LARGEST / side, request.size(scene), scene)
    return Rendering(_utf8(tikz_text(scene, request.theme, scale=scale)), notes)


def _pptx(request: Request) -> Rendering:
    from graphtrace.render.pptx import pptx_bytes

    scene = _scene(request)
    asked = request.scale is not None or request.width is not None
    scale = request.size(scene) if asked else None
    return Rendering(pptx_bytes(scene, request.theme, scale=scale), scene.notes)


def _at_most(most: float, scale: float, scene: Scene) -> tuple[float, tuple[str, ...]]:
    """Return a scale that a format can hold, with a remark where it is less than was wished."""
    if scale <= most:
        return scale, scene.notes
    note = (
        f"The picture is {scene.width * most:.0f} wide instead of {scene.width * scale:.0f},"
        " the most that the format holds."
    )
    return most, (*scene.notes, note)


def _mmd(request: Request) -> Rendering:
    from graphtrace.render.mermaid import mermaid_text

    options = request.options
    text = mermaid_text(request.facts, options.show, request.theme, options.digits)
    if len(request.facts.edges) <= MERMAID_EDGES and len(text) <= MERMAID_TEXT:
        return Rendering(_utf8(text))
    note = (
        f"Mermaid draws at most {MERMAID_EDGES} edges and {MERMAID_TEXT} characters unless the page"
        " raises maxEdges and maxTextSize."
    )
    return Rendering(_utf8(text), (note,))


def _graphml(request: Request) -> Rendering:
    from graphtrace.render.graphml import graphml_text

    return Rendering(_utf8(graphml_text(request.facts)))


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


WIDEST = 100_000
WHOLE = ("graphml", "json")
MERMAID_EDGES, MERMAID_TEXT = 500, 50_000
PRESENTATION = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
FORMATS = {
    row.name: row
    for row in (
        Format("dot", "text/vnd.graphviz", _dot),
        Format("graphml", "application/graphml+xml", _graphml),
        Format("json", "application/json", _json),
        Format("mmd", "text/vnd.mermaid", _mmd),
        Format("pdf", "application/pdf", _pdf),
        Format("png", "image/png", _png),
        Format("pptx", PRESENTATION, _pptx),
        Format("svg", "image/svg+xml", _svg),
        Format("tex", "text/x-tex", _tex),
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
    **choice: Unpack[Choice],
) -> Scene:
    """Return the scene that the drawn formats walk; `choice` as in `Options`."""
    from graphtrace.scene.build import build_scene

    options = options_of(**choice)
    return build_scene(fold_facts(facts, options)[0], options)


def draw(
    facts: GraphFacts,
    format: str,  # noqa: A002 - the word that users know
    *,
    theme: str | Theme = "light",
    scale: float | None = None,
    width: float | None = None,
    prefix: str | None = None,
    **choice: Unpack[Choice],
) -> Rendering:
    """Return a graph in a format, with notes on how it was laid out."""
    row, options, colours = check(format, theme=theme, scale=scale, width=width, **choice)
    if not isinstance(facts, GraphFacts):
        raise refuse_foreign(facts, "render", "the facts of a graph, g.facts()")
    # Programs read all of it; people read what fits a picture.
    facts, notes = (facts, ()) if row.name in WHOLE else fold_facts(facts, options)
    done = row.write(Request(facts, options, colours, scale, width, prefix))
    return Rendering(done.data, (*notes, *done.notes, *faint(colours)))


def check(
    format: str,  # noqa: A002 - the word that users know
    *,
    theme: str | Theme = "light",
    scale: float | None = None,
    width: float | None = None,
    **choice: Unpack[Choice],
) -> tuple[Format, Options, Theme]:
    """Return what a request asks for, or refuse what no graph could be drawn with.

    Raises
    ------
    FormatError: for an unknown format, theme or thing to show, and numbers out of range.
    """
    row = format_named(format)
    if scale is not None and not 0 < scale <= 100:
        raise FormatError(f"scale must be above 0 and at most 100, not {scale!r}")
    if width is not None and not 1 <= width <= WIDEST:
        raise FormatError(f"width must be from 1 to {WIDEST}, not {width!r}")
    if scale is not None and width is not None:
        raise FormatError("scale and width both tell the size; give only one of them")
    options, colours = options_of(**choice), theme_named(theme)
    if choice.get("wrap") is None and colours.scale > 1:
        # Type is larger on a slide if the picture is as much narrower.
        options = replace(options, wrap=options.wrap / colours.scale)
    return row, options, colours
