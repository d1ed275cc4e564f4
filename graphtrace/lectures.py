"""Slides of a graph, as methods of Graph."""

import os
from typing import TYPE_CHECKING, Any, Unpack

if TYPE_CHECKING:
    from graphtrace.annotate.facts import GraphFacts
    from graphtrace.slides.save import Made, SlidesChoice
    from graphtrace.slides.steps import Storyboard

__all__ = ["Lectures"]


class Lectures:
    """A graph's passes step by step."""

    if TYPE_CHECKING:

        def facts(self, show: Any = None) -> "GraphFacts":
            """Return the immutable facts."""
            ...

    def slides(self, file: str | os.PathLike[str], /, **choice: "Unpack[SlidesChoice]") -> "Made":
        """Write the forward and the backward pass, step by step, as slides.

        The file's ending tells the kind: pdf, pptx, tex (Beamer), html, gif, webp, md, json, or a
        folder for numbered pictures. For `choice` see `graphtrace.slides.save.save_slides`.
        """
        from graphtrace.slides.save import save_slides

        return save_slides([self.facts(choice.get("show"))], file, **choice)

    def storyboard(self, *, per: str = "node", digits: int = 4) -> "Storyboard":
        """Return the steps of the forward and the backward pass as data.

        `per` is what a step is about: ``"node"``, ``"level"`` or ``"scope"``.
        """
        from graphtrace.slides.storyboard import make_storyboard

        return make_storyboard(self.facts(), per=per, digits=digits)
