"""Two graphs on one drawing in each format that can tell them apart, and what differs as JSON."""

import os
from collections import Counter
from dataclasses import replace
from typing import Any

from graphtrace.annotate.changes import SIGNS, Change, Changes, Move
from graphtrace.annotate.compare import Difference
from graphtrace.annotate.facts import GraphFacts
from graphtrace.errors import FormatError
from graphtrace.render import format_of, write_whole
from graphtrace.render.data import dump, node_data, plain_value
from graphtrace.render.registry import Rendering, draw, format_named
from graphtrace.scene.difference import RANKED
from graphtrace.scene.fold_choice import READABLE

__all__ = ["difference_json", "draw_difference", "outstanding", "save_difference"]

NOT_TOLD = ("dot", "graphml", "mmd")
"""Formats of one graph's data, which have no place for another's."""
EXTRAS = ("symbolic", "cost")
MOST_USES, MOST_STRUCTURE = 8, 8
"""Of a large drawing so many nodes that came, went or changed are drawn, with what is around."""


def draw_difference(
    difference: Difference,
    format: str,  # noqa: A002
    *,
    whole: bool = False,
    **options: Any,
) -> Rendering:
    """Return two graphs as one picture, or what differs between them as text or JSON.

    Of more nodes than one can read, those are drawn that came, went, changed and moved most, with
    what is around them; all with `whole`, and others with a `focus`.

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
    facts = difference.facts
    notes: tuple[str, ...] = ()
    if not whole and not options.get("focus") and len(facts.nodes) > READABLE:
        options["focus"] = outstanding(facts)
        part = "the output" if difference.same else "what differs most"
        whole_too = "all of them: `--whole`, in Python whole=True"
        notes = (f"Drawn is {part} of {len(facts.nodes)} nodes; {whole_too}.",)
    drawn = draw(facts, word, **options)
    return replace(drawn, notes=(*notes, *drawn.notes))


def outstanding(facts: GraphFacts) -> tuple[str, ...]:
    """Return the names of what to look at: the first that came, went or changed; what moved most.

    Not what has so many uses that all of the graph is near it. The output, where nothing differs.
    """
    changes = facts.changes
    kinds = {node.id: node.kind for node in facts.nodes}
    structure = [id_ for id_, c in changes.nodes.items() if c.status in SIGNS]
    found = [id_ for id_ in structure if kinds[id_] != "constant"][:MOST_STRUCTURE]
    found += [m.node for m in changes.moves[:RANKED] if kinds[m.node] != "constant"]
    uses = Counter(edge.source for edge in facts.edges)
    found = [id_ for id_ in found if uses[id_] <= MOST_USES] or found
    names = {node.id: node.name for node in facts.nodes}
    return tuple(names[id_] for id_ in dict.fromkeys(found or [facts.output]))


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
