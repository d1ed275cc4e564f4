"""Themes: which colour, line and dash each role of a scene has; one row per theme."""

from dataclasses import dataclass

from graphtrace.errors import FormatError, did_you_mean

__all__ = ["THEMES", "Theme", "theme_named"]


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

    def text(self, role: str) -> str:
        """Return the colour of type."""
        return {
            "value": self.value,
            "gradient": self.gradient,
            "contribution": self.gradient,
            "local": self.soft,
            "shape": self.soft,
            "where": self.soft,
            "scope": self.soft,
            "badge-text": self.alarm,
        }.get(role, self.ink)

    def shape(self, role: str) -> tuple[str, str, float]:
        """Return fill, stroke and stroke width of a shape or wire; `none` for no paint."""
        return {
            "wire": ("none", self.ink, 1.15),
            "alias": ("none", self.ink, 1.15),
            "reference": ("none", self.soft, 0.8),
            "operation": (self.paper, self.ink, 1.4),
            "card": (self.paper, self.line, 1.1),
            "cluster": ("none", self.line, 1.0),
            "badge": (self.alarm_paper, self.alarm, 1.1),
            "tag": ("none", self.line, 0.8),
            "bracket": ("none", self.soft, 1.0),
            "heat-frame": ("none", self.line, 0.7),
            "heat-bad": (self.alarm, self.paper, 0.8),
            "value-bar": (self.value, "none", 0.0),
            "gradient-bar": (self.gradient, "none", 0.0),
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
    heat=("#f1a340", "#20252b", "#67b7ee"),
)  # fmt: skip
CS231N = Theme(
    name="cs231n", page="#ffffff", ink="#000000", soft="#5f5f5f", line="#9a9a9a", paper="#ffffff",
    value="#00803c", gradient="#cc0022", alarm="#a00060", alarm_paper="#fbe8f2",
    heat=("#c51b7d", "#f7f7f7", "#4d9221"),
)  # fmt: skip
THEMES = {theme.name: theme for theme in (LIGHT, DARK, CS231N)}


def theme_named(name: str) -> Theme:
    """Return a theme, or raise a FormatError that names the known ones."""
    if name not in THEMES:
        raise FormatError(f"unknown theme {name!r}{did_you_mean(name, THEMES)}")
    return THEMES[name]
