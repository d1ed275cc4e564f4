"""Worksheets: the right questions with the right answers, none of them given away."""

import json
import math
import re
import subprocess
from xml.etree import ElementTree

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import FormatError, GradientError, NameNotFoundError
from graphtrace.exercise.worksheet_blanks import BLANKS, asked_answers, blanks_in, chosen
from graphtrace.exercise.worksheet_inputs import nice_inputs
from graphtrace.exercise.worksheet_pages import pages_of
from graphtrace.exercise.worksheet_paper import pieces
from graphtrace.scene.geometry import overlap, sample
from graphtrace.scene.model import Box
from graphtrace.scene.plan import edge_key
from graphtrace.slides.stage import part_of
from tests.exercise.programs import random_program

E = math.exp(3)
S1 = "f = ln(x) + exp(y)*z"
# As worked by hand at (1, 3, 2): what is asked, in the order in which one solves it.
ASKED = (
    ("value", "h₁ = ln(x)", "0", 0.0),
    ("value", "h₂ = exp(y)", "20.09", E),
    ("value", "h₃ = h₂·z", "40.17", 2 * E),
    ("value", "f = h₁ + h₃", "40.17", 2 * E),
    ("local", "∂f/∂h₁", "1", 1.0),
    ("local", "∂f/∂h₃", "1", 1.0),
    ("upstream", "∂f/∂h₃", "1", 1.0),
    ("local", "∂h₃/∂h₂", "2", 2.0),
    ("local", "∂h₃/∂z", "20.09", E),
    ("upstream", "∂f/∂h₂", "2", 2.0),
    ("local", "∂h₂/∂y", "20.09", E),
    ("upstream", "∂f/∂h₁", "1", 1.0),
    ("local", "∂h₁/∂x", "1", 1.0),
    ("upstream", "∂f/∂z", "20.09", E),
    ("upstream", "∂f/∂y", "40.17", 2 * E),
    ("upstream", "∂f/∂x", "1", 1.0),
)


def s1():
    return gt.parse(S1, x=1, y=3, z=2)


def recurrent():
    return gt.parse("h1 = w*u1; h2 = w*(u2 + h1); y = w*(u3 + h2)", w=2, u1=1, u2=1, u3=1)


def hinge(w=2.0, x=1.5, b=-0.5):
    z = w * x + b
    a = np.maximum(z, 0)
    return (a - 1) ** 2


def layer(
    X=np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]]),  # noqa: B008 - a program as users write it
    W=np.array([[1.0, 0.0], [2.0, 1.0], [0.0, -1.0]]),  # noqa: B008
    b=np.array([1.0, -1.0]),  # noqa: B008
):
    z = X @ W + b
    h = np.maximum(z, 0)
    return np.sum(h * h)


PROGRAMS = {
    "s1": s1,
    "recurrent": recurrent,
    "hinge": lambda: gt.trace(hinge, 2.0, 1.5, -0.5),
    "layer": lambda: gt.trace(layer, *(layer.__defaults__ or ())),
    "squares": lambda: gt.parse("q = x*x; y = q*x + q", x=3),
    "hub": lambda: gt.parse("y = " + "+".join(["w*w"] * 6), w=2),
}


def made(graph, tmp_path, name="sheet.md", answers="key.md", **choice):
    (worksheet,) = graph.worksheet(tmp_path / name, tmp_path / answers, **choice)
    return worksheet


# -- what is asked ------------------------------------------------------------------------------


def test_s1_asks_what_one_works_out_by_hand(tmp_path):
    worksheet = made(s1(), tmp_path)
    assert [
        (question.word, question.what.text, question.answer.text.rpartition(" = ")[2])
        for question in worksheet.key.questions
    ] == [row[:3] for row in ASKED]
    assert [blank.value for blank in worksheet.blanks] == pytest.approx([row[3] for row in ASKED])
    assert "x = 1, y = 3, z = 2, ∂f/∂f = 1" in worksheet.sheet.given[0]


def test_sums_ask_for_their_terms_and_the_total(tmp_path):
    worksheet = made(recurrent(), tmp_path, blank="contributions,totals")
    answers = worksheet.answers.tables()
    # h = 2, v2 = 3, h2 = 6, v3 = 7: dy/dw = 7 + 2*3 + 4*1.
    assert answers["contributions"] == {"w->h1": 4.0, "w->h2": 6.0, "w->y": 7.0}
    assert answers["grads"] == {"w": 17.0}
    assert {question.word for question in worksheet.sheet.questions} == {"part", "total"}


@pytest.mark.parametrize("kind", BLANKS)
def test_each_kind_can_be_asked_alone(tmp_path, kind):
    worksheet = made(recurrent(), tmp_path, blank=[kind])
    assert {blank.kind for blank in worksheet.blanks} == {kind}


def test_the_seed_and_the_inputs_are_given(tmp_path):
    graph = s1().backward(seed=2.5)
    worksheet = made(graph, tmp_path, blank="upstream,totals")
    assert worksheet.answers.grads["y"] == pytest.approx(5 * E)
    assert "f" not in worksheet.answers.grads
    assert "∂f/∂f = 2.5" in worksheet.sheet.given[0]
    assert graph["y"].grad == pytest.approx(5 * E)


def test_arrays_are_asked_number_by_number(tmp_path):
    worksheet = made(PROGRAMS["layer"](), tmp_path, blank="values,upstream")
    shapes = {q.what.text.partition(" = ")[0]: q.shape for q in worksheet.sheet.questions}
    assert (shapes["z"], shapes["∂layer/∂W"], shapes["∂layer/∂b"]) == ((2, 2), (3, 2), (1, 2))
    # By hand: z = [[6, 1], [3, 1]] = h, dW = X^T 2h.
    assert worksheet.answers.values["z"].tolist() == [[6, 1], [3, 1]]
    assert worksheet.answers.grads["W"].tolist() == [[12, 2], [30, 6], [-6, -2]]
    (weights,) = [q for q in worksheet.key.questions if q.what.text == "∂layer/∂W"]
    assert weights.grid == (("12", "2"), ("30", "6"), ("−6", "−2"))


def test_of_large_arrays_the_shape_is_told(tmp_path):
    graph = gt.parse("y = sum(tanh(W @ x))", W=np.eye(6, 5), x=np.arange(5.0))
    worksheet = made(graph, tmp_path, blank="upstream")
    (question,) = [q for q in worksheet.sheet.questions if q.what.text == "∂y/∂W"]
    assert (question.shape, question.size) == (None, "shape 6×5")
    asked = {blank.part for blank in worksheet.blanks}
    nodes = worksheet.sheet.picture.nodes
    heat = {part_of(node, s) for node in nodes for s in node.shapes if s.level is not None}
    assert "value n0" in heat
    assert not heat & asked
    # How large the answers are would stand in the key to the colours.
    assert not [node for node in nodes if node.role == "legend"]


def test_a_part_of_a_graph_gives_what_comes_from_outside(tmp_path):
    graph = gt.parse("a = x*y; b = sin(a); c = b*a; d = c*c*c", x=2, y=0.5)
    worksheet = made(graph, tmp_path, focus="b", radius=1)
    assert worksheet.answers.values.keys() == {"a", "b", "c"}
    # What c hands back is not in the picture's reach: it is given.
    assert "c" not in worksheet.answers.grads


# -- sheet and key --------------------------------------------------------------------------------


def boxes_of(scene):
    return [
        (shape.part, Box(shape.x, shape.y, shape.width, shape.height))
        for node in scene.nodes
        for shape in node.shapes
        if shape.role == "blank"
    ]


@pytest.mark.parametrize("name", PROGRAMS)
def test_sheet_and_key_have_the_same_boxes_with_the_same_numbers(tmp_path, name):
    worksheet = made(PROGRAMS[name](), tmp_path)
    sheet, key = worksheet.sheet, worksheet.key
    assert boxes_of(sheet.picture) == boxes_of(key.picture)
    assert [q.number for q in sheet.questions] == [q.number for q in key.questions]
    numbers = [number_labels(page.picture) for page in (sheet, key)]
    assert numbers[0] == numbers[1] == {str(q.number) for q in sheet.questions}
    assert all(q.answer is None and not q.grid for q in sheet.questions)
    assert all(q.answer is not None for q in key.questions)


def number_labels(scene):
    """Return the small type at the corners of boxes."""
    return {
        label.ink.text for node in scene.nodes for label in node.labels if label.ink.size == 7.0
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_boxes_are_clear_of_everything_and_large_enough(tmp_path, name):
    scene = made(PROGRAMS[name](), tmp_path).sheet.picture
    boxes = boxes_of(scene)
    for at, (part, box) in enumerate(boxes):
        assert box.width >= 38
        assert box.height >= 19
        assert 0 <= box.x < box.right <= scene.width
        assert not [other for other, rest in boxes[:at] if overlap(box, rest)], part
        inside = [
            label.ink.text
            for node in scene.nodes
            for label in node.labels
            if label.ink.size != 7.0 and overlap(label.box, box)
        ]
        assert not inside, part
    for wire in scene.wires:
        for x, y in sample(wire.points):
            hit = [p for p, box in boxes if box.x < x < box.right and box.y < y < box.bottom]
            assert not hit, wire.key


def test_a_long_picture_goes_on_from_page_to_page(tmp_path):
    text = "; ".join(["h = w*u", *["h = w*(u + h)"] * 14])
    worksheet = made(gt.parse(text, w=2, u=1), tmp_path, blank="values")
    sheet, paper = worksheet.sheet, worksheet.paper
    parts = pieces(sheet.picture, paper, sheet.scale)
    assert len(parts) > 1
    found = [part for piece in parts for part, _ in boxes_of(piece)]
    assert sorted(found) == sorted(part for part, _ in boxes_of(sheet.picture))
    assert sum(len(piece.wires) for piece in parts) == len(sheet.picture.wires)
    for page in pages_of(sheet, paper):
        assert (page.width, page.height) == (paper.width, paper.height)
        for _, box in boxes_of(page):
            assert 0 < box.x < box.right < page.width
            assert 0 < box.y < box.bottom < page.height
            # 9 mm, to write in by hand.
            assert box.width > 26


@pytest.mark.parametrize("name", PROGRAMS)
def test_answers_fit_their_boxes(tmp_path, name):
    worksheet = made(PROGRAMS[name](), tmp_path)
    boxes = boxes_of(worksheet.key.picture)
    kinds = ("value", "gradient", "contribution", "local")
    empty = [part for part, box in boxes if not any(
        box.x <= label.box.x and label.box.right <= box.right and overlap(label.box, box)
        for node in worksheet.key.picture.nodes
        for label in node.labels
        if label.ink.role in kinds and label.ink.size != 7.0
    )]  # fmt: skip
    assert not empty


# -- nothing is given away ------------------------------------------------------------------------

DISTINCT = "h = tanh(w*x + b); y = h*h*v + exp(h)"
AT = {"w": 0.37, "x": 1.91, "b": -0.23, "v": 2.71}


def said_in(path):
    """Return everything in a file that a reader or a program could find, coordinates left out."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".svg":
        return "\n".join(said_in_svg(text))
    if path.suffix == ".html":
        found = re.search(r"<svg.*?</svg>", text, re.DOTALL)
        assert found
        svg = found[0]
        return "\n".join([text.replace(svg, ""), *said_in_svg(svg)])
    if path.suffix == ".tex":
        # Type, and comments; not what the lines draw, nor the widths that type is fitted to.
        kept = [re.sub(r"\\gtfit\{[^}]*\}\{[^}]*\}", "", line) for line in text.splitlines()
                if "\\path" not in line]  # fmt: skip
        return "\n".join(re.sub(r"at \([-\d.,]*\)", "", line) for line in kept)
    return text


def said_in_svg(text):
    for element in ElementTree.fromstring(text).iter():  # noqa: S314 - our own
        yield element.text or ""
        for key, value in element.attrib.items():
            if key in ("aria-label", "id", "aria-labelledby"):
                yield value


@pytest.mark.parametrize("ending", ["html", "md", "tex"])
def test_a_sheet_says_no_answer_anywhere(tmp_path, ending):
    graph = gt.parse(DISTINCT, **AT)
    worksheet = made(graph, tmp_path, f"sheet.{ending}", f"key.{ending}")
    answers = {f"{abs(blank.value):.4g}" for blank in worksheet.blanks}
    telling = {answer for answer in answers if len(answer) > 3}
    # Where x is asked for the derivative of w*x, the answer is given as such.
    telling -= {f"{abs(value):.4g}" for value in AT.values()}
    assert len(telling) > 8
    files = [tmp_path / f"sheet.{ending}"] + ([tmp_path / "sheet.svg"] if ending == "md" else [])
    for file in files:
        said = said_in(file)
        assert not [answer for answer in telling if answer in said]
    key = said_in(tmp_path / f"key.{ending}")
    assert all(answer in key for answer in telling)


def test_a_pdf_says_no_answer(tmp_path, oracle, program):
    oracle("typst")
    made(gt.parse(DISTINCT, **AT), tmp_path, "sheet.pdf", "key.pdf")
    texts = {}
    for name in ("sheet", "key"):
        command = [program("pdftotext"), "-layout", str(tmp_path / f"{name}.pdf"), "-"]
        texts[name] = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    h = math.tanh(0.37 * 1.91 - 0.23)
    for answer in (h, h * h * 2.71, math.exp(h), h * h * 2.71 + math.exp(h)):
        assert f"{answer:.4g}" in texts["key"]
        assert f"{answer:.4g}" not in texts["sheet"]
    assert "Name" in texts["sheet"]
    assert b"/CreationDate" not in (tmp_path / "sheet.pdf").read_bytes()


def test_only_uses_do_not_repeat_their_nodes_gradient(tmp_path):
    # In cards each wire shows what it contributes: of an only use that is the gradient itself.
    kinds = "upstream,contributions,totals"
    worksheet = made(PROGRAMS["layer"](), tmp_path, blank=kinds, look="card")
    said = {label.ink.text for node in worksheet.sheet.picture.nodes for label in node.labels}
    assert not [words for words in said if words.startswith("norm")]


def test_half_of_the_blanks_leaves_the_rest_in_the_picture(tmp_path):
    worksheet = made(s1(), tmp_path, fraction=0.5)
    assert len(worksheet.blanks) == len(ASKED) // 2
    nodes = worksheet.sheet.picture.nodes
    shown = {part_of(node, label) for node in nodes for label in node.labels} - {""}
    given = {"value n0", "value n1", "value n2", "grad n6"}
    assert len(shown - given) == len(ASKED) // 2
    assert not shown & {blank.part for blank in worksheet.blanks}


def test_the_shape_of_a_picture_does_not_depend_on_which_blanks_are_left(tmp_path):
    pictures = [made(s1(), tmp_path, fraction=share).sheet.picture for share in (0.3, 1.0)]
    assert pictures[0].wires == pictures[1].wires


# -- variants -------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["html", "md", "tex"])
def test_the_same_seed_is_the_same_sheet_byte_for_byte(tmp_path, ending):
    files = []
    for number, seed in enumerate((7, 7, 8)):
        name = f"{ending}{number}"
        (tmp_path / name).mkdir()
        made(s1(), tmp_path / name, f"a.{ending}", f"k.{ending}", seed=seed, fraction=0.6)
        files.append([file.read_bytes() for file in sorted((tmp_path / name).iterdir())])
    assert files[0] == files[1]
    assert files[0] != files[2]


def numbers_of(graph):
    def run(inputs):
        state = graph.at(**inputs).backward()._state
        return [(state.value(at), state.grad(at)) for at in range(len(state.sealed.nodes))]

    return run


def fresh(text, seed, keep=(), **inputs):
    graph = gt.parse(text, **inputs).backward()
    return nice_inputs(graph.facts(), numbers_of(graph), seed, keep)


SEEDS = range(1, 9)


@pytest.mark.parametrize("seed", SEEDS)
def test_products_and_sums_have_small_whole_numbers_and_halves(seed):
    found = fresh("y = w*(u + w*v) - v", seed, w=1.37, u=0.9, v=2.2)
    assert all(2 * value == int(2 * value) and abs(value) <= 5 for value in found.values())
    w, u, v = (found[name] for name in "wuv")
    assert abs(w * (u + w * v) - v) <= 50
    assert found != {"w": 1.37, "u": 0.9, "v": 2.2}


@pytest.mark.parametrize("seed", SEEDS)
def test_domains_are_kept_and_results_come_out_even(seed):
    logs = fresh("y = ln(x) + exp(t)", seed, x=1.7, t=0.3)
    assert logs["x"] > 0
    assert abs(logs["t"]) <= 2
    roots = fresh("y = sqrt(x)*2", seed, x=1.7)
    assert math.sqrt(roots["x"]) * 2 == int(math.sqrt(roots["x"]) * 2)
    quotient = fresh("y = a/b", seed, a=1.7, b=0.3)
    assert 4 * quotient["a"] / quotient["b"] == int(4 * quotient["a"] / quotient["b"])
    # Not at the kink, where the derivative is a convention.
    kink = fresh("y = relu(a - b) + a", seed, a=1.0, b=3.0)
    assert kink["a"] != kink["b"]


def test_both_sides_of_a_relu_come_up():
    found = [fresh("y = relu(a - b) + a*b", seed, a=1.0, b=3.0) for seed in range(1, 20)]
    sides = {inputs["a"] > inputs["b"] for inputs in found}
    assert sides == {True, False}


def test_shapes_and_types_masks_and_kept_inputs_stay(tmp_path):
    def loss(x, mask, w, k):
        return np.sum(x * mask) * w * k

    x = np.array([[1.25, 2.5]], dtype=np.float32)
    graph = gt.trace(loss, x, np.array([[1.0, 0.0]]), 1.5, 3.0)
    inputs = made(graph, tmp_path, seed=3, keep="k").inputs
    assert inputs.keys() == {"x", "w"}
    assert (inputs["x"].shape, inputs["x"].dtype) == ((1, 2), np.float32)
    assert isinstance(inputs["w"], float)


def test_a_branch_is_not_left():
    def positive(x):
        return x * x if x > 0 else -x

    graph = gt.trace(positive, 2.2).backward()
    for seed in SEEDS:
        inputs = nice_inputs(graph.facts(), numbers_of(graph), seed)
        assert inputs is not None
        assert np.all(np.asarray(inputs["x"]) > 0)


def test_where_no_other_inputs_are_found_they_stay(tmp_path):
    def narrow(x):
        return x * x if 2.19 < x < 2.21 else x

    worksheet = made(gt.trace(narrow, 2.2), tmp_path, seed=1)
    assert worksheet.inputs == {}
    assert "stay as they are" in worksheet.notes[0]
    assert worksheet.answers.values["narrow"] == pytest.approx(4.84)


def test_variants_are_numbered_files_with_seeds_that_follow(tmp_path):
    found = s1().worksheet(tmp_path / "sheet.md", tmp_path / "key.json", variants=3, seed=5)
    names = {path.name for path in tmp_path.iterdir()}
    kinds = ("sheet-{}.md", "sheet-{}.svg", "key-{}.json")
    assert names == {kind.format(number) for number in (1, 2, 3) for kind in kinds}
    assert [sheet.sheet.mark for sheet in found] == ["Variant 5", "Variant 6", "Variant 7"]


# -- grading --------------------------------------------------------------------------------------


def all_parts(facts):
    """Return every part of a picture, without drawing one."""
    parts = {f"{what} n{node.id}" for node in facts.nodes for what in ("value", "grad")}
    return parts | {f"{w} {edge_key(e)}" for e in facts.edges for w in ("local", "contribution")}


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_keys_score_full_marks_in_200_random_graphs(start):
    for seed in range(start, start + 50):
        program = random_program(seed)
        graph = gt.parse(program.text, **program.inputs).backward()
        found = nice_inputs(graph.facts(), numbers_of(graph), seed)
        graph = graph.at(**(found or {})).backward()
        facts = graph.facts()
        around = {node.id for node in facts.nodes}
        everything = blanks_in(facts, all_parts(facts), BLANKS, around)
        key = asked_answers(facts, chosen(everything, 0.5 + (seed % 6) / 10, seed))
        report = graph.grade(key, asked=key)
        assert (report.score, report.counts["missing"]) == (1.0, 0), program.text
        # The independent truth: hand-written rules at the inputs of the variant.
        program.inputs |= found or {}
        right = program.answers(program.work_out())
        for table, rows in key.tables().items():
            for name, value in rows.items():
                assert value == pytest.approx(right[table][name], rel=1e-9, abs=1e-12), name


def test_a_key_as_json_is_read_by_grade(tmp_path):
    graph = recurrent()
    worksheet = made(graph, tmp_path, answers="key.json", fraction=0.7, seed=4)
    there = graph.at(**worksheet.inputs).backward()
    report = there.grade(tmp_path / "key.json", asked=tmp_path / "key.json")
    assert (report.score, report.asked) == (1.0, len(worksheet.blanks))
    tables = json.loads((tmp_path / "key.json").read_text())
    assert sum(map(len, tables.values())) == len(worksheet.blanks)


# -- formats --------------------------------------------------------------------------------------

HOSTILE = "%_\\input{x}<b>&$^{"


@pytest.mark.parametrize("title", ["", HOSTILE])
@pytest.mark.parametrize("name", ["recurrent", "layer"])
def test_latex_compiles(tmp_path, program, name, title):
    made(PROGRAMS[name](), tmp_path, "sheet.tex", "key.tex", title=title)
    for stem in ("sheet", "key"):
        command = [program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error",
                   "-no-shell-escape", f"{stem}.tex"]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]


def test_titles_are_text_in_every_format(tmp_path):
    made(s1(), tmp_path, "sheet.html", "key.md", title="<script>*a*")
    assert "<script>" not in (tmp_path / "sheet.html").read_text()
    assert "<script>" not in (tmp_path / "key.md").read_text()


def test_pages_of_a_pdf_have_the_papers_size(tmp_path, oracle):
    oracle("typst")
    made(s1(), tmp_path, "sheet.pdf", "key.pdf", paper="letter")
    assert re.search(
        rb"/MediaBox ?\[ ?0 0 (612 792|792 612)", (tmp_path / "sheet.pdf").read_bytes()
    )


@pytest.mark.parametrize(
    ("choice", "error", "words"),
    [
        ({"blank": "valus"}, FormatError, "did you mean 'values'"),
        ({"blank": ","}, FormatError, "no blanks are asked for"),
        ({"fraction": 0}, FormatError, "fraction is a share"),
        ({"fraction": math.nan}, FormatError, "fraction is a share"),
        ({"paper": "a44"}, FormatError, "did you mean 'a4'"),
        ({"variants": 0}, FormatError, "variants are from 1"),
        ({"keep": "yy", "seed": 1}, NameNotFoundError, "no input 'yy' to keep"),
        ({"theme": "drak"}, FormatError, "did you mean 'dark'"),
        ({"focus": "q"}, NameNotFoundError, "q"),
        ({"name": "sheet.doc"}, FormatError, "known: html, md, pdf, tex"),
        ({"name": "sheet"}, FormatError, "no ending"),
        ({"name": "sheet.json"}, FormatError, "unknown format"),
        ({"answers": "sheet.html"}, FormatError, "give the key another name"),
    ],
)
def test_what_cannot_be_made_leaves_no_file(tmp_path, choice, error, words):
    with pytest.raises(error, match=re.escape(words)):
        made(s1(), tmp_path, **choice)
    assert not list(tmp_path.iterdir())


def test_a_graph_too_large_says_what_to_do(tmp_path):
    graph = gt.parse("y = x" + "; y = y*x" * 120, x=1)
    with pytest.raises(FormatError, match=r"too many for a sheet.*--fraction"):
        made(graph, tmp_path)


def test_arrays_need_a_seed_for_gradients_but_not_for_values(tmp_path):
    graph = gt.parse("y = 2*x", x=np.array([1.0, 2.0]))
    with pytest.raises(GradientError, match="give a seed"):
        made(graph, tmp_path)
    assert made(graph, tmp_path, blank="values").answers.values["y"].tolist() == [2.0, 4.0]
