"""HTML: one file that shows a deck in a browser, offline, every element in it once."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from graphtrace.render.data import dump
from graphtrace.render.svg import element_svg, escape
from graphtrace.render.theme import Theme, contrast
from graphtrace.scene.model import Cluster, SceneNode, Wire
from graphtrace.slides.deck import Deck, Frame
from graphtrace.slides.layers import Layer, layers_of, ranges

__all__ = ["html_deck"]

HERE = Path(__file__).resolve().parent
# Without scripts each step is a copy of the graph of which the step's number, --k, makes part
# transparent: opacities below 0 and above 1 count as 0 and 1.
PLAIN = """body { display: block; overflow: visible; height: auto; }
#stage { position: absolute; width: 0; height: 0; overflow: hidden; }
#line, #said, nav, #notes { display: none; }
.page p { margin: .5em 1.25em; }
@media print { #stage { display: block; } }
"""
NAVIGATION = (
    '<nav><button id="back" aria-label="Back">‹</button>'
    '<button id="next" aria-label="Next">›</button></nav>'
)
LINE = '<div id="line" role="progressbar" aria-label="Step" aria-valuemin="1"'


def html_deck(deck: Deck, theme: Theme) -> str:
    """Return a deck as one HTML page that asks for no other file.

    Keys: arrows, space, PageUp and PageDown, Home, End, `n` notes, `f` full screen, `b` blank. The
    address ends in the step's number. Printed, and without scripts, each step is a page.
    """
    groups = [list(group) for _, group in groupby(deck.frames, key=lambda frame: frame.graph)]
    layers = [layers_of([frame.page for frame in group]) for group in groups]
    steps = [_steps(layer, group) for layer, group in zip(layers, groups, strict=True)]
    script = (HERE / "deck.js").read_text(encoding="utf-8")
    style = _style(deck, theme)
    plain = PLAIN + _opacities(sorted({words for group in steps for words in group}), deck)
    stages = [
        _stage(number, group, layer, words, theme)
        for number, (group, layer, words) in enumerate(zip(groups, layers, steps, strict=True))
    ]
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            _policy(script, [style, plain]),
            # An empty icon keeps browsers from asking for one.
            f'<link rel="icon" href="data:,">\n<title>{escape(deck.title)}</title>',
            f"<style>{style}</style>\n<noscript><style>{plain}</style></noscript>",
            '</head>\n<body>\n<main id="stage">',
            *stages,
            '</main>\n<p id="said" aria-live="polite"></p>\n<aside id="notes"></aside>',
            NAVIGATION,
            f'{LINE} aria-valuemax="{len(deck.frames)}"></div>',
            '<div id="pages"></div>\n<noscript>',
            *_pages(groups, deck),
            "</noscript>",
            f'<script type="application/json" id="deck">{_data(groups, deck)}</script>',
            f"<script>{script}</script>\n</body>\n</html>\n",
        ]
    )


def _policy(script: str, styles: Iterable[str]) -> str:
    """Return the rule that nothing runs, and nothing is asked for, but what stands here."""
    looks = " ".join(map(_hash, styles))
    return (
        '<meta http-equiv="Content-Security-Policy" content="'
        f"default-src 'none'; script-src {_hash(script)}; style-src {looks}; img-src data:;"
        " base-uri 'none'; form-action 'none'\">"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _style(deck: Deck, theme: Theme) -> str:
    dark = contrast(theme.page, "#ffffff") > contrast(theme.page, "#000000")
    names = {name: getattr(theme, name) for name in ("page", "ink", "line", "value")}
    colours = " ".join(f"--{name}: {colour};" for name, colour in names.items())
    return (
        f"\n:root {{ color-scheme: {'dark' if dark else 'light'}; {colours} }}\n"
        f"@page {{ size: {deck.width:g}pt {deck.height:g}pt; margin: 0; }}\n"
        + (HERE / "deck.css").read_text(encoding="utf-8")
    )


# -- the drawing of a graph -------------------------------------------------------------------


def _steps(layers: Sequence[Layer], frames: Sequence[Frame]) -> list[str]:
    """Return the steps of each layer as `3-9 12`; empty for one that is in all of the frames."""
    first = frames[0].number
    return [
        "" if len(layer.frames) == len(frames) else " ".join(
            f"{a}-{b}" if a < b else f"{a}" for a, b in ranges(layer.frames, first)
        )
        for layer in layers
    ]  # fmt: skip


def _stage(
    number: int,
    frames: Sequence[Frame],
    layers: Sequence[Layer],
    steps: Sequence[str],
    theme: Theme,
) -> str:
    scene = frames[-1].page
    nodes = [node for node in scene.nodes if node.role != "caption"]
    things: tuple[Cluster | Wire | SceneNode, ...] = (*scene.clusters, *scene.wires, *nodes)
    titles = {thing.key: thing.title for thing in things}
    size = f"{scene.width:g} {scene.height:g}"
    lines = [
        f'<svg viewBox="0 0 {size}" role="img" aria-label="{escape(scene.title)}">',
        f'<g id="g{number}">',
        f'<rect width="{scene.width:g}" height="{scene.height:g}" fill="{theme.page}"/>',
    ]
    rows = zip(layers, steps, strict=True)
    for owner, group in groupby(rows, key=lambda row: row[0].owner):
        title = titles.get(owner)
        lines.append(f"<g><title>{escape(title)}</title>" if title else "<g>")
        for words, same in groupby(group, key=lambda row: row[1]):
            drawn = [element_svg(layer.element, theme) for layer, _ in same]
            lines += [f'<g data-s="{words}">', *drawn, "</g>"] if words else drawn
        lines.append("</g>")
    return "\n".join([*lines, "</g>\n</svg>"])


# -- without scripts --------------------------------------------------------------------------


def _opacities(steps: Sequence[str], deck: Deck) -> str:
    rules = [f".k{frame.number} {{ --k: {frame.number}; }}" for frame in deck.frames]
    for words in filter(None, steps):
        spans = [run.partition("-") for run in words.split()]
        found = [
            f"min(var(--k) - {int(first) - 1}, {int(last or first) + 1} - var(--k))"
            for first, _, last in spans
        ]
        value = found[0] if len(found) == 1 else f"max({', '.join(found)})"
        rules.append(f'[data-s="{words}"] {{ opacity: {value}; }}')
    return "\n".join([*rules, ""])


def _pages(groups: Sequence[Sequence[Frame]], deck: Deck) -> Iterator[str]:
    size = f"{deck.width:g} {deck.height:g}"
    for number, frames in enumerate(groups):
        for frame in frames:
            yield (
                f'<section class="page"><svg class="k{frame.number}" viewBox="0 0 {size}"'
                f' role="img" aria-label="{escape(frame.said)}"><use href="#g{number}"/></svg>'
                f"<p>{escape(frame.step.notes)}</p></section>"
            )


def _data(groups: Sequence[Sequence[Frame]], deck: Deck) -> str:
    """Return what the script shows in words, such that nothing in it can end its element."""
    steps = [
        {
            "graph": number,
            "heading": frame.heading.ink.text,
            "said": frame.said,
            "notes": frame.step.notes,
        }
        for number, frames in enumerate(groups)
        for frame in frames
    ]
    return dump({"title": deck.title, "steps": steps}).replace("<", r"\u003c")
