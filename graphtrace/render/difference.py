"""Two graphs on one drawing in each format that can tell them apart, and what differs as JSON."""

import os
from typing import Any

from graphtrace.annotate.changes import Change, Changes, Move
from graphtrace.annotate.compare import Difference
from graphtrace.errors import FormatError
from graphtrace.render import format_of, write_whole
from graphtrace.render.data import dump, node_data, plain_value
from graphtrace.render.registry import Rendering, draw, format_named

__all__ = ["difference_json", "draw_difference", "save_difference"]

NOT_TOLD = ("dot", "graphml", "mmd")
"""Formats of one graph's data, which have no place for another's."""
EXTRAS = ("symbolic", "cost")


def draw_difference(difference: Difference, format: str, **options: Any) -> Rendering:  # noqa: A002
    """Return two graphs as one picture, or what differs between them as text or JSON.

    Raises
    ------
    FormatError: for a format that cannot tell two graphs apart, and for what `draw` refuses.
    """
    word = format_named(format).name
    if word in NOT_TOLD:
        raise FormatError(
            f"{word} holds one graph: draw what differs as svg, png, pdf, tex or pptx, or write it "
            "as txt or json"
        )
    if word == "txt":
        return Rendering(f"{difference}\n".encode("utf-8", "backslashreplace"))
    if word == "json":
        return Rendering(difference_json(difference).encode("utf-8", "backslashreplace"))
    asked = options.get("show") or ""
    words = asked if isinstance(asked, str) else ",".join(asked)
    for extra in EXTRAS:
        if extra in words:
            raise FormatError(f"show={extra!r} is of one graph: draw each with it on its own")
    return draw(difference.facts, word, **options)


def save_difference(
    difference: Difference,
    file: str | os.PathLike[str],
    format: str | None = None,  # noqa: A002
    **options: Any,
) -> tuple[str, ...]:
    """Write two graphs as one picture to a file, whole or not at all; return notes.

    Raises
    ------
    FormatError: as `draw_difference`, and for a file that cannot be written.
    """
    done = draw_difference(difference, format_of(file, format), **options)
    write_whole(file, done.data)
    return done.notes


def difference_json(difference: Difference) -> str:
    """Return what differs as strict JSON, one node or move on a line.

    ``{"same", "rtol", "atol", "nodes", "moved"}``: `nodes` has the nodes of both graphs in the
    order of the drawing, each with its ``status`` (same, added, removed, changed, rewired) and its
    record ``old`` and ``new``, null where it is not there; `moved` has what moved, the largest
    relative change first, each with its place in `nodes`.
    """
    changes = difference.facts.changes
    head = {"same": difference.same, "rtol": changes.rtol, "atol": changes.atol}
    lines = [f" {dump(key)}: {dump(value)}" for key, value in head.items()]
    lines.append(_rows("nodes", [_node(c) for c in changes.nodes.values()]))
    lines.append(_rows("moved", [_move(move, changes) for move in changes.moves]))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _rows(key: str, rows: list[dict[str, object]]) -> str:
    if not rows:
        return f" {dump(key)}: []"
    inside = ",\n".join(f"  {dump(row)}" for row in rows)
    return f" {dump(key)}: [\n{inside}\n ]"


def _node(change: Change) -> dict[str, object]:
    old, new = (None if side is None else node_data(side) for side in (change.old, change.new))
    if old is not None and change.name:
        old["name"] = change.name
    return {"status": change.status, "old": old, "new": new}


def _move(move: Move, changes: Changes) -> dict[str, object]:
    change = changes.nodes[move.node]
    assert change.new is not None
    return {
        "node": move.node,
        "name": change.new.name,
        "what": move.what,
        "old": plain_value(move.old),
        "new": plain_value(move.new),
        "change": plain_value(move.change),
        "relative": plain_value(move.relative),
        "note": move.note,
    }
