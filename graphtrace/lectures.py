"""Slides and worksheets of a graph, as methods of Graph."""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Unpack

if TYPE_CHECKING:
    from graphtrace.annotate.facts import GraphFacts
    from graphtrace.exercise.grading import Given, GradeChoice, Grades
    from graphtrace.exercise.report import Report
    from graphtrace.exercise.worksheet import Worksheet, WorksheetChoice
    from graphtrace.graph import Graph
    from graphtrace.node import Node
    from graphtrace.run.state import State
    from graphtrace.slides.save import Made, SlidesChoice
    from graphtrace.slides.steps import Storyboard

__all__ = ["Lectures"]


class Lectures:
    """A graph's passes step by step."""

    if TYPE_CHECKING:

        @property
        def _state(self) -> "State": ...

        def facts(self, show: Any = None) -> "GraphFacts":
            """Return the immutable facts."""
            ...

        @property
        def output(self) -> "Node":
            """The node that gradients are taken of."""
            ...

        def at(self, /, **inputs: Any) -> "Graph":
            """Return the same graph at other inputs."""
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

    def worksheet(
        self,
        file: str | os.PathLike[str],
        /,
        answers: str | os.PathLike[str] | None = None,
        *,
        variants: int | None = None,
        **choice: "Unpack[WorksheetChoice]",
    ) -> "tuple[Worksheet, ...]":
        """Write the drawing with blanks to fill in, and with `answers` its key.

        Endings tell the formats: pdf, html, tex, md; a key may be json. For `choice` (blank,
        fraction, seed, …) see `graphtrace.exercise.worksheet.WorksheetChoice`. Gradients are of the
        output and from the seed of the last backward pass, if there was one. Returns what was
        made, one for each variant.
        """
        from graphtrace.exercise.worksheet import Runs, needs_gradients, save_worksheets

        end = self.output
        both = needs_gradients(choice.get("blank"))

        def run(inputs: Mapping[str, Any]) -> "Graph":
            graph = self.at(**inputs)
            return graph.backward(end.name, end.grad) if both else graph

        def numbers(inputs: Mapping[str, Any]) -> list[tuple[Any, Any]]:
            state = run(inputs)._state
            return [(state.value(at), state.grad(at)) for at in range(len(state.sealed.nodes))]

        runs = Runs(lambda inputs: run(inputs).facts(), numbers)
        return save_worksheets(runs, file, answers, variants=variants, **choice)

    def grade(self, answers: "Given", /, **choice: "Unpack[GradeChoice]") -> "Report":
        """Return a report on a student's answers: a file, or tables of them.

        ``g.grade({"values": {"h2": "20.09"}, "grads": {"y": 40.17}})`` names the first wrong step,
        what follows from it, and the likely mistake. For the choices (tolerance, digits, asked)
        and the errors see `graphtrace.exercise.grading.grade_answers`.
        """
        from graphtrace.exercise.grading import grade_answers

        return grade_answers(self._state, self.facts(), answers, **choice)

    def grade_all(
        self,
        folder: str | os.PathLike[str],
        /,
        *,
        but: Iterable[str | os.PathLike[str]] = (),
        **choice: "Unpack[GradeChoice]",
    ) -> "Grades":
        """Return the grades of every file of answers in a folder, without the files in `but`."""
        from graphtrace.exercise.grading import grade_folder

        return grade_folder(self._state, self.facts(), folder, but=but, **choice)
