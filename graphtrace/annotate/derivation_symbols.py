"""The sections of a derivation in symbols: values and gradients as formulas of the inputs."""

import re
from collections.abc import Callable, Iterator
from functools import partial as bind
from typing import Any

import numpy as np

from graphtrace.annotate.derivation_parts import Line, Part, Section
from graphtrace.annotate.extras import symbols_latex
from graphtrace.annotate.facts import NodeFacts
from graphtrace.annotate.terms import partial, product, word
from graphtrace.annotate.worked import Worked, added, joined
from graphtrace.errors import FormatError, GraphTraceError
from graphtrace.formula.names import pretty_name
from graphtrace.formula.tree import Printed
from graphtrace.run.state import State
from graphtrace.run.symbolic import Symbolic, shown

__all__ = ["symbol_sections", "unicode_formula"]

MOST_OPERATIONS = 60
MOST_ELEMENTS = 4
LONGEST = 240
LARGEST = 250
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
POWER = re.compile(r"\*\*(\(-\d+\)|\d+)(?![\w.(])")
ELEMENT = re.compile(r"(?<!\w)(\w+)_\{(\d+(?:,\d+)*)\}")
IDENTIFIER = re.compile(r"[^\W\d]\w*(?![\w(])")


def symbol_sections(
    state: State, part: Part, worked: Worked, seeded: bool
) -> tuple[list[Section], tuple[str, ...]]:
    """Return the sections in symbols, and remarks on what was left out.

    Raises
    ------
    FormatError: for graphs of more operations than formulas are readable for.
    """
    nodes = [node for node in worked.facts.nodes if node.id in part.between]
    stops = part.stops(state)
    operations = [node for node in nodes if node.kind == "op" and node.id not in stops]
    if len(operations) > MOST_OPERATIONS:
        raise FormatError(
            f"{len(operations)} operations are too many for formulas of the inputs (at most"
            f" {MOST_OPERATIONS}): explain with numbers, or derivatives by one node alone"
        )
    reading = _Reading(state)
    values = [_line([word(n.name), reading.formula(reading.symbols.raw, n)]) for n in operations]
    sections = [
        Section("Values in symbols", "Each node as a formula of the inputs.", _kept(values))
    ]
    remarks = []
    end = worked.nodes[state.output]
    if np.ndim(end.value):
        remarks.append(
            f"{word(end.name).text} is an array: its derivatives in symbols are Jacobians, which"
            " g.symbolic_gradient(output, input) gives."
        )
    else:
        found = [row for node in reversed(nodes) for row in _gradient(reading, worked, node)]
        sections.append(
            Section(
                "Gradients in symbols",
                "From the output back, as formulas of the inputs.",
                _kept(found),
            )
        )
        if seeded:
            remarks.append(
                "In symbols the backward pass starts from 1, not from the given gradient."
            )
    if reading.missing:
        names = ", ".join(reading.missing[:3]) + (", …" if len(reading.missing) > 3 else "")
        remarks.append(
            f"No symbols are written for {names}: formulas of more than {LONGEST} characters,"
            f" arrays of more than {MOST_ELEMENTS} elements, or operations without symbols."
        )
    return sections, tuple(remarks)


def _gradient(reading: "_Reading", worked: Worked, node: NodeFacts) -> Iterator[Line | None]:
    """Yield ∂y/∂node as a formula; of several uses first what each contributes."""
    if node.grad is None:
        return
    end = worked.nodes[worked.facts.output].name
    terms: list[Printed] = []
    uses = worked.carrying(node)
    if len(uses) > 1:
        for edge in uses:
            target = worked.nodes[edge.target]
            term = reading.of(bind(reading.pulled, edge.target, edge.slot), node)
            head = product(partial(end, target.name), worked.partial_of(edge))
            row = _line([head, term])
            yield row and Line(row.equation, f"from the use in {word(target.name).text}")
            if term is not None:
                terms.append(term)
    total = reading.formula(reading.symbols.grads().__getitem__, node)
    parts = [
        partial(end, node.name),
        *([added(terms)] if len(terms) == len(uses) > 1 else []),
        total,
    ]
    yield _line(parts)


def _line(parts: list[Printed | None]) -> Line | None:
    known = [part for part in parts if part is not None]
    return Line(joined(known)) if len(known) == len(parts) else None


def _kept(lines: list[Line | None]) -> tuple[Line, ...]:
    return tuple(line for line in lines if line is not None)


class _Reading:
    """A graph in symbols, and the names of nodes whose formulas were not to be had."""

    def __init__(self, state: State) -> None:
        self.symbols = Symbolic(state)
        self.missing: list[str] = []

    def formula(self, read: Callable[[int], Any], node: NodeFacts) -> Printed | None:
        """Return a reading of a node in print; None where it is too long or there is none."""
        return self.of(lambda: read(node.id), node)

    def pulled(self, target: int, slot: int) -> Any:
        """Return what an edge contributes, not multiplied out."""
        return self.symbols.pull(target, slot, self.symbols.grads()[target])

    def _short(self, raw: Any) -> Printed | None:
        """Return a formula in print; none of a large one, which it takes long to tidy."""
        size = sum(self.symbols.size(item) for item in np.asarray(raw).ravel())
        if size > LARGEST:
            return None
        tidied = shown(raw)
        # Raised digits are shorter than what they are made of.
        return _printed(tidied) if len(str(tidied)) <= 2 * LONGEST else None

    def of(self, read: Callable[[], Any], node: NodeFacts) -> Printed | None:
        """Return what is read in print, and note the node where that does not come out."""
        found = None
        if np.size(node.value) <= MOST_ELEMENTS:
            try:
                found = self._short(read())
            except GraphTraceError:
                found = None
        if found is None or len(found.text) > LONGEST:
            name = word(node.name).text
            if name not in self.missing:
                self.missing.append(name)
            return None
        return found


def _printed(expr: Any) -> Printed:
    """Return a SymPy expression, or an array of them, in print."""
    if getattr(expr, "shape", ()):
        items = [_printed(item) for item in expr]
        text, latex = (
            ", ".join(parts) for parts in zip(*((i.text, i.latex) for i in items), strict=True)
        )
        return Printed(f"[{text}]", f"[{latex}]")
    level = 4 if getattr(expr, "is_Add", False) else 5 if getattr(expr, "is_Mul", False) else 100
    if level == 5 and expr.could_extract_minus_sign():
        level = 3
    return Printed(unicode_formula(str(expr)), symbols_latex(expr), level, level)


def unicode_formula(text: str) -> str:
    """Return SymPy's text of a formula as one writes it: ``u1*w**2`` as ``u₁·w²``."""
    text = text.replace("log(", "ln(")
    text = ELEMENT.sub(_element, text)
    text = POWER.sub(lambda found: found[1].strip("()").translate(SUPERSCRIPTS), text)
    text = IDENTIFIER.sub(lambda found: pretty_name(found[0]), text)
    return text.replace("**", "^").replace("*", "·").replace("-", "−")


def _element(found: re.Match[str]) -> str:
    """Return W[0,1] for W_{01}."""
    places = found[2] if "," in found[2] else ",".join(found[2])
    return f"{found[1]}[{places}]"
