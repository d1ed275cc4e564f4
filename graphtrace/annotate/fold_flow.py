"""What may be executed after what in one pass through a function, as its jumps tell."""

import dis
from functools import lru_cache
from types import CodeType

__all__ = ["leads"]

ENDS = ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE")
JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)
Reach = dict[int, int]


def leads(code: CodeType, before: int, after: int) -> bool:
    """Tell whether an offset may be executed after an earlier one without a new pass of a loop.

    What no jump leads to, such as a handler of exceptions, may follow all that stands before it.
    """
    if after <= before:
        return False
    reach = _reach(code)
    start = min(reach, default=0)
    known = all(_bit(reach, start, offset) for offset in (before, after))
    return _bit(reach, before, after) if known else True


def _bit(reach: Reach, before: int, after: int) -> bool:
    return bool(reach.get(before, 0) >> after & 1)


@lru_cache(maxsize=1024)
def _reach(code: CodeType) -> Reach:
    """Return for each offset the set of those that it leads to, itself included, as bits."""
    steps = list(dis.get_instructions(code))
    jumps = [(step.offset, step.argval) for step in steps if step.opcode in JUMPS]
    ends: dict[int, int] = {}
    for offset, target in jumps:
        if target <= offset:
            ends[target] = max(ends.get(target, 0), offset)
    reach: Reach = {}
    following = None
    for step in reversed(steps):
        name = step.opname
        found = 1 << step.offset
        always = name in ENDS or (name.startswith("JUMP_") and "IF" not in name)
        if following is not None and not always:
            found |= reach[following]
        if step.opcode in JUMPS and step.argval > step.offset:
            found |= reach.get(step.argval, 0)
        elif step.opcode in JUMPS:
            # Where a loop goes back it may also be left, by the ways out that it has.
            end = ends[step.argval]
            for offset, target in jumps:
                if step.argval <= offset <= end < target:
                    found |= reach.get(target, 0)
        reach[step.offset] = found
        following = step.offset
    return reach
