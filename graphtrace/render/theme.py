"""Themes: which colour, line and dash each role of a scene has; one row per theme."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from graphtrace.scene.model import FADED, LIT, Shape, Wire

__all__ = ["CONTRAST", "THEMES", "Paint", "Theme", "contrast", "faint"]

CONTRAST = 4.5
"""The least contrast of type with what it stands on (WCAG 2.2, success criterion 1.4.3)."""
HEAVIER = 1.8
"""What the lines of what a step is about are multiplied by."""
FADING = 0.62
"""How far the colours of what is faded have gone towards the page's."""


@dataclass(frozen=True, slots=True)
class Paint:
    """How an outline is drawn: colours as `#rrggbb`, None for no fill or no line."""

    fill: str | None
    stroke: str | None
    width: float
    dashed: bool


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by role; position and italics repeat what colour says.

    Attributes
    ----------
    page: the background.
    ink: names, operators and wires.
    soft: local gradients, shapes and places in the source.
    line: outlines, brackets and dashed stand-ins.
    paper: the inside of circles and cards.
    heat: colours for the lowest, the middle and the highest level of heat maps.
    lit: what is behind whatever a step of a lecture is about.
    stroke: what the width of every line is multiplied by.
    scale: what the size of the whole picture is multiplied by where none is asked for.
    """

    name: str
    page: str
    ink: str
    soft: str
    line: str
    paper: str
    value: str
    gradient: str
    alarm: str
    alarm_paper: str
    heat: tuple[str, str, str]
    lit: str = "#fff0b8"
    stroke: float = 1.0
    scale: float = 1.0

    def text(self, role: str) -> str:
        """Return the colour of type."""
        if role.startswith(FADED):
            return _mix(self.text(role.removeprefix(FADED)), self.page, FADING)
        return {
            "value": self.value,
            "gradient": self.gradient,
            "contribution": self.gradient,
            "local": self.soft,
            "shape": self.soft,
            "where": self.soft,
            "scope": self.soft,
            "path-mark": self.gradient,
            "badge-text": self.alarm,
            "cause": self.alarm,
            # Told apart by their signs and words first; blue, red and orange by most eyes.
            "added": self.value,
            "removed": self.alarm,
            "changed": self.gradient,
        }.get(role, self.ink)

    def paint(self, thing: Shape | Wire) -> Paint:
        """Return how a shape or a wire is drawn."""
        level = thing.level if isinstance(thing, Shape) else None
        if level is not None:
            colour = self.heat_colour(level)
            if thing.role.startswith(FADED):
                colour = _mix(colour, self.page, FADING)
            return Paint(colour, None, 0.0, dashed=False)
        fill, stroke, width = self._role(thing.role)
        return Paint(fill, stroke, width * self.stroke * thing.weight, thing.dashed)

    def _role(self, role: str) -> tuple[str | None, str | None, float]:
        if role.startswith(FADED):
            fill, stroke, width = self._role(role.removeprefix(FADED))
            fill, stroke = (colour and _mix(colour, self.page, FADING) for colour in (fill, stroke))
            return fill, stroke, width
        if role.startswith(LIT):
            fill, stroke, width = self._role(role.removeprefix(LIT))
            return fill and self.lit, stroke, HEAVIER * width
        return {
            "mark": (self.lit, None, 0.0),
            "wire": (None, self.ink, 1.15),
            "alias": (None, self.ink, 1.15),
            "reference": (None, self.soft, 0.8),
            "path": (None, self.gradient, 1.15),
            "alarm": (None, self.alarm, 1.15),
            "operation": (self.paper, self.ink, 1.4),
            "card": (self.paper, self.line, 1.1),
            "cluster": (None, self.line, 1.0),
            "badge": (self.alarm_paper, self.alarm, 1.1),
            "tag": (None, self.line, 0.8),
            "blank": (self.page, self.ink, 0.8),
            "rule": (None, self.line, 0.8),
            "bracket": (None, self.soft, 1.0),
            "heat-frame": (None, self.line, 0.7),
            "heat-bad": (self.alarm, self.paper, 0.8),
            "value-bar": (self.value, None, 0.0),
            "gradient-bar": (self.gradient, None, 0.0),
        }[role]

    def heat_colour(self, level: float) -> str:
        """Return the colour of a level in [-1, 1]; 0 is the middle of the scale."""
        low, middle, high = self.heat
        return _mix(middle, high if level > 0 else low, abs(level) ** 0.8)


def _mix(start: str, end: str, share: float) -> str:
    parts = []
    for at in (1, 3, 5):
        a, b = int(start[at : at + 2], 16), int(end[at : at + 2], 16)
        parts.append(f"{round(a + (b - a) * share):02x}")
    return "#" + "".join(parts)


LIGHT = Theme(
    name="light", page="#ffffff", ink="#1a1a1a", soft="#5f5f5f", line="#9a9a9a", paper="#ffffff",
    value="#005a9c", gradient="#b34700", alarm="#b00020", alarm_paper="#fdecee",
    heat=("#b35806", "#f7f7f7", "#2166ac"),
)  # fmt: skip
DARK = Theme(
    name="dark", page="#15181c", ink="#ececec", soft="#a8adb3", line="#6b7178", paper="#20252b",
    value="#56b4e9", gradient="#e69f00", alarm="#ff8a80", alarm_paper="#3b1d1f",
    heat=("#f1a340", "#20252b", "#67b7ee"), lit="#453c17",
)  # fmt: skip
CS231N = Theme(
    name="cs231n", page="#ffffff", ink="#000000", soft="#5f5f5f", line="#9a9a9a", paper="#ffffff",
    value="#00803c", gradient="#cc0022", alarm="#a00060", alarm_paper="#fbe8f2",
    heat=("#c51b7d", "#f7f7f7", "#4d9221"), lit="#fff4c9",
)  # fmt: skip
# For the back row of a lecture hall: larger, with heavier lines and deeper colours.
PROJECTOR = Theme(
    name="projector", page="#ffffff", ink="#000000", soft="#3a3a3a", line="#6a6a6a",
    paper="#ffffff", value="#004a80", gradient="#8f3600", alarm="#a00018", alarm_paper="#fdecee",
    heat=("#b35806", "#f7f7f7", "#2166ac"), stroke=1.5, scale=1.6,
)  # fmt: skip
# Black and white: place and italics tell values from gradients, heat maps run from white to black.
PRINT = Theme(
    name="print", page="#ffffff", ink="#000000", soft="#000000", line="#000000", paper="#ffffff",
    value="#000000", gradient="#000000", alarm="#000000", alarm_paper="#ffffff",
    heat=("#ffffff", "#b4b4b4", "#404040"), lit="#dedede",
)  # fmt: skip
THEMES = {theme.name: theme for theme in (LIGHT, DARK, PROJECTOR, PRINT, CS231N)}


def contrast(one: str, two: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    low, high = sorted((_luminance(one), _luminance(two)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def faint(theme: Theme) -> Iterator[str]:
    """Yield a sentence for each colour of type that is hard to read where it stands."""
    pairs = [*product(("ink", "soft", "value", "gradient"), ("page", "paper", "lit"))]
    for type_, ground in (*pairs, ("alarm", "alarm_paper")):
        colours = getattr(theme, type_), getattr(theme, ground)
        found = contrast(*colours)
        if found < CONTRAST:
            yield (
                f"{type_} {colours[0]} on {ground} {colours[1]} has a contrast of {found:.1f}:1;"
                f" type is readable from {CONTRAST}:1"
            )
