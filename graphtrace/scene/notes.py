"""The small print of a node: its formula in the inputs, its cost, its place, where a NaN begins."""

from dataclasses import dataclass, replace

from graphtrace.annotate.facts import InSymbols, NodeFacts
from graphtrace.annotate.summary import signature
from graphtrace.formula.names import latex_name, pretty_name
from graphtrace.scene.difference import Told, change_notes
from graphtrace.scene.model import Text
from graphtrace.scene.options import Options
from graphtrace.scene.typeset import math, plain

__all__ = ["Notes", "gradient_in_symbols", "small_print", "value_in_symbols"]

SMALL, SYMBOLS, WIDEST, LIMIT = 10.0, 11.0, 260.0, 60


@dataclass(frozen=True, slots=True)
class Notes:
    """What there is to say about a node besides its facts; `output` is what gradients are of.

    `told` is how it differs between two graphs on one drawing.
    """

    output: str = "f"
    symbols: InSymbols | None = None
    cost: str = ""
    cause: str = ""
    told: Told | None = None


def value_in_symbols(notes: Notes, *, name: str = "", unlike: str = "") -> Text | None:
    """Return `name = ` a formula of the inputs; None for one that says what `unlike` does."""
    found = notes.symbols
    if found is None or not found.value or found.value == unlike:
        return None
    tex = f"{latex_name(name)} = {found.value_latex}"
    text = f"{pretty_name(name)} = {found.value}".strip()
    return replace(math(tex, text, "name", SYMBOLS, widest=WIDEST, limit=LIMIT), part="value")


def gradient_in_symbols(node: NodeFacts, notes: Notes) -> Text | None:
    """Return ∂output/∂node = a formula of the inputs."""
    found = notes.symbols
    if found is None or not found.gradient:
        return None
    of, by = notes.output, node.name
    tex = rf"\partial {latex_name(of)} / \partial {latex_name(by)} = {found.gradient_latex}"
    text = f"∂{pretty_name(of)}/∂{pretty_name(by)} = {found.gradient}"
    return replace(math(tex, text, "gradient", SYMBOLS, widest=WIDEST, limit=LIMIT), part="grad")


def small_print(node: NodeFacts, options: Options, notes: Notes) -> list[Text]:
    """Return the lines that were asked for: shape, cost, place in the source; and accidents."""
    found = [plain(notes.cause, "cause", SMALL)] if notes.cause else []
    if notes.told is not None:
        found += change_notes(notes.told)
    if "shape" in options.show:
        found.append(plain(signature(node.value), "shape", SMALL))
    if "cost" in options.show and notes.cost:
        found.append(plain(notes.cost, "shape", SMALL))
    if "where" in options.show and node.where is not None:
        found.append(plain(str(node.where), "where", SMALL, limit=32))
    return found
