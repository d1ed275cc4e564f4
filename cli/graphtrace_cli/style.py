"""The options that say how a picture looks, with their help and their completion."""

from collections.abc import Callable, Iterable
from typing import Annotated

import typer

__all__ = ["Backward", "Format", "Look", "Scale", "Show", "Theme"]


def _complete(offered: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return a completion from a function that gives all words."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in offered() if word.startswith(incomplete)]

    return complete


def _formats() -> Iterable[str]:
    from graphtrace.render import formats

    return formats()


def _themes() -> Iterable[str]:
    from graphtrace.render import themes

    return themes()


def _looks() -> Iterable[str]:
    from graphtrace.scene.options import LOOKS

    return LOOKS


def _showable() -> Iterable[str]:
    from graphtrace.scene.options import SHOWABLE

    return SHOWABLE


Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        autocompletion=_complete(_formats),
        help="svg, png, dot, txt or json, instead of by the file's ending.",
        show_default=False,
    ),
]
Show = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT,…",
        autocompletion=_complete(_showable),
        help="What to write beside nodes and edges: some of value, grad, local, contribution, "
        "name, formula, shape, where.",
        show_default=False,
    ),
]
Theme = Annotated[
    str,
    typer.Option(metavar="NAME", autocompletion=_complete(_themes), help="light, dark or cs231n."),
]
Look = Annotated[
    str,
    typer.Option(metavar="NAME", autocompletion=_complete(_looks), help="auto, circuit or card."),
]
Backward = Annotated[
    bool,
    typer.Option(
        "--backward",
        help="Draw the backward pass as a graph of its own, below the forward one.",
        show_default=False,
    ),
]
Scale = Annotated[
    float | None,
    typer.Option(
        metavar="FACTOR", help="Size: 1 for an SVG, 2 for a PNG, if not given.", show_default=False
    ),
]
