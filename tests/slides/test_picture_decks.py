"""Decks of pictures: GIF, WebP, folders, Markdown; and the steps as JSON."""

import io
import json
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import FormatError
from graphtrace.render.png import png_bytes
from graphtrace.render.svg import svg_text
from graphtrace.render.theme import THEMES
from graphtrace.scene.options import Options
from graphtrace.slides.deck import make_deck
from graphtrace.slides.registry import DECKS
from graphtrace.slides.save import make_slides, save_slides
from graphtrace.slides.storyboard import make_storyboard
from tests.render import hostile

ROOT = Path(__file__).resolve().parents[2]


def s1():
    return gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward().facts()


def s2():
    return gt.parse("y = w*(v + w*u)", w=2, u=1, v=1).backward().facts()


def frames(pillow, data):
    """Return the frames of a film as arrays, with the milliseconds that each is shown."""
    film = pillow.open(io.BytesIO(data))
    found = []
    for number in range(film.n_frames):
        film.seek(number)
        found.append((np.asarray(film.convert("RGB")).astype(int), film.info["duration"]))
    return film, found


@pytest.mark.parametrize(("kind", "far", "theme"), [("gif", 24, "dark"), ("webp", 0, "light")])
def test_a_film_shows_each_frame(oracle, kind, far, theme):
    pillow = oracle("PIL.Image")
    made = make_slides([s2()], kind, theme=theme, first=2, last=9)
    deck = make_deck([make_storyboard(s2()).part(2, 9)], Options())
    film, found = frames(pillow, made.data)
    assert film.info["loop"] == 0
    assert film.size == (1280, 720)
    assert [shown for _, shown in found] == [1500] * (len(deck.frames) - 1) + [3750]
    for frame, (pixels, _) in zip(deck.frames, found, strict=True):
        truth = png_bytes(frame.page, THEMES[theme], scale=4 / 3)
        image = np.asarray(pillow.open(io.BytesIO(truth)).convert("RGB")).astype(int)
        off = abs(image - pixels).max(axis=2)
        assert off.max() <= far
        # What is not drawn exactly are single pixels at the edges of type.
        assert (off > 0).mean() < 0.002
        assert (pixels[0, 0] == image[0, 0]).all()
    assert len(made.data) < 15_000 * len(deck.frames)


def blocks(data):
    """Yield the area and the palette of each image in a GIF (89a specification, appendix A)."""
    size = 3 << (1 + (data[10] & 7))
    shared, at = data[13 : 13 + size], 13 + size
    while data[at] != 0x3B:
        if data[at] == 0x21:
            at += 2
        else:
            assert data[at] == 0x2C
            *_, width, height, flags = struct.unpack("<4HB", data[at + 1 : at + 10])
            own = 3 << (1 + (flags & 7)) if flags & 128 else 0
            yield width * height, data[at + 10 : at + 10 + own] or shared
            at += 11 + own
        while data[at]:
            at += 1 + data[at]
        at += 1


def test_a_gif_has_one_palette_and_says_only_what_changes(oracle):
    oracle("PIL.Image")
    data = make_slides([s1()], "gif", first=2, last=9).data
    areas, palettes = zip(*blocks(data), strict=True)
    assert len(areas) == 8
    assert areas[0] == 1280 * 720
    assert len(set(palettes)) == 1
    assert len(data) < 8 * 15_000


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_a_delay_of_ones_own(oracle, kind):
    pillow = oracle("PIL.Image")
    _, found = frames(pillow, make_slides([s2()], kind, delay=0.5, first=3, last=5).data)
    assert [shown for _, shown in found] == [500, 500, 1250]


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_one_step_is_a_still(oracle, kind):
    pillow = oracle("PIL.Image")
    image = pillow.open(io.BytesIO(make_slides([s2()], kind, first=3, last=3).data))
    assert image.size == (1280, 720)
    assert getattr(image, "n_frames", 1) == 1


def test_many_colours_share_a_palette(oracle):
    pillow = oracle("PIL.Image")

    def f(A, B):
        return np.sum(np.tanh(A @ B))

    rng = np.random.default_rng(0)
    facts = gt.trace(f, rng.normal(size=(12, 12)), rng.normal(size=(12, 12))).backward().facts()
    made = make_slides([facts], "gif", first=5, last=7)
    truth = make_slides([facts], "webp", first=5, last=7)
    for (one, _), (other, _) in zip(
        frames(pillow, made.data)[1], frames(pillow, truth.data)[1], strict=True
    ):
        off = abs(one - other).max(axis=2)
        assert off.max() < 40
        assert np.percentile(off, 99.5) <= 4


@pytest.mark.parametrize("delay", [0, 0.01, 61, float("nan"), -1])
def test_a_delay_that_is_none_is_refused(delay):
    with pytest.raises(FormatError, match=r"delay is from 0\.02 to 60 seconds"):
        make_slides([s1()], "gif", delay=delay)


@pytest.mark.parametrize(
    ("kind", "choice", "words"),
    [
        ("html", {"delay": 2.0}, "delay is for gif and webp, not for html"),
        ("gif", {"images": "png"}, "images is for md and folders, not for gif"),
        ("", {"delay": 2.0}, "not for a folder"),
        ("", {"images": "jpg"}, "images are svg or png, not 'jpg'"),
        ("md", {"images": "pgn"}, "did you mean 'png'"),
    ],
)
def test_what_a_kind_does_not_know_is_refused(tmp_path, kind, choice, words):
    with pytest.raises(FormatError, match=re.escape(words)):
        save_slides([s1()], f"{tmp_path}/deck.{kind}" if kind else f"{tmp_path}/new/", **choice)
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def test_a_folder_has_a_numbered_picture_for_each_step(tmp_path):
    made = save_slides([s1(), s2()], f"{tmp_path}/frames/")
    deck = make_deck([make_storyboard(s1()), make_storyboard(s2())], Options())
    files = sorted((tmp_path / "frames").iterdir())
    assert [path.name for path in files] == [f"{k + 1:03}.svg" for k in range(made.pages)]
    for path, frame in zip(files, deck.frames, strict=True):
        assert path.read_text(encoding="utf-8") == svg_text(frame.page, THEMES["light"])


def test_a_folder_of_png(tmp_path):
    tmp_path.joinpath("there").mkdir()
    save_slides([s1()], tmp_path / "there", images="png", first=2, last=3, theme="dark")
    files = sorted((tmp_path / "there").iterdir())
    assert [path.name for path in files] == ["001.png", "002.png"]
    for path in files:
        head = path.read_bytes()[:24]
        assert head[:4] == b"\x89PNG"
        assert struct.unpack(">II", head[16:]) == (1920, 1080)


def slides_of(text):
    """Return the front matter of a Markdown deck and its slides."""
    _, front, rest = text.split("---\n", 2)
    return front, rest.split("\n---\n")


def test_markdown_has_a_slide_with_a_picture_for_each_step(tmp_path):
    made = save_slides([s1()], tmp_path / "deck.md", theme="dark")
    board = make_storyboard(s1())
    front, slides = slides_of((tmp_path / "deck.md").read_text(encoding="utf-8"))
    assert front.splitlines()[0] == "marp: true"
    assert {"size: 16:9", "theme: default", "class: invert"} <= set(front.splitlines())
    assert len(slides) == made.pages == 21
    assert "\n# f = ln(x) + exp(y)\\*z\n" in slides[0]
    heading, picture, formula, _ = slides[5].partition("<!--")[0].split("\n\n")
    assert heading == "\n## Forward: h₃"
    assert picture == "![w:1180 h:453 The graph at step 6](deck-images/006.svg)"
    assert formula.startswith("$$h_{3} = ")
    assert formula.endswith(r"20.09 \cdot 2 = 40.17$$")
    for step, slide in zip(board.steps, slides, strict=True):
        assert f"\n{step.notes}\n-->" in slide
    named = re.findall(r"\]\((.*?)\)", "".join(slides))
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*")) == named
    # One size: nothing moves from slide to slide.
    assert len(set(re.findall(r"!\[(w:\d+ h:\d+) ", "".join(slides)))) == 1
    sizes = [re.findall(r"<svg .*?viewBox=(.*?) role", path.read_text("utf-8"))
             for path in tmp_path.glob("deck-images/*")]  # fmt: skip
    assert all(size == sizes[0] for size in sizes)


def test_markdown_beside_a_file_of_another_name_and_shape(tmp_path):
    save_slides([s2()], tmp_path / "my deck (1).md", aspect="4:3", images="png", first=2, last=3)
    front, slides = slides_of((tmp_path / "my deck (1).md").read_text(encoding="utf-8"))
    assert "size: 4:3" in front
    assert "class" not in front
    assert "](my%20deck%20%281%29-images/002.png)" in slides[1]
    assert (tmp_path / "my deck (1)-images" / "002.png").is_file()


def signs():
    """Return the product of inputs with names that would end a comment, a line or a link."""
    names = ("<b>", "-->]]>", "----", "](x)![bg](y)", "two\nlines\n---\n", "`*_#|~$$", "1. - x")

    def f(params):
        total = 1.0
        for value in params.values():
            total = total * value
        return total

    return gt.trace(f, dict.fromkeys(names, 2.0)).backward().facts()


@pytest.mark.parametrize("make", [signs, hostile.arrays])
def test_names_do_not_break_out_of_markdown(make):
    title = "--> <script> \n---\n# x"
    text = make_slides([make()], "md", title=title, per="level").data.decode()
    front, slides = slides_of(text)
    assert "<" not in re.sub(r"<!--\n.*?\n-->|\\<", "", "".join(slides), flags=re.DOTALL)
    for slide in slides:
        comments = re.findall(r"<!--\n(.*?)-->", slide, re.DOTALL)
        assert len(comments) == 1
        assert "--" not in comments[0]
        assert slide.rstrip().endswith("-->")
        shown = re.sub(r"<!--.*?-->|\$\$.*?\$\$", "", slide, flags=re.DOTALL)
        assert len(re.findall(r"(?<!\\)\]\(", shown)) == (slide is not slides[0])
    assert json.loads(front.partition("title: ")[2].partition("\n")[0]).startswith("-->")
    assert len(slides) == len(make_storyboard(make(), per="level").steps)


def test_json_has_the_steps_of_every_graph():
    found = json.loads(make_slides([s1(), s2()], "json", title="Two").data)
    assert found["title"] == "Two"
    boards = [make_storyboard(s1()), make_storyboard(s2())]
    assert [graph["title"] for graph in found["graphs"]] == [board.title for board in boards]
    for graph, board in zip(found["graphs"], boards, strict=True):
        assert graph["steps"] == board.as_json()["steps"]
        assert graph["already"] == []
    # By hand: the value of h3 and its caption appear in the sixth step.
    graph = found["graphs"][0]
    key = next(key for key, name in graph["names"].items() if name == "h₃")
    step = graph["steps"][5]
    assert (step["new"], step["kind"]) == ([f"value {key}"], "forward")
    assert step["captions"][0].endswith("= 40.17")


def test_json_of_some_steps_says_what_is_there_already():
    whole = json.loads(make_slides([s1()], "json").data)["graphs"][0]["steps"]
    graph = json.loads(make_slides([s1()], "json", first=6, last=8).data)["graphs"][0]
    assert graph["steps"] == whole[5:8]
    assert graph["already"] == sorted(part for step in whole[:5] for part in step["new"])


CODE = """
import hashlib, sys
from graphtrace.slides.save import make_slides
from tests.slides.test_picture_decks import s2
for kind in sys.argv[1:]:
    made = make_slides([s2()], kind, first=2, last=9)
    for name, data in [("", made.data), *made.files.items()]:
        print(kind, name, hashlib.sha256(data).hexdigest())
"""


def digests(seed, kinds):
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", CODE, *kinds],
        capture_output=True, text=True, env=environment, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("kinds", "needs"), [(("html", "md", "json", ""), ()), (("gif", "webp"), ("PIL.Image",))]
)
def test_two_processes_write_the_same_bytes(oracle, kinds, needs):
    for name in needs:
        oracle(name)
    assert set(kinds) <= set(DECKS)
    first = digests("1", kinds)
    assert len(first) >= len(kinds)
    assert digests("2", kinds) == first
