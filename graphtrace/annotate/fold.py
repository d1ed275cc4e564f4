"""From recorded positions to the parts of a program: scopes, calls of functions, loops, repeats.

A record keeps the function and the instruction that made it, not who called that function. Calls
are found again by following the records with a stack, as an interpreter would: the next record
belongs to a function that is active, or to one that an active function calls at a place that can
come next. Scopes were recorded and are exact; the rest is a reading of the positions, and whatever
it says, every operation is in exactly one part.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import CodeType

from graphtrace.annotate.fold_calls import CallGraph, Step
from graphtrace.annotate.fold_code import code_map
from graphtrace.annotate.fold_loops import Item, regions_of
from graphtrace.annotate.fold_region import Region
from graphtrace.tape.sealed import Sealed

__all__ = ["find_outline"]

METHODS = ("__call__", "forward")
DEEPEST = 60
"""Calls of a recursive function inside of each other are told apart up to this depth."""


@dataclass(slots=True, eq=False)
class Open:
    """A scope or a call while its records are collected; `at` is the offset reached in a call.

    `inner` tells that a function of ours was recorded there and has not ended yet.
    """

    kind: str
    name: str
    code: CodeType | None = None
    stay: int = 0
    at: int | None = None
    inner: bool = False
    items: list[Item] = field(default_factory=list)


def find_outline(sealed: Sealed) -> Region:
    """Return the parts of the program that a graph was recorded from."""
    reader = _Reader(sealed)
    for number in range(len(sealed.nodes)):
        if sealed.op(number) is not None:
            reader.read(number)
    return regions_of(reader.whole.items, sealed)


class _Reader:
    """Follows the records with a stack of scopes and calls that are open."""

    def __init__(self, sealed: Sealed) -> None:
        self.sealed = sealed
        self.whole = Open("program", "")
        self.stack = [self.whole]
        positions = [
            (record.code, code_map(record.code).place(record.lasti))
            for number, record in enumerate(sealed.nodes)
            if sealed.op(number) is not None and isinstance(record.code, CodeType)
        ]
        own: dict[CodeType, set[int]] = {}
        for code, offset in positions:
            own.setdefault(code, set()).add(offset)
        self.calls = CallGraph({code: frozenset(offsets) for code, offsets in own.items()})

    def read(self, number: int) -> None:
        """Put a node where it belongs."""
        record = self.sealed.nodes[number]
        scopes = self._leave(number)
        code = record.code
        if not isinstance(code, CodeType) or code_map(code).is_generator:
            # A generator runs whenever it is asked; no position, so it stays where we are.
            if isinstance(code, CodeType) and not self.stack[1:]:
                self._open(self.calls.entry(code) or [])
            for stay, name in scopes:
                self._push(Open("scope", name, stay=stay), None, None)
            self.stack[-1].items.append(Item(number, code if isinstance(code, CodeType) else None))
            return
        offset = code_map(code).place(record.lasti)
        call = self._active(code, offset)
        if call is None:
            outside = self._outside(code, scopes)
            self._enter(scopes[:outside], code)
            call = self._called(code, offset)
            scopes = scopes[outside:]
        else:
            self._pop_to(call)
        self._enter(scopes, code, offset)
        call.at, call.inner = offset, record.lasti < 0
        self.stack[-1].items.append(Item(number, code, offset, inner=call.inner))

    def _leave(self, number: int) -> list[tuple[int, str]]:
        """Close the scopes that a node is not in, and return those to be opened for it."""
        wanted = list(zip(self.sealed.stays[number], self.sealed.scope(number), strict=True))
        kept = 0
        for at, part in enumerate(self.stack):
            if part.kind != "scope":
                continue
            if kept < len(wanted) and wanted[kept][0] == part.stay:
                kept += 1
                continue
            del self.stack[at:]
            break
        return wanted[kept:]

    def _push(
        self, part: Open, code: CodeType | None, at: int | None, *, sure: bool = True
    ) -> Open:
        self.stack[-1].items.append(Item(part, code, at, sure))
        self.stack.append(part)
        return part

    def _pop_to(self, part: Open) -> None:
        """Close calls down to one, but no scope: what is recorded now is in all that are open."""
        while self.stack[-1] is not part and self.stack[-1].kind == "call":
            self.stack.pop()

    def _active(self, code: CodeType, offset: int) -> Open | None:
        """Return the innermost call of a function that may go on with an offset."""
        for part in reversed(self.stack):
            if part.code is not code:
                continue
            if code_map(code).follows(part.at, offset) or (part.inner and part.at == offset):
                return part
        return None

    def _outside(self, code: CodeType, scopes: Sequence[tuple[int, str]]) -> int:
        """Return how many of the new scopes were opened before a function was called."""
        for at, (_, name) in enumerate(scopes):
            if code_map(code).opens(name):
                return at
        return len(scopes)

    def _enter(
        self, scopes: Sequence[tuple[int, str]], code: CodeType, offset: int | None = None
    ) -> None:
        """Open scopes, each inside of the innermost call that may have opened it.

        With an offset it was opened right before that, by the function itself.
        """
        for left, (stay, name) in zip(range(len(scopes), 0, -1), scopes, strict=True):
            part, at = self._opening(name)
            before = [o for o in code_map(code).opens(name) if offset is not None and o <= offset]
            if part is not None and part.code is code and len(before) >= left:
                at = before[-left]
            if part is None and not any(part.kind == "call" for part in self.stack):
                opener = self.calls.opener(name, code)
                if opener is not None:
                    self._push(Open("call", called(opener), opener), None, None)
                    part, at = self._opening(name)
            if part is not None:
                self._pop_to(part)
                part.at = at
            self._push(Open("scope", name, stay=stay), part.code if part else None, at)

    def _opening(self, name: str) -> tuple[Open | None, int | None]:
        for part in reversed(self.stack):
            if part.code is not None:
                facts = code_map(part.code)
                at = facts.next_call(facts.opens(name), part.at)
                if at is not None:
                    return part, at
        return None, None

    def _called(self, code: CodeType, offset: int) -> Open:
        """Open a call of a function, inside of the innermost call that may have made it."""
        found = self._by_name(code)
        steps: list[Step] = []
        if found is not None:
            self._pop_to(found[0])
            steps = found[1]
        elif not self._by_place(code, offset):
            while self.stack[-1].kind == "call":
                self.stack.pop()
            steps = self.calls.entry(code) or []
            if steps:
                top = Open("call", called(steps[0][0]), steps[0][0])
                self._push(top, None, None)
                self._adopt(self.stack[-2].items, top, steps[0][1])
        for at, (function, place) in enumerate(steps):
            top = next(part for part in reversed(self.stack) if part.code is function)
            top.at = place
            inner = steps[at + 1][0] if at + 1 < len(steps) else code
            self._push(Open("call", called(inner), inner), function, place)
        if not steps:
            self._push(Open("call", called(code), code), None, None, sure=False)
        part = self.stack[-1]
        self._adopt(self.stack[-2].items, part, offset)
        return part

    def _open(self, steps: Sequence[Step]) -> None:
        """Open the functions that lead to a generator, which is asked before they record."""
        for at, (function, _) in enumerate(steps):
            caller, place = steps[at - 1] if at else (None, None)
            self._push(Open("call", called(function), function), caller, place)

    def _by_name(self, code: CodeType) -> tuple[Open, list[Step]] | None:
        if len(self.stack) > DEEPEST:
            return None
        for part in reversed(self.stack):
            steps = part.code and self.calls.chain(part.code, part.at, code)
            if steps:
                return part, steps
        return None

    def _by_place(self, code: CodeType, offset: int) -> bool:
        """Open, or stay in, a call of something that has recorded nothing itself so far.

        It may be a function that only calls others, or one that is called by another name.
        """
        if len(self.stack) > DEEPEST:
            return False
        unseen = [part for part in self.stack if part.kind == "call" and part.code is None]
        known = unseen and any(_code(item) is code for item in unseen[-1].items)
        if known or (unseen and self._takes(code, offset, unseen[-1].items)):
            self._pop_to(unseen[-1])
            return True
        for part in reversed(self.stack):
            if part.code is not None:
                places = self.calls.unknown(part.code)
                at = code_map(part.code).next_call(tuple(places), part.at)
                if at is not None and (not unseen or part.at is None or at > part.at):
                    self._pop_to(part)
                    part.at = at
                    self._push(Open("call", places[at]), part.code, at, sure=False)
                    return True
        if unseen:
            self._pop_to(unseen[-1])
        return bool(unseen)

    def _takes(self, code: CodeType, offset: int, items: list[Item]) -> bool:
        """Tell whether a function may have made the last of some calls before an offset."""
        last = _code(items[-1])
        if last is None or items[-1].sure:
            return False
        ways = self.calls.ways(code, last) or tuple(self.calls.unknown(code))
        return code_map(code).call_before(ways, offset) is not None

    def _adopt(self, items: list[Item], part: Open, offset: int | None) -> None:
        """Take in the calls before, if this one may have made them before an offset."""
        if part.code is None or offset is None or len(self.stack) > DEEPEST:
            return
        bound, count, taken = offset, 0, list[Item]()
        crowded = self._crowded(items, part.code)
        for item in reversed(items[:-1]):
            code = _code(item)
            if item.sure or code is None or _height(item.thing) > DEEPEST:
                break
            ways = self.calls.ways(part.code, code)
            places = self.calls.unknown(part.code)
            at = code_map(part.code).call_before(ways or tuple(places), bound)
            if crowded and not ways and taken:
                at = taken[-1].at
            if at is None:
                break
            if ways:
                taken.append(Item(item.thing, part.code, at))
            elif taken and taken[-1].at == at:
                taken[-1].thing.items.insert(0, Item(item.thing))
            else:
                unseen = Open("call", places[at], items=[Item(item.thing)])
                taken.append(Item(unseen, part.code, at))
            bound, count = at, count + 1
        if taken:
            del items[-1 - count : -1]
            part.items[:0] = reversed(taken)

    def _crowded(self, items: list[Item], code: CodeType) -> bool:
        """Tell whether there are more calls of one function than places they may come from."""
        last = _code(items[-2]) if len(items) > 1 else None
        alike = 0
        for item in reversed(items[:-1]):
            if last is None or _code(item) is not last:
                break
            alike += 1
        return alike > len(self.calls.unknown(code))


def called(code: CodeType) -> str:
    """Return what a call of a function is called: an object that is called by its class."""
    words = code.co_qualname.split(".")
    return words[-2] if words[-1] in METHODS and len(words) > 1 else words[-1]


def _code(item: Item) -> CodeType | None:
    return item.thing.code if isinstance(item.thing, Open) else None


def _height(part: Open) -> int:
    heights = [_height(item.thing) for item in part.items[:1] if isinstance(item.thing, Open)]
    return 1 + max(heights, default=0)
