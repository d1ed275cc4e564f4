"""PNG: the SVG, rasterised with the shipped fonts only, so that every machine gives the same."""

import math

from graphtrace.render.svg import svg_text
from graphtrace.render.theme import Theme
from graphtrace.scene.fonts import font_files
from graphtrace.scene.model import Scene
from graphtrace.scene.needs import need

__all__ = ["png_bytes"]

MOST_PIXELS = 64_000_000
LONGEST_SIDE = 32_000


def png_bytes(scene: Scene, theme: Theme, *, scale: float = 2.0) -> bytes:
    """Return the scene as PNG at `scale` pixels per point, less where the image would be huge."""
    resvg_py = need("resvg_py", "resvg_py", "PNG")
    most = math.sqrt(MOST_PIXELS / (scene.width * scene.height))
    side = LONGEST_SIDE / max(scene.width, scene.height)
    source = svg_text(scene, theme, prefix="", scale=min(scale, most, side))
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
