"""Words of a storyboard: a step, and a list of them with the graph that they are about."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from graphtrace.annotate.facts import GraphFacts
from graphtrace.annotate.worked import Equation

__all__ = ["Step", "Storyboard"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a lecture.

    Attributes
    ----------
    kind: ``title``, ``graph``, ``inputs``, ``forward``, ``seed``, ``local``, ``contribution``,
        ``sum``, ``level`` (several gradients at once), or ``end``.
    heading: what it is about, in a few words.
    captions: one equation for each line.
    notes: what a speaker may say, in plain words.
    new: what appears: ``"value n3"``, ``"grad n3"``, ``"local e1-3-0"``,
        ``"contribution e1-3-0"``, with the keys that nodes and wires have in the picture.
    lit: keys of the nodes and wires that it is about.
    """

    kind: str
    heading: str
    captions: tuple[Equation, ...]
    notes: str
    new: frozenset[str] = frozenset()
    lit: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Storyboard:
    """The steps of one graph in order; what a step shows stays for those after it.

    `already` is what is visible before the first of them.
    """

    title: str
    facts: GraphFacts
    steps: tuple[Step, ...]
    already: frozenset[str] = frozenset()

    def shown(self) -> Iterator[tuple[Step, frozenset[str]]]:
        """Yield each step with everything that is visible in it."""
        seen = self.already
        for step in self.steps:
            seen |= step.new
            yield step, seen

    def part(self, first: int, last: int) -> "Storyboard":
        """Return the steps from one number to another, counted from 1, both included."""
        before = self.steps[: first - 1]
        already = self.already.union(*(step.new for step in before))
        return replace(self, steps=self.steps[first - 1 : last], already=already)

    def as_json(self) -> dict[str, Any]:
        """Return the storyboard as data: what each step shows, lights and says."""
        return {
            "title": self.title,
            "steps": [
                {
                    "kind": step.kind,
                    "heading": step.heading,
                    "captions": [line.text for line in step.captions],
                    "latex": [line.latex for line in step.captions],
                    "notes": step.notes,
                    "new": sorted(step.new),
                    "highlighted": sorted(step.lit),
                }
                for step in self.steps
            ],
        }
