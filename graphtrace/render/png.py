"""PNG: the SVG, rasterised with the shipped fonts only, so that every machine gives the same."""

import math

from graphtrace.render.svg import svg_text
from graphtrace.render.theme import Theme
from graphtrace.scene.fonts import font_files
from graphtrace.scene.model import Scene
from graphtrace.scene.needs import need

__all__ = ["largest", "png_bytes", "rasterize"]

MOST_PIXELS = 64_000_000
LONGEST_SIDE = 32_000


def largest(scene: Scene) -> float:
    """Return the most pixels per point that an image of a scene may have."""
    area = math.sqrt(MOST_PIXELS / (scene.width * scene.height))
    return min(area, LONGEST_SIDE / max(scene.width, scene.height))


def png_bytes(scene: Scene, theme: Theme, *, scale: float = 2.0) -> bytes:
    """Return the scene as PNG at `scale` pixels per point."""
    return rasterize(svg_text(scene, theme, prefix="", scale=scale), background=theme.page)


def rasterize(svg: str, *, background: str = "#ffffff", width: int | None = None) -> bytes:
    """Return an SVG picture as PNG, `width` pixels wide where that is given."""
    resvg_py = need("resvg_py", "resvg_py", "PNG")
    image = resvg_py.svg_to_bytes(
        svg_string=svg,
        background=background,
        width=width,
        font_files=font_files(),
        font_family="DejaVu Sans",
        sans_serif_family="DejaVu Sans",
        skip_system_fonts=True,
        dpi=96,
    )
    return bytes(image)
