"""Which parts of a program are shown folded: asked for by name or depth, or as few as needed."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from graphtrace.annotate.facts import EdgeFacts, GraphFacts
from graphtrace.annotate.fold_region import Region
from graphtrace.annotate.summary import element_count
from graphtrace.errors import NameNotFoundError, did_you_mean
from graphtrace.scene.wording import TINY

__all__ = ["READABLE", "Branch", "Cell", "Outline"]

READABLE = 60
"""Pictures of up to so many nodes are drawn whole, and larger ones are opened as far as that."""
CARD = 3.0
"""How many nodes of numbers take the room of one array's card."""
MOST_FRAMES = 6
"""Frames inside of each other that a picture opens by itself."""
INDEX = re.compile(r"(?P<name>.+?)\[(?P<index>\d+|\*)\]")


@dataclass(slots=True, eq=False)
class Branch:
    """A region in its place: the operations from `start` to `end`, counted in order of execution.

    `index` counts from 1 among the passes of a repeat, or among siblings of the same name.
    """

    region: Region
    parent: "Branch | None"
    start: int
    end: int = 0
    index: int = 1
    label: str = ""
    children: "list[int | Branch]" = field(default_factory=list)

    @property
    def repeats(self) -> bool:
        """Tell whether its parts are passes of one kind."""
        return self.region.kind == "repeat"

    @property
    def branches(self) -> "list[Branch]":
        """The regions in it."""
        return [child for child in self.children if isinstance(child, Branch)]

    def chain(self) -> "list[Branch]":
        """Return the way from the whole program to here, both left out."""
        found = []
        above = self.parent
        while above is not None and above.parent is not None:
            found.append(above)
            above = above.parent
        return found[::-1]


@dataclass(frozen=True, slots=True)
class Cell:
    """What is drawn as one: an operation, or the passes `first` to `last` of a folded branch."""

    start: int
    end: int
    path: tuple[str, ...]
    branch: Branch | None = None
    first: int = 0
    last: int = 0


class Outline:
    """The regions of a graph as a tree with labels, and the choice of what is open in it."""

    def __init__(self, facts: GraphFacts) -> None:
        self.facts = facts
        self.operations = [node.id for node in facts.nodes if node.kind == "op"]
        self.place = {id_: at for at, id_ in enumerate(self.operations)}
        whole = facts.outline or Region("program", ("",), tuple(self.operations))
        self.whole = self._grown(whole, None, 0)
        self.incoming: dict[int, list[EdgeFacts]] = {}
        self.users: dict[int, list[int]] = {}
        for edge in facts.edges:
            self.incoming.setdefault(edge.target, []).append(edge)
            self.users.setdefault(edge.source, []).append(edge.target)
        self._has_arrays = any(element_count(node.value) > TINY for node in facts.nodes)
        self._leaves = [
            [self.place[user] for user in self.users[node.id]]
            for node in facts.nodes
            if node.kind == "input" and node.id in self.users
        ]

    def _grown(self, region: Region, parent: Branch | None, start: int) -> Branch:
        branch = Branch(region, parent, start)
        at = start
        for part in region.parts:
            if isinstance(part, Region):
                child = self._grown(part, branch, at)
                branch.children.append(child)
                at = child.end
            else:
                branch.children.append(at)
                at += 1
        branch.end = at
        _label(branch)
        return branch

    def walk(self) -> Iterator[Branch]:
        """Yield all branches, outer ones before those in them."""
        waiting = self.whole.branches[::-1]
        while waiting:
            branch = waiting.pop()
            yield branch
            waiting += branch.branches[::-1]

    # -- what is open ---------------------------------------------------------------------

    def by_depth(self, depth: int) -> set[Branch]:
        """Return the branches to open so that what lies `depth` levels inside is seen."""
        return {branch for branch in self.walk() if len(branch.chain()) < depth}

    def named(self, words: Iterable[str]) -> set[Branch]:
        """Return the branches to open so that what is inside of the named ones is seen.

        Of a repeat the first pass is opened, `block[3]` is its third and `block[*]` all of them;
        `block[3]/attention` is a part of the third.

        Raises
        ------
        NameNotFoundError: for a name that no part of the program has.
        """
        branches = list(self.walk())
        known = {name for branch in branches for name in (*branch.region.names, branch.label)}
        found: set[Branch] = set()
        for word in words:
            opened = self._matching(branches, word.strip())
            if not opened and "," in word:
                parts = [self._matching(branches, part.strip()) for part in word.split(",")]
                opened = [branch for part in parts for branch in part] if all(parts) else []
            if not opened:
                hint = did_you_mean(word, known) if known else "; it has no parts to unfold"
                raise NameNotFoundError(f"unfold: no part of the program {word!r}{hint}")
            for branch in opened:
                found.add(branch)
                found |= {above for above in branch.chain() if not above.repeats}
        return found

    def around(self, nodes: Iterable[int]) -> set[Branch]:
        """Return the branches to open so that some nodes are seen."""
        found: set[Branch] = set()
        for place in (self.place[id_] for id_ in nodes if id_ in self.place):
            branch: Branch | None = self.whole
            while branch is not None:
                found.add(branch)
                branch = next((b for b in branch.branches if b.start <= place < b.end), None)
        return {branch for branch in found if branch.parent is not None and not branch.repeats}

    def _matching(self, branches: Sequence[Branch], word: str) -> list[Branch]:
        for steps in ([word], word.split("/")):
            found = [
                inner
                for branch in branches
                if _is_called(branch, steps[-1]) and _lies_in(branch, steps[:-1])
                for inner in _inside(branch)
            ]
            if found:
                return found
        return []

    def readable(self) -> set[Branch]:
        """Return as many branches as can be open in a readable picture, outer ones first.

        What lies side by side in one branch is opened all together or not at all, so that a
        picture has one level of detail. Of a repeat one pass is opened; the others are like it.
        """
        opened: set[Branch] = set()
        waiting = [[branch] for branch in sorted(self.whole.branches, key=_size)]
        for group in waiting:
            more = {inner for branch in group for inner in _inside(branch) if _size(inner) > 1}
            deep = any(len(branch.chain()) >= MOST_FRAMES for branch in group)
            if more and not deep and self.weight(opened | more) <= READABLE:
                opened |= more
                waiting += [branch.branches for branch in sorted(more, key=_place)]
        return opened

    def weight(self, opened: set[Branch]) -> float:
        """Return how much room is taken when some branches are open, in nodes of numbers."""
        array = CARD if self._has_arrays else 1.0
        return array * self.drawn(opened)

    def drawn(self, opened: set[Branch] | None) -> int:
        """Return how many nodes are drawn when some branches are open; None stands for all."""
        if opened is None:
            return len(self.operations) + len(self._leaves)
        cells = self.cells(opened)
        starts = [cell.start for cell in cells]
        seen = 0
        for uses in self._leaves:
            users = {bisect_right(starts, at) - 1 for at in uses}
            seen += len(users) > 1 or cells[users.pop()].branch is None
        return len(cells) + seen

    def cells(self, opened: set[Branch]) -> list[Cell]:
        """Return what is drawn, in order of execution, when some branches are open."""
        inner = {above for branch in opened for above in branch.chain()} | opened
        found: list[Cell] = []
        _cut(self.whole, (), opened, inner, found)
        return found


def _label(branch: Branch) -> None:
    """Give the branches in one labels that tell them apart."""
    names = Counter(child.region.name for child in branch.branches)
    seen: Counter[str] = Counter()
    for child in branch.branches:
        name = child.region.name
        seen[name] += 1
        child.index = sum(seen.values()) if branch.repeats else seen[name]
        child.label = name
        if names[name] > 1:
            child.label = f"{name}[{child.index}]"


def _is_pass(branch: Branch) -> bool:
    """Tell whether a branch is a pass of a repeat and has no name of its own."""
    return branch.parent is not None and branch.parent.repeats and branch.label.endswith("]")


def _is_called(branch: Branch, word: str) -> bool:
    if word == branch.label:
        return True
    if not _is_pass(branch) and word in branch.region.names:
        return True
    match = INDEX.fullmatch(word)
    if match is None:
        return False
    names = {*branch.region.names}
    if branch.parent is not None and branch.parent.repeats:
        names |= {*branch.parent.region.names}
    elif branch.repeats:
        return False
    return match["name"] in names and match["index"] in ("*", str(branch.index))


def _lies_in(branch: Branch, steps: list[str]) -> bool:
    """Tell whether a branch lies in others that are called so, the outer ones first.

    Inside of a repeat that is not mentioned with a number, it is the first pass.
    """
    left = steps[:]
    for above in reversed([*branch.chain()]):
        told = bool(left) and _is_called(above, left[-1])
        if told:
            left.pop()
        if _is_pass(above) and above.index != 1 and not told:
            return False
    return not left


def _size(branch: Branch) -> int:
    return branch.end - branch.start


def _place(branch: Branch) -> tuple[int, int]:
    return branch.start, -branch.end


def _inside(branch: Branch) -> list[Branch]:
    """Return what to open for a branch: of a repeat its first pass."""
    if not branch.repeats:
        return [branch]
    return branch.branches[:1]


def _cut(
    branch: Branch,
    path: tuple[str, ...],
    opened: set[Branch],
    inner: set[Branch],
    found: list[Cell],
) -> None:
    """Collect the cells of an open branch; what is folded in it is one cell each."""
    for child in branch.children:
        if isinstance(child, int):
            found.append(Cell(child, child + 1, path))
        elif child.repeats:
            _cut_repeat(child, path, opened, inner, found)
        elif child in inner:
            _cut(child, (*path, child.label), opened, inner, found)
        else:
            found.append(_cell(child, path, child.index, child.index, child))


def _cut_repeat(
    branch: Branch,
    path: tuple[str, ...],
    opened: set[Branch],
    inner: set[Branch],
    found: list[Cell],
) -> None:
    run: list[Branch] = []

    def end_run() -> None:
        if len(run) == 1:
            found.append(_cell(run[0], path, run[0].index, run[0].index, run[0]))
        elif run:
            found.append(Cell(run[0].start, run[-1].end, path, branch, run[0].index, run[-1].index))
        run.clear()

    for one in branch.branches:
        if one in inner:
            end_run()
            _cut(one, (*path, one.label), opened, inner, found)
        elif branch in opened:
            found.append(_cell(one, path, one.index, one.index, one))
        else:
            run.append(one)
    end_run()


def _cell(branch: Branch, path: tuple[str, ...], first: int, last: int, one: Branch) -> Cell:
    """Return a folded branch; a single operation is drawn as itself."""
    if branch.end - branch.start == 1:
        return Cell(branch.start, branch.end, path)
    return Cell(branch.start, branch.end, path, one, first, last)
