"""What may be executed after what in one pass through a function, as its jumps tell."""

import dis
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType

__all__ = ["home", "leads"]

ENDS = ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE")
JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)
Reach = dict[int, int]
"""For each offset the set of those that it leads to, itself included, as bits."""


@dataclass(frozen=True, slots=True)
class _Flow:
    """What jumps lead to from the start, as bits; all jumps; what leads where."""

    main: int
    jumps: tuple[tuple[int, int], ...]
    reach: Reach

    def start(self, offset: int) -> int:
        """Return where an instruction starts: a call is recorded at the end of its cache."""
        while offset > 0 and offset not in self.reach:
            offset -= 2
        return offset

    def handles(self, offset: int) -> bool:
        """Tell whether no jump leads to an offset, as to a handler of exceptions."""
        return not self.main >> offset & 1


def leads(code: CodeType, before: int, after: int) -> bool:
    """Tell whether an offset may be executed after another one without a new pass of a loop.

    No jump leads to a handler of exceptions: it may follow all that stands before it.
    """
    flow = _flow(code)
    before, after = flow.start(before), flow.start(after)
    if before == after:
        return False
    if flow.handles(after):
        return after > before
    return bool(flow.reach.get(before, 0) >> after & 1)


def home(code: CodeType, offset: int) -> int:
    """Return an offset, for one in a handler of exceptions the offset at which that goes on."""
    flow = _flow(code)
    if not flow.handles(flow.start(offset)):
        return offset
    offset = flow.start(offset)
    inside = flow.reach.get(offset, 0)
    after = [target for at, target in flow.jumps
             if inside >> at & 1 and flow.handles(at) and not flow.handles(target)]  # fmt: skip
    return min(after, default=offset)


@lru_cache(maxsize=1024)
def _flow(code: CodeType) -> _Flow:
    steps = list(dis.get_instructions(code))
    first = _swept(steps, _loops(steps, -1), {})
    main = first[steps[0].offset]
    jumps = tuple((step.offset, step.argval) for step in steps if step.opcode in JUMPS)
    # A handler may stand far behind: its way back into a loop's body is no loop.
    return _Flow(main, jumps, _swept(steps, _loops(steps, main), first))


def _loops(steps: list[dis.Instruction], main: int) -> dict[int, int]:
    """Return where loops begin, with their last jump back, by the jumps in `main`."""
    ends: dict[int, int] = {}
    for step in steps:
        if step.opcode in JUMPS and step.argval <= step.offset and main >> step.offset & 1:
            ends[step.argval] = max(ends.get(step.argval, 0), step.offset)
    return ends


def _swept(steps: list[dis.Instruction], loops: dict[int, int], known: Reach) -> Reach:
    """Return what leads where without going back in a loop."""
    jumps = [(step.offset, step.argval) for step in steps if step.opcode in JUMPS]
    reach: Reach = {}
    following = 0
    for step in reversed(steps):
        found = 1 << step.offset
        always = step.opname in ENDS or (
            step.opname.startswith("JUMP_") and "IF" not in step.opname
        )
        found |= 0 if always else following
        if step.opcode in JUMPS and step.argval > step.offset:
            found |= reach.get(step.argval, 0)
        elif step.opcode in JUMPS and step.argval not in loops:
            found |= known.get(step.argval, 0)
        elif step.opcode in JUMPS:
            # Where a loop goes back it may also be left, by the ways out that it has.
            end = loops[step.argval]
            for offset, target in jumps:
                if step.argval <= offset <= end < target:
                    found |= reach.get(target, 0)
        reach[step.offset] = following = found
    return reach
