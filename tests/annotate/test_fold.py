"""The parts of a program, found from positions alone, against what one counts in its source."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.annotate.fold_region import Region, members
from tests.annotate import folding
from tests.annotate.folding import PROGRAMS

COUNTED = {
    "loop": ["for u in us ×4: 12"],
    "call in a loop": ["cell ×5: 15"],
    "two places": ["cell ×2: 6"],
    "calls of calls": ["twice ×2: 14", "  cell ×2: 6"],
    "nested loops": ["for _ in range(3) ×3: 27", "  for _ in range(4) ×4: 8"],
    "branches": ["for i in range(6) ×6: 9"],
    "continue": ["for i in range(5) ×5: 5"],
    "try": ["for i in range(4) ×4: 12"],
    "while": ["while x > 1 ×4: 8"],
    "comprehension": ["for k in range(4) ×4: 8", "sum ×4: 4"],
    "generator expression": ["sum ×4: 12"],
    "reduce": ["<lambda> ×4: 8"],
    "generator": ["for v in halves(x, 5) ×5: 15"],
    "recursion first": ["inside_first ×5: 10"],
    "recursion last": ["inside_last ×5: 10"],
    "recursion between": ["between: 4", "  between: 2"],
    "objects": ["Layer ×4: 12"],
    "scopes": ["layer ×3: 9", "  norm: 2"],
    "library": ["layer_norm: 9"],
    "lambda": ["<lambda> ×3: 6"],
    # Seven operations of layer_norm, two of dense and one sum, twice.
    "library in calls": [
        "normed ×3: 60",
        "  layer_norm: 7",
        "  dense: 2",
        "  layer_norm: 7",
        "  dense: 2",
    ],
    "stack": ["block ×4: 16"],
}
OPERATIONS = {
    "loop": 12, "call in a loop": 15, "two places": 7, "calls of calls": 15, "nested loops": 28,
    "branches": 9, "continue": 5, "try": 12, "while": 9, "comprehension": 12,
    "generator expression": 12, "reduce": 8, "generator": 15, "recursion first": 10,
    "recursion last": 10, "recursion between": 6, "objects": 13, "scopes": 9, "library": 10,
    "lambda": 6, "library in calls": 61,
    "stack": 18,
}  # fmt: skip


def outline(function: Callable[..., Any], *inputs: Any) -> tuple[Region, list[int]]:
    facts = gt.trace(function, *inputs).facts()
    assert facts.outline is not None
    return facts.outline, [node.id for node in facts.nodes if node.kind == "op"]


def told(region: Region, indent: str = "") -> list[str]:
    """Return one line for each part: its name, how often, its operations; of a repeat one pass."""
    found = []
    for part in region.parts:
        if isinstance(part, Region):
            repeats = part.kind == "repeat"
            count = f" ×{len(part.parts)}" if repeats else ""
            found.append(f"{indent}{part.name}{count}: {len(list(members(part)))}")
            inside = part.parts[0] if repeats else part
            found += told(inside, indent + "  ") if isinstance(inside, Region) else []
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_parts_are_those_that_one_counts(name: str) -> None:
    function, inputs = PROGRAMS[name]
    whole, operations = outline(function, *inputs)
    assert told(whole) == COUNTED[name]
    assert len(operations) == OPERATIONS[name]
    # Every operation is in one part, and they come in the order in which they were executed.
    assert list(members(whole)) == operations


@pytest.mark.parametrize(
    ("function", "inputs", "words"),
    [
        (folding.rnn, (0.5, 0.1, [0.1] * 3), "for u in us:"),
        (folding.halving, (12.0,), "while x > 1:"),
        (folding.stack, (np.ones((2, 3)), [(np.eye(3), np.eye(3))] * 4), "for weights in layers:"),
    ],
)
def test_a_loop_may_be_called_by_its_line(function, inputs, words) -> None:
    whole, _ = outline(function, *inputs)
    loop = next(part for part in whole.parts if isinstance(part, Region))
    lines, first = inspect.getsourcelines(function)
    line = first + [text.strip() for text in lines].index(words)
    assert f"folding.py:{line}" in loop.names
    assert loop.where is not None
    assert loop.where.line == line


def test_an_object_is_called_by_its_class_and_by_the_variable_that_holds_it() -> None:
    whole, _ = outline(folding.Net(4).forward, 0.5)
    repeat = whole.parts[0]
    assert isinstance(repeat, Region)
    assert repeat.name == "Layer"
    assert "for layer in self.layers" in repeat.names or "layer" in repeat.names


def test_passes_of_different_length_are_passes_all_the_same() -> None:
    whole, _ = outline(folding.branches, 0.5)
    (loop,) = (part for part in whole.parts if isinstance(part, Region))
    lengths = [len(list(members(part))) for part in loop.parts if isinstance(part, Region)]
    assert lengths == [2, 1, 2, 1, 2, 1]


@pytest.mark.parametrize("levels", [300, 900])
def test_recursion_deeper_than_any_stack_of_ours_is_counted(levels: int) -> None:
    whole, operations = outline(lambda x: folding.inside_first(x, levels), 0.5)
    assert len(operations) == 2 * levels
    assert list(members(whole)) == operations
    assert told(whole)[0] == f"inside_first ×{levels}: {2 * levels}"


def test_an_expression_has_no_parts_and_a_loop_without_source_still_is_one() -> None:
    facts = gt.parse("y = x*x + sin(x)", x=1.0).facts()
    assert facts.outline is not None
    assert facts.outline.parts == (1, 2, 3)
    made: dict[str, Any] = {"np": np}
    exec("def f(x):\n for k in range(4):\n  x = np.sin(x) * 2\n return x", made)  # noqa: S102
    whole, _ = outline(made["f"], 0.5)
    assert told(whole) == ["loop ×4: 8"]


def test_a_recorded_backward_pass_has_no_outline() -> None:
    graph = gt.trace(folding.rnn, 0.5, 0.1, [0.1] * 3).backward(record=True)
    assert graph.facts().outline is None
