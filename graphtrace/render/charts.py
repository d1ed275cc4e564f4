"""Charts of numbers, as SVG or PNG: lines and histograms, drawn by Matplotlib (extra `plot`)."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from graphtrace.errors import FormatError
from graphtrace.render import write_whole
from graphtrace.render.theme import Theme
from graphtrace.render.theme_file import theme_named

__all__ = ["Panel", "Series", "chart", "save_chart"]

FORMATS = ("svg", "png")
ACROSS = 3
"""Panels in one row."""
PANEL = (4.2, 3.0)
"""Width and height of a panel, in inches."""
DASHES = ("-", "--", ":", "-.")
MARKS = ("o", "s", "^", "D")


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Points of one line, or the numbers of one histogram (then without x).

    Attributes
    ----------
    y, x: the numbers; what is not finite is left out.
    label: shown in the legend when a panel has several.
    error: half the height of an error bar, for each point.
    """

    y: Any
    x: Any = None
    label: str = ""
    error: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One pair of axes: lines through points, or histograms where the series have no x.

    Attributes
    ----------
    across, up: what the axes show.
    log: axes on a logarithmic scale: ``""``, ``"x"``, ``"y"`` or ``"xy"``.
    ticks: words for the places 0, 1, … on the horizontal axis.
    """

    series: Sequence[Series]
    title: str = ""
    across: str = ""
    up: str = ""
    log: str = ""
    ticks: Sequence[str] = ()


def save_chart(
    panels: Sequence[Panel], path: str | os.PathLike[str], *, theme: str = "light"
) -> None:
    """Write panels to a file, whole or not at all; its ending tells the format, svg or png.

    Raises
    ------
    FormatError: for another ending, an unknown theme, a path that cannot be written, and where
        Matplotlib is not installed.
    """
    word = Path(path).suffix.removeprefix(".").lower()
    if word not in FORMATS:
        raise FormatError(f"a chart is a .svg or a .png file, not {Path(path).name!r}")
    write_whole(path, chart(panels, word, theme=theme))


def chart(panels: Sequence[Panel], format: str, *, theme: str = "light") -> bytes:  # noqa: A002
    """Return panels as an SVG or PNG; the same panels give the same bytes."""
    colours = theme_named(theme)
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise FormatError("charts need Matplotlib: `pip install 'graphtrace[plot]'`") from error
    across = min(len(panels), ACROSS)
    down = -(-len(panels) // across)
    settings = {"svg.hashsalt": "graphtrace", "svg.fonttype": "path", "font.family": "DejaVu Sans",
                "font.size": 10.0, "axes.unicode_minus": True, "text.usetex": False}  # fmt: skip
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        figure = Figure(figsize=(PANEL[0] * across, PANEL[1] * down), layout="constrained")
        FigureCanvasAgg(figure)
        figure.set_facecolor(colours.page)
        for place, panel in enumerate(panels):
            _draw(figure.add_subplot(down, across, place + 1), panel, colours)
        file = io.BytesIO()
        metadata = {"Date": None, "Creator": None} if format == "svg" else {"Software": None}
        figure.savefig(file, format=format, dpi=160, metadata=metadata)
    return file.getvalue()


def _draw(axes: Any, panel: Panel, theme: Theme) -> None:
    colours = (theme.value, theme.gradient, theme.alarm, theme.soft)
    for k, series in enumerate(panel.series):
        colour = colours[k % len(colours)]
        y = np.asarray(series.y, dtype=float).ravel()
        if series.x is None:
            kept = y[np.isfinite(y)]
            bins = min(max(int(np.sqrt(kept.size)), 5), 60)
            axes.hist(kept, bins=bins, color=colour, alpha=0.75, label=series.label)
            continue
        x = np.asarray(series.x, dtype=float).ravel()
        shown = np.isfinite(x) & np.isfinite(y)
        few = len(y) <= 40
        error = None if series.error is None else np.ravel(series.error)[shown]
        axes.errorbar(
            x[shown], y[shown], _bars(error), color=colour, label=series.label, linewidth=1.5,
            linestyle=DASHES[k % len(DASHES)], marker=MARKS[k % len(MARKS)] if few else None,
            markersize=4, capsize=2,
        )  # fmt: skip
    _dress(axes, panel, theme)


def _bars(error: Any) -> Any:
    """Return error bars without those that are not finite."""
    return None if error is None else np.nan_to_num(error, nan=0.0, posinf=0.0)


def _dress(axes: Any, panel: Panel, theme: Theme) -> None:
    """Write titles and scales in the theme's colours; words are taken as they are, not as TeX."""
    axes.set_facecolor(theme.paper)
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        if name in panel.log:
            _logarithmic(axes, name, axis)
    texts = [
        axes.set_title(panel.title, color=theme.ink, fontsize=11),
        axes.set_xlabel(panel.across, color=theme.ink),
        axes.set_ylabel(panel.up, color=theme.ink),
    ]
    if panel.ticks:
        turned = 35 if sum(map(len, panel.ticks)) > 40 else 0
        axes.set_xticks(range(len(panel.ticks)), panel.ticks, rotation=turned,
                        ha="right" if turned else "center")  # fmt: skip
        texts += axes.get_xticklabels()
    axes.tick_params(colors=theme.soft, which="both")
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.line)
    axes.grid(visible=True, axis="y", color=theme.line, alpha=0.3, linewidth=0.6)
    axes.set_axisbelow(True)
    if any(series.label for series in panel.series) and len(panel.series) > 1:
        legend = axes.legend(frameon=False, labelcolor=theme.ink, fontsize=9)
        texts += legend.get_texts()
    for text in texts:
        text.set_parse_math(False)


def _logarithmic(axes: Any, name: str, axis: Any) -> None:
    """Make an axis logarithmic: 1, 2, 5 of each decade over a few of them, else powers of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter

    getattr(axes, f"set_{name}scale")("log")
    low, high = axis.get_view_interval()
    if low > 0 and high < low * FEW_DECADES:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


FEW_DECADES = 10.0**2.5
