"""Which function of a program may have called which, and where, as far as names tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import CodeType

from graphtrace.annotate.fold_code import Callee, code_map

__all__ = ["CallGraph", "Step"]

Step = tuple[CodeType, int | None]
"""A function and the offset in it of the call that leads on."""


@dataclass(slots=True)
class CallGraph:
    """The functions that recorded something, and the calls among them.

    Attributes
    ----------
    own: for each function the offsets at which it recorded something itself.
    """

    own: Mapping[CodeType, frozenset[int]]
    _named: dict[str, list[CodeType]] = field(default_factory=dict)
    _ways: dict[tuple[CodeType, CodeType], tuple[int, ...]] = field(default_factory=dict)
    _reached: dict[CodeType, frozenset[CodeType]] = field(default_factory=dict)
    _roots: list[CodeType] = field(default_factory=list)

    def __post_init__(self) -> None:
        for code in self.own:
            self._named.setdefault(code.co_name, []).append(code)
        for code in self.own:
            self._reached[code] = self._reachable(code)
        called = {other for code in self.own for other in self._reached[code] if other is not code}
        self._roots = [code for code in self.own if code not in called]

    def _callees(self, words: Iterable[Callee]) -> list[CodeType]:
        found: list[CodeType] = []
        for word in words:
            if isinstance(word, CodeType):
                found += [word] if word in self.own else []
            else:
                found += self._named.get(word, ())
        return found

    def _reachable(self, code: CodeType) -> frozenset[CodeType]:
        found: dict[CodeType, None] = {}
        waiting = [code]
        while waiting:
            facts = code_map(waiting.pop())
            for other in self._callees([*facts.calls, *facts.loose]):
                if other not in found:
                    found[other] = None
                    waiting.append(other)
        return frozenset(found)

    def ways(self, caller: CodeType, target: CodeType) -> tuple[int, ...]:
        """Return the offsets of calls that are, or lead to, a call of a function by its name."""
        key = (caller, target)
        if key not in self._ways:
            self._ways[key] = tuple(
                sorted(
                    offset
                    for word, offsets in code_map(caller).calls.items()
                    for code in self._callees([word])[:1]
                    if any(c is target or target in self._reached[c]
                           for c in self._callees([word]))
                    for offset in offsets
                )
            )  # fmt: skip
        return self._ways[key]

    def chain(self, caller: CodeType, at: int | None, target: CodeType) -> list[Step] | None:
        """Return the calls that lead from a function, after an offset, to another one.

        The first is in the caller; the others are in functions that were entered on the way and
        that cannot have recorded anything before. None if there is no such way.
        """
        steps: list[Step] = []
        while True:
            facts = code_map(caller)
            offset = facts.next_call(self.ways(caller, target), at)
            if offset is None:
                if target in self._callees(facts.loose):
                    return [*steps, (caller, at)]
                return None
            fresh = bool(steps) and any(own < offset for own in self.own[caller])
            if fresh or any(code is caller for code, _ in steps):
                return None
            steps.append((caller, offset))
            callees = self._callees([w for w, places in facts.calls.items() if offset in places])
            if any(code is target for code in callees):
                return steps
            caller, at = next(code for code in callees if target in self._reached[code]), None

    def entry(self, target: CodeType) -> list[Step] | None:
        """Return the calls that lead to a function from one that nobody calls by its name."""
        for root in self._roots:
            if target in self._reached[root] and root is not target:
                steps = self.chain(root, None, target)
                if steps and not any(own < (steps[0][1] or 0) for own in self.own[root]):
                    return steps
        return None

    def opener(self, name: str, target: CodeType) -> CodeType | None:
        """Return a function that nobody calls by name, may open a scope, and leads to another."""
        for root in self._roots:
            if (root is target or target in self._reached[root]) and code_map(root).opens(name):
                return root
        return None

    def unknown(self, code: CodeType) -> dict[int, str]:
        """Return, in order, the calls of what recorded nothing under the name that it has there.

        Calls at which something was recorded are those of NumPy and the like.
        """
        found = {
            offset: word if isinstance(word, str) else word.co_name
            for word, offsets in code_map(code).calls.items()
            if not self._callees([word])
            for offset in offsets
            if offset not in self.own[code]
        }
        return dict(sorted(found.items()))
