"""The HTML deck, in a browser, by its keys; each step against the picture of its frame."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.render.svg import svg_text
from graphtrace.render.theme import THEMES
from graphtrace.scene.options import Options
from graphtrace.slides.deck import make_deck
from graphtrace.slides.decks.page import html_deck
from graphtrace.slides.save import make_slides
from graphtrace.slides.storyboard import make_storyboard
from tests.render import hostile
from tests.slides.browser import browser

XML = "{http://www.w3.org/XML/1998/namespace}"
# A picture says once for all cells of a heat map what each of a deck's layers says.
SHARED = "shape-rendering"
DRAWN = ("path", "polygon", "rect", "ellipse", "line", "text")
VISIBLE = """
[...document.querySelectorAll("#stage :is(DRAWN)")]
  .filter((part) => part.getClientRects().length)
  .map((part) => [part.tagName, part.textContent,
                  ...[...part.attributes].filter((word) => word.name != "SHARED")
                    .map((word) => `${word.name}=${word.value}`).sort()])
""".replace("DRAWN", ",".join(DRAWN)).replace("SHARED", SHARED)


def s1():
    return gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward().facts()


def s2():
    return gt.parse("y = w*(v + w*u)", w=2, u=1, v=1).backward().facts()


def network():
    rng = np.random.default_rng(0)

    def loss(W, x):
        with gt.scope("hidden"):
            h = np.tanh(W @ x + 1)
        return np.sum(h * h)

    return gt.trace(loss, rng.normal(size=(3, 2)), rng.normal(size=2)).backward().facts()


def deck_of(*facts):
    return make_deck([make_storyboard(graph) for graph in facts], Options())


@pytest.fixture(scope="module")
def page(program, tmp_path_factory):
    """Return a tab of a browser."""
    with browser(program("chromium"), tmp_path_factory.mktemp("browser")) as tab:
        yield tab


@pytest.fixture
def shown(page, tmp_path):
    """Return a function that opens a deck; at the end nothing has gone wrong or been fetched."""
    page.console.clear()
    page.requests.clear()
    path = tmp_path / "deck.html"

    def show(deck, theme="light", step="", *, scripts=True):
        path.write_text(html_deck(deck, THEMES[theme]), encoding="utf-8")
        page.open(path.as_uri() + step, scripts=scripts)
        return page

    yield show
    page.ask("0")
    assert page.console == []
    assert {request.partition("#")[0] for request in page.requests} <= {
        path.as_uri(),
        "about:blank",
    }


def step_of(page):
    step = page.ask("document.title").partition("/")[0]
    assert page.ask("location.hash") == f"#{step}"
    return int(step)


def drawing(scene, theme):
    """Return what a picture of a scene draws, as the browser tells it."""
    return [
        [
            thing.tag.partition("}")[2], thing.text or "",
            *sorted(f"{name.replace(XML, 'xml:')}={value}" for name, value in thing.items()
                    if name != SHARED),
        ]
        for thing in ET.fromstring(svg_text(scene, THEMES[theme])).iter()  # noqa: S314 - our own
        if thing.tag.partition("}")[2] in DRAWN
    ]  # fmt: skip


def test_keys_go_on_and_back_and_to_both_ends(shown):
    page = shown(deck_of(s1()))
    assert step_of(page) == 1
    for key, step in (
        ("ArrowRight", 2), ("ArrowDown", 3), ("PageDown", 4), (" ", 5), ("ArrowLeft", 4),
        ("ArrowUp", 3), ("PageUp", 2), ("Backspace", 1), ("ArrowLeft", 1), ("End", 21),
        ("ArrowRight", 21), ("Home", 1), ("x", 1),
    ):  # fmt: skip
        page.press(key)
        assert step_of(page) == step, key
    page.press("End")
    page.press(" ", shift=True)
    assert step_of(page) == 20


@pytest.mark.parametrize(("word", "step"), [("#7", 7), ("#99", 21), ("#0", 1), ("#x", 1)])
def test_the_address_tells_the_step(shown, word, step):
    assert step_of(shown(deck_of(s1()), step=word)) == step


def test_a_changed_address_shows_its_step(shown):
    page = shown(deck_of(s1()))
    page.ask("location.hash = '#12'")
    assert page.ask("new Promise(requestAnimationFrame), 0") == 0
    assert step_of(page) == 12


@pytest.mark.parametrize(
    ("make", "theme"), [((s1, s2), "light"), ((network,), "dark"), ((hostile.arrays,), "light")]
)
def test_each_step_draws_what_its_frame_does(shown, make, theme):
    deck = deck_of(*(graph() for graph in make))
    page = shown(deck, theme)
    for frame in deck.frames:
        seen = page.ask(VISIBLE)
        assert sorted(seen) == sorted(drawing(frame.page, theme)), frame.step.heading
        # From back to front, words apart.
        behind = drawing(frame.drawing, theme)
        assert [part for part in seen if part in behind] == behind
        page.press("ArrowRight")


def test_it_says_each_step_and_shows_notes_when_asked(shown):
    deck = deck_of(s1())
    page = shown(deck)
    assert page.ask("document.getElementById('notes').checkVisibility()") is False
    page.press("n")
    assert page.ask("document.getElementById('notes').checkVisibility()") is True
    size = page.ask("document.getElementById('stage').clientHeight")
    for frame in deck.frames:
        assert page.ask("document.getElementById('notes').textContent") == frame.step.notes
        assert page.ask("document.querySelector('[aria-live]').textContent") == frame.said
        assert frame.heading.ink.text in page.ask("document.title")
        share = page.ask("document.getElementById('line').getAttribute('aria-valuenow')")
        assert int(share) == frame.number
        assert page.ask("document.getElementById('stage').clientHeight") == size
        page.press("ArrowRight")


def test_clicks_taps_and_swipes(shown):
    page = shown(deck_of(s1()))
    page.click(900, 300)
    page.click(900, 300)
    assert step_of(page) == 3
    page.click(50, 300)
    assert step_of(page) == 2
    page.ask("document.getElementById('next').click()")
    assert step_of(page) == 3
    page.call("Emulation.setTouchEmulationEnabled", enabled=True)
    for start, end, step in ((600, 300, 4), (300, 600, 3)):
        for kind, x in (("touchStart", start), ("touchMove", end), ("touchEnd", None)):
            points = [] if x is None else [{"x": x, "y": 300}]
            page.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
        assert step_of(page) == step
    page.call("Emulation.setTouchEmulationEnabled", enabled=False)


def test_a_focused_button_goes_one_step_at_a_press(shown):
    page = shown(deck_of(s1()))
    page.ask("document.getElementById('next').focus()")
    page.press(" ")
    assert step_of(page) == 2


def words(program, path):
    import subprocess

    done = subprocess.run(
        [program("pdftotext"), path, "-"], capture_output=True, check=True, text=True
    )
    return done.stdout.split("\f")[:-1]


@pytest.mark.parametrize("scripts", [True, False])
def test_printed_each_step_is_a_page_with_what_it_shows(shown, program, tmp_path, scripts):
    deck = deck_of(s1(), s2())
    page = shown(deck, step="#3", scripts=scripts)
    (tmp_path / "deck.pdf").write_bytes(page.pdf())
    pages = words(program, tmp_path / "deck.pdf")
    assert len(pages) == len(deck.frames)
    for frame, text in zip(deck.frames, pages, strict=True):
        assert frame.heading.ink.text in text
    # The value of h3 appears at its own step, the sixth, and belongs to the first graph.
    assert ["40.17" in text for text in pages] == [6 <= frame.number <= 21 for frame in deck.frames]
    assert page.ask("document.getElementById('pages').childElementCount") == 0


def test_without_scripts_every_step_is_on_the_page(shown):
    deck = deck_of(s1())
    page = shown(deck, scripts=False)
    pages = page.ask("[...document.querySelectorAll('.page')].map((p) => p.textContent)")
    assert pages == [frame.step.notes for frame in deck.frames]
    assert page.ask("document.querySelector('#stage').clientWidth") == 0
    assert page.ask("document.body.clientHeight") > 300 * len(pages)


def test_names_cannot_break_out(shown):
    facts = hostile.graph()
    deck = make_deck([make_storyboard(facts, per="level")], Options(), title=hostile.NAMES[1])
    page = shown(deck)
    assert page.ask("document.scripts.length") == 2
    assert page.ask("document.querySelectorAll('script:not(body > script)').length") == 0
    known = ["a", "b", "iframe", "img", "object", "style:not(head > style)", "[onload]", "[style]"]
    assert page.ask(f"document.querySelectorAll('{', '.join(known)}').length") == 1
    assert page.ask("document.querySelector('[style]').id") == "line"
    for _ in deck.frames:
        page.press("ArrowRight")
    assert step_of(page) == len(deck.frames)


def test_nothing_else_runs_and_nothing_is_asked_for(shown):
    page = shown(deck_of(s1()))
    page.ask("""{
      const script = document.createElement("script");
      script.textContent = "document.title = 'pwned'";
      document.body.append(script);
      const image = new Image();
      image.src = "http://localhost:9/x.png";
      document.body.append(image);
    }""")
    assert step_of(page) == 1
    assert len(page.console) >= 1
    assert all("Content Security Policy" in line for line in page.console)
    assert not [address for address in page.requests if address.startswith("http")]
    page.console.clear()


@pytest.mark.parametrize("make", [s1, s2, network])
def test_every_element_is_written_once(make):
    facts = make()
    deck = deck_of(facts)
    text = make_slides([facts], "html").data.decode()
    frames = sum(len(svg_text(frame.page, THEMES["light"])) for frame in deck.frames)
    fixed = sum(
        len(Path(gt.__file__).with_name("slides").joinpath("decks", name).read_text("utf-8"))
        for name in ("deck.js", "deck.css")
    )
    assert len(text) < frames / 2
    assert len(text) - fixed < 20_000 * len(deck.frames)
    assert fixed < 10_000
    wires = [part for part in re.findall(r"<path [^>]*>", text) if "aria-label" not in part]
    # Each wire is drawn plain and highlighted, no more.
    assert len(wires) <= 2 * len(deck.frames[-1].drawing.wires)


def test_stand_ins_have_titles_that_give_nothing_away():
    # The literal 2 of each product and names taken up in a second row stand for other nodes.
    facts = gt.parse("h = 2*x; k = h*h; y = k*h + x", x=3).backward().facts()
    deck = make_deck([make_storyboard(facts)], Options(wrap=200))
    names = {"x", "h", "k", "y", "2"} | {node.name for node in facts.nodes}
    for node in deck.frames[1].drawing.nodes:
        assert node.title in names | {gt.formula.names.pretty_name(name) for name in names}
        assert not re.search("gradient|value", node.description)
