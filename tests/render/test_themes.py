"""Themes: every one readable, each told apart without colour, one's own from a file."""

from itertools import product
from pathlib import Path

import pytest

import graphtrace as gt
from graphtrace.errors import FormatError
from graphtrace.render import draw, render, themes
from graphtrace.render.theme import THEMES, contrast, faint
from graphtrace.render.theme_file import project_theme, theme_named
from graphtrace.scene.model import Shape
from tests.scene import samples


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: str, two: str) -> float:
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", themes())
def test_all_type_is_readable(name: str) -> None:
    theme = THEMES[name]
    roles = ("value", "gradient", "contribution", "local", "name", "scope", "shape", "where")
    for role, paper in product(roles, (theme.page, theme.paper, theme.lit)):
        assert ratio(theme.text(role), paper) >= 4.5, (role, paper)
    assert ratio(theme.text("badge-text"), theme.alarm_paper) >= 4.5
    assert not list(faint(theme))


@pytest.mark.parametrize("name", themes())
def test_outlines_are_seen_and_heat_maps_tell_signs_apart(name: str) -> None:
    theme = THEMES[name]
    for role in ("wire", "operation", "badge"):
        stroke = theme.paint(Shape("line", role, 0, 0, 1, 1)).stroke
        assert stroke is not None
        assert ratio(stroke, theme.page) >= 3, role
    low, middle, high = (theme.heat_colour(level) for level in (-1, 0, 1))
    assert len({low, middle, high}) == 3
    if name == "print":
        shades = [luminance(theme.heat_colour(level / 10)) for level in range(-10, 11)]
        assert shades == sorted(shades, reverse=True)


def test_the_contrast_of_two_colours_is_the_standards() -> None:
    # From the definitions of WCAG 2.2: black on white is 21, #777 on white is 4.48.
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#777777") == pytest.approx(4.48, abs=0.005)


def test_print_is_black_and_white() -> None:
    svg = render(samples.softmax(nan=True), "svg", theme="print").decode()
    colours = {svg[at : at + 7] for at in range(len(svg)) if svg[at - 1 : at + 1] == '"#'}
    assert colours
    assert all(colour[1:3] == colour[3:5] == colour[5:7] for colour in colours)


def test_projector_is_larger_and_heavier() -> None:
    plain, large = (
        render(samples.s1(), "svg", theme=name).decode() for name in ("light", "projector")
    )
    width = [float(svg.split('width="')[1].split('"')[0]) for svg in (plain, large)]
    assert width[1] == pytest.approx(1.6 * width[0])
    assert 'stroke-width="1.4"' in plain
    assert 'stroke-width="2.1"' in large
    assert render(samples.s1(), "svg", theme="projector", scale=1.0).startswith(b"<svg")


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_wide_picture_for_a_projector_has_larger_type_on_a_slide() -> None:
    source = "y = x" + "".join(f"; y = y*w{k} + x" for k in range(12))
    facts = gt.parse(source, x=1, **{f"w{k}": 2.0 for k in range(12)}).backward().facts()
    sizes = {}
    for name in ("light", "projector"):
        head = render(facts, "svg", theme=name).decode().partition("viewBox=")[2]
        # A slide fits the picture's width: fewer points across, larger type.
        sizes[name] = float(head.split('"')[1].split()[2])
    assert 1.3 < sizes["light"] / sizes["projector"] < 2.0


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    name = write(tmp_path / "mine.toml", 'base = "dark"\nvalue = "#FFFF00"\nscale = 2\n')
    theme = theme_named(name)
    assert (theme.name, theme.value, theme.scale) == ("mine", "#ffff00", 2.0)
    assert theme.page == THEMES["dark"].page
    assert b"#ffff00" in render(samples.s1(), "svg", theme=name)
    assert render(samples.s1(), "svg", theme=theme) == render(samples.s1(), "svg", theme=name)


def test_the_table_of_a_project_is_found_from_below(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    write(project, '[tool.graphtrace.theme]\nheat = ["#ff0000", "#ffffff", "#0000ff"]\n')
    assert project_theme(below) == project
    assert theme_named(str(project)).heat == ("#ff0000", "#ffffff", "#0000ff")
    write(below / "pyproject.toml", "[project]\nname = 'other'\n")
    assert project_theme(below) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('gradiant = "#112233"', "unknown key 'gradiant'; did you mean 'gradient'?"),
        ('base = "drak"', "unknown base 'drak'; did you mean 'dark'?"),
        ("base = [1]", "unknown base"),
        ('value = "red"', "value must be a colour such as \"#005a9c\", not 'red'"),
        ("value = 3", "value must be a colour"),
        ('heat = ["#112233"]', "heat must be three colours"),
        ("scale = 0", "scale must be a number from 0.1 to 10"),
        ("stroke = true", "stroke must be a number"),
        ("value = ", "is no TOML"),
    ],
)
def test_a_file_that_is_no_theme_is_one_clear_line(tmp_path: Path, text: str, words: str) -> None:
    name = write(tmp_path / "mine.toml", text)
    with pytest.raises(FormatError) as raised:
        theme_named(name)
    assert words in str(raised.value)
    assert "mine.toml" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"cannot read the theme .*none\.toml.*: No such file"):
        theme_named(str(tmp_path / "none.toml"))
    project = write(tmp_path / "pyproject.toml", "[project]\n")
    with pytest.raises(FormatError, match=r"has no table \[tool.graphtrace.theme\]"):
        theme_named(project)
    with pytest.raises(FormatError, match=r"unknown theme 'a/dark'; one of your own is a file"):
        theme_named("a/dark")


def test_type_that_is_hard_to_read_is_remarked_on(tmp_path: Path) -> None:
    name = write(tmp_path / "mine.toml", 'gradient = "#dddddd"\npaper = "#000000"')
    notes = draw(samples.s1(), "svg", theme=name).notes
    assert any("gradient #dddddd on page #ffffff has a contrast of 1.4:1" in n for n in notes)
    assert any("ink #1a1a1a on paper #000000" in n for n in notes)
