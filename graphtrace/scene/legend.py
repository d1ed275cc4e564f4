"""Keys to what a picture shows besides names and numbers: colours, line widths, paths, costs."""

from graphtrace.annotate.summary import number
from graphtrace.scene.accents import Ranked, Thickness
from graphtrace.scene.card import Scales
from graphtrace.scene.model import Label, Shape
from graphtrace.scene.strips import Strip, beside, level_of, line_strip, pile
from graphtrace.scene.typeset import plain
from graphtrace.scene.wording import numeral

__all__ = ["cost_legend", "fold_legend", "heat_legend", "path_legend", "thickness_legend"]

TEXT, SMALL = 11.0, 10.0
STEP, STEPS, TALL = 9.0, 21, 9.0
LINE = 34.0


def heat_legend(scales: Scales, digits: int) -> Strip:
    """Return the key to the heat maps' colours: one scale for values, one for gradients."""
    parts = []
    for role, peak in (("value", scales.value), ("gradient", scales.gradient)):
        if peak:
            parts += [line_strip(plain(f"{role}s", role, TEXT, italic=role != "value"))]
            parts += [_ramp(role, peak, min(digits, 3))]
    return beside(parts, gap=10.0)


def _ramp(role: str, peak: float, digits: int) -> Strip:
    """Return the colours in steps of the same level, with the sizes that some of them stand for."""
    shapes = [
        Shape("rect", "heat", STEP * i, 0, STEP, TALL, level=round(2 * i / (STEPS - 1) - 1, 3))
        for i in range(STEPS)
    ]
    shapes.append(Shape("rect", "heat-frame", 0, 0, STEP * STEPS, TALL))
    labels = []
    for share in (-1.0, -0.25, 0.0, 0.25, 1.0):
        ink = plain(numeral(number(share * peak, digits)), role, SMALL, italic=role != "value")
        middle = STEP * (STEPS - 1) * (1 + level_of(share, 1.0)) / 2 + STEP / 2
        labels.append(Label(ink, middle, TALL + 2 + ink.ascent, "middle"))
    # Room for the halves of the outer labels.
    side = max(labels[0].ink.width, labels[-1].ink.width) / 2
    return Strip(
        STEP * STEPS + 2 * side, TALL + 2 + labels[0].ink.height,
        tuple(shape.moved(side, 0) for shape in shapes),
        tuple(label.moved(side, 0) for label in labels),
    )  # fmt: skip


def thickness_legend(thickness: Thickness, digits: int) -> Strip:
    """Return the key to line widths."""
    parts = [line_strip(plain("line width: |contribution|", "shape", TEXT))]
    for share in (0.0, 0.5, 1.0):
        size = thickness.largest / 10 ** (share * thickness.decades)
        words = ("≤ " if share == 1.0 else "") + number(size, min(digits, 3))
        line = Shape("line", "wire", 0, 0, LINE, 0, weight=thickness.weight(size))
        sample = Strip(LINE, 4.0, (line.moved(0, 2.0),))
        parts.append(
            beside(
                [sample, line_strip(plain(numeral(words), "contribution", TEXT, italic=True))], 5.0
            )
        )
    return beside(parts, gap=14.0)


def path_legend(paths: tuple[Ranked, ...], digits: int) -> Strip:
    """Return one line for each path: its number, its nodes, its product."""
    exact = all(path.exact for path in paths)
    words = (
        "local gradients" if exact else "gains, the size of the gradient behind each step / before"
    )
    lines = [line_strip(plain(f"highlighted paths: product of {words}", "shape", TEXT, limit=100))]
    for path in paths:
        names = " → ".join(_few(path.names))
        size = numeral(number(path.product, digits))
        head = [line_strip(plain(path.mark, "path-mark", 13.0))] if path.mark else []
        name = line_strip(plain(names, "name", TEXT, limit=110))
        lines.append(beside([*head, name, line_strip(plain(size, "gradient", TEXT, italic=True))]))
    return pile(lines, gap=4.0)


def _few(names: tuple[str, ...], most: int = 9) -> tuple[str, ...]:
    """Return at most so many names, with the number of those left out in the middle."""
    if len(names) <= most:
        return names
    left = len(names) - most + 1
    return (*names[: most // 2], f"… {left} more …", *names[-(most // 2) :])


def cost_legend(total: str) -> Strip:
    """Return what the whole graph costs."""
    return line_strip(plain(f"in all: {total}", "shape", TEXT, limit=120))


def fold_legend() -> Strip:
    """Return what the bars on the cards of loops and repeats stand for."""
    words = "bars: ‖gₜ‖ is the norm of the gradient of what pass t hands on"
    return line_strip(plain(words, "shape", TEXT, limit=100))
