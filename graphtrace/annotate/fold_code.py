"""What bytecode tells of a function's shape: the extents of its loops, the places of its calls.

Offsets are those that records keep. Source text is read for titles only, so that loops are found
where there is none.
"""

import ast
import builtins
import dis
import inspect
import linecache
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType

from graphtrace.annotate.fold_flow import home, leads
from graphtrace.tape.sources import Where

__all__ = ["Callee", "CodeMap", "Loop", "code_map", "loop_place", "loop_title"]

# Names whose calls lead to no function of the user's that records anything.
FOREIGN = frozenset(dir(builtins)) | {"np", "numpy", "math", "gt", "graphtrace", "nn"}
# Calls that record several operations at their one place.
SEVERAL = ("sum(", "reduce(", "functools.reduce(")
# Where handlers of exceptions stand since Python 3.12.
BEHIND = sys.version_info >= (3, 12)
JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)
LONGEST = 36
# How far behind Python 3.11's PRECALL the CALL is.
PREPARED = 4
Spot = tuple[int, int]
Extent = tuple[int, int, int, int]
Callee = str | CodeType
Statement = (
    ast.For | ast.AsyncFor | ast.While | ast.ListComp | ast.SetComp | ast.DictComp
    | ast.GeneratorExp
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop: the offsets that are executed again and again, and the extent of its source."""

    code: CodeType
    start: int
    end: int
    extent: Extent | None


@dataclass(frozen=True, slots=True)
class CodeMap:
    """The loops and the calls of one code object.

    Attributes
    ----------
    loops: outer ones before those inside of them.
    calls: the offsets of calls by the last word of what is called, ``block`` for ``net.block(x)``;
        by the code itself for a comprehension, and by "" for what has no name.
    openers: the offsets of calls of other libraries and of ours by the last word of their name:
        what may open a scope.
    several: offsets of instructions that may record more than one operation each.
    early: offsets of instructions that prepare the call after them, and may already make it.
    loose: words that generators in it call, at a time of their own.
    """

    code: CodeType
    loops: tuple[Loop, ...]
    calls: dict[Callee, tuple[int, ...]]
    openers: dict[Callee, tuple[int, ...]]
    several: frozenset[int]
    early: frozenset[int]
    loose: frozenset[Callee]
    is_generator: bool

    def place(self, offset: int) -> int:
        """Return an instruction's offset, also where its complement or a step of it is given."""
        offset = offset if offset >= 0 else ~offset
        return offset + PREPARED if offset in self.early else offset

    def around(self, offset: int) -> tuple[Loop, ...]:
        """Return the loops around an offset, the outermost first."""
        at = home(self.code, offset)
        return tuple(loop for loop in self.loops if loop.start <= at <= loop.end)

    def again(self, before: int, after: int) -> Loop | None:
        """Return the innermost loop around two offsets: the one that leads back."""
        inner = self.around(after)
        common = [loop for loop in self.around(before) if loop in inner]
        return common[-1] if common else None

    def opens(self, name: str) -> tuple[int, ...]:
        """Return the offsets of calls that may open a scope: `scope`, or a function of its name."""
        return self.openers.get(name) or self.calls.get(name) or self.openers.get("scope", ())

    def follows(self, before: int | None, after: int) -> bool:
        """Tell whether one offset may be executed after another in one call."""
        if before is None or self.again(before, after) is not None:
            return True
        if after == before:
            return after in self.several
        return leads(self.code, before, after)

    def turn(self, offset: int) -> str:
        """Return what an instruction that records several operations calls: ``sum``, or nothing."""
        if offset not in self.several:
            return ""
        calls = (*self.openers.items(), *self.calls.items())
        return next((str(word) for word, offsets in calls if offset in offsets), "")

    def next_call(self, offsets: tuple[int, ...], at: int | None) -> int | None:
        """Return the call that is made next after an offset: later, or in a further pass."""
        later = [offset for offset in offsets if at is None or offset > at]
        if at is None or not offsets:
            return later[0] if later else None
        loops = self.around(at)
        # The next one inside of a loop comes before any that is behind it.
        for loop in reversed(loops):
            inside = [offset for offset in offsets if loop.start <= offset <= loop.end]
            if inside:
                return next((offset for offset in inside if offset > at), inside[0])
        return later[0] if later else None

    def call_before(self, offsets: tuple[int, ...], at: int) -> int | None:
        """Return the last call that may have been made before an offset."""
        for loop in reversed(self.around(at)):
            inside = [offset for offset in offsets if loop.start <= offset <= loop.end]
            if inside:
                return next((offset for offset in reversed(inside) if offset < at), inside[-1])
        return next((offset for offset in reversed(offsets) if offset < at), None)


@lru_cache(maxsize=1024)
def code_map(code: CodeType) -> CodeMap:
    """Return the loops and calls of a code object, outer loops first."""
    ends: dict[int, int] = {}
    steps = list(dis.get_instructions(code))
    handled = False
    for step in steps:
        back = step.opcode in JUMPS and step.argval <= step.offset
        # Waiting for another generator is no loop of the user's. A handler of exceptions may stand
        # far behind; its way back does not make what lies in between a loop.
        if back and not (handled and BEHIND) and "INTERRUPT" not in step.opname:
            ends[step.argval] = max(ends.get(step.argval, 0), step.offset)
        handled = step.opname == "POP_EXCEPT" or (handled and step.opname == "POP_TOP")
    loops = [
        Loop(code, start, end, _hull(step for step in steps if start <= step.offset <= end))
        for start, end in ends.items()
    ]
    loops.sort(key=lambda loop: (loop.start, -loop.end))
    nested = [const for const in code.co_consts if isinstance(const, CodeType)]
    loose = {word for const in nested if _generates(const) for word in code_map(const).calls}
    several = frozenset(_several(code, steps))
    calls, openers = _calls(steps)
    early = frozenset(step.offset for step in steps if step.opname == "PRECALL")
    return CodeMap(
        code, tuple(loops), calls, openers, several, early, frozenset(loose), _generates(code)
    )


def _generates(code: CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_GENERATOR)


def _hull(steps: Iterator[dis.Instruction]) -> Extent | None:
    """Return the extent of source around some instructions."""
    spots = [span for span in map(_span, steps) if span]
    if not spots:
        return None
    (line, column), (end_line, end_column) = min(s for s, _ in spots), max(e for _, e in spots)
    return line, end_line, column, end_column


def _span(step: dis.Instruction) -> tuple[Spot, Spot] | None:
    place = step.positions
    if place is None or None in place:
        return None
    line, end_line, column, end_column = (part or 0 for part in place)
    return (line, column), (end_line, end_column)


Calls = dict[Callee, tuple[int, ...]]


def _calls(steps: list[dis.Instruction]) -> tuple[Calls, Calls]:
    """Return the offsets of calls by what is called: those of the user's functions, and others.

    A call begins in the source where what is called does.
    """
    heads: dict[Spot, list[tuple[Spot, Callee]]] = {}
    roots: dict[Spot, Callee] = {}
    for step in steps:
        span = _span(step)
        if span is None:
            continue
        # Two loads in one instruction are named in a pair; other tuples are constants.
        pair = isinstance(step.argval, tuple) and "LOAD_FAST" in step.opname
        word = step.argval[0] if pair else step.argval
        if not isinstance(word, (str, CodeType)) or not step.opname.startswith("LOAD"):
            continue
        heads.setdefault(span[0], []).append((span[1], word))
        roots.setdefault(span[0], word if "GLOBAL" in step.opname else "")
    found: dict[Callee, list[int]] = {}
    others: dict[Callee, list[int]] = {}
    nothing = None
    for step in steps:
        span = _span(step)
        if step.opname == "LOAD_CONST":
            nothing = span if step.argval is None else None
        if span is None or not step.opname.startswith("CALL") or "INTRINSIC" in step.opname:
            continue
        if span == nothing:
            # The way out of a `with`: a call without source, whose operands have its place.
            continue
        start, end = span
        inside = [(stop, word) for stop, word in heads.get(start, ()) if stop <= end]
        word = max(inside, key=_fitness)[1] if inside else ""
        foreign = word == "scope" or (roots.get(start) in FOREIGN and inside)
        (others if foreign else found).setdefault(word, []).append(step.offset)
    return _frozen(found), _frozen(others)


def _frozen(calls: dict[Callee, list[int]]) -> Calls:
    return {word: tuple(offsets) for word, offsets in calls.items()}


def _fitness(head: tuple[Spot, Callee]) -> tuple[Spot, bool]:
    """Let the longest expression win; a comprehension's variables stand where its code does."""
    return head[0], isinstance(head[1], CodeType)


def _several(code: CodeType, steps: list[dis.Instruction]) -> Iterator[int]:
    for step in steps:
        span = _span(step)
        if step.opname.startswith("UNPACK"):
            yield step.offset
        elif span is not None and step.opname.startswith("CALL"):
            line = linecache.getline(code.co_filename, span[0][0])
            # Columns count bytes of UTF-8.
            text = line.encode()[span[0][1] :].decode(errors="replace")
            if text.startswith(SEVERAL):
                yield step.offset


@lru_cache(maxsize=1024)
def loop_title(loop: Loop) -> str:
    """Return ``for x in xs``, or ``loop`` where there is no source."""
    found = _statement(loop)
    if found is None:
        return "loop"
    if isinstance(found, ast.While):
        return _short(f"while {ast.unparse(found.test)}")
    part = found if isinstance(found, (ast.For, ast.AsyncFor)) else found.generators[0]
    return _short(f"for {ast.unparse(part.target)} in {ast.unparse(part.iter)}")


def loop_place(loop: Loop) -> Where | None:
    """Return where a loop is written."""
    if loop.extent is None:
        return None
    found = _statement(loop)
    line, column = (found.lineno, found.col_offset) if found else (loop.extent[0], loop.extent[2])
    text = linecache.getline(loop.code.co_filename, line).strip()
    return Where(loop.code.co_filename, line, column + 1, text, loop.code.co_name)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _statement(loop: Loop) -> Statement | None:
    """Return the smallest loop of the source around a loop's instructions."""
    if loop.extent is None:
        return None
    name = loop.code.co_filename
    linecache.checkcache(name)
    line, end_line, column, end_column = loop.extent
    best = None
    for extent, node in _loops_of(name, hash(tuple(linecache.getlines(name)))):
        around = (extent[0], extent[2]) <= (line, column)
        if around and (extent[1], extent[3]) >= (end_line, end_column):
            # Inner ones come later in a walk from outside.
            best = node
    return best


@lru_cache(maxsize=64)
def _loops_of(name: str, stamp: int) -> tuple[tuple[Extent, Statement], ...]:
    """Return the loops of a file, outer ones first; `stamp` changes with its text."""
    try:
        tree = ast.parse("".join(linecache.getlines(name)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found = [node for node in ast.walk(tree) if isinstance(node, Statement)]
    return tuple(
        ((node.lineno, node.end_lineno or node.lineno, node.col_offset, node.end_col_offset or 0),
         node)
        for node in found
    )  # fmt: skip
