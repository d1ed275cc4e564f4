"""From graphs to a file or a folder of slides, written whole or not at all."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack, cast

from graphtrace.annotate.facts import GraphFacts
from graphtrace.errors import FormatError
from graphtrace.render import write_whole
from graphtrace.render.theme import Theme
from graphtrace.render.theme_file import theme_named
from graphtrace.scene.fold import fold_facts
from graphtrace.scene.options import Choice, options_of
from graphtrace.slides.deck import Deck, make_deck
from graphtrace.slides.registry import DECKS, DeckChoice, deck_named
from graphtrace.slides.steps import Storyboard
from graphtrace.slides.storyboard import make_storyboard

__all__ = ["Made", "SlidesChoice", "check_choice", "make_slides", "save_slides"]


class SlidesChoice(Choice, DeckChoice, total=False):
    """What slides show and how; see `save_slides`."""

    per: str
    theme: str | Theme
    aspect: str
    title: str
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Made:
    """A deck in memory: its own bytes, files beside it by relative path, sentences on it."""

    data: bytes
    files: Mapping[str, bytes]
    notes: tuple[str, ...]
    pages: int


def save_slides(
    graphs: Sequence[GraphFacts],
    file: str | os.PathLike[str],
    **choice: Unpack[SlidesChoice],
) -> Made:
    """Write the steps of graphs, one after the other, as slides.

    The file's ending tells the kind: pdf, pptx, tex (Beamer), html, gif, webp, md (Marp), json (the
    storyboard as data); a name that ends in ``/``, or an existing folder, gets numbered pictures.

    Parameters
    ----------
    graphs: annotated graphs.
    per: what one step is about: ``"node"``, ``"level"`` or ``"scope"``.
    theme, aspect, title: colours; ``"16:9"`` or ``"4:3"``; the document's title.
    first, last: numbers of steps, counted from 1: only these are written.
    animate, delay, images: see `registry.DeckChoice`.
    choice: what is drawn, as for `render.render`.

    Raises
    ------
    FormatError: for unknown kinds and choices, graphs of too many steps, and a file that cannot be
        written; nothing is left half-written.
    """
    folder = os.fspath(file).endswith(("/", os.sep)) or Path(file).is_dir()
    kind = "" if folder else Path(file).suffix
    if not folder and not kind:
        raise FormatError(
            f"{Path(file).name!r} has no ending to tell what kind of deck it is: {_known()}; a"
            " folder for numbered pictures ends in /"
        )
    stem = Path(file).stem
    made = make_slides(graphs, kind, stem=stem, **choice)
    place = Path(file) if folder else Path(file).parent
    for name, data in made.files.items():
        path = place / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FormatError(
                f"cannot write {os.fspath(path.parent)!r}: {error.strerror}"
            ) from error
        write_whole(path, data)
    if not folder:
        write_whole(file, made.data)
    return made


def make_slides(
    graphs: Sequence[GraphFacts],
    kind: str,
    *,
    stem: str = "deck",
    **choice: Unpack[SlidesChoice],
) -> Made:
    """Return slides of a kind, such as ``"pdf"``, as bytes; `stem` names the files beside them."""
    row = deck_named(kind)
    boards, options, notes = _boards(graphs, choice)
    given: dict[str, Any] = {**choice}
    own = {key: given[key] for key in DeckChoice.__annotations__ if key in given}
    check_choice(kind, own)
    theme = theme_named(choice.get("theme") or "light")
    deck: Deck = make_deck(
        boards, options, aspect=choice.get("aspect") or "16:9", title=choice.get("title") or ""
    )
    data, files = row.write(deck, theme, cast("DeckChoice", own), stem)
    return Made(data, files, (*notes, *deck.notes), len(deck.frames))


def _boards(
    graphs: Sequence[GraphFacts], choice: SlidesChoice
) -> tuple[list[Storyboard], Any, list[str]]:
    given: dict[str, Any] = {**choice}
    usual = {key: given[key] for key in Choice.__annotations__ if key in given}
    per = choice.get("per") or "node"
    if per != "scope":
        usual.setdefault("fold", "none" if not (usual.get("unfold") or "depth" in usual) else None)
    options = options_of(**usual)
    boards, notes = [], list[str]()
    for facts in graphs:
        chosen, remarks = fold_facts(facts, options)
        notes += remarks
        boards.append(make_storyboard(chosen, per=per, digits=options.digits))
    total = sum(len(board.steps) for board in boards)
    first, last = choice.get("first") or 1, choice.get("last") or total
    if not 1 <= first <= last <= total:
        raise FormatError(f"the deck has the steps 1 to {total}, not {first} to {last}")
    return _between(boards, first, last), options, notes


def _between(boards: Sequence[Storyboard], first: int, last: int) -> list[Storyboard]:
    """Return the steps of boards from one number to another, counted through all of them."""
    found, before = [], 0
    for board in boards:
        count = len(board.steps)
        start, end = max(first - before, 1), min(last - before, count)
        if start <= end:
            found.append(board.part(start, end))
        before += count
    return found


def check_choice(kind: str, choice: Mapping[str, Any]) -> None:
    """Refuse what a kind of deck does not know, and times that are none.

    Raises
    ------
    FormatError: with the kinds that know it.
    """
    row = deck_named(kind)
    for key, value in choice.items():
        if value is None or value is False:
            continue
        if key not in row.choices:
            which = " and ".join(name or "folders" for name, r in DECKS.items() if key in r.choices)
            raise FormatError(f"{key} is for {which}, not for {row.name or 'a folder'}")
    delay = choice.get("delay")
    if delay is not None and not (0.02 <= delay <= 60 and math.isfinite(delay)):
        raise FormatError(f"delay is from 0.02 to 60 seconds for each step, not {delay!r}")


def _known() -> str:
    return ", ".join(sorted(name for name in DECKS if name))
