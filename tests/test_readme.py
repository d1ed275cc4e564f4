"""The README is true: its code runs, its commands run, and its set-up is two lines."""

import re
import shlex
from pathlib import Path

import pytest

from graphtrace_cli import main

ROOT = Path(__file__).resolve().parents[1]
FENCE = re.compile(
    r"^```(?P<language>\S+)(?: file=(?P<file>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
BLOCKS = [
    (found["language"], found["file"], found["body"])
    for found in FENCE.finditer((ROOT / "README.md").read_text(encoding="utf-8"))
]


def test_set_up_is_two_commands_of_one_line_each():
    commands = [body for language, _, body in BLOCKS if language == "sh"]
    assert [command.count("\n") for command in commands] == [1, 1]
    assert "graphtrace render" in commands[0]
    assert commands[1].rstrip().endswith("pytest")


def test_the_tour_runs_from_top_to_bottom(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for language, file, body in BLOCKS:
        if language == "python" and file:
            Path(file).write_text(body, encoding="utf-8")
        elif language == "python":
            # A real file, so that names can be read from its source.
            script = tmp_path / "tour.py"
            script.write_text(body, encoding="utf-8")
            run_file(script)
        elif language == "bash":
            for line in body.splitlines():
                program, *arguments = shlex.split(line)
                assert program == "graphtrace"
                # 1 says that the two graphs of the tour differ.
                expected = int(arguments[0] == "diff")
                assert main(arguments) == expected, capsys.readouterr().err
    pictures = {path.name for path in tmp_path.rglob("*.svg")} | {"f.png"}
    assert {"f.svg", "loss.svg", "rnn.svg", "s02_rnn.svg"} <= pictures
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")


def run_file(path):
    import linecache
    import runpy

    linecache.checkcache(str(path))
    runpy.run_path(str(path), run_name="__main__")


@pytest.mark.parametrize(
    "link", re.findall(r"\]\(([^)h][^)]*)\)", (ROOT / "README.md").read_text())
)
def test_links_lead_to_files(link):
    assert (ROOT / link).exists()
