"""A presentation's own design: colours and type of a theme, placeholders that fit the slide."""

from typing import Any

from graphtrace.render.theme import Theme
from graphtrace.scene.needs import need

__all__ = ["FACE", "SLOTS", "dressed"]

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
FACE = "Verdana"
"""It has the widths that scenes were measured with."""
SLOTS = {
    "lt1": ("bg1", "page"), "dk1": ("tx1", "ink"), "lt2": ("bg2", "lit"), "dk2": ("tx2", "soft"),
    "accent1": ("accent1", "value"), "accent2": ("accent2", "gradient"),
    "accent3": ("accent3", "line"), "accent4": ("accent4", "paper"),
    "accent5": ("accent5", "alarm"), "accent6": ("accent6", "alarm_paper"),
    "hlink": ("hlink", "value"), "folHlink": ("folHlink", "soft"),
}  # fmt: skip
"""An office theme's colours: how shapes name each, and which of ours it is."""
DRAWN_FOR = 9_144_000, 6_858_000
"""The slide of the template in EMU."""


def dressed(deck: Any, theme: Theme) -> None:
    """Give a presentation's master the theme's colours and type, its placeholders their places.

    What is added to it later looks as what is there, and a change of its colours changes all.
    """
    master = deck.slide_master
    scale = (deck.slide_width / DRAWN_FOR[0], deck.slide_height / DRAWN_FOR[1])
    for page in (master, *master.slide_layouts):
        for place in page.element.iter(f"{A}off", f"{A}ext"):
            for key, factor in zip(("x", "y"), scale, strict=True):
                name = key if place.tag.endswith("off") else f"c{key}"
                if name in place.attrib:
                    place.set(name, str(round(int(place.get(name)) * factor)))
    types = need("pptx.opc.constants", "python-pptx", "PPTX", extra="pptx").RELATIONSHIP_TYPE
    part = master.part.part_related_by(types.THEME)
    part._blob = _recoloured(part.blob, theme)


def _recoloured(blob: bytes, theme: Theme) -> bytes:
    etree: Any = need("lxml.etree", "python-pptx", "PPTX", extra="pptx")
    root = etree.fromstring(blob)
    root.set("name", f"graphtrace {theme.name}")
    colours = root.find(f".//{A}clrScheme")
    colours.set("name", f"graphtrace {theme.name}")
    for slot, (_, ours) in SLOTS.items():
        (place,) = colours.iter(f"{A}{slot}")
        for old in list(place):
            place.remove(old)
        place.append(etree.Element(f"{A}srgbClr", val=getattr(theme, ours)[1:].upper()))
    for font in ("majorFont", "minorFont"):
        root.find(f".//{A}{font}/{A}latin").set("typeface", FACE)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
