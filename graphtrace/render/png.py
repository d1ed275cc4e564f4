"""PNG: the SVG, rasterised with the shipped fonts only, so that every machine gives the same."""

import math

from graphtrace.render.svg import svg_text
from graphtrace.render.theme import Theme
from graphtrace.scene.fonts import font_files
from graphtrace.scene.model import Scene
from graphtrace.scene.needs import need

__all__ = ["largest", "png_bytes"]

MOST_PIXELS = 64_000_000
LONGEST_SIDE = 32_000


def largest(scene: Scene) -> float:
    """Return the most pixels per point that an image of a scene may have."""
    area = math.sqrt(MOST_PIXELS / (scene.width * scene.height))
    return min(area, LONGEST_SIDE / max(scene.width, scene.height))


def png_bytes(scene: Scene, theme: Theme, *, scale: float = 2.0) -> bytes:
    """Return the scene as PNG at `scale` pixels per point."""
    resvg_py = need("resvg_py", "resvg_py", "PNG")
    source = svg_text(scene, theme, prefix="", scale=scale)
    image = resvg_py.svg_to_bytes(
        svg_string=source,
        background=theme.page,
        font_files=font_files(),
        font_family="DejaVu Sans",
        sans_serif_family="DejaVu Sans",
        skip_system_fonts=True,
        dpi=96,
    )
    return bytes(image)
