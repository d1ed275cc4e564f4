"""Each format holds hostile names, says what it means, and appears whole or not at all."""

import json
import sys
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import numpy as np
import pytest

from graphtrace.annotate.facts import GraphFacts, Value
from graphtrace.errors import FormatError
from graphtrace.render import draw, formats, media_type, render, save, themes
from graphtrace.render.theme import THEMES
from tests.render import hostile
from tests.scene import samples

SVG = "{http://www.w3.org/2000/svg}"
OPTIONAL = {"pdf": "typst", "pptx": "pptx"}
EVERYWHERE = [name for name in formats() if name not in OPTIONAL]


def text(facts: GraphFacts, word: str, **options: str) -> str:
    return render(facts, word, **options).decode("utf-8")  # type: ignore[arg-type] # only strings here


def parsed(svg: str) -> Element:
    return fromstring(svg)  # noqa: S314 - our own output


def test_svg_is_plain_xml_with_attributes_and_real_text() -> None:
    root = parsed(text(samples.s2(), "svg"))
    assert root.find(f"{SVG}title") is not None
    assert root.find(f"{SVG}desc") is not None
    words = list(root.iter(f"{SVG}text"))
    assert {"14", "17", "7", "6", "4"} <= {word.text for word in words}
    assert all(word.get("font-size") and word.get("font-family") for word in words)
    assert not any(element.get("class") or element.get("style") for element in root.iter())


def test_ids_differ_between_figures_and_are_unique_within() -> None:
    one, two = (
        [element.get("id") for element in parsed(text(facts, "svg")).iter()
         if element.get("id")]
        for facts in (samples.s1(), samples.s2())
    )  # fmt: skip
    assert len(set(one)) == len(one)
    assert not set(one) & set(two)
    chosen = parsed(text(samples.s1(), "svg", prefix="fig3-"))
    assert all(e.get("id", "fig3-").startswith("fig3-") for e in chosen.iter())


def test_hostile_names_are_escaped_everywhere() -> None:
    facts = samples.nasty()
    svg = text(facts, "svg")
    root = parsed(svg)
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert any('<b>&"quote"' in title for title in titles)
    assert any("a" * 10_000 in title for title in titles)
    assert max(len(word.text or "") for word in root.iter(f"{SVG}text")) < 100
    assert "\x00" not in svg
    assert json.loads(text(facts, "json"))["nodes"][0]["name"] == '<b>&"quote"'
    tree = text(facts, "txt")
    assert len(tree.splitlines()) == len(facts.nodes) + 1
    assert "\x07" not in tree
    assert render(facts, "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("facts", [hostile.graph(), hostile.arrays()], ids=["circuit", "card"])
def test_names_from_the_keys_of_a_dictionary_stay_in_their_labels(facts: GraphFacts) -> None:
    svg = text(facts, "svg", show="value,grad,local,contribution,name,formula")
    root = parsed(svg)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert not {"script", "a", "image", "use", "style", "foreignObject", "set"} & tags
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not any(name.startswith("on") or "href" in name for name in attributes)
    words = [word.text or "" for word in root.iter(f"{SVG}text")]
    assert any(word.startswith("params[<b>]") for word in words)
    assert max(map(len, words)) < 100
    assert any(hostile.LONG in (title.text or "") for title in root.iter(f"{SVG}title"))
    names = [node["name"] for node in json.loads(text(facts, "json"))["nodes"]]
    assert names == [node.name for node in facts.nodes]
    tree = text(facts, "txt", show="value,name,formula,local").splitlines()
    assert not set("\x00\x07\t\r\u202c\u202e") & set("".join(tree))
    assert max(map(len, tree)) < 300
    assert render(facts, "png").startswith(b"\x89PNG")


def test_dot_with_hostile_names_is_accepted_by_graphviz() -> None:
    pygraphviz = pytest.importorskip("pygraphviz")
    for facts in (samples.nasty(), samples.softmax(nan=True), samples.diamond(("a<b", "c"))):
        graph = pygraphviz.AGraph(string=text(facts, "dot"))
        assert len(graph.nodes()) == len(facts.nodes)
        assert len(graph.edges()) == len(facts.edges)
        assert all(thing.attr["label"] for thing in (*graph.nodes(), *graph.edges()))
        assert b"<svg" in graph.draw(format="svg", prog="dot")


def test_dot_shows_values_gradients_and_contributions() -> None:
    source = text(samples.s2(), "dot")
    for number in (">17<", ">14<", ">7<", ">6<", ">4<"):
        assert number in source
    assert THEMES["light"].gradient in source
    assert ">17<" not in text(samples.s2(), "dot", show="value")


def test_json_is_the_documented_record() -> None:
    data = json.loads(text(samples.s2(), "json"))
    assert list(data) == ["nodes", "edges", "output"]
    assert data["nodes"][0] == {"id": 0, "name": "w", "op": "input", "operands": [], "value": 2.0,
                                "grad": 17.0, "where": None}  # fmt: skip
    assert data["edges"][1] == {"source": 0, "target": 5, "slot": 0, "local": 1.0, "formula": "p",
                                "contribution": 4.0}  # fmt: skip
    assert sum(e["contribution"] for e in data["edges"] if e["source"] == 0) == 17
    assert data["nodes"][data["output"]]["name"] == "y"


def test_json_is_strict_about_nan_and_keeps_arrays() -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    data = json.loads(text(samples.exceptional(), "json"), parse_constant=refuse)
    assert [n["value"] for n in data["nodes"]] == [-1.0, 0.0, "NaN", "NaN"]
    assert [n["grad"] for n in data["nodes"]] == ["-Infinity", "NaN", "Infinity", 1.0]
    w1 = json.loads(text(samples.network(), "json"))["nodes"][1]
    assert np.array(w1["value"]).shape == (2, 2)


def test_json_tells_zero_from_not_computed() -> None:
    data = json.loads(text(samples.s1(backward=False), "json"))
    assert {n["grad"] for n in data["nodes"]} == {None}


def test_the_tree_has_the_output_at_its_root_and_refers_to_shared_nodes() -> None:
    lines = text(samples.s2(), "txt").splitlines()
    assert lines[0].split() == ["node", "value", "∂y/∂·", "local", "contribution"]
    assert lines[1].split() == ["y", "=", "w*t", "14", "1"]
    assert lines[2].split() == ["├─", "w", "(3", "uses)", "2", "17", "t", "=", "7", "7"]
    assert sum("w ↑" in line for line in lines) == 2


def test_the_tree_of_a_long_chain_is_bounded_and_complete_to_there() -> None:
    lines = text(samples.chain(100_000), "txt").splitlines()
    assert len(lines) <= 2010
    assert max(map(len, lines)) < 160
    assert "more nodes are not shown" in lines[-1]
    short = text(samples.chain(500), "txt")
    names = {word for word in short.split() if word[0] == "v"}
    assert {f"v{i}" for i in range(500)} <= names
    assert "not shown" not in short


def test_absent_gradients_are_a_dash_in_the_tree() -> None:
    line = text(samples.s1(backward=False), "txt").splitlines()[1]
    assert line.split()[-1] == "–"


@pytest.mark.parametrize(
    "value",
    [
        np.zeros((0, 3)),
        np.zeros((2, 0, 2)),
        np.array(2.5),
        np.array([True, False]),
        np.arange(60).reshape(3, 4, 5),
        np.full((30, 30), np.nan),
        np.array([np.inf] * 20),
        np.float32(1e-30),
        True,
        np.array([1 + 2j, np.nan]),
        np.array([[1e300, -1e300] * 9]),
    ],
    ids=lambda value: f"{np.asarray(value).dtype}{np.shape(value)}",
)
def test_every_kind_of_value_has_a_picture(value: Value) -> None:
    m = samples.Maker()
    m.node("x", value, value)
    m.node("y", value, value, op="tanh", operands=[("x", "1", "1", value, value)])
    for word in EVERYWHERE:
        for look in ("auto", "card", "circuit"):
            assert render(m.facts(), word, look=look)


@pytest.mark.parametrize("name", themes())
def test_a_theme_colours_the_picture(name: str) -> None:
    svg = text(samples.softmax(nan=True), "svg", theme=name)
    theme = THEMES[name]
    assert all(colour in svg for colour in (theme.page, theme.value, theme.gradient, theme.alarm))


def test_png_has_the_scale_asked_for() -> None:
    sizes = []
    for scale in (1.0, 3.0):
        data = render(samples.s1(), "png", scale=scale)
        sizes.append([int.from_bytes(data[at : at + 4], "big") for at in (16, 20)])
    assert sizes[1] == [3 * side for side in sizes[0]]


@pytest.mark.parametrize("width", [1, 333, 1600])
def test_a_width_is_met_to_the_pixel(width: int) -> None:
    data = render(samples.s1(), "png", width=width)
    assert int.from_bytes(data[16:20], "big") == width
    assert parsed(render(samples.s1(), "svg", width=width).decode()).get("width") == str(width)


def test_an_image_that_would_be_huge_is_smaller_and_says_so() -> None:
    wide = samples.chain(60)
    done = draw(wide, "png", width=90_000)
    assert int.from_bytes(done.data[16:20], "big") <= 32_000
    assert "wide instead of 90000, the most that the format holds" in done.notes[-1]


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_missing_package_is_one_line_with_the_command(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, OPTIONAL[name], None)
    with pytest.raises(FormatError, match=rf"`pip install 'graphtrace\[{name}\]'`$"):
        render(samples.s1(), name)


def test_every_node_and_wire_of_an_svg_has_words_for_readers() -> None:
    for facts in (samples.s2(), samples.network(), samples.hub(20), samples.softmax(nan=True)):
        groups = [e for e in parsed(text(facts, "svg")).iter(f"{SVG}g") if e.get("role")]
        assert len(groups) >= len(facts.nodes)
        for group in groups:
            title, node = group.find(f"{SVG}title"), group.find(f"{SVG}rect") is not None
            assert title is not None
            assert title.text
            if node or group.find(f"{SVG}text") is not None:
                described = group.find(f"{SVG}desc")
                assert described is not None
                assert described.text


def test_unknown_words_say_what_is_known() -> None:
    names = "dot graphml json mmd pdf png pptx svg tex txt"
    assert formats() == tuple(names.split())
    assert media_type("svg") == "image/svg+xml"
    with pytest.raises(
        FormatError, match=r"'sgv'; did you mean 'svg'\?; known: dot, graphml, json"
    ):
        render(samples.s1(), "sgv")
    with pytest.raises(FormatError, match=r"unknown theme 'drak'; did you mean 'dark'\?"):
        render(samples.s1(), "svg", theme="drak")
    with pytest.raises(FormatError, match="scale must be above 0"):
        render(samples.s1(), "png", scale=0)
    with pytest.raises(FormatError, match="width must be from 1 to 100000, not 0"):
        render(samples.s1(), "png", width=0)
    with pytest.raises(FormatError, match="give only one of them"):
        render(samples.s1(), "png", width=100, scale=1)


def test_files_appear_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in EVERYWHERE:
        assert save(samples.s1(), tmp_path / f"f.{name}") == ()
        assert (tmp_path / f"f.{name}").read_bytes() == render(samples.s1(), name)
    before = sorted(path.name for path in tmp_path.iterdir())

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FormatError, match=r"cannot write .*new.svg': No space left on device"):
        save(samples.s1(), tmp_path / "new.svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_paths_that_cannot_be_written_are_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"cannot write .*: No such file or directory"):
        save(samples.s1(), tmp_path / "missing" / "f.svg")
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(FormatError, match="it is a folder"):
        save(samples.s1(), tmp_path / "folder.svg")
    with pytest.raises(FormatError, match="has no extension"):
        save(samples.s1(), tmp_path / "picture")
    with pytest.raises(FormatError, match="unknown format"):
        save(samples.s1(), tmp_path / "f.xyz")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.svg"]


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    save(samples.s1(), tmp_path / "link.txt")
    assert (tmp_path / "link.txt").is_symlink()
    assert "20.09" in (tmp_path / "real.txt").read_text(encoding="utf-8")
    assert (tmp_path / "real.txt").stat().st_mode & 0o400
