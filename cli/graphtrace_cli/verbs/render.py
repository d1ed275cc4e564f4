"""The verb `render`: draw the graph into a file, or as a tree on the terminal."""

from typing import TYPE_CHECKING, TypedDict

from graphtrace_cli import terminal
from graphtrace_cli.errors import EXIT_DONE, RequestError
from graphtrace_cli.options import At, Output, OutputName, Seed, Source
from graphtrace_cli.style import (
    Backward,
    Deadline,
    Depth,
    Focus,
    Fold,
    Format,
    Heaviest,
    Look,
    OnePath,
    Only,
    Radius,
    Scale,
    Show,
    Theme,
    Unfold,
    Watch,
    Width,
    Wrap,
    chosen_format,
    chosen_theme,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from graphtrace.annotate.facts import GraphFacts

__all__ = ["render"]


def render(
    source: Source,
    at: At = None,
    output: Output = None,
    format_name: Format = None,
    show: Show = None,
    theme: Theme = None,
    look: Look = "auto",
    focus: Focus = None,
    radius: Radius = None,
    path: OnePath = None,
    heaviest: Heaviest = None,
    only: Only = None,
    wrap: Wrap = None,
    fold: Fold = None,
    unfold: Unfold = None,
    depth: Depth = None,
    deadline: Deadline = None,
    scale: Scale = None,
    width: Width = None,
    backward: Backward = False,
    seed: Seed = None,
    output_name: OutputName = None,
    watch: Watch = False,
) -> int:
    """Draw the graph with its values and gradients; without -o, as a tree in the terminal.

    Example: graphtrace render "f = ln(x) + exp(y)*z" --at x=1,y=3,z=2 -o f.svg
    """
    style = _Style(
        show=",".join(show) if show else None, theme=chosen_theme(theme), look=look, scale=scale,
        width=width, focus=focus, radius=radius, path=path, heaviest=heaviest, only=only, wrap=wrap,
        fold=fold, unfold=unfold, depth=depth, deadline=deadline,
    )  # fmt: skip
    to_file = output is not None and str(output) != "-"
    word = chosen_format(output if to_file else None, format_name)

    def once() -> None:
        from graphtrace.render import save
        from graphtrace_cli.source import load_with_gradients

        graph = load_with_gradients(source, at, seed, output_name, record=backward)
        facts = graph.facts(style["show"])
        if output is not None and to_file:
            notes = save(facts, output, format_name, **style)
        else:
            notes = _print(facts, word, style)
        for note in (*_unused(word, style, themed=theme is not None), *notes):
            terminal.note(note)

    if watch:
        return _watch(source, at, output if to_file else None, word, style, once)
    once()
    return EXIT_DONE


def _watch(
    source: str,
    at: "list[str] | None",
    output: "Path | None",
    word: str,
    style: "_Style",
    once: "Callable[[], None]",
) -> int:
    """Draw again and again; refuse at once what no change of a source file would mend."""
    from pathlib import Path

    from graphtrace.render import check
    from graphtrace_cli.source import file_of
    from graphtrace_cli.watch import watch

    path = file_of(source)
    if path is None:
        raise RequestError("--watch draws again when a file changes: give FILE.py:FUNCTION")
    if output is None:
        raise RequestError("--watch keeps one picture up to date: give its name with -o FILE")
    check(word, **style)
    others = [Path(text[1:]) for text in at or () if text.startswith("@")]
    others += [Path(style["theme"])] if style["theme"].endswith(".toml") else []
    return watch(path, others, once, str(output))


DRAWN = ("look", "scale", "width", "focus", "radius", "path", "heaviest", "only", "wrap",
         "deadline")  # fmt: skip
FOLDED = ("fold", "unfold", "depth")
# What a format does not draw; the rest of its options apply.
UNUSED = {
    "txt": ("theme", *DRAWN),
    "json": ("show", "theme", *DRAWN, *FOLDED),
    "graphml": ("show", "theme", *DRAWN, *FOLDED),
    "dot": DRAWN,
    "mmd": DRAWN,
}
DEFAULTS = {"show": None, "look": "auto"} | dict.fromkeys((*DRAWN[1:], *FOLDED))


def _unused(word: str, style: "_Style", *, themed: bool) -> tuple[str, ...]:
    """Return a remark on the options that the format has no use for, if any were given."""
    word = word.lower().lstrip(".")
    given = {name: value != DEFAULTS[name] for name, value in style.items() if name in DEFAULTS}
    given["theme"] = themed
    idle = [f"--{name}" for name in UNUSED.get(word, ()) if given[name]]
    if not idle:
        return ()
    return (f"{' and '.join(idle)} changed nothing: {word} is no picture; pass -o f.svg for one",)


class _Style(TypedDict):
    """How a picture is drawn, as every format takes it."""

    show: str | None
    theme: str
    look: str
    scale: float | None
    width: float | None
    focus: list[str] | None
    radius: int | None
    path: str | None
    heaviest: int | None
    only: str | None
    wrap: float | None
    fold: str | None
    unfold: list[str] | None
    depth: int | None
    deadline: float | None


def _print(facts: "GraphFacts", format_name: str, style: _Style) -> tuple[str, ...]:
    """Write the picture to standard output, but no image into a terminal."""
    from graphtrace.render import draw

    is_text = terminal.takes_text(format_name)
    drawn = draw(facts, format_name, **style)
    terminal.write(drawn.data.decode() if is_text else drawn.data)
    return drawn.notes
