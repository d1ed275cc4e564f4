"""PPTX decks: native shapes, notes, titles; clicks that show what the steps show."""

import io
import subprocess
import zipfile
from collections import Counter
from xml.etree.ElementTree import fromstring

import pytest

import graphtrace as gt
from graphtrace.render.runs import runs
from graphtrace.render.theme import THEMES
from graphtrace.render.walk import whole_way
from graphtrace.scene.options import Options
from graphtrace.slides.deck import make_deck
from graphtrace.slides.save import make_slides, save_slides
from graphtrace.slides.storyboard import make_storyboard
from tests.render import hostile

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
ANIM = "{urn:oasis:names:tc:opendocument:xmlns:animation:1.0}"
SMIL = "{urn:oasis:names:tc:opendocument:xmlns:smil-compatible:1.0}"
DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
EMU = 12_700
SHAPES = {f"{P}sp", f"{P}grpSp", f"{P}cxnSp"}
LEAVES = {f"{P}sp", f"{P}cxnSp"}


def facts():
    """A graph in which w has two uses, in a scope."""

    def f(w, v, u):
        with gt.scope("inner"):
            h = v + w * u
        return w * h

    return gt.trace(f, 2.0, 1.0, 1.0).backward().facts()


@pytest.fixture
def pptx(oracle):
    """python-pptx, which the decks need."""
    return oracle("pptx")


def opened(pptx, data):
    return pptx.Presentation(io.BytesIO(data))


def frames_of(graph):
    return make_deck([make_storyboard(graph)], Options()).frames


def top(slide):
    """Return the shapes of a slide as a program without equations sees them, by number."""
    found = {}
    for element in slide.shapes._spTree:
        if element.tag == f"{MC}AlternateContent":
            element = element.find(f"{MC}Fallback")[0]  # noqa: PLW2901 - what it stands for
        if element.tag in SHAPES:
            found[_number(element)] = element
    return found


def _number(element):
    return next(element.iter(f"{P}cNvPr")).get("id")


def look(elements):
    """Return the texts of shapes, and places and line widths of what is outlined or filled."""
    texts: Counter[str] = Counter()
    drawn: Counter[object] = Counter()
    for leaf in (leaf for element in elements for leaf in element.iter() if leaf.tag in LEAVES):
        words = "".join(t.text or "" for t in leaf.iter(f"{A}t"))
        texts[words] += bool(words)
        name = next(leaf.iter(f"{P}cNvPr")).get("name")
        facts = leaf.find(f"{P}nvSpPr/{P}cNvSpPr")
        if (facts is not None and facts.get("txBox")) or name == "start of wires":
            continue
        off, ext = leaf.find(f"{P}spPr/{A}xfrm/{A}off"), leaf.find(f"{P}spPr/{A}xfrm/{A}ext")
        if off is not None:
            line = leaf.find(f"{P}spPr/{A}ln")
            width = int(line.get("w", 0)) if line is not None else 0
            place = *off.attrib.values(), *ext.attrib.values()
            drawn[(*map(int, place), width)] += 1
    return +texts, drawn


def asked(frame):
    """Return the same of what a frame shows."""
    page, theme = frame.page, THEMES["light"]
    labels = [label for node in page.nodes for label in node.labels]
    labels += [cluster.label for cluster in page.clusters]
    texts = Counter("".join(run.text for run in runs(label.ink)) for label in labels)
    shapes = [shape for node in page.nodes for shape in node.shapes]
    boxes = [(s.x, s.y, s.width, s.height, theme.paint(s).width) for s in shapes]
    for cluster in page.clusters:
        box = cluster.box
        boxes.append((box.x, box.y, box.width, box.height, 1.0))
    for wire in page.wires:
        x, y = zip(*whole_way(wire), strict=True)
        width = theme.paint(wire).width
        boxes.append((min(x), min(y), max(x) - min(x), max(y) - min(y), width))
    return texts, Counter(tuple(round(side * EMU) for side in box) for box in boxes)


def test_each_step_is_a_slide_of_native_shapes_with_title_and_notes(pptx):
    frames = frames_of(facts())
    made = opened(pptx, make_slides([facts()], "pptx").data)
    assert len(made.slides) == len(frames)
    for slide, frame in zip(made.slides, frames, strict=True):
        assert not list(slide.element.iter(f"{P}pic", f"{P}graphicFrame"))
        assert slide.notes_slide.notes_text_frame.text == frame.step.notes
        if frame.step.kind == "title":
            said = slide.shapes.title.text_frame.text, slide.placeholders[1].text_frame.text
            assert said == ("f", "forward and backward, step by step")
        else:
            assert slide.shapes.title.text_frame.text == frame.heading.ink.text
            assert look(top(slide).values()) == asked(frame)


def test_numbers_are_unique_and_what_is_held_on_to_exists(pptx):
    held = 0
    for animate in (False, True):
        for slide in opened(pptx, make_slides([facts()], "pptx", animate=animate).data).slides:
            # An equation and the text in its place are one shape with one number.
            elements = [e for e in slide.element.iter(f"{P}cNvPr") if not _inside(e, f"{MC}Choice")]
            numbers = [element.get("id") for element in elements]
            assert len(numbers) == len(set(numbers))
            for end in slide.element.iter(f"{A}stCxn", f"{A}endCxn"):
                assert end.get("id") in numbers
                held += not animate
            for target in slide.element.iter(f"{P}spTgt", f"{P}bldP"):
                assert target.get("spid") in numbers
            times = [element.get("id") for element in slide.element.iter(f"{P}cTn")]
            assert len(times) == len(set(times))
    assert held


def _inside(element, tag):
    return any(above.tag == tag for above in element.iterancestors())


def test_equations_are_native_with_their_text_for_other_programs(pptx):
    slide = opened(pptx, make_slides([facts()], "pptx").data).slides[-2]
    (element,) = slide.shapes._spTree.findall(f"{MC}AlternateContent")
    choice, other = element
    assert choice.get("Requires") in choice.nsmap
    assert _number(choice[0]) == _number(other[0])
    assert len(list(choice.iter(f"{MATH}oMath"))) == 1
    assert len(list(choice.iter(f"{MATH}f"))) == 3
    words = "".join(t.text for t in other.iter(f"{A}t"))
    assert words.replace(" ", "") == "∂f/∂u=∂f/∂t1·∂t1/∂u=2·w=2·2=4"


def test_after_each_click_the_slide_shows_what_the_step_shows(pptx):
    frames = frames_of(facts())
    made = opened(pptx, make_slides([facts()], "pptx", animate=True).data)
    assert len(made.slides) == 2
    slide = made.slides[1]
    shapes = top(slide)
    title = str(slide.shapes.title.shape_id)
    assert slide.shapes.title.text_frame.text == "f"
    assert slide.shapes.title.top + slide.shapes.title.height < 0, "the title is on the slide"
    clicks = [_effects(click) for click in _main(slide)]
    assert len(clicks) == len(frames) - 2
    first: dict[object, str] = {}
    for number, kind in (effect for effects in clicks for effect in effects):
        first.setdefault(number, kind)
    visible = {number for number in shapes if first.get(number) != "entr"} - {title}
    for frame, effects in zip(frames[1:], [[], *clicks], strict=True):
        for number, kind in effects:
            # Only what is there can go, only what is not can come.
            assert (number in visible) == (kind == "exit")
            visible ^= {number}
        assert look(shapes[number] for number in visible) == asked(frame)
    notes = slide.notes_slide.notes_text_frame.text.splitlines()
    assert len(notes) == len(frames) - 1
    assert notes[0].startswith("1. The graph: This is the whole graph")


def _main(slide):
    sequence = slide.element.find(f".//{P}cTn[@nodeType='mainSeq']")
    return list(sequence.find(f"{P}childTnLst"))


def _effects(click):
    """Return the numbers of the shapes that come and go at a click."""
    assert click.find(f"{P}cTn/{P}stCondLst/{P}cond").get("delay") == "indefinite"
    found = []
    for effect in click.iter(f"{P}cTn"):
        if effect.get("presetClass"):
            number = effect.find(f".//{P}spTgt").get("spid")
            seen = effect.find(f".//{P}strVal").get("val")
            assert effect.find(f".//{P}attrName").text == "style.visibility"
            assert (effect.get("presetID"), seen) in {("1", "visible"), ("1", "hidden")}
            kind = effect.get("presetClass")
            assert (kind, seen) in {("entr", "visible"), ("exit", "hidden")}
            found.append((number, kind))
    kinds = [effect.get("nodeType") for effect in click.iter(f"{P}cTn") if effect.get("nodeType")]
    assert kinds == ["clickEffect", *["withEffect"] * (len(found) - 1)]
    return found


def test_each_effect_of_a_shape_has_its_build(pptx):
    slide = opened(pptx, make_slides([facts()], "pptx", animate=True).data).slides[1]
    kinds = {number: element.tag for number, element in top(slide).items()}
    effects = [
        (effect.find(f".//{P}spTgt").get("spid"), effect.get("grpId"))
        for effect in slide.element.iter(f"{P}cTn") if effect.get("presetClass")
    ]  # fmt: skip
    builds = [(b.get("spid"), b.get("grpId")) for b in slide.element.iter(f"{P}bldP")]
    assert len(set(builds)) == len(builds)
    assert set(builds) == {pair for pair in effects if kinds[pair[0]] == f"{P}sp"}
    assert all((group is None) == (kinds[number] != f"{P}sp") for number, group in effects)


def test_a_deck_of_one_step_has_no_clicks(pptx):
    data = make_slides([facts()], "pptx", animate=True, first=3, last=3).data
    (slide,) = opened(pptx, data).slides
    assert not list(slide.element.iter(f"{P}spTgt"))
    texts, _ = look(top(slide).values())
    assert {"The inputs", "1/1", "w = 2,  v = 1,  u = 1"} <= set(texts)


def test_several_graphs_each_have_their_title_and_their_clicks(pptx):
    other = gt.parse("f = ln(x)*w", x=1, w=2).backward().facts()
    made = opened(pptx, make_slides([facts(), other, facts()], "pptx", animate=True).data)
    assert [bool(list(s.element.iter(f"{P}spTgt"))) for s in made.slides] == [False, True] * 3


def test_a_presentation_is_in_the_colours_of_its_theme(pptx):
    theme = THEMES["dark"]
    data = make_slides([facts()], "pptx", theme="dark").data
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        root = fromstring(parts.read("ppt/theme/theme1.xml"))  # noqa: S314 - our own output
        slide = parts.read("ppt/slides/slide5.xml").decode()
    scheme = root.find(f".//{A}clrScheme")
    assert scheme is not None
    found = {e.tag.removeprefix(A): e[0].get("val", "") for e in scheme}
    named = {"lt1": theme.page, "dk1": theme.ink, "accent1": theme.value, "accent2": theme.gradient}
    assert {key: f"#{found[key].lower()}" for key in named} == named
    # Shapes name the colours, so that a change of the presentation's changes them.
    assert 'schemeClr val="accent1"' in slide
    assert theme.value[1:].upper() not in slide


def test_libreoffice_shows_a_page_for_each_step_and_the_same_clicks(pptx, program, tmp_path):
    made = save_slides([facts()], tmp_path / "deck.pptx")
    save_slides([facts()], tmp_path / "clicks.pptx", animate=True)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    for name, kind in (("deck", "pdf"), ("clicks", "fodp")):
        _run(tmp_path, program("soffice"), profile, "--headless", "--convert-to", kind,
             f"{name}.pptx")  # fmt: skip
    assert f"Pages:           {made.pages}\n" in _run(tmp_path, program("pdfinfo"), "deck.pdf")
    assert len(_run(tmp_path, "pdfimages", "-list", "deck.pdf").splitlines()) == 2
    text = _run(tmp_path, program("pdftotext"), "deck.pdf", "-")
    assert "Backward: sum at w" in text
    assert "∂f/∂u = ∂f/∂t1·∂t1/∂u = 2·w = 2·2 = 4" in " ".join(text.split())
    read = fromstring((tmp_path / "clicks.fodp").read_bytes())  # noqa: S314 - LibreOffice's output
    (_, page) = read.iter(f"{DRAW}page")
    changes = [
        Counter(change.get(f"{SMIL}to") for change in click.iter(f"{ANIM}set"))
        for click in page.findall(f"{ANIM}par/{ANIM}seq/{ANIM}par")
    ]
    slide = opened(pptx, (tmp_path / "clicks.pptx").read_bytes()).slides[1]
    words = {"entr": "visible", "exit": "hidden"}
    assert changes == [
        Counter(words[kind] for _, kind in _effects(click)) for click in _main(slide)
    ]


def _run(folder, *command):
    return subprocess.run(
        command, cwd=folder, capture_output=True, check=True, text=True, timeout=180
    ).stdout


@pytest.mark.parametrize("animate", [False, True])
def test_hostile_names_stay_text(pptx, animate):
    data = make_slides([hostile.graph()], "pptx", animate=animate, title=hostile.NAMES[1]).data
    made = opened(pptx, data)
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert not any(b"hlinkClick" in parts.read(name) for name in parts.namelist())
    words = {t.text for slide in made.slides for t in slide.element.iter(f"{A}t")}
    assert {"params[<b>]", "params[&amp;]"} <= words
    assert made.core_properties.title == hostile.NAMES[1]


@pytest.mark.parametrize(("aspect", "animate"), [("16:9", False), ("4:3", False), ("16:9", True)])
def test_shape_and_bytes(pptx, aspect, animate):
    one, two = (
        make_slides([facts()], "pptx", aspect=aspect, animate=animate).data for _ in range(2)
    )
    assert one == two
    made = opened(pptx, one)
    wide, high = (int(part) for part in aspect.split(":"))
    assert made.slide_width * high == made.slide_height * wide
    for box in made.slide_layouts[1].placeholders:
        assert box.left + box.width <= made.slide_width
        assert box.top + box.height <= made.slide_height
