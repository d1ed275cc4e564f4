"""`graphtrace grade`: exit code 0 when nothing is wrong, else 1; a folder makes a summary."""

import csv
import io
import json

import pytest

RIGHT = {"values": {"h2": "20.09"}, "grads": {"y": "40.17", "x": 1}, "locals": {"h2->h3": 2}}
TOML = """
[values]
h2 = 20.09

[grads]
y = "2e^3"
x = 1

[locals]
"h2->h3" = "\\\\frac{4}{2}"
"""
CSV = "kind,name,answer\nvalue,h2,20.09\ngradient,y,40.17\ngrads,x,1\nlocal,h2->h3,2\n"
SEMICOLONS = "\ufeffKind;Name;Answer\r\nvalues;h2;20.09\r\n;;\r\ngrads;y;40.17\r\n"


@pytest.fixture
def grade(cli, s1, tmp_path):
    """Write a file of answers to S1, grade it."""

    def call(text, name="answers.json", *options):
        text = json.dumps(text) if isinstance(text, dict) else text
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return cli("grade", s1[0], name, *s1[1:], *options)

    return call


@pytest.mark.parametrize(
    ("text", "name"),
    [(RIGHT, "a.json"), (TOML, "a.toml"), (CSV, "a.csv"), (SEMICOLONS, "A.CSV")],
)
def test_right_answers_in_every_kind_of_file(grade, text, name):
    outcome = grade(text, name)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[-1] in ("4 of 4 right", "2 of 2 right")


def test_wrong_answers_are_an_answer_of_no(grade):
    outcome = grade(RIGHT | {"grads": {"y": "20.09", "h2": 1}})
    assert (outcome.code, outcome.err) == (1, "")
    assert "First wrong step: gradient ∂f/∂h₂" in outcome.out
    assert "consistent with your ∂f/∂h₂ = 1" in outcome.out


def test_missing_answers_are_only_reported(grade):
    outcome = grade({"values": {"h2": "", "h1": "0"}})
    assert (outcome.code, outcome.err) == (0, "")
    assert "1 of 2 right, 1 missing" in outcome.out


def test_json(grade):
    outcome = grade({"values": {"h2": 9}}, "a.json", "--json")
    report = json.loads(outcome.out)
    assert (outcome.code, report["ok"], report["wrong"]) == (1, False, 1)
    assert report["first_wrong"]["name"] == "h2"


@pytest.mark.parametrize("ending", ["txt", "csv", "json"])
def test_a_report_in_a_file(grade, tmp_path, ending):
    outcome = grade({"values": {"h2": 9, "h3": -18}}, "a.json", "-o", f"r.{ending}")
    assert (outcome.code, outcome.out) == (1, "0 of 2 right, 2 wrong\n")
    text = (tmp_path / f"r.{ending}").read_text(encoding="utf-8")
    assert "h3" in text or "h₃" in text
    if ending == "csv":
        assert [row["name"] for row in csv.DictReader(io.StringIO(text))] == ["h2", "h3"]


def test_tolerance_digits_and_what_is_asked(grade, tmp_path):
    (tmp_path / "key.json").write_text(json.dumps(RIGHT), encoding="utf-8")
    answers = {"values": {"h2": "20"}, "grads": {"y": "41"}}
    assert grade(answers).code == 1
    outcome = grade(answers, "a.json", "--tolerance", "0.05", "--asked", "key.json")
    assert "2 of 4 right, 2 missing" in outcome.out
    assert grade(answers, "a.json", "--tolerance", "0.05", "--digits", "3").code == 0


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ('{"values": {"h2": 3,}}', "a.json", ("a.json: line 1, column",)),
        ('{"values":\n {"h2": 3', "a.json", ("line 2, column",)),
        ("[1]", "a.json", ("expected tables",)),
        ('{"values": {"h2": 1, "h2": 2}}', "a.json", ("'h2' is answered twice",)),
        ('{"values": {"h2": "abc"}}', "a.json", ("values.h2", "'abc' is not a number", "3/4")),
        ("[" * 100_000, "a.json", ("nested too deeply",)),
        ("[values]\nh2 = = 3", "a.toml", ("a.toml: line 2, column 6",)),
        ("[values]\nh2 = 1979-05-27", "a.toml", ("date is not a number",)),
        ("[values]\nh2->h3 = 1", "a.toml", ("line 2", "quotes")),
        ("h2,3\n", "a.csv", ("line 1, column 1", "kind,name,answer")),
        ("", "a.csv", ("line 1",)),
        ("kind,name,answer\nvalues,h2\n", "a.csv", ("line 2, column 3", "got 2")),
        ("kind,name,answer\nvalues,W,[1, 2]\n", "a.csv", ("line 2", "quotes")),
        ("kind,name,answer\nvalues,h2,x\n", "a.csv", ("line 2, column 3", "'x' is not a number")),
        ("kind,name,answer\nvalue,h9,1\n", "a.csv", ("line 2", "no node 'h9'")),
        ("kind,name,answer\nvalu,h2,1\n", "a.csv", ("line 2, column 1", "did you mean 'values'")),
        ('kind,name,answer\nvalues,"h2,1\n', "a.csv", ("a.csv: line", "column")),
        (b'{"values": \xff}', "a.json", ("line 1, column 12", "UTF-8")),
        ("h2 = 3", "a.yaml", ("a.yaml", ".json, .toml, .csv")),
        ("{}", "a.json", ("no answers",)),
    ],
)
def test_files_that_cannot_be_read(grade, text, name, words):
    assert grade(text, name).is_refusal(*words)


def test_requests_that_cannot_be_met(cli, grade, s1):
    assert cli("grade", s1[0], "none.json", *s1[1:]).is_refusal("none.json", "No such file")
    assert grade(RIGHT, "a.json", "-o", "r.pdf").is_refusal("r.pdf", ".csv")
    assert grade(RIGHT, "a.json", "--asked", "x.json").is_refusal("x.json")
    assert grade(RIGHT, "a.json", "--tolerance", "-1").is_refusal("tolerance")


@pytest.fixture
def school(tmp_path):
    """Make a folder of four students' files, one of them broken."""
    folder = tmp_path / "school"
    folder.mkdir()
    (folder / "anna.json").write_text(json.dumps(RIGHT), encoding="utf-8")
    wrong = RIGHT | {"values": {"h2": "9"}, "grads": {"y": "18", "x": 1}}
    (folder / "ben.json").write_text(json.dumps(wrong), encoding="utf-8")
    (folder / "cem.csv").write_text("kind,name,answer\nvalues,h2,20.09\n", encoding="utf-8")
    (folder / "=dora.toml").write_text("[values]\nh2 = = 3\n", encoding="utf-8")
    (folder / "notes.md").write_text("not an answer", encoding="utf-8")
    return folder


def test_a_folder_makes_a_summary(cli, s1, school, tmp_path):
    outcome = cli("grade", s1[0], "school", *s1[1:], "-o", "summary.csv")
    assert (outcome.code, outcome.err) == (1, "")
    assert "1 of 4 have everything right, 1 could not be read" in outcome.out
    text = (tmp_path / "summary.csv").read_text(encoding="utf-8")
    rows = {row["student"]: row for row in csv.DictReader(io.StringIO(text))}
    assert list(rows) == ["'=dora", "anna", "ben", "cem"]
    assert rows["anna"] == {
        "student": "anna", "score": "1.000", "right": "4", "wrong": "0", "follows": "0",
        "missing": "0", "first_wrong_step": "", "mistake": "", "error": "",
    }  # fmt: skip
    assert [rows["ben"][key] for key in ("right", "wrong", "follows", "first_wrong_step")] == [
        "2", "1", "1", "value h2"
    ]  # fmt: skip
    # What anyone answered is asked of all.
    assert (rows["cem"]["score"], rows["cem"]["missing"]) == ("0.250", "3")
    assert "line 2, column 6" in rows["'=dora"]["error"]


def test_a_summary_may_lie_in_the_folder(cli, s1, school):
    for _ in range(2):
        outcome = cli("grade", s1[0], "school", *s1[1:], "-o", "school/summary.csv")
        assert "4 students" in outcome.out
    # It is known by its heading, and by its name where it is made again.
    report = json.loads(cli("grade", s1[0], "school", *s1[1:], "--json").out)
    assert [row["student"] for row in report["students"]] == ["=dora", "anna", "ben", "cem"]
    assert report["students"][1]["report"]["score"] == 1


def test_two_files_of_one_student(cli, s1, school):
    (school / "anna.csv").write_text("kind,name,answer\nvalues,h2,20.09\n", encoding="utf-8")
    report = json.loads(cli("grade", s1[0], "school", *s1[1:], "--json").out)
    names = [row["student"] for row in report["students"]]
    assert names == ["=dora", "anna.csv", "anna.json", "ben", "cem"]


def test_a_folder_without_answers(cli, s1, tmp_path):
    (tmp_path / "empty").mkdir()
    assert cli("grade", s1[0], "empty", *s1[1:]).is_refusal("empty", "no file of answers")


def test_arrays_and_a_seed(cli, tmp_path):
    (tmp_path / "a.csv").write_text(
        'kind,name,answer\nvalues,y,"[3, 7]"\ngrads,W,"[1, 1; 0, 0]"\n', encoding="utf-8"
    )
    inputs = ("--at", "W=[[1,2],[3,4]],u=[1,1]", "--seed", "[1,0]")
    assert cli("grade", "y = W @ u", "a.csv", *inputs).code == 0
    (tmp_path / "a.csv").write_text('kind,name,answer\ngrads,W,"[1, 0; 1, 0]"\n', encoding="utf-8")
    outcome = cli("grade", "y = W @ u", "a.csv", *inputs)
    assert (outcome.code, "transpose" in outcome.out) == (1, True)
