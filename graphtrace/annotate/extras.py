"""Facts that take work of their own, made only when asked for: formulas of the inputs, costs."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from graphtrace.annotate.cost import CostRow, account
from graphtrace.annotate.facts import Extras, InSymbols
from graphtrace.annotate.summary import count_text
from graphtrace.errors import GraphTraceError
from graphtrace.formula.names import latex_name
from graphtrace.run.state import State
from graphtrace.run.symbolic import Symbolic

__all__ = ["MOST_OPERATIONS", "find_extras", "symbols_latex"]

MOST_OPERATIONS = 60
"""Graphs of more operations than this are not read in symbols for a picture."""
MOST_ELEMENTS, LONGEST = 4, 90
ELEMENT = re.compile(r"(.*)_\{([\d,]+)\}", re.DOTALL)
LOG = re.compile(r"\blog\(")
UNITS = (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10))


def find_extras(state: State, wanted: Iterable[str] | str | None) -> Extras:
    """Return what a picture is to show besides the facts: of ``symbolic`` and ``cost``."""
    given = [wanted] if isinstance(wanted, str) else wanted or ()
    words = [word for text in given for word in text.split(",")]
    asked = {word.strip().removeprefix("+") for word in words}
    symbols, remarks = _symbols(state) if "symbolic" in asked else ({}, ())
    costs, total = _costs(state) if "cost" in asked else ({}, "")
    return Extras(symbols, costs, total, remarks)


def _symbols(state: State) -> tuple[dict[int, InSymbols], tuple[str, ...]]:
    """Return the formulas that are short enough to print, and a remark on the others."""
    nodes = range(len(state.sealed.nodes))
    operations = {n for n in nodes if state.sealed.op(n) is not None}
    elements = sum(np.size(state.value(n)) for n in operations)
    if len(operations) > MOST_OPERATIONS or elements > MOST_ELEMENTS * MOST_OPERATIONS:
        remark = (
            f"No symbols are shown: {len(operations)} operations with {elements} values; formulas"
            f" are readable up to {MOST_OPERATIONS}. g.symbolic('name') gives one."
        )
        return {}, (remark,)
    reading, missing = Symbolic(state), list[str]()
    found: dict[int, InSymbols] = {}
    start = state.grad(state.output)
    # In symbols the gradient starts from 1.
    plain = start is not None and np.ndim(start) == 0 and start == 1
    for number in nodes:
        if state.sealed.kind(number) == "constant":
            continue
        value = gradient = None
        if number in operations:
            value = _formula(reading.value, number, state)
        if plain and state.grad(number) is not None:
            gradient = _formula(reading.grad, number, state)
        if value or gradient:
            found[number] = InSymbols(*(value or ("", "")), *(gradient or ("", "")))
        if number in operations and value is None:
            missing.append(state.sealed.names[number])
    return found, _left_out(missing)


def _formula(read: Any, number: int, state: State) -> tuple[str, str] | None:
    """Return a formula as text and as LaTeX; None for one that is too long or does not exist."""
    if np.size(state.value(number)) > MOST_ELEMENTS:
        return None
    try:
        formula = read(number)
    except GraphTraceError:
        return None
    text = LOG.sub("ln(", str(formula))
    return (text, symbols_latex(formula)) if len(text) <= LONGEST else None


def symbols_latex(formula: Any) -> str:
    """Return LaTeX with names as elsewhere: the symbol `u[0]` as u with a subscript."""
    from sympy import latex

    names = {symbol: _symbol_latex(symbol.name) for symbol in formula.free_symbols}
    return str(latex(formula, ln_notation=True, symbol_names=names))


def _symbol_latex(name: str) -> str:
    """Return W_{01} as it is, and an element of W1 as W_{1}[0,1]."""
    found = ELEMENT.fullmatch(name)
    if found is None:
        return latex_name(name)
    base = latex_name(found[1])
    if "_" not in base:
        return f"{base}_{{{found[2]}}}"
    return f"{base}[{found[2] if ',' in found[2] else ','.join(found[2])}]"


def _left_out(missing: list[str]) -> tuple[str, ...]:
    if not missing:
        return ()
    names = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
    remark = (
        f"No symbols are shown for {names}: formulas of more than {LONGEST} characters, arrays of"
        f" more than {MOST_ELEMENTS} elements; g.symbolic({missing[0]!r}) gives them."
    )
    return (remark,)


def _costs(state: State) -> tuple[dict[int, str], str]:
    cost = account(state)
    rows = {n: _words(row) for n, row in enumerate(cost.nodes) if row.op != "constant"}
    return rows, _words(cost.total)


def _words(row: CostRow) -> str:
    """Return a row as one line: ``12 ops · back 24 · 96 B``."""
    parts = []
    if row.parameters:
        parts.append(f"{count_text(row.parameters)} parameter{_s(row.parameters)}")
    if row.op != "input":
        parts.append(f"{count_text(row.forward.operations)} op{_s(row.forward.operations)}")
        parts.append(f"back {count_text(row.backward.operations)}")
    return " · ".join([*parts, _bytes(row.bytes)])


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _bytes(count: int) -> str:
    for unit, size in UNITS:
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"
