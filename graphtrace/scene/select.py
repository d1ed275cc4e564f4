"""Parts of a graph: what is near a node, what carries gradient; stubs where it goes on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value
from graphtrace.errors import FormatError, NameNotFoundError, did_you_mean
from graphtrace.formula.names import find_name, latex_name, pretty_name
from graphtrace.scene.options import Options

__all__ = [
    "STUB",
    "Selection",
    "Through",
    "flows_of",
    "focus_words",
    "key_of",
    "named_node",
    "select",
    "spoken",
    "total",
    "with_stubs",
]

STUB = "stub"
"""The kind of a node that stands for what is not drawn here."""
Through = Mapping[str, tuple[str, ...]]
NAMED = 2


def key_of(source: int, target: int, slot: int) -> str:
    """Return the stable key of an edge."""
    return f"e{source}-{target}-{slot}"


@dataclass(frozen=True, slots=True)
class Selection:
    """The facts of a part of a graph.

    Attributes
    ----------
    facts: of the nodes that are drawn, of those outside that they use, and of stubs.
    outside: nodes that are not drawn; at their uses stands their name.
    whole: how many nodes the whole graph has.
    output: the name of what gradients are taken of, whether it is drawn or not.
    free: the first number that no node has.
    through: for the key of each wire to a stub, the keys of the edges that it stands for.
    notes: sentences for the user.
    """

    facts: GraphFacts
    outside: frozenset[int]
    whole: int
    output: str
    free: int
    through: Through = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def select(facts: GraphFacts, options: Options) -> Selection:
    """Return the part of a graph that is to be drawn; without a wish, all of it.

    Raises
    ------
    NameNotFoundError: for a focus that does not exist, with the nearest name.
    FormatError: when only gradients are asked for, and there are none.
    """
    output = next((node.name for node in facts.nodes if node.id == facts.output), "f")
    shown, whole = {node.id for node in facts.nodes}, len(facts.nodes)
    free = max(shown, default=0) + 1
    notes = []
    if options.only:
        shown = _carriers(facts)
        facts = _part(facts, shown, shown)
    if options.focus:
        centres = [named_node(facts, word, "focus") for word in focus_words(facts, options.focus)]
        shown = _around(facts, centres, options.radius)
        names = ", ".join(spoken(facts, n) for n in facts.nodes if n.id in centres)
        steps = f"{options.radius} step{'' if options.radius == 1 else 's'}"
        notes.append(f"{len(shown)} of {whole} nodes: within {steps} of {names}.")
        cut = [e for e in facts.edges if e.source in shown and e.target not in shown]
        sources = {edge.source for edge in facts.edges if edge.target in shown}
        ends = {node.id: node.name for node in facts.nodes}
        stubs = [(edge, ends[edge.target]) for edge in cut]
        part, through = with_stubs(_part(facts, shown | sources, shown), stubs, free)
        free += len(through)
        outside = frozenset(sources - shown)
        return Selection(part, outside, whole, output, free, through, tuple(notes))
    return Selection(facts, frozenset(), whole, output, free)


def focus_words(facts: GraphFacts, focus: tuple[str, ...]) -> list[str]:
    """Return the names that were given, each as it is or several with commas."""
    names = {node.name for node in facts.nodes} | {card.title for card in facts.folds.values()}
    found = []
    for text in focus:
        found += [text] if text in names else text.split(",")
    return [word.strip() for word in found]


def named_node(facts: GraphFacts, word: str, wish: str) -> int:
    """Return the id of a node by its name; h1, h_1 and h₁ are one name. Cards have titles, too."""
    numbers = {card.title: id_ for id_, card in reversed([*facts.folds.items()])}
    numbers |= {node.name: node.id for node in facts.nodes if node.kind not in ("constant", STUB)}
    found = find_name(numbers, word)
    if found is None:
        raise NameNotFoundError(f"{wish}: no node {word!r}{did_you_mean(word, numbers)}")
    return found


def spoken(facts: GraphFacts, node: NodeFacts) -> str:
    """Return what a node is called in sentences: its name, the title of a card."""
    card = facts.folds.get(node.id)
    return pretty_name(node.name) if card is None else card.title


def flows_of(facts: GraphFacts) -> frozenset[int]:
    """Return the nodes of a recorded backward pass that depend on its seed."""
    found: set[int] = set()
    for node in facts.nodes:
        if node.id in facts.mirror and (
            facts.mirror[node.id] is not None or not found.isdisjoint(node.operands)
        ):
            found.add(node.id)
    return frozenset(found)


def _carriers(facts: GraphFacts) -> set[int]:
    """Return the nodes that carry gradient; with a recorded backward pass, it and what it is of."""
    found = {node.id for node in facts.nodes if node.grad is not None}
    if facts.mirror:
        of = {id_ for id_ in facts.mirror.values() if id_ is not None}
        found = {*of, *flows_of(facts)}
    if not found:
        raise FormatError("no gradients to draw only: run the backward pass first, g.backward()")
    return found


def _around(facts: GraphFacts, centres: Iterable[int], radius: int) -> set[int]:
    """Return what some nodes are computed from and what is computed from them, in few steps.

    Constants of what is drawn are drawn too; a node and its gradient's node are one step's.
    """
    before = _grouped(facts.edges, lambda edge: edge.target, lambda edge: edge.source)
    after = _grouped(facts.edges, lambda edge: edge.source, lambda edge: edge.target)
    pair = {of: id_ for id_, of in facts.mirror.items() if of is not None}
    pair |= {id_: of for of, id_ in pair.items()}
    start = {*centres, *(pair[id_] for id_ in centres if id_ in pair)}
    found = set(start)
    for way in (before, after):
        border = start
        for _ in range(radius):
            border = {id_ for node in border for id_ in way.get(node, ())} - found
            found |= border
            if not border:
                break
    constants = {node.id for node in facts.nodes if node.kind == "constant"}
    return found | {id_ for node in found for id_ in before.get(node, ()) if id_ in constants}


def _grouped(
    edges: Iterable[EdgeFacts], key: Callable[[EdgeFacts], int], item: Callable[[EdgeFacts], int]
) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for edge in edges:
        found.setdefault(key(edge), []).append(item(edge))
    return found


def _part(facts: GraphFacts, kept: set[int], shown: set[int]) -> GraphFacts:
    """Return the facts of some nodes, and of the edges into those that are shown."""
    return replace(
        facts,
        nodes=tuple(node for node in facts.nodes if node.id in kept),
        edges=tuple(e for e in facts.edges if e.target in shown and e.source in kept),
        mirror={
            id_: of if of in shown else None for id_, of in facts.mirror.items() if id_ in kept
        },
    )


def with_stubs(
    facts: GraphFacts, cut: Iterable[tuple[EdgeFacts, str]], number: int
) -> tuple[GraphFacts, Through]:
    """Return facts with one stub after each node that has uses elsewhere, given with their names.

    Stubs are numbered from `number` on. What comes back from there is the stub's contribution. The
    second result tells which edges each stub's wire stands for.
    """
    groups: dict[int, list[tuple[EdgeFacts, str]]] = {}
    for edge, word in cut:
        groups.setdefault(edge.source, []).append((edge, word))
    nodes = {node.id: node for node in facts.nodes}
    stubs, edges = [], []
    through: dict[str, tuple[str, ...]] = {}
    for at, (source, uses) in enumerate(groups.items(), number):
        words = list(dict.fromkeys(word for _, word in uses))
        more = len(words) - NAMED
        rest = f" + {more}" if more > 0 else ""
        text = ", ".join(map(pretty_name, words[:NAMED])) + rest
        tex = ", ".join(map(latex_name, words[:NAMED])) + rest
        stubs.append(_stub(at, text, tex, nodes[source]))
        given = [edge.contribution for edge, _ in uses if edge.contribution is not None]
        whole = total(given) if given else None
        edges.append(EdgeFacts(source, at, 0, None, "", "", None, whole))
        through[key_of(source, at, 0)] = tuple(
            key_of(edge.source, edge.target, edge.slot) for edge, _ in uses
        )
    mirror = dict(facts.mirror)
    mirror.update((stub.id, None) for stub, edge in zip(stubs, edges, strict=True)
                  if edge.source in mirror)  # fmt: skip
    found = replace(
        facts, nodes=(*facts.nodes, *stubs), edges=(*facts.edges, *edges), mirror=mirror
    )
    return found, through


def total(parts: list[Value]) -> Value:
    """Return the sum of values of one shape."""
    if len(parts) == 1:
        return parts[0]
    with np.errstate(all="ignore"):
        total = np.sum(np.stack([np.asarray(part) for part in parts]), axis=0)
    return total if np.ndim(total) else float(total)


def _stub(number: int, text: str, tex: str, source: NodeFacts) -> NodeFacts:
    return NodeFacts(
        id=number, name=text, named=True, kind=STUB, op=STUB, symbol="", expression=text, latex=tex,
        operands=(source.id,), value=0.0, grad=None, differentiable=False, where=None,
        scope=source.scope,
    )  # fmt: skip
