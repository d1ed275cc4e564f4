"""From facts to a scene: what is drawn, in which rows, and where everything lies."""

from dataclasses import replace
from itertools import pairwise

from graphtrace.annotate.facts import GraphFacts
from graphtrace.errors import LayoutError
from graphtrace.scene.accents import accents_of
from graphtrace.scene.compose import MARGIN, Laid, compose_scene
from graphtrace.scene.draft import Draft, Order, frame_of
from graphtrace.scene.layout import IN_PROCESS_LIMIT, Placement, place
from graphtrace.scene.model import Scene
from graphtrace.scene.options import Options
from graphtrace.scene.plan import Plan, edge_key, make_plan
from graphtrace.scene.select import Selection, select, with_stubs
from graphtrace.scene.spread import spread
from graphtrace.scene.typeset import plain_type
from graphtrace.scene.wrap import cut_edges, rows_within

__all__ = ["NODE_LIMIT", "SLIDE", "build_scene"]

NODE_LIMIT = 20_000
SLIDE, SMALLEST, LEAST = 1280, 10.0, 9.0
"""A slide's width in pixels; the smallest type, in points, and the least that is readable there."""
# Between columns, in points: the least, and what steep wires may ask for.
GAPS, CARD_GAPS = (6.0, 24.0), (10.0, 44.0)
ATTEMPTS = 5
# A row may be this much too wide before all are broken anew: type stays readable.
SLACK = 20.0
# With more rows than this each is laid out once, without a search for fewer crossings.
MANY_ROWS = 12


def build_scene(facts: GraphFacts, options: Options | None = None) -> Scene:
    """Return the picture of a graph.

    Raises
    ------
    LayoutError: when no Graphviz is installed, or for more than 20 000 nodes.
    NameNotFoundError: for a focus or a path through a node that does not exist.
    FormatError: for a path that does not exist, and gradients where there are none.
    """
    options = options or Options()
    chosen = select(facts, options)
    if len(chosen.facts.nodes) > NODE_LIMIT:
        raise LayoutError(
            f"{len(chosen.facts.nodes)} nodes are too many for a picture (at most {NODE_LIMIT}); "
            "draw a part (`--focus NAME`), or use `-o f.txt` or `-o f.json`"
        )
    with plain_type(wanted=len(chosen.facts.nodes) > IN_PROCESS_LIMIT):
        return _drawn(facts, options, chosen)


def _drawn(facts: GraphFacts, options: Options, chosen: Selection) -> Scene:
    accents = accents_of(facts, options).along(chosen.through)
    draft = Draft(make_plan(chosen, options, accents))
    draft, rows = _rows(draft, chosen)
    notes = (*chosen.notes, *accents.notes, *facts.extras.remarks)
    scene = compose_scene(draft, rows, chosen.whole, notes)
    return replace(scene, notes=(*scene.notes, *_wide(scene, options)))


def _rows(draft: Draft, chosen: Selection) -> tuple[Draft, list[Laid]]:
    """Return the rows of the picture: one, or as many as keep each within the wished width."""
    wish = draft.plan.options.wrap - 2 * MARGIN
    swell: dict[int, float] = {}
    found: tuple[Draft, list[Laid]] | None = None
    for _ in range(ATTEMPTS if len(draft.drawn) <= IN_PROCESS_LIMIT else 2):
        members = rows_within(draft, wish, _gaps(draft.plan)[0], swell) if wish > 0 else None
        if members is not None:
            found = _in_rows(draft, chosen, members)
        elif found is None:
            found = draft, [_laid(draft, None, 1)]
        else:
            break
        wide = [row for row in found[1] if _width(row) > wish + SLACK]
        if wish <= 0 or not wide:
            break
        for row in wide:
            # What stands in it takes more room than its blocks: leads, and gaps for steep wires.
            more = 1.03 * _width(row) / wish
            for id_ in (int(block.key[1:]) for block in row.blocks):
                swell[id_] = swell.get(id_, 1.0) * more
    assert found is not None
    return found


def _in_rows(
    draft: Draft, chosen: Selection, members: list[frozenset[int]]
) -> tuple[Draft, list[Laid]]:
    """Return a draft in which wires from row to row are broken, and its rows.

    Where a wire ends stands the name of what goes on, and again where it begins anew.
    """
    plan = draft.plan
    cut = cut_edges(draft, members)
    nodes = {node.id: node for node in plan.facts.nodes}
    ends = [
        (replace(edge, contribution=None), nodes[edge.source].name)
        for edge in plan.facts.edges
        if edge_key(edge) in cut and nodes[edge.source].kind == "op"
    ]
    facts, through = with_stubs(plan.facts, ends, chosen.free)
    stubs = [edge for edge in facts.edges if edge.target not in nodes]
    after = {edge.source: edge.target for edge in stubs}
    rows = [row | {after[id_] for id_ in row if id_ in after} for row in members]
    whole = replace(chosen, facts=facts)
    other = Draft(make_plan(whole, plan.options, plan.accents.along(through), cut))
    return other, [_laid(other, row, len(rows)) for row in rows]


def _laid(draft: Draft, among: frozenset[int] | None, rows: int) -> Laid:
    """Return one row with its places, the best of a few orders of the wires into its nodes."""
    low, high = _gaps(draft.plan)
    edges = draft.routed(among)

    def laid(order: Order) -> Laid:
        blocks = draft.blocks(order, among)
        frame = frame_of(blocks, edges, draft, low)
        placement = place(frame, draft.plan.options.deadline / rows)
        return Laid(blocks, edges, spread(frame, placement, high - low))

    first = best = laid({})
    if len(first.blocks) > IN_PROCESS_LIMIT or rows > MANY_ROWS:
        return best
    for knot in (-4, 0):
        order = draft.order(first.placement, knot, edges)
        if order:
            other = laid(order)
            if _climb(other.placement) < _climb(best.placement):
                best = other
    return best


def _gaps(plan: Plan) -> tuple[float, float]:
    return CARD_GAPS if plan.cards else GAPS


def _width(row: Laid) -> float:
    """Return how wide a row is, without its wires."""
    corners = zip(row.blocks, row.placement.corners, strict=True)
    spans = [(x, x + block.width) for block, (x, _) in corners]
    spans += [(box.x, box.right) for box in row.placement.clusters.values()]
    return max((end for _, end in spans), default=0.0) - min((x for x, _ in spans), default=0.0)


def _climb(placement: Placement) -> float:
    """Return how far all wires go up and down: less is calmer."""
    return sum(abs(a[1] - b[1]) for route in placement.routes for a, b in pairwise(route))


def _wide(scene: Scene, options: Options) -> tuple[str, ...]:
    """Return what to do about a picture whose type is too small on a slide."""
    size = SMALLEST * SLIDE / scene.width
    if size >= LEAST:
        return ()
    less = "" if options.show <= {"value", "name"} else "show less (`--show value,name`), "
    advice = (
        f"The picture is {scene.width:.0f} points wide: on a slide of {SLIDE} pixels its small"
        f" type has {size:.1f} px. Draw a part (`--focus NAME`), {less}or read it as text"
        " (`-o f.txt`)."
    )
    return (advice,)
