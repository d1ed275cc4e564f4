"""What a worksheet asks for: each blank is one part of the picture, numbered as one solves it."""

import math
import random
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value
from graphtrace.errors import FormatError, did_you_mean
from graphtrace.exercise.answers import Answers, edge_keys, is_real
from graphtrace.scene.plan import edge_key

__all__ = ["BLANKS", "Blank", "asked_answers", "blanks_in", "check_blanks", "chosen", "repeated",
           "shown_parts"]  # fmt: skip

BLANKS = ("values", "local", "upstream", "contributions", "totals")
"""Values of operations; local gradients; gradients of nodes with one use, of a use among several,
and of nodes with several uses."""
PARTS = {
    "values": "value",
    "local": "local",
    "upstream": "grad",
    "contributions": "contribution",
    "totals": "grad",
}
MOST = 300


@dataclass(frozen=True, slots=True)
class Blank:
    """One answer that is asked for.

    Attributes
    ----------
    number: what stands beside it, from 1; 0 while none is given.
    kind: one of `BLANKS`.
    part: what gives it away in the picture, as in `scene.model.Text`: ``"value n3"``.
    node, edge: the node whose value or gradient it is, or the edge whose local gradient or
        contribution; the other is None.
    value: the answer.
    """

    number: int
    kind: str
    part: str
    node: NodeFacts | None
    edge: EdgeFacts | None
    value: Value


def check_blanks(asked: Iterable[str] | str | None) -> tuple[str, ...]:
    """Return the kinds of blanks that are asked for, all for None; a string is split at commas.

    Raises
    ------
    FormatError: for a word that is none of them, with the nearest one.
    """
    if asked is None:
        return BLANKS
    words = asked.split(",") if isinstance(asked, str) else list(asked)
    kinds = [word.strip() for word in words if word.strip()]
    for word in kinds:
        if word not in BLANKS:
            raise FormatError(f"no blanks for {word!r}{did_you_mean(word, BLANKS)}")
    if not kinds:
        raise FormatError(f"no blanks are asked for: give some of {', '.join(BLANKS)}")
    return tuple(kind for kind in BLANKS if kind in kinds)


def shown_parts(kinds: Iterable[str]) -> frozenset[str]:
    """Return for which kinds of type the picture needs room; see `scene.options.Options.blanks`."""
    return frozenset(PARTS[kind] for kind in kinds)


def repeated(facts: GraphFacts) -> frozenset[str]:
    """Return the contributions of only uses: they repeat their node's gradient."""
    uses = _carrying(facts)
    return frozenset(
        f"contribution {edge_key(edges[0])}"
        for source, edges in uses.items()
        if len(edges) == 1 and source != facts.output
    )


def blanks_in(
    facts: GraphFacts, boxes: AbstractSet[str], kinds: Sequence[str], around: AbstractSet[int]
) -> list[Blank]:
    """Return everything that can be asked for, in the order in which one solves it.

    First the values as the program computes them, then from the output back: a node's gradient,
    then for each of its operands the local gradient and what goes back. `boxes` are the parts that
    the picture has room for, `around` the nodes that it shows. What is given: inputs, the seed, and
    what comes back from outside of the picture.
    """
    uses, again = _carrying(facts), repeated(facts)
    into: dict[int, list[EdgeFacts]] = {}
    for edge in facts.edges:
        into.setdefault(edge.target, []).append(edge)
    found = [
        Blank(0, "values", f"value n{node.id}", node, None, node.value)
        for node in facts.nodes
        if node.kind == "op"
    ]
    for node in reversed(facts.nodes):
        ways = uses.get(node.id, [])
        known = node.id == facts.output or not all(edge.target in around for edge in ways)
        if node.grad is not None and not known:
            kind = "totals" if len(ways) > 1 else "upstream"
            found.append(Blank(0, kind, f"grad n{node.id}", node, None, node.grad))
        for edge in into.get(node.id, ()):
            key = edge_key(edge)
            if edge.local is not None and edge.formula:
                found.append(Blank(0, "local", f"local {key}", None, edge, edge.local))
            part = f"contribution {key}"
            if edge.contribution is not None and part not in again:
                found.append(Blank(0, "contributions", part, None, edge, edge.contribution))
    return [
        blank
        for blank in found
        if blank.kind in kinds and blank.part in boxes and is_real(blank.value)
    ]


def chosen(candidates: Sequence[Blank], fraction: float, seed: int) -> tuple[Blank, ...]:
    """Return a share of the blanks, at least one, picked by the seed, with their numbers.

    Raises
    ------
    FormatError: for a share that is none, for nothing to ask, and for more than fits a sheet.
    """
    if not 0 < fraction <= 1:
        raise FormatError(f"fraction is a share above 0 and at most 1, not {fraction!r}")
    if not candidates:
        raise FormatError(
            "there is nothing to ask: the graph computes nothing of what is to be blank; ask for"
            f" more of {', '.join(BLANKS)}"
        )
    count = max(1, math.floor(fraction * len(candidates) + 0.5))
    if count > MOST:
        raise FormatError(
            f"{count} blanks are too many for a sheet (at most {MOST}): ask for fewer kinds"
            " (--blank), a share of them (--fraction), or draw a part (--focus NAME)"
        )
    rng = random.Random(f"blanks {seed}")  # noqa: S311 - nothing here is secret
    picked = sorted(rng.sample(range(len(candidates)), count))
    return tuple(replace(candidates[at], number=n) for n, at in enumerate(picked, 1))


def asked_answers(facts: GraphFacts, blanks: Iterable[Blank]) -> Answers:
    """Return the answers to blanks of a graph as a key that can be graded."""
    names = edge_keys(facts)
    tables: dict[str, dict[str, Value]] = {part: {} for part in PARTS.values()}
    for blank in blanks:
        if blank.node is not None:
            tables[PARTS[blank.kind]][blank.node.name] = blank.value
        elif blank.edge is not None:
            tables[PARTS[blank.kind]][names[blank.edge]] = blank.value
    return Answers(tables["value"], tables["grad"], tables["local"], tables["contribution"])


def _carrying(facts: GraphFacts) -> dict[int, list[EdgeFacts]]:
    """Return for each node the uses that contribute to its gradient."""
    uses: dict[int, list[EdgeFacts]] = {}
    for edge in facts.edges:
        if edge.contribution is not None:
            uses.setdefault(edge.source, []).append(edge)
    return uses
