"""The options that say how a picture looks, with their help and their completion."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from graphtrace_cli.errors import RequestError

__all__ = ["Backward", "Deadline", "Depth", "Focus", "Fold", "Format", "Heaviest", "Look",
           "OnePath", "Only", "Radius", "Scale", "Show", "Theme", "Unfold", "Watch", "Width",
           "Wrap", "chosen_format", "chosen_theme", "complete"]  # fmt: skip


def complete(offered: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return a completion from a function that gives all words."""

    def words(incomplete: str) -> list[str]:
        return [word for word in offered() if word.startswith(incomplete)]

    return words


def _formats() -> Iterable[str]:
    from graphtrace.render import formats

    return formats()


def _themes() -> Iterable[str]:
    from graphtrace.render import themes

    return themes()


def _looks() -> Iterable[str]:
    from graphtrace.scene.options import LOOKS

    return LOOKS


def _folds() -> Iterable[str]:
    from graphtrace.scene.options import FOLDS

    return FOLDS


def _showable() -> Iterable[str]:
    from graphtrace.scene.options import SHOWABLE

    return SHOWABLE


def _only() -> Iterable[str]:
    from graphtrace.scene.options import ONLY

    return ONLY


Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        autocompletion=complete(_formats),
        help="svg, pdf, png, tex, pptx, mmd, graphml, dot, txt or json, instead of by the file's "
        "ending.",
        show_default=False,
    ),
]
Show = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT,…",
        autocompletion=complete(_showable),
        help="What to show: some of value, grad, local, contribution, thickness, name, formula, "
        "symbolic, shape, cost, where; +formula adds to what is usual.",
        show_default=False,
    ),
]
Theme = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        autocompletion=complete(_themes),
        help="light, dark, projector, print, cs231n or a TOML file; without, the table "
        "tool.graphtrace.theme of the nearest pyproject.toml, else light.",
        show_default=False,
    ),
]
Look = Annotated[
    str,
    typer.Option(metavar="NAME", autocompletion=complete(_looks), help="auto, circuit or card."),
]
Focus = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME,…",
        help="Draw only what is near these nodes, with stubs where the graph goes on.",
        show_default=False,
    ),
]
Radius = Annotated[
    int | None,
    typer.Option(metavar="STEPS", help="How near: 1 step, if not given.", show_default=False),
]
OnePath = Annotated[
    str | None,
    typer.Option(
        metavar="y:f",
        help="Draw the path from y to f with the largest |product|, and fade the rest; y:h:f runs "
        "through h.",
        show_default=False,
    ),
]
Heaviest = Annotated[
    int | None,
    typer.Option(
        metavar="NUMBER",
        help="Highlight and number this many paths from inputs, those with the largest |product|.",
        show_default=False,
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        metavar="gradient",
        autocompletion=complete(_only),
        help="Leave out what carries no gradient.",
        show_default=False,
    ),
]
Wrap = Annotated[
    float | None,
    typer.Option(
        metavar="POINTS",
        help="Width from which a picture is broken into rows: 1400; 0 for one row.",
        show_default=False,
    ),
]
Fold = Annotated[
    str | None,
    typer.Option(
        metavar="auto|all|none",
        autocompletion=complete(_folds),
        help="Functions, scopes and loops as one card each: auto, in graphs of more than 60 nodes; "
        "all; none.",
        show_default=False,
    ),
]
Unfold = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME,…",
        help="Fold all but this: block (its first pass), its third pass block[3], each of them "
        "block[*], a part of it block[3]/mlp.",
        show_default=False,
    ),
]
Depth = Annotated[
    int | None,
    typer.Option(
        metavar="LEVELS", help="Fold what is further inside than this.", show_default=False
    ),
]
Deadline = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Time for the layout of a large graph, 10 s: after that a plainer one is drawn.",
        show_default=False,
    ),
]
Backward = Annotated[
    bool,
    typer.Option(
        "--backward",
        help="Draw the backward pass as a graph of its own, below the forward one.",
        show_default=False,
    ),
]
Watch = Annotated[
    bool,
    typer.Option(
        "--watch",
        help="Draw again whenever FILE.py, or what it imports from its folder, changes; Ctrl-C "
        "ends.",
        show_default=False,
    ),
]
Scale = Annotated[
    float | None,
    typer.Option(
        metavar="FACTOR", help="Size: 2 for a PNG, 1 for others, if not given.", show_default=False
    ),
]
Width = Annotated[
    float | None,
    typer.Option(
        metavar="WIDTH",
        help="Width instead of --scale: pixels of an SVG or a PNG, points of other formats.",
        show_default=False,
    ),
]


def chosen_theme(asked: str | None) -> str:
    """Return the theme that was asked for, else the project's own, else light."""
    from graphtrace.render.theme_file import project_theme

    if asked is not None:
        return asked
    own = project_theme(Path.cwd())
    return str(own) if own else "light"


def chosen_format(output: Path | None, format_name: str | None) -> str:
    """Return the format's name; refuse a folder, and an ending that says another format."""
    from graphtrace.render import formats

    if output is None:
        return format_name or "txt"
    if output.is_dir():
        raise RequestError(f"-o {output} is a folder; give a file in it, such as f.svg")
    ending = output.suffix.lower().lstrip(".")
    if format_name is None:
        return ending
    if ending in formats() and ending != format_name.lower().lstrip("."):
        raise RequestError(
            f"--format {format_name} contradicts the ending of -o {output}; give only one of them"
        )
    return format_name
