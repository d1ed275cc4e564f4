"""The timing of a slide in which shapes appear and disappear at clicks (ECMA-376, 19.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphtrace.scene.needs import need

__all__ = ["Click", "timing"]

SPACE = "http://schemas.openxmlformats.org/presentationml/2006/main"
P = f"{{{SPACE}}}"
APPEAR = 1
"""The number of the effects Appear and Disappear."""


@dataclass(frozen=True, slots=True)
class Click:
    """The elements of a slide that appear, and those that disappear, at one click."""

    come: tuple[Any, ...]
    go: tuple[Any, ...]


def timing(clicks: Sequence[Click]) -> Any:
    """Return the element `p:timing` of a slide.

    A shape that appears before it ever disappears is not there from the beginning.
    """
    return _Timing().whole(clicks)


class _Timing:
    """Makes the tree; each time node has the next number."""

    def __init__(self) -> None:
        self._etree: Any = need("lxml.etree", "python-pptx", "PPTX", extra="pptx")
        self._last = 0
        self._effects: dict[str, int] = {}
        self._builds = self._element("bldLst")

    def whole(self, clicks: Sequence[Click]) -> Any:
        root = self._element("timing")
        outer = self._add(self._add(root, "tnLst"), "par")
        all_ = self._time(outer, dur="indefinite", restart="never", nodeType="tmRoot")
        sequence = self._add(self._add(all_, "childTnLst"), "seq", concurrent=1, nextAc="seek")
        main = self._time(sequence, dur="indefinite", nodeType="mainSeq")
        # A list may not be empty.
        steps = self._add(main, "childTnLst") if clicks else None
        for click in clicks:
            self._click(steps, click)
        for key, event in (("prevCondLst", "onPrev"), ("nextCondLst", "onNext")):
            condition = self._add(self._add(sequence, key), "cond", evt=event, delay=0)
            self._add(self._add(condition, "tgtEl"), "sldTgt")
        if len(self._builds):
            root.append(self._builds)
        return root

    def _click(self, steps: Any, click: Click) -> None:
        waiting = self._time(self._add(steps, "par"), fill="hold")
        self._start(waiting, "indefinite")
        together = self._time(self._add(self._add(waiting, "childTnLst"), "par"), fill="hold")
        self._start(together, 0)
        effects = self._add(together, "childTnLst")
        changes = [(element, "exit", "hidden") for element in click.go]
        changes += [(element, "entr", "visible") for element in click.come]
        for at, (element, kind, seen) in enumerate(changes):
            number, group = self._target(element)
            effect = self._time(
                self._add(effects, "par"), presetID=APPEAR, presetClass=kind, presetSubtype=0,
                fill="hold", **group, nodeType="withEffect" if at else "clickEffect",
            )  # fmt: skip
            self._start(effect, 0)
            change = self._add(self._add(effect, "childTnLst"), "set")
            how = self._add(change, "cBhvr")
            self._start(self._time(how, dur=1, fill="hold"), 0)
            self._add(self._add(how, "tgtEl"), "spTgt", spid=number)
            self._add(self._add(how, "attrNameLst"), "attrName").text = "style.visibility"
            self._add(self._add(change, "to"), "strVal", val=seen)

    def _target(self, element: Any) -> tuple[str, dict[str, int]]:
        """Return the number of what an effect is for, and the group of effects that it is of.

        PowerPoint lists each effect of what may hold text as a build, and tells them apart by
        groups; groups of shapes and connectors have none.
        """
        shape = element if element.tag.startswith(P) else next(element.iter(f"{P}sp"))
        number = next(shape.iter(f"{P}cNvPr")).get("id")
        if shape.tag != f"{P}sp":
            return number, {}
        group = self._effects[number] = self._effects.get(number, -1) + 1
        build = self._add(self._builds, "bldP", spid=number, grpId=group)
        if shape.find(f"{P}nvSpPr/{P}cNvSpPr").get("txBox") is None:
            build.set("animBg", "1")
        return number, {"grpId": group}

    def _time(self, parent: Any, **attributes: object) -> Any:
        self._last += 1
        return self._add(parent, "cTn", id=self._last, **attributes)

    def _start(self, parent: Any, delay: object) -> None:
        self._add(self._add(parent, "stCondLst"), "cond", delay=delay)

    def _element(self, name: str, **attributes: object) -> Any:
        words = {key: str(value) for key, value in attributes.items()}
        return self._etree.Element(f"{P}{name}", words, nsmap={"p": SPACE})

    def _add(self, parent: Any, name: str, **attributes: object) -> Any:
        element = self._element(name, **attributes)
        parent.append(element)
        return element
