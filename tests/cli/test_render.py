"""`graphtrace render`: a file in the format of its ending, or a tree in the terminal."""

import json

import pytest


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("f.svg", b"<"),
        ("f.png", b"\x89PNG"),
        ("f.dot", b"digraph"),
        ("f.json", b"{"),
        ("f.tex", b"%"),
        ("f.mmd", b"flowchart"),
        ("f.graphml", b"<?xml"),
    ],
)
def test_the_ending_chooses_the_format(cli, s1, tmp_path, name, begins):
    outcome = cli("render", *s1, "-o", name)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_without_a_file_a_tree_is_printed(cli, s1):
    outcome = cli("render", *s1)
    assert (outcome.code, outcome.err) == (0, "")
    assert "20.09" in outcome.out
    assert "40.17" in outcome.out


def test_a_format_may_go_to_standard_output(cli, s1):
    json.loads(cli("render", *s1, "--format", "json").out)
    assert cli("render", *s1, "-o", "-", "--format", "dot").out.startswith("digraph")


def test_a_format_may_overrule_the_ending(cli, s1, tmp_path):
    assert cli("render", *s1, "-o", "picture", "--format", "svg").code == 0
    assert (tmp_path / "picture").read_bytes().startswith(b"<")


def test_a_format_may_say_what_the_ending_says(cli, s1, tmp_path):
    assert cli("render", *s1, "-o", "f.SVG", "--format", "svg").code == 0
    assert cli("render", *s1, "-o", "f.picture", "--format", "svg").code == 0
    assert (tmp_path / "f.SVG").read_bytes() == (tmp_path / "f.picture").read_bytes()


def test_every_theme_and_look_draws_something_else(cli, s1, tmp_path):
    for option in ("--theme=light", "--theme=dark", "--theme=cs231n", "--look=card"):
        assert cli("render", *s1, option, "-o", f"{option[2:]}.svg").code == 0
    assert len({path.read_bytes() for path in tmp_path.glob("*.svg")}) == 4


def test_a_theme_of_ones_own_comes_from_a_file_or_the_project(cli, s1, tmp_path):
    (tmp_path / "mine.toml").write_text('value = "#123456"\n')
    assert cli("render", *s1, "--theme", "mine.toml", "-o", "a.svg").code == 0
    (tmp_path / "pyproject.toml").write_text('[tool.graphtrace.theme]\nvalue = "#123456"\n')
    assert cli("render", *s1, "-o", "b.svg").err == ""
    assert cli("render", *s1, "--theme", "light", "-o", "c.svg").code == 0
    a, b, c = ((tmp_path / f"{name}.svg").read_bytes() for name in "abc")
    assert b"#123456" in a
    assert a == b
    assert b"#123456" not in c
    (tmp_path / "pyproject.toml").write_text('[tool.graphtrace.theme]\nvalu = "#123456"\n')
    refused = cli("render", *s1, "-o", "d.svg")
    assert refused.is_refusal("unknown key 'valu'; did you mean 'value'?")
    assert not (tmp_path / "d.svg").exists()


def test_a_picture_has_the_width_asked_for(cli, s1, tmp_path):
    assert cli("render", *s1, "--width", "640", "-o", "f.png").code == 0
    assert int.from_bytes((tmp_path / "f.png").read_bytes()[16:20], "big") == 640
    both = cli("render", *s1, "--width", "640", "--scale", "2", "-o", "g.png")
    assert both.is_refusal("scale and width both tell the size")


def test_show_chooses_what_is_written(cli, s1, tmp_path):
    assert cli("render", *s1, "--show", "value", "-o", "a.svg").code == 0
    assert cli("render", *s1, "--show", "value,grad", "--show", "local", "-o", "b.svg").code == 0
    assert len((tmp_path / "b.svg").read_bytes()) > len((tmp_path / "a.svg").read_bytes())


def test_show_chooses_what_a_tree_says(cli, s1):
    outcome = cli("render", *s1, "--show", "value")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out != cli("render", *s1).out


def test_the_backward_pass_is_drawn_below_the_forward_one(cli, s1, tmp_path):
    assert cli("render", *s1, "--backward", "-o", "f.svg").code == 0
    picture = (tmp_path / "f.svg").read_text()
    assert picture.count("<title>backward</title>") == 1
    assert picture.count("<title>forward</title>") == 1
    tree = cli("render", *s1, "--backward").out
    roots = [line.split()[0] for line in tree.splitlines() if line.startswith("∂")]
    assert roots == ["∂f/∂z", "∂f/∂y", "∂f/∂x"]


@pytest.mark.parametrize(
    ("options", "idle"),
    [
        (["--theme", "dark"], "--theme changed nothing: txt is no picture"),
        (["--look", "card", "--scale", "2"], "--look and --scale changed nothing: txt"),
        (["--show", "value", "--format", "json"], "--show changed nothing: json"),
        (["--scale", "2", "-o", "f.txt"], "--scale changed nothing: txt"),
        (["--width", "99", "-o", "f.graphml"], "--width changed nothing: graphml"),
    ],
)
def test_an_option_without_effect_is_remarked_on(cli, s1, options, idle):
    outcome = cli("render", *s1, *options)
    assert outcome.code == 0
    assert outcome.err.startswith(f"graphtrace: note: {idle}")
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("name", ["svg", "dot"])
def test_a_picture_is_the_same_in_every_process(shell, environment, s1, name):
    pictures = set()
    for seed in ("0", "1"):
        environment["PYTHONHASHSEED"] = seed
        pictures.add(shell("render", *s1, "--format", name).out)
    assert len(pictures) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-o", "no/such/folder/f.svg"], ["no/such/folder"]),
        (["-o", "f.sgv"], ["sgv", "svg"]),
        (["-o", "f"], ["f"]),
        (["-o", "folder"], ["-o folder is a folder", "f.svg"]),
        (["-o", "."], ["-o . is a folder", "f.svg"]),
        (["-o", "folder/", "--format", "svg"], ["-o folder is a folder"]),
        (["-o", "f.png", "--format", "svg"], ["--format svg contradicts", "f.png"]),
        (["-o", "f.svg", "--theme", "drak"], ["'drak'", "dark"]),
        (["-o", "f.svg", "--look", "crad"], ["'crad'", "card"]),
        (["-o", "f.svg", "--show", "value,gard"], ["'gard'", "grad"]),
        (["-o", "f.png", "--scale", "0"], ["scale"]),
        (["-o", "f.png", "--scale", "big"], ["--scale"]),
        (["--format", "sgv"], ["sgv", "svg"]),
    ],
)
def test_a_picture_that_cannot_be_drawn_leaves_no_file(cli, s1, tmp_path, options, words):
    (tmp_path / "folder").mkdir()
    assert cli("render", *s1, *options).is_refusal(*words)
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_a_refused_request_leaves_the_old_picture(cli, s1, tmp_path):
    (tmp_path / "f.svg").write_text("old", encoding="utf-8")
    assert cli("render", "ln(x", "--at", "x=1", "-o", "f.svg").is_refusal()
    assert (tmp_path / "f.svg").read_text(encoding="utf-8") == "old"
