"""Answers to an exercise by name: a student's, or all that are right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value
from graphtrace.render.data import dump, plain_value

__all__ = ["TABLES", "Answer", "Answers", "answers_json", "answers_of", "edge_key", "edge_keys"]

Answer = float | str | np.ndarray | np.generic | None | Sequence["Answer"]
"""A number, its text (`"40.171"`, `"3/4"`), an array or nested lists of these; None is a blank."""

TABLES = ("values", "grads", "locals", "contributions")


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers as they were written, before they are read as numbers.

    Attributes
    ----------
    values: node's name → value.
    grads: node's name → ∂output/∂node.
    locals: edge (see `edge_key`) → ∂target/∂source.
    contributions: edge → upstream × local, what this use adds to the source's gradient.
    places: (table, name) → where in the file it stands, for messages.
    """

    values: Mapping[str, Answer] = field(default_factory=dict)
    grads: Mapping[str, Answer] = field(default_factory=dict)
    locals: Mapping[str, Answer] = field(default_factory=dict)
    contributions: Mapping[str, Answer] = field(default_factory=dict)
    places: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def tables(self) -> dict[str, Mapping[str, Answer]]:
        """Return the four tables by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)[: len(TABLES)]}


def answers_of(facts: GraphFacts) -> Answers:
    """Return everything that can be asked of a graph, with the right answers, in tape order.

    Values are those of operations: inputs are given. Gradients and contributions are there after
    a backward pass. Complex numbers are not asked for.
    """
    keys = edge_keys(facts)
    return Answers(
        values={node.name: node.value for node in facts.nodes if _is_asked(node)},
        grads={
            node.name: node.grad
            for node in facts.nodes
            if node.grad is not None and node.kind != "constant"
        },
        locals={keys[edge]: edge.local for edge in facts.edges if edge.local is not None},
        contributions={
            keys[edge]: edge.contribution for edge in facts.edges if edge.contribution is not None
        },
    )


def _is_asked(node: NodeFacts) -> bool:
    return node.kind == "op" and is_real(node.value)


def is_real(value: Value) -> bool:
    """Whether a value is a real number or an array of them."""
    return np.asarray(value).dtype.kind in "biuf"


def edge_keys(facts: GraphFacts) -> dict[EdgeFacts, str]:
    """Return the name of each edge in answers."""
    names = {node.id: node.name for node in facts.nodes}
    seen: dict[tuple[int, int], int] = {}
    for edge in facts.edges:
        pair = (edge.source, edge.target)
        seen[pair] = seen.get(pair, 0) + 1
    return {
        edge: edge_key(
            names[edge.source],
            names[edge.target],
            edge.slot if seen[edge.source, edge.target] > 1 else None,
        )
        for edge in facts.edges
    }


def edge_key(source: str, target: str, slot: int | None = None) -> str:
    """Return an edge's name: ``h2->h3``; of several between two nodes ``x->q#1`` with its slot.

    >>> edge_key("x", "q", 1)
    'x->q#1'
    """
    return f"{source}->{target}" + ("" if slot is None else f"#{slot}")


def answers_json(answers: Answers) -> str:
    """Return answers as a JSON file that can be graded, one answer a line; empty tables left out.

    Numbers have all their digits; NaN and ±∞ are strings.
    """
    tables = []
    for table, rows in answers.tables().items():
        if rows:
            lines = ",\n".join(f"  {dump(name)}: {dump(_plain(rows[name]))}" for name in rows)
            tables.append(f" {dump(table)}: {{\n{lines}\n }}")
    return "{\n" + ",\n".join(tables) + "\n}\n" if tables else "{}\n"


def _plain(answer: Answer) -> object:
    if isinstance(answer, str) or answer is None:
        return answer
    if isinstance(answer, list | tuple):
        return [_plain(part) for part in answer]
    return plain_value(answer)  # type: ignore[arg-type] # sequences were taken above
