"""Long pictures in rows, broken like lines of type where the fewest wires go on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphtrace.scene.draft import Draft, frame_of
from graphtrace.scene.layered import columns_of
from graphtrace.scene.layout import Frame
from graphtrace.scene.plan import edge_key
from graphtrace.scene.routes import SIDE
from graphtrace.scene.select import STUB

__all__ = ["MOST_BLOCKS", "cut_edges", "rows_within"]

MOST_BLOCKS = 2000
# More wires than this across a break would make a riddle of the picture.
NAMED, UNNAMED, MOST_CROSSING = 2, 3, 24
# A row is at least this much of the width that it may have.
FULL = 0.55
# What a wire that is broken takes at the end of a row and at the beginning of the next.
ENDS = 80.0


def rows_within(
    draft: Draft, width: float, gap: float, swell: Mapping[int, float]
) -> list[frozenset[int]] | None:
    """Return which nodes stand in which row, no row much wider than `width` points.

    None where one row is enough, or where too many wires would be broken. Widths are those of
    the blocks in their columns; what a layout makes of them differs, `swell` tells by how much
    near some nodes.
    """
    if len(draft.drawn) > MOST_BLOCKS:
        return None
    blocks = draft.blocks({})
    edges = draft.routed()
    columns = _columns(frame_of(blocks, edges, draft, gap))
    place = {int(block.key[1:]): column for block, column in zip(blocks, columns, strict=True)}
    widths = [0.0] * (max(columns, default=0) + 1)
    for block, column in zip(blocks, columns, strict=True):
        wide = (block.width + 2 * SIDE + gap) * swell.get(int(block.key[1:]), 1.0)
        widths[column] = max(widths[column], wide)
    named = {node.id: node.named for node in draft.drawn if node.kind == "op"}
    ends: dict[int, int] = {}
    for edge in edges:
        if edge.source in named:
            # The furthest use: to the left in a backward pass.
            way = -1 if edge.source in draft.plan.back else 1
            reach = way * place[edge.target]
            ends[edge.source] = max(ends.get(edge.source, reach), reach)
    # A break after a value that the user has named, as at the end of a loop's body, reads best.
    spans = [
        (min(place[id_], abs(end)), max(place[id_], abs(end)), NAMED if named[id_] else UNNAMED)
        for id_, end in ends.items()
    ]
    # The first row has a part of the program, not only steps between gradients.
    start = min((place[id_] for id_ in named if id_ not in draft.plan.back), default=0)
    breaks = _balanced(widths, spans, width, start)
    if not breaks:
        return None
    return _rows(draft, place, breaks)


def _columns(frame: Frame) -> list[int]:
    """Return each block's column; a gradient stands in the column of what it is the gradient of."""
    leader = list(range(len(frame.boxes)))
    for above, below in frame.pairs:
        leader[below] = above
    edges = []
    for edge in frame.edges:
        ends = leader[edge.source], leader[edge.target]
        if frame.boxes[edge.target].mirrored:
            # The backward pass runs through the same columns the other way round.
            ends = ends[1], ends[0]
        edges.append(replace(edge, source=ends[0], target=ends[1]))
    columns = columns_of(replace(frame, edges=tuple(edges)))
    columns = [columns[at] for at in leader]
    operands: dict[int, list[int]] = {}
    uses: dict[int, list[int]] = {}
    for edge in frame.edges:
        operands.setdefault(edge.target, []).append(edge.source)
        uses.setdefault(edge.source, []).append(edge.target)
    early = set[int]()
    for at, box in enumerate(frame.boxes):
        # Steps between gradients stand next to what they are computed from.
        if box.mirrored and leader[at] == at and at in operands:
            columns[at] = min(columns[source] for source in operands[at]) - 1
        if not box.mirrored and early.issuperset(operands.get(at, ())):
            early.add(at)
    # What is computed from inputs alone, such as a slice of the data, stands next to its use.
    for at in sorted(early, reverse=True):
        ahead = [columns[user] for user in uses.get(at, ()) if not frame.boxes[user].mirrored]
        columns[at] = min(ahead) - 1 if ahead else columns[at]
    return columns


def _balanced(
    widths: Sequence[float],
    spans: list[tuple[int, int, int]],
    width: float,
    start: int,
) -> list[int]:
    """Return the breaks for rows of about the same width, no more of them than are needed."""
    crossing = _crossing(len(widths), spans)
    best = _breaks(widths, crossing, width, start)
    low, high = width / 2, width
    while best and high - low > width / 50:
        middle = (low + high) / 2
        tried = _breaks(widths, crossing, middle, start)
        # Rows of one length are worth no worse breaks.
        if len(tried) == len(best) and _price(tried, crossing) <= _price(best, crossing):
            best, high = tried, middle
        else:
            low = middle
    return best


def _crossing(columns: int, spans: list[tuple[int, int, int]]) -> list[int]:
    """Return how bad a break before each column is.

    `spans` are the columns where values begin and are used last, and how bad it is to break them.
    """
    crossing = [0] * (columns + 1)
    for start, stop, price in spans:
        for column in range(start + 1, stop + 1):
            crossing[column] += price
    return crossing


def _price(breaks: list[int], crossing: Sequence[int]) -> int:
    return sum(crossing[column] for column in breaks)


def _breaks(
    widths: Sequence[float], crossing: Sequence[int], width: float, start: int
) -> list[int]:
    """Return the columns that begin a row; none where one is enough or a break is too busy.

    The first row reaches to the column `start` at least.
    """
    breaks, first = [0], 0
    while sum(widths[first:]) > width - (ENDS if first else 0.0):
        so_far = ENDS if first else ENDS / 2
        offers: list[tuple[int, int]] = []
        for column in range(first, len(widths) - 1):
            so_far += widths[column]
            if so_far > width and offers:
                break
            if column < start:
                continue
            if so_far >= FULL * width or so_far > width:
                offers.append((crossing[column + 1], -column - 1))
        if not offers:
            break
        busy, column = min(offers)
        if busy > MOST_CROSSING:
            return []
        first = -column
        breaks.append(first)
    return breaks if len(breaks) > 1 else []


def _rows(draft: Draft, place: dict[int, int], breaks: list[int]) -> list[frozenset[int]]:
    row = {id_: sum(column >= start for start in breaks) - 1 for id_, column in place.items()}
    edges = draft.routed()
    back = draft.plan.back
    fed = {edge.target for edge in edges} | back
    first: dict[int, int] = {}
    for edge in edges:
        if edge.source not in fed:
            # An input stands in the row of its first use.
            at = row[edge.target]
            first[edge.source] = min(first.get(edge.source, at), at)
    row |= first
    for gradient, of in draft.plan.facts.mirror.items():
        if of in row and gradient in row:
            row[gradient] = row[of]
    stubs = {node.id for node in draft.plan.facts.nodes if node.kind == STUB}
    for edge in edges:
        if edge.target in stubs:
            # Where the picture ends stands behind what goes on there.
            row[edge.target] = row[edge.source]
    return [
        frozenset(id_ for id_, at in row.items() if at == number) for number in range(len(breaks))
    ]


def cut_edges(draft: Draft, rows: Sequence[frozenset[int]]) -> frozenset[str]:
    """Return the keys of the edges from one row to another."""
    row = {id_: at for at, members in enumerate(rows) for id_ in members}
    return frozenset(
        edge_key(edge) for edge in draft.routed() if row[edge.source] != row[edge.target]
    )
