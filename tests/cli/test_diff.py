"""The verb `diff`."""

import json

import pytest

PAIR = ("f = ln(x)*y", "f = exp(x)*y", "--at", "x=1,y=2")


def test_two_programs_and_what_differs(cli):
    outcome = cli("diff", *PAIR)
    assert (outcome.code, outcome.err) == (1, "")
    assert "another operation" in outcome.out
    assert "5.437" in outcome.out
    rows = [line.split() for line in outcome.out.splitlines() if line[:1].isdigit()]
    assert [row[0] for row in rows[:4]] == ["1", "2", "3", "4"]


def test_the_same_is_code_0(cli):
    outcome = cli("diff", "f = x*y", "f = x*y", "--at", "x=1,y=2")
    assert outcome.code == 0
    assert "The same" in outcome.out


def test_names_and_the_order_of_operands_are_no_difference(cli):
    outcome = cli("diff", "h = x*y; f = h + 3", "g = y*x; f = 3 + g", "--at", "x=1,y=2")
    assert outcome.code == 0
    assert outcome.out.endswith("Renamed: h → g.\n")


@pytest.mark.parametrize(("tolerance", "code"), [("0.3", 1), ("0.34", 0), ("0", 1)])
def test_moved_is_what_differs_by_more_than_the_tolerance(cli, tolerance, code):
    # f = x at 2 and at 3: the change is a third of the larger one.
    line = ("f = x + 0", "--at-a", "x=2", "--at-b", "x=3", "--tolerance", tolerance)
    assert cli("diff", *line).code == code


def test_inputs_of_one_side_overrule_those_of_both(cli):
    line = ("f = x*y", "f = x*y*z", "--at", "x=1,y=2", "--at-b", "y=5,z=7", "--json")
    rows = json.loads(cli("diff", *line).out)["nodes"]
    values = {
        (side, row[side]["name"]): row[side]["value"]
        for row in rows
        for side in ("old", "new")
        if row[side]
    }
    assert values["old", "f"] == 1 * 2
    assert values["new", "f"] == 1 * 5 * 7
    assert (values["old", "y"], values["new", "y"]) == (2, 5)


def test_a_large_drawing_is_of_what_differs_most_or_whole(cli, tmp_path):
    (tmp_path / "net.py").write_text(
        "import numpy as np\n\ndef rnn(w=0.9):\n    h = 0.1\n"
        "    for _ in range(40):\n        h = np.tanh(w * h)\n    return h\n",
        encoding="utf-8",
    )
    sizes = []
    for more in ((), ("--whole",)):
        outcome = cli("diff", "net.py:rnn", "--at-b", "w=1", "-o", "d.svg", *more)
        assert outcome.code == 1
        assert ("what differs most of 82 nodes" in outcome.err) == (not more)
        sizes.append((tmp_path / "d.svg").stat().st_size)
    assert sizes[0] < sizes[1] / 2


@pytest.mark.parametrize(
    ("kind", "library", "start"), [("pdf", "typst", b"%PDF"), ("pptx", "pptx", b"PK")]
)
def test_a_document_is_written(cli, tmp_path, oracle, kind, library, start):
    oracle(library)
    assert cli("diff", *PAIR, "-o", f"d.{kind}").code == 1
    assert (tmp_path / f"d.{kind}").read_bytes().startswith(start)


def test_a_picture_goes_to_standard_output(cli):
    outcome = cli("diff", *PAIR, "--format", "svg")
    assert outcome.code == 1
    assert outcome.out.startswith("<svg")
    assert outcome.out.rstrip().endswith("</svg>")


def test_one_program_at_two_inputs(cli):
    outcome = cli("diff", "f = ln(x)*y", "--at", "x=1,y=2", "--at-b", "x=2", "--json")
    assert outcome.code == 1
    found = json.loads(outcome.out)
    assert not found["same"]
    assert {row["status"] for row in found["nodes"]} == {"same"}
    assert {row["name"] for row in found["moved"]} == {"f", "h1", "x", "y"}
    sizes = [row["relative"] for row in found["moved"]]
    assert sizes == sorted(sizes, reverse=True)


def test_two_versions_of_a_function_in_files_of_the_same_name(cli, tmp_path):
    for folder, body in (("a", "w * x"), ("b", "w * x + 1")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "net.py").write_text(
            f"from step import step\n\ndef loss(w=2.0, x=3.0):\n    return step({body})\n",
            encoding="utf-8",
        )
        power = 2 if folder == "a" else 3
        (tmp_path / folder / "step.py").write_text(
            f"def step(v):\n    return v ** {power}\n", encoding="utf-8"
        )
    outcome = cli("diff", "a/net.py:loss", "b/net.py:loss", "--json")
    found = json.loads(outcome.out)
    # (2·3)² = 36 before, (2·3 + 1)³ = 343 now.
    values = {row["name"]: (row["old"], row["new"]) for row in found["moved"]
              if row["what"] == "value"}  # fmt: skip
    assert (36.0, 343.0) in values.values()


@pytest.mark.parametrize("kind", ["svg", "png", "tex", "txt", "json"])
def test_a_file_is_written_in_its_format(cli, tmp_path, kind):
    outcome = cli("diff", *PAIR, "-o", f"d.{kind}")
    assert (outcome.code, outcome.err) == (1, "")
    assert "moved" in outcome.out
    assert (tmp_path / f"d.{kind}").stat().st_size > 100


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("f = x", "--at", "x=1"), ("give another SOURCE", "--at-b")),
        (("-", "-"), ("standard input can be read once",)),
        ((*PAIR, "--tolerance", "-1"), ("--tolerance",)),
        ((*PAIR, "--json", "--format", "svg"), ("--json and --format",)),
        ((*PAIR, "-o", "none/d.svg"), ("cannot write",)),
        ((*PAIR, "-o", "d.svg", "--focus", "hh"), ("no node 'hh'", "known: f, h1, x, y")),
        (("f = x", "f = q", "--at", "x=1"), ("B: ", "q")),
        ((*PAIR, "-o", "d.dot"), ("dot holds one graph",)),
        ((*PAIR, "-o", "d.svg", "--show", "cost"), ("cost",)),
        ((*PAIR, "--theme", "drak", "-o", "d.svg"), ("did you mean 'dark'",)),
        (("net.gtrace", "f = x", "--at", "x=1"), ("saved graphs cannot be read yet",)),
    ],
)
def test_what_cannot_be_compared_is_one_line(cli, tmp_path, line, words):
    assert cli("diff", *line).is_refusal(*words)
    assert not list(tmp_path.iterdir())
