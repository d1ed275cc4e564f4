"""Loops and repeats among what a call or a scope has recorded."""

import linecache
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from types import CodeType
from typing import Any

from graphtrace.annotate.fold_code import Loop, code_map, loop_place, loop_title
from graphtrace.annotate.fold_flow import leads
from graphtrace.annotate.fold_region import Region, members
from graphtrace.tape.sealed import Sealed
from graphtrace.tape.sources import Where

__all__ = ["Item", "regions_of"]

LONGEST_PERIOD = 8
LAMBDA = "<lambda>"
DIGITS = re.compile(r"[\s_.\-\[(#]*\d+[\])]*$")
Part = int | Region


@dataclass(frozen=True, slots=True)
class Item:
    """A node's number, or a scope or call with items of its own, and its position in a function.

    A node of a generator has its code and no position. `sure` is False for a call whose caller was
    guessed from where it could have been made, `inner` is True for an operation inside of a
    function of ours, which has the place of its call.
    """

    thing: Any
    code: CodeType | None = None
    at: int | None = None
    sure: bool = True
    inner: bool = False

    @property
    def of_generator(self) -> bool:
        """Tell whether it is a node that a generator recorded."""
        return self.code is not None and self.at is None and isinstance(self.thing, int)


def regions_of(items: Sequence[Item], sealed: Sealed) -> Region:
    """Return the regions of a whole program."""
    parts = _parts(items, sealed)
    while len(parts) == 1 and isinstance(parts[0], Region) and parts[0].kind == "call":
        parts = list(parts[0].parts)
    return Region("program", ("",), tuple(parts))


def _parts(items: Sequence[Item], sealed: Sealed) -> list[Part]:
    """Return what a scope or a call consists of, its loops and repeats found."""
    return _repeats(_looped(_placed(items), 0, sealed), sealed)


def _region(part: Any, sealed: Sealed) -> list[Part]:
    """Return a node's number as it is, a scope or call as a region.

    A scope around one call, or a call of one call or operation, is told once; a comprehension
    is no call to who wrote it.
    """
    if isinstance(part, int):
        return [part]
    parts = _parts(part.items, sealed)
    if part.kind == "call" and part.name.endswith("comp>"):
        return parts
    if len(parts) == 1:
        only = parts[0]
        if isinstance(only, int):
            return [only] if part.kind == "call" else [_new(part, parts, sealed)]
        if only.kind in ("call", "scope"):
            scope = "scope" in (part.kind, only.kind)
            names = (*only.names, part.name) if part.kind != "scope" and only.kind == "scope" else (
                part.name, *only.names)  # fmt: skip
            names = tuple(dict.fromkeys(names))
            return [replace(only, kind="scope" if scope else "call", names=names)]
        if part.kind == "call" and part.code is None and only.kind == "repeat":
            # A place that something else was called at, again and again.
            names = (part.name, *only.names) if only.name == LAMBDA else (*only.names, part.name)
            return [replace(only, names=tuple(dict.fromkeys(name for name in names if name)))]
    return _levels(part, parts, sealed) or [_new(part, parts, sealed)]


def _levels(part: Any, parts: list[Part], sealed: Sealed) -> list[Part]:
    """Return the calls of a function that calls itself once, first or last of all, side by side."""
    inner = [at for at, item in enumerate(part.items)
             if getattr(item.thing, "code", None) is part.code is not None]  # fmt: skip
    first, last = inner == [0], inner == [len(part.items) - 1]
    if first == last:
        return []
    at = 0 if first else -1
    deeper, rest = parts[at], parts[1:] if first else parts[:-1]
    if isinstance(deeper, int):
        deeper = _new(part.items[inner[0]].thing, [deeper], sealed)
    levels = deeper.parts if deeper.kind == "repeat" else (deeper,)
    own = _new(part, rest, sealed)
    if not all(isinstance(one, Region) and (one.kind, one.where) == ("call", own.where)
               for one in levels):  # fmt: skip
        return []
    return [*levels, own] if first else [own, *levels]


def _new(part: Any, parts: list[Part], sealed: Sealed) -> Region:
    found = Region(part.kind, (part.name,), tuple(parts))
    if part.code is not None:
        code = part.code
        text = linecache.getline(code.co_filename, code.co_firstlineno).strip()
        return replace(
            found, where=Where(code.co_filename, code.co_firstlineno, 1, text, code.co_name)
        )
    first = next(members(found), None)
    return replace(found, where=None if first is None else sealed.where(first))


@dataclass(frozen=True, slots=True)
class _Placed:
    """An item with the loops around it; one without a position is where the one before it is."""

    item: Item
    loops: tuple[Loop, ...]
    at: int


def _placed(items: Sequence[Item]) -> list[_Placed]:
    found: list[_Placed] = []
    loops: tuple[Loop, ...] = ()
    at = -1
    for item in items:
        if item.code is not None and item.at is not None:
            loops, at = code_map(item.code).around(item.at), item.at
        found.append(_Placed(item, loops, at))
    for number in range(len(found) - 2, -1, -1):
        # What a generator records it does for what comes next.
        if found[number].item.of_generator:
            found[number] = replace(found[number], loops=found[number + 1].loops)
    return found


def _looped(items: Sequence[_Placed], depth: int, sealed: Sealed) -> list[Part]:
    """Return items with those of each loop at a depth in one repeat of passes."""
    found: list[Part] = []
    at = 0
    while at < len(items):
        if len(items[at].loops) <= depth:
            found += _region(items[at].item.thing, sealed)
            at += 1
            continue
        loop, end = items[at].loops[depth], at
        while end < len(items) and items[end].loops[depth : depth + 1] == (loop,):
            end += 1
        passes = [_looped(part, depth + 1, sealed) for part in _passes(items[at:end], depth)]
        found += _loop(loop, [_repeats(part, sealed) for part in passes])
        at = end
    return found


def _passes(items: Sequence[_Placed], depth: int) -> list[list[_Placed]]:
    """Split what was recorded in a loop where the program went back in it."""
    passes: list[list[_Placed]] = [[]]
    before: _Placed | None = None
    made: list[_Placed] = []
    for item in items:
        if item.item.of_generator:
            made.append(item)
            continue
        if before is not None:
            common = [loop for loop in before.loops if loop in item.loops]
            if len(common) == depth + 1 and _goes_back(before, item):
                passes.append([])
        passes[-1] += [*made, item]
        made, before = [], item
    passes[-1] += made
    return passes


def _goes_back(before: _Placed, item: _Placed) -> bool:
    if item.item.at is None or item.item.code is None:
        return False
    if item.at != before.at:
        return before.at >= 0 and not leads(item.item.code, before.at, item.at)
    if item.item.at == before.item.at and before.item.inner:
        return False
    several = isinstance(item.item.thing, int) and isinstance(before.item.thing, int)
    if item.at == before.at and several:
        return item.at not in code_map(item.item.code).several
    return True


def _loop(loop: Loop, passes: list[list[Part]]) -> list[Part]:
    """Return a repeat; a single pass is no loop, but is told with the only loop inside of it."""
    title = loop_title(loop)
    if len(passes) == 1:
        only = passes[0][0] if len(passes[0]) == 1 else None
        if isinstance(only, Region) and only.kind == "repeat" and loop.extent:
            own = _is_turn(only.parts[0])
            names = (*only.names, title) if own else (f"{title}, {only.name}", *only.names)
            return [replace(only, names=tuple(dict.fromkeys(names)))]
        return list(passes[0])
    where = loop_place(loop)
    names = (title,) if where is None else (title, str(where))
    single = [part[0] for part in passes if len(part) == 1 and isinstance(part[0], Region)]
    alike = len(single) == len(passes) and len({_key(part) for part in single}) == 1
    if alike and single[0].kind in ("call", "scope"):
        # A loop around one call is that call, again and again.
        return [Region("repeat", (_base(single[0]), *names), tuple(single), where)]
    parts = tuple(Region("pass", names, tuple(part), where) for part in passes)
    return [Region("repeat", names, parts, where)]


def _base(region: Region) -> str:
    """Return the name that numbered scopes share: ``block`` of ``block 3``."""
    return DIGITS.sub("", region.name) or region.name if region.kind == "scope" else region.name


def _key(part: Part) -> Hashable:
    return (part.kind, _base(part)) if isinstance(part, Region) else None


def _is_turn(part: Part) -> bool:
    """Tell whether something has a name of its own, so that a repeat of it is called by that."""
    return isinstance(part, Region) and part.kind in ("call", "scope")


def _turn(part: Part, sealed: Sealed) -> str:
    """Return the name of what may come again and again at its place, if it is of that kind."""
    if isinstance(part, Region):
        return _base(part) if _is_turn(part) else ""
    record = sealed.nodes[part]
    if not isinstance(record.code, CodeType) or record.lasti < 0:
        return ""
    facts = code_map(record.code)
    return facts.turn(facts.place(record.lasti))


def _repeats(parts: list[Part], sealed: Sealed) -> list[Part]:
    """Return parts with what comes again and again as repeats: calls, scopes, terms of a sum."""
    turns = [_turn(part, sealed) for part in parts]
    if sum(map(bool, turns)) < 2:
        return parts
    keys = [_mark(part, sealed) for part in parts]
    found: list[Part] = []
    at = 0
    while at < len(parts):
        period, count = _best(keys, turns, at)
        if count < 2:
            found.append(parts[at])
            at += 1
            continue
        words = tuple(dict.fromkeys(word for word in turns[at : at + period] if word))
        found.append(_repeat(parts[at : at + period * count], period, words, sealed))
        at += period * count
    return found


def _mark(part: Part, sealed: Sealed) -> Hashable:
    if isinstance(part, Region):
        return _key(part)
    record = sealed.nodes[part]
    return ("node", record.code, record.lasti) if record.code is not None else ("node", part)


def _best(keys: list[Hashable], turns: list[str], at: int) -> tuple[int, int]:
    """Return the period and the count of what covers most from here on, the shortest period."""
    best, cover = (1, 1), 1
    for period in range(1, min(LONGEST_PERIOD, (len(keys) - at) // 2) + 1):
        if not any(turns[at : at + period]):
            continue
        first, count = keys[at : at + period], 1
        while keys[at + count * period : at + (count + 1) * period] == first:
            count += 1
        if count > 1 and count * period > cover:
            best, cover = (period, count), count * period
    return best


def _repeat(parts: list[Part], period: int, words: tuple[str, ...], sealed: Sealed) -> Region:
    regions = tuple(part for part in parts if isinstance(part, Region))
    numbers = (part for part in parts if isinstance(part, int))
    where = regions[0].where if regions else sealed.where(next(numbers))
    if period == 1 and regions:
        return Region("repeat", words, regions, where)
    names = (", ".join(words),)
    passes = [parts[at : at + period] for at in range(0, len(parts), period)]
    return Region("repeat", names, tuple(Region("pass", names, tuple(p), where) for p in passes),
                  where)  # fmt: skip
