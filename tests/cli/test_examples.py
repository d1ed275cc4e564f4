"""`graphtrace examples`: the list, and a run by the first letters."""

from pathlib import Path

import pytest

FILES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("s*.py"))


def test_the_list_names_every_example_with_a_line(cli):
    lines = cli("examples").out.splitlines()
    assert [line.split()[0] for line in lines] == [path.stem for path in FILES]
    assert all(len(line.split()) > 3 for line in lines)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_runs_by_the_first_letters_of_its_name(cli, tmp_path, path):
    outcome = cli("examples", path.stem[:3], "-o", "pictures")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out
    assert list((tmp_path / "pictures").glob(f"{path.stem}*.svg"))


def test_an_unknown_example_is_refused(cli):
    assert cli("examples", "s99").is_refusal("'s99' is no example")
    assert cli("examples", "s").is_refusal("fits several", "s01_log_exp")
    assert cli("examples", "s01_log_xep").is_refusal("did you mean 's01_log_exp'")


def test_a_folder_that_cannot_be_made_is_one_line(cli, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    outcome = cli("examples", "s01", "-o", "file")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "file: File exists" in outcome.err
