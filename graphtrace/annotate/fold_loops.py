"""Loops and repeats among what a call or a scope has recorded."""

import linecache
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import CodeType
from typing import Any

from graphtrace.annotate.fold_code import Loop, code_map, loop_place, loop_title
from graphtrace.annotate.fold_region import Region, members
from graphtrace.tape.sealed import Sealed
from graphtrace.tape.sources import Where

__all__ = ["Item", "regions_of"]

LONGEST_PERIOD = 8
DIGITS = re.compile(r"[\s_.\-\[(#]*\d+[\])]*$")
Part = int | Region


@dataclass(frozen=True, slots=True)
class Item:
    """A node's number, or a scope or call with items of its own, and its position in a function.

    `sure` is False for a call whose caller was guessed from where it could have been made, `inner`
    is True for an operation inside of a function of ours, which has the place of its call.
    """

    thing: Any
    code: CodeType | None = None
    at: int | None = None
    sure: bool = True
    inner: bool = False


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
            names = (part.name, *only.names) if part.name else only.names
            return [replace(only, names=tuple(dict.fromkeys(names)))]
    return [_new(part, parts, sealed)]


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
    passes = [[items[0]]]
    for before, item in pairwise(items):
        common = [loop for loop in before.loops if loop in item.loops]
        if len(common) == depth + 1 and _goes_back(before, item):
            passes.append([])
        passes[-1].append(item)
    return passes


def _goes_back(before: _Placed, item: _Placed) -> bool:
    if item.item.at is None or item.at > before.at:
        return False
    if item.item.at == before.item.at and before.item.inner:
        return False
    several = isinstance(item.item.thing, int) and isinstance(before.item.thing, int)
    if item.at == before.at and several and item.item.code is not None:
        return item.at not in code_map(item.item.code).several
    return True


def _loop(loop: Loop, passes: list[list[Part]]) -> list[Part]:
    """Return a repeat; a single pass is no loop, but is told with the only loop inside of it."""
    title = loop_title(loop)
    if len(passes) == 1:
        only = passes[0][0] if len(passes[0]) == 1 else None
        if isinstance(only, Region) and only.kind == "repeat" and loop.extent:
            names = (f"{title}, {only.name}", *only.names)
            return [replace(only, names=names)]
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


def _repeats(parts: list[Part], sealed: Sealed) -> list[Part]:
    """Return parts with calls and scopes that follow each other again and again as repeats."""
    if sum(isinstance(part, Region) and part.kind in ("call", "scope") for part in parts) < 2:
        return parts
    keys = [_mark(part, sealed) for part in parts]
    found: list[Part] = []
    at = 0
    while at < len(parts):
        period, count = _best(keys, parts, at)
        if count < 2:
            found.append(parts[at])
            at += 1
            continue
        found.append(_repeat(parts[at : at + period * count], period))
        at += period * count
    return found


def _mark(part: Part, sealed: Sealed) -> Hashable:
    if isinstance(part, Region):
        return _key(part)
    record = sealed.nodes[part]
    return ("node", record.code, record.lasti) if record.code is not None else ("node", part)


def _best(keys: list[Hashable], parts: list[Part], at: int) -> tuple[int, int]:
    """Return the period and the count of what covers most from here on, the shortest period."""
    best, cover = (1, 1), 1
    for period in range(1, min(LONGEST_PERIOD, (len(keys) - at) // 2) + 1):
        first = keys[at : at + period]
        if not any(isinstance(p, Region) and p.kind in ("call", "scope")
                   for p in parts[at : at + period]):  # fmt: skip
            continue
        count = 1
        while keys[at + count * period : at + (count + 1) * period] == first:
            count += 1
        if count > 1 and count * period > cover:
            best, cover = (period, count), count * period
    return best


def _repeat(parts: list[Part], period: int) -> Region:
    if period == 1:
        regions = tuple(part for part in parts if isinstance(part, Region))
        return Region("repeat", (_base(regions[0]),), regions, regions[0].where)
    words = [_base(part) for part in parts[:period] if isinstance(part, Region)]
    names = (", ".join(dict.fromkeys(words)),)
    where = next((part.where for part in parts if isinstance(part, Region)), None)
    passes = [parts[at : at + period] for at in range(0, len(parts), period)]
    return Region("repeat", names, tuple(Region("pass", names, tuple(p), where) for p in passes),
                  where)  # fmt: skip
