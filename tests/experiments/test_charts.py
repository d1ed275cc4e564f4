"""Charts: whole files, the same bytes each time, and plain errors."""

import subprocess
import sys

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import FormatError, RefusedError
from graphtrace.render.charts import Panel, Series, chart, save_chart

G = gt.parse("f = tanh(w*x)", w=1, x=2)
LINE = [Panel([Series([1, np.nan, 1e-9], [0, 1, 2], "<a> $x$"), Series([2, 2, 2], [0, 1, 2], "b")],
              "T & $t$", log="y")]  # fmt: skip


@pytest.fixture
def plots(oracle):
    oracle("matplotlib")
    return {
        "study": gt.study(G, lambda rng: {"w": rng.normal()}, draws=50, gradients="w").plot,
        "fit": gt.fit(G, "w", 5, 0.1).plot,
        "growth": gt.growth(
            lambda n: gt.trace(lambda x: np.sum(x * x), np.ones(n)), [2, 4, 8]
        ).plot,
    }


@pytest.mark.parametrize("name", ["study", "fit", "growth"])
def test_the_same_numbers_give_the_same_bytes(plots, name, tmp_path):
    for file in ("a.svg", "b.svg", "a.png", "b.png"):
        plots[name](tmp_path / file, theme="dark")
    for kind, start in (("svg", b"<?xml"), ("png", b"\x89PNG")):
        first, again = ((tmp_path / f"{stem}.{kind}").read_bytes() for stem in "ab")
        assert first == again
        assert first.startswith(start)
    assert b"<dc:date>" not in (tmp_path / "a.svg").read_bytes()


def test_means_in_one_line(plots, tmp_path):
    plots["study"](tmp_path / "m.svg", kind="means", log=True)
    with pytest.raises(RefusedError, match="'histogram' or 'means', not 'pie'"):
        plots["study"](tmp_path / "m.svg", kind="pie")


def test_words_are_no_markup(oracle):
    oracle("matplotlib")
    assert b"<a>" not in chart(LINE, "svg")


def test_a_chart_leaves_the_programs_own_settings_alone(oracle):
    mpl = oracle("matplotlib")
    mpl.rcParams["font.size"] = 17.0
    try:
        chart(LINE, "png")
        assert mpl.rcParams["font.size"] == 17.0
    finally:
        mpl.rcdefaults()


@pytest.mark.parametrize(
    ("path", "theme", "words"),
    [
        ("a.pdf", "light", "a .svg or a .png file, not 'a.pdf'"),
        ("a.svg", "neon", "unknown theme 'neon'"),
        ("no/such/a.svg", "light", "cannot write"),
    ],
)
def test_bad_requests_are_refused(oracle, tmp_path, path, theme, words):
    oracle("matplotlib")
    with pytest.raises(FormatError, match=words):
        save_chart(LINE, tmp_path / path, theme=theme)
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_the_command_that_helps_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(FormatError, match=r"pip install 'graphtrace\[plot\]'"):
        chart(LINE, "svg")


def test_experiments_import_no_matplotlib():
    code = "import graphtrace.experiments, graphtrace.render.charts, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "matplotlib" not in done.stdout.split()
