"""The gallery: every picture is tidy, whole or folded, and its page is checked for being stale."""

import ast
from pathlib import Path

import pytest

import graphtrace as gt
from docs.gallery import build
from docs.gallery.pictures import PICTURES, Made, Picture
from graphtrace.comparison import Comparison
from graphtrace.render.registry import compose
from tests.scene.tidy import small_type, untidy

ONE = {"s01_log_exp": PICTURES["s01_log_exp"]}


def quiet(_: str) -> None:
    """Say nothing."""


def checked(folder: Path, pictures: dict[str, Picture] = ONE) -> tuple[int, list[str]]:
    """Return what `--check` exits with and says."""
    lines: list[str] = []
    return build.main(["--check"], folder, pictures, lines.append), lines


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_tidy_and_readable_on_a_slide(name: str) -> None:
    made = PICTURES[name].make()
    scenes = [compose(made.facts, **made.choice)]
    if has_parts(made):
        # Where parts are named, they or what they are called after may be folded away.
        rest = {key: made.choice[key] for key in ("show", "digits", "only") if key in made.choice}
        scenes.append(compose(made.facts, fold="all", **rest))
    for scene in scenes:
        assert untidy(scene) == {}
        assert small_type(scene) == []


def has_parts(made: Made) -> bool:
    outline = made.facts.outline
    return outline is not None and any(not isinstance(part, int) for part in outline.parts)


@pytest.mark.parametrize("name", ["transformer_folded", "lstm_folded"])
def test_the_largest_programs_are_tidy_when_drawn_whole(name: str) -> None:
    made = PICTURES[name].make()
    assert untidy(compose(made.facts, fold="none")) == {}


def test_it_has_what_it_should() -> None:
    assert len(PICTURES) >= 20
    makes = [picture.make() for picture in PICTURES.values()]
    assert sum(isinstance(made.graph, Comparison) for made in makes) >= 2
    choices = {key for made in makes for key in made.choice}
    assert choices >= {"fold", "unfold", "focus", "path", "heaviest", "only", "show"}


def test_it_is_complete() -> None:
    """That the files are up to date is for `python -m docs.gallery --check`, which CI runs."""
    folder = Path(build.__file__).parent
    files = {path.name for path in folder.glob("*.svg")}
    assert files == {f"{name}{end}.svg" for name in PICTURES for end in ("", "-dark")}
    assert (folder / "README.md").read_text(encoding="utf-8") == build.page(PICTURES)


def test_what_is_missing_stale_or_too_many_is_noticed(tmp_path: Path) -> None:
    assert build.main([], tmp_path, ONE, quiet) == 0
    assert checked(tmp_path) == (0, [])
    picture, page = tmp_path / "s01_log_exp-dark.svg", tmp_path / "README.md"
    page.write_text("another page", encoding="utf-8")
    picture.unlink()
    (tmp_path / "old.svg").write_text("<svg/>", encoding="utf-8")
    status, lines = checked(tmp_path)
    assert status == 1
    assert lines == [
        "README.md: stale",
        "old.svg: not in the gallery",
        "s01_log_exp-dark.svg: missing",
        "3 files are not up to date: run `python -m docs.gallery`",
    ]
    assert page.read_text(encoding="utf-8") == "another page"
    assert build.main([], tmp_path, ONE, quiet) == 0
    assert checked(tmp_path) == (0, [])
    assert not (tmp_path / "old.svg").exists()


def test_the_code_that_is_shown_is_the_code_that_runs(tmp_path: Path) -> None:
    shown = build.code(ONE["s01_log_exp"])
    assert shown.splitlines()[-1] == 'g.render("s01_log_exp.svg")'
    assert ast.unparse(ast.parse(shown).body[0]).startswith("g = gt.parse('f = ln(x) + exp(y)*z'")
    for picture in PICTURES.values():
        ast.parse(build.code(picture))
    g = gt.parse("f = ln(x) + exp(y)*z", x=1, y=3, z=2).backward()
    drawn = g.render(format="svg", prefix="s01_log_exp-")
    assert build.drawn(ONE["s01_log_exp"])["s01_log_exp.svg"] == drawn
