"""The verb `slides`: forward and backward, step by step, as a deck."""

from typing import Annotated, Any

import typer

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, RequestError
from graphtrace_cli.options import At, OutputName, Seed
from graphtrace_cli.style import (
    Deadline,
    Depth,
    Focus,
    Fold,
    Look,
    Radius,
    Show,
    Theme,
    Unfold,
    chosen_theme,
    complete,
)

__all__ = ["slides"]


def _per() -> tuple[str, ...]:
    from graphtrace.slides.storyboard import PER

    return PER


Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE…",
        help="Expressions or FILE.py:FUNCTION, one after the other in one deck.",
        show_default=False,
    ),
]
Per = Annotated[
    str,
    typer.Option(
        metavar="node|level|scope",
        autocompletion=complete(_per),
        help="What one step is about: a node or edge, nodes of one level, or a scope.",
    ),
]
First = Annotated[
    int | None,
    typer.Option("--from", metavar="STEP", help="First step to write.", show_default=False),
]
Last = Annotated[
    int | None,
    typer.Option("--to", metavar="STEP", help="Last step to write.", show_default=False),
]
Aspect = Annotated[str, typer.Option(metavar="16:9|4:3", help="Shape of a page.")]
Title = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="The title, on the first page too.", show_default=False),
]
Animate = Annotated[bool, typer.Option("--animate", help="PPTX: one slide, a click for each step.")]
Delay = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", help="GIF, WebP: time for each step, 1.5 s.", show_default=False
    ),
]
# Text, since a path forgets the / that tells a folder.
Target = Annotated[
    str | None,
    typer.Option(
        "-o",
        metavar="FILE",
        help="Write to this file, or to a folder: frames/",
        show_default=False,
    ),
]
Images = Annotated[
    str | None,
    typer.Option(
        metavar="svg|png", help="Pictures of a folder or a Markdown deck.", show_default=False
    ),
]


def slides(
    sources: Sources,
    at: At = None,
    seed: Seed = None,
    output_name: OutputName = None,
    output: Target = None,
    per: Per = "node",
    first: First = None,
    last: Last = None,
    aspect: Aspect = "16:9",
    title: Title = None,
    theme: Theme = None,
    animate: Animate = False,
    delay: Delay = None,
    images: Images = None,
    show: Show = None,
    look: Look = "auto",
    focus: Focus = None,
    radius: Radius = None,
    fold: Fold = None,
    unfold: Unfold = None,
    depth: Depth = None,
    deadline: Deadline = None,
) -> int:
    """Make slides of a graph: forward node by node, then backward edge by edge.

    The ending of -o chooses the kind: pdf, pptx, tex (Beamer), html, gif, webp, md (Marp), json
    (the steps as data), or a folder of numbered pictures: -o frames/

    Example: graphtrace slides "f = ln(x) + exp(y)*z" --at x=1,y=3,z=2 -o deck.pdf
    """
    from graphtrace.slides.save import save_slides

    if output is None or output == "-":
        raise RequestError("slides go to a file: give -o deck.pdf, deck.pptx, deck.html or frames/")
    choice: dict[str, Any] = {
        "per": per, "first": first, "last": last, "aspect": aspect, "title": title,
        "theme": chosen_theme(theme), "show": show and ",".join(show), "look": look,
        "focus": focus, "radius": radius, "fold": fold, "unfold": unfold, "depth": depth,
        "deadline": deadline, "animate": animate or None, "delay": delay, "images": images,
    }  # fmt: skip
    given = {key: value for key, value in choice.items() if value is not None}
    made = save_slides(_graphs(sources, at, seed, output_name, given.get("show")), output, **given)
    for note in made.notes:
        terminal.note(note)
    terminal.write(f"{made.pages} steps in {output}\n")
    return EXIT_DONE


def _graphs(
    sources: list[str], at: At, seed: Seed, output_name: OutputName, show: str | None
) -> list[Any]:
    """Return the facts of all sources, each run both ways; inputs go to those that have them."""
    from graphtrace_cli.source import load_each
    from graphtrace_cli.values import parse_at, parse_value

    inputs = parse_at(at or ())
    start = None if seed is None else parse_value(seed, "--seed")
    return [
        graph.backward(output_name, seed=start).facts(show) for graph in load_each(sources, inputs)
    ]
