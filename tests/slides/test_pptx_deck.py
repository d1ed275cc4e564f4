"""PPTX decks: native shapes, notes, titles; clicks that show what the steps show."""

import io
import subprocess
from collections import Counter

import pytest

import graphtrace as gt
from graphtrace.scene.options import Options
from graphtrace.slides.deck import make_deck
from graphtrace.slides.save import make_slides, save_slides
from graphtrace.slides.storyboard import make_storyboard

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"


def facts():
    return gt.parse("y = w*(v + w*u)", w=2, u=1, v=1).backward().facts()


@pytest.fixture
def pptx(oracle):
    """python-pptx, which the decks need."""
    return oracle("pptx")


def opened(pptx, data):
    return pptx.Presentation(io.BytesIO(data))


def words(slide):
    return [
        "".join(run.text for run in shape.text_frame.paragraphs[0].runs)
        for shape in slide.shapes
        if shape.has_text_frame
    ]


def test_each_step_is_a_slide_of_native_shapes_with_title_and_notes(pptx):
    deck = make_deck([make_storyboard(facts())], Options())
    made = opened(pptx, make_slides([facts()], "pptx").data)
    assert len(made.slides) == len(deck.frames)
    for slide, frame in zip(made.slides, deck.frames, strict=True):
        assert slide.shapes.title.text_frame.text == frame.heading.ink.text
        assert slide.notes_slide.notes_text_frame.text == frame.step.notes
        assert not list(slide.element.iter(f"{P}pic"))
        numbers = [element.get("id") for element in slide.element.iter(f"{P}cNvPr")]
        assert len(numbers) == len(set(numbers))
        # Every type in the picture is on the slide, none that the step does not show.
        asked = Counter(label.ink.text for node in frame.drawing.nodes for label in node.labels)
        groups = [shape for shape in slide.shapes if shape.shape_type is not None]
        assert len(groups) >= len(frame.drawing.nodes)
        assert sum(asked.values()) == _texts(slide) - 1 - len(frame.captions) - bool(frame.count)


def _texts(slide):
    """Return how many pieces of text there are, also inside of groups."""
    space = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
    bodies = slide.element.iter(f"{P}txBody")
    return sum(any(t.text for t in body.iter(f"{space}t")) for body in bodies)


def test_connectors_hold_on_to_shapes_of_their_own_slide(pptx):
    space = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
    held = 0
    for slide in opened(pptx, make_slides([facts()], "pptx").data).slides:
        numbers = {element.get("id") for element in slide.element.iter(f"{P}cNvPr")}
        for key in ("stCxn", "endCxn"):
            for end in slide.element.iter(f"{space}{key}"):
                assert end.get("id") in numbers
                held += 1
    assert held


def test_after_each_click_the_slide_shows_what_the_step_shows(pptx):
    deck = make_deck([make_storyboard(facts())], Options())
    made = opened(pptx, make_slides([facts()], "pptx", animate=True).data)
    assert len(made.slides) == 2
    slide = made.slides[1]
    shapes = {
        int(element.find(f".//{P}cNvPr").get("id")): element
        for element in slide.shapes._spTree
        if element.find(f".//{P}cNvPr") is not None
    }
    clicks = [_effects(click) for click in _main(slide)]
    assert len(clicks) == len(deck.frames) - 2
    first = {number for number, kind in _first_effects(clicks).items() if kind == "entr"}
    title = slide.shapes.title.shape_id
    visible = set(shapes) - first - {title, 1}
    for frame, effects in zip(deck.frames[1:], [[], *clicks], strict=True):
        for number, kind in effects:
            assert number in shapes
            # Only what is there can go, only what is not can come.
            assert (number in visible) == (kind == "exit")
            visible ^= {number}
        page = frame.page
        drawn = len(page.wires) + len(page.clusters)
        drawn += sum(len(node.shapes) + len(node.labels) for node in page.nodes)
        assert len(visible) == drawn


def _main(slide):
    sequence = slide.element.find(f".//{P}cTn[@nodeType='mainSeq']")
    return list(sequence.find(f"{P}childTnLst"))


def _effects(click):
    found = []
    for effect in click.iter(f"{P}cTn"):
        if effect.get("presetClass"):
            target = effect.find(f".//{P}spTgt").get("spid")
            found.append((int(target), effect.get("presetClass")))
    kinds = [effect.get("nodeType") for effect in click.iter(f"{P}cTn") if effect.get("nodeType")]
    assert kinds == ["clickEffect", *["withEffect"] * (len(found) - 1)]
    return found


def _first_effects(clicks):
    first: dict[int, str] = {}
    for effects in clicks:
        for number, kind in effects:
            first.setdefault(number, kind)
    return first


@pytest.mark.parametrize("animate", [False, True])
def test_libreoffice_opens_it(pptx, program, tmp_path, animate):
    assert pptx
    made = save_slides([facts()], tmp_path / "deck.pptx", animate=animate)
    subprocess.run(
        [program("soffice"), "--headless", f"-env:UserInstallation=file://{tmp_path}/profile",
         "--convert-to", "pdf", "deck.pptx"],
        cwd=tmp_path, capture_output=True, check=True, timeout=180,
    )  # fmt: skip
    info = subprocess.run(
        [program("pdfinfo"), "deck.pdf"], cwd=tmp_path, capture_output=True, check=True, text=True
    ).stdout
    pages = 2 if animate else made.pages
    assert f"Pages:           {pages}" in info
    text = subprocess.run(
        [program("pdftotext"), "deck.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()
    # On paper all steps of an animated slide lie on each other.
    assert ("Backward: sum at w" in text) == (not animate)


@pytest.mark.parametrize("aspect", ["16:9", "4:3"])
def test_shape_and_bytes(pptx, aspect):
    one, two = (make_slides([facts()], "pptx", aspect=aspect).data for _ in range(2))
    assert one == two
    made = opened(pptx, one)
    wide, high = (int(part) for part in aspect.split(":"))
    assert made.slide_width * high == made.slide_height * wide
