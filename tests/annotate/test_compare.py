"""Two graphs side by side, against what was changed by hand."""

import json
import math
import re
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import graphtrace as gt
from graphtrace.errors import FormatError, GradientError, RefusedError
from graphtrace.render.difference import draw_difference
from tests.render.hostile import NAMES as HOSTILE


def parse(text, **inputs):
    return gt.parse(text, **inputs).backward()


def test_another_operation_is_changed_and_what_follows_has_moved():
    found = gt.compare(parse("f = ln(x)*y", x=1, y=2), parse("f = exp(x)*y", x=1, y=2))
    assert not found.same
    assert (found.added, found.removed, found.changed) == ((), (), ("h1",))
    moved = {(row.node, row.what): (row.old, row.new) for row in found.moves}
    names = {node.name: node.id for node in found.facts.nodes}
    e = np.e
    # By hand: ln 1 = 0, ∂f/∂x = y/x = 2; exp 1 = e, ∂f/∂x = y·e.
    expected = {
        (names["f"], "value"): (0, 2 * e),
        (names["h1"], "value"): (0, e),
        (names["x"], "gradient"): (2, 2 * e),
        (names["y"], "gradient"): (0, e),
    }
    assert moved.keys() == expected.keys()
    for key, pair in expected.items():
        assert moved[key] == pytest.approx(pair)


def test_the_largest_move_comes_first():
    found = gt.compare(parse("f = x*y", x=1, y=8), parse("f = x*y", x=1.5, y=8.5))
    sizes = [row.relative for row in found.moves]
    assert sizes == sorted(sizes, reverse=True)
    # x: 0.5/1.5, and it is the gradient of y; f: 4.75/12.75; y: 0.5/8.5, and the gradient of x.
    assert sizes == pytest.approx([4.75 / 12.75, 1 / 3, 1 / 3, 0.5 / 8.5, 0.5 / 8.5])


def test_lines_that_came_and_went():
    one = parse("a = x*x; f = a + y", x=2, y=3)
    two = parse("a = x*x; b = tanh(a); f = b + y", x=2, y=3)
    assert gt.compare(one, two).added == ("b",)
    assert gt.compare(two, one).removed == ("b",)


def test_another_name_is_no_other_program():
    found = gt.compare(parse("h = x*x; f = ln(h)", x=2), parse("g = x*x; f = ln(g)", x=2))
    assert found.same
    assert found.renamed == (("h", "g"),)


def test_functions_of_two_versions():
    def before(x, w):
        h = np.tanh(w * x)
        return h * h

    def now(x, w):
        h = np.tanh(w * x)
        k = np.exp(h)
        return h * k

    found = gt.compare(gt.trace(before, 0.5, 2.0).backward(), gt.trace(now, 0.5, 2.0).backward())
    assert found.added == ("k",)
    assert found.removed == ()


def test_what_lies_within_the_tolerance_has_not_moved():
    one, two = parse("f = x*y", x=1, y=2), parse("f = x*y", x=1 + 1e-9, y=2)
    assert gt.compare(one, two).same
    assert not gt.compare(one, two, rtol=1e-12).same


def summed(*numbers):
    return gt.trace(lambda x: np.sum(np.log(x)), np.array(numbers)).backward()


def notes(one, two):
    found = gt.compare(one, two)
    names = {node.id: node.name for node in found.facts.nodes}
    return {(names[move.node], move.what): move.note for move in found.moves}


def test_nan_on_one_side_comes_first_and_is_counted():
    with np.errstate(invalid="ignore"):
        bad = summed(1.0, -2.0)
    found = gt.compare(summed(1.0, 2.0), bad)
    # ln x has NaN in one of two places, so the sum is NaN; x and its gradient 1/x are numbers.
    told = notes(summed(1.0, 2.0), bad)
    assert told["x", "value"] == told["x", "gradient"] == ""
    assert "NaN or ∞ on one side only: 1 of 2" in told.values()
    assert [math.isinf(move.relative) for move in found.moves] == [True, True, False, False]
    # On both sides in the same places it has not moved.
    assert gt.compare(bad, bad).same


def test_another_shape_is_told():
    told = notes(summed(1.0, 2.0), summed(1.0, 2.0, 3.0))
    assert told["x", "value"] == told["x", "gradient"] == "shape [2] → [3]"


@pytest.mark.parametrize(
    ("old", "new", "change", "relative"),
    [
        # |new - old| by the larger of both: 1/3; of two signs it is 2; from 0 it is 1.
        ([2.0], [3.0], 1.0, 1 / 3),
        ([-3.0], [3.0], 6.0, 2.0),
        ([0.0], [0.5], 0.5, 1.0),
        # Arrays by their norms: ‖(3, 4)‖ = 5 by ‖(3, 4)‖ = 5; neither overflows nor vanishes.
        ([0.0, 0.0], [3.0, 4.0], 5.0, 1.0),
        ([3e200, 4e200], [0.0, 4e200], 3e200, 3 / 5),
        ([3e-200, 4e-200], [0.0, 4e-200], 3e-200, 3 / 5),
    ],
)
def test_how_far_a_value_has_moved(old, new, change, relative):
    one, two = (gt.trace(np.sum, np.array(side)) for side in (old, new))
    (move,) = (m for m in gt.compare(one, two, atol=0).moves if m.node == 0)
    assert move.what == "value"
    assert move.change == pytest.approx(change)
    assert move.relative == pytest.approx(relative)
    # Smaller than the absolute tolerance, which is 1e-12, is no move.
    assert bool(gt.compare(one, two).moves) == (change > 1e-12)


def test_what_cannot_be_compared_is_refused():
    forward = gt.parse("f = x*x", x=1)
    with pytest.raises(GradientError, match=r"second graph has gradients.*first.*backward"):
        gt.compare(forward, parse("f = x*x", x=1))
    assert gt.compare(forward, gt.parse("f = x*x", x=1)).same
    for wrong in (-1, math.nan, math.inf):
        with pytest.raises(FormatError, match="rtol"):
            gt.compare(forward, forward, rtol=wrong)
    with pytest.raises(RefusedError, match="compare"):
        gt.compare(forward, "f = x*x")  # type: ignore[arg-type] # on purpose


def test_small_elements_beside_large_ones_may_differ_by_rounding():
    one = gt.trace(np.sum, np.array([1e9, 1e-9]))
    two = gt.trace(np.sum, np.array([1e9, 2e-9]))
    assert gt.compare(one, two).same


def test_a_loop_with_another_count_has_more_of_the_same():
    def rnn(count):
        def f(w):
            h = 0.1
            for _ in range(count):
                h = np.tanh(w * h)
            return h

        return gt.trace(f, 0.5).backward()

    found = gt.compare(rnn(2), rnn(4))
    # Two steps more, each of a product and a tanh; the first two stay what they are.
    assert len(found.added) == 4
    assert (found.removed, found.changed) == ((), ())
    assert not [move for move in found.moves if move.what == "value"]


def test_the_table_says_all_of_it():
    text = str(gt.compare(parse("f = ln(x)*y", x=1, y=2), parse("f = exp(x)*y + 1", x=1, y=2)))
    rows = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    assert ["≠", "h1", "another operation", "ln(x)", "exp(x)", "<expression>:1"] in rows
    # ∂f/∂x = y/x = 2 before, y·e^x = 5.437 now.
    assert ["x", "gradient", "2", "5.437", "+3.437", "63 %"] in [row[1:] for row in rows]
    assert text.splitlines()[-1].startswith("2 nodes added, 1 other operation. ")


INPUTS = {"x": 0.5, "y": 1.5, "z": 2.5}
FORMS = {
    "{a} + {b}": lambda a, b: a + b,
    "{a}*{b}": lambda a, b: a * b,
    "{a} - 2*{b}": lambda a, b: a - 2 * b,
    "tanh({a})": lambda a, _: math.tanh(a),
}


@dataclass(frozen=True)
class Program:
    """Lines of a program: what is assigned, how, and its operands."""

    lines: tuple[tuple[str, str, str, str], ...]

    def inputs(self):
        """Return the inputs that it uses."""
        used = {w for _, form, a, b in self.lines for w in ((a, b) if "{b}" in form else (a,))}
        return {name: value for name, value in INPUTS.items() if name in used}

    def graph(self, names=None, **changed):
        """Return its graph, with other names, at other inputs."""
        names = names or {}
        lines = [
            f"{names.get(to, to)} = {form.format(a=names.get(a, a), b=names.get(b, b))}"
            for to, form, a, b in self.lines
        ]
        inputs = {names.get(key, key): value for key, value in (self.inputs() | changed).items()}
        return parse("; ".join(lines), **inputs)

    def values(self, **changed):
        """Return what its lines come to, worked out in floats."""
        known = INPUTS | changed
        for to, form, a, b in self.lines:
            known[to] = FORMS[form](known[a], known[b])
        return known


@st.composite
def programs(draw, most=8):
    """Draw a program of sums, products, differences and tanh over three inputs."""
    known, lines = [*INPUTS], []
    for letter in "abcdefgh"[: draw(st.integers(1, most))]:
        pair = draw(st.sampled_from(known)), draw(st.sampled_from(known))
        lines.append((letter, draw(st.sampled_from(sorted(FORMS))), *pair))
        known.append(letter)
    return Program(tuple(lines))


@given(programs())
def test_a_graph_is_the_same_as_itself(program):
    found = gt.compare(program.graph(), program.graph())
    assert found.same
    assert (found.moves, found.renamed) == ((), ())
    assert {change.status for change in found.facts.changes.nodes.values()} == {"same"}


@given(programs())
def test_of_a_renamed_program_only_the_names_differ(program):
    names = {line[0]: f"{line[0]}{line[0]}" for line in program.lines}
    found = gt.compare(program.graph(), program.graph(names))
    assert found.same
    assert set(found.renamed) == set(names.items())


@given(programs(), st.sampled_from(sorted(INPUTS)))
def test_at_another_input_exactly_what_has_another_value_has_moved(program, name):
    assume(name in program.inputs())
    before, now = program.values(), program.values(**{name: INPUTS[name] + 0.25})
    found = gt.compare(program.graph(), program.graph(**{name: INPUTS[name] + 0.25}))
    assert (found.added, found.removed, found.changed) == ((), (), ())
    names = {node.id: node.name for node in found.facts.nodes if node.name in before}
    moved = {names[m.node] for m in found.moves if m.what == "value" and m.node in names}
    # Far beyond the tolerance, or far within: between them rounding decides.
    for key in names.values():
        share = abs(now[key] - before[key]) / (max(abs(now[key]), abs(before[key])) or 1)
        if share > 1e-5 or share < 1e-7:
            assert (key in moved) == (share > 1e-5), key


@given(programs())
def test_a_line_more_is_added_and_in_the_other_direction_removed(program):
    last = program.lines[-1][0]
    longer = Program((*program.lines, ("k", "tanh({a})", last, last)))
    there = gt.compare(program.graph(), longer.graph())
    back = gt.compare(longer.graph(), program.graph())
    assert there.added == back.removed == ("k",)
    assert (there.removed, there.changed, back.added, back.changed) == ((), (), (), ())


@settings(max_examples=60)
@given(programs(5), programs(5))
def test_every_node_of_two_programs_is_drawn_once(one, two):
    old, new = one.graph(), two.graph()
    changes = gt.compare(old, new).facts.changes
    pairs = sum(
        change.old is not None and change.new is not None for change in changes.nodes.values()
    )
    olds, news = (len(graph.facts().nodes) for graph in (old, new))
    assert len(changes.nodes) == olds + news - pairs
    assert changes.count("added") == news - pairs
    assert changes.count("removed") == olds - pairs
    # Operands come first, so that both graphs on top of each other have no circle.
    assert all(source < target for source, target, _ in changes.edges)
    numbers = [
        sorted(repr(side.value) for c in changes.nodes.values() if (side := getattr(c, which)))
        for which in ("old", "new")
    ]
    expected = [sorted(repr(n.value) for n in g.facts().nodes) for g in (old, new)]
    assert numbers == expected


def hostile(value):
    def f(params):
        total = 1.0
        for number in params.values():
            total = total * number
        return total

    return gt.trace(f, dict.fromkeys(HOSTILE, value)).backward()


def test_hostile_names_stay_text():
    found = gt.compare(hostile(2.0), hostile(3.0))
    names = {node.name for node in found.facts.nodes}
    picture = ElementTree.fromstring(found.render(whole=True) or b"")  # noqa: S314 -- our own
    assert not [element for element in picture.iter() if element.tag.endswith(("script", "}b"))]
    words = [element.text or "" for element in picture.iter() if element.tag.endswith("title")]
    assert all(any(name in text for text in words) for name in ("<b>", "&amp;", "back\\slash\\"))
    data = json.loads(found.as_json())
    assert names == {(row["new"] or row["old"])["name"] for row in data["nodes"]}
    # A line of text for each move: no name starts one of its own.
    *table, _ = str(found).splitlines()
    assert sum(line[:2].strip().isdigit() for line in table) == len(found.moves)
    tame = gt.compare(parse("f = x*y", x=1, y=2), parse("f = x*y", x=1, y=3))
    assert commands(found) == commands(tame)


def commands(found):
    """Return what a picture tells TeX to end, read or write, comments left out."""
    tex = draw_difference(found, "tex", whole=True).data.decode()
    code = "\n".join(line.partition("%")[0] for line in tex.splitlines())
    return re.findall(r"\\write18|\^\^5c|\\input|\\end\{\w+\}", code)


@pytest.mark.parametrize("form", ["svg", "json", "txt", "tex", "png"])
def test_the_same_two_graphs_give_the_same_bytes(form):
    def bytes_():
        one, two = parse("f = ln(x)*y", x=1, y=2), parse("f = exp(x)*y + x", x=1, y=2)
        return gt.compare(one, two).render(format=form)

    assert bytes_() == bytes_()
