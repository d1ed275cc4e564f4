"""`--at` and `--seed` read numbers, nested lists and files, and refuse everything else."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtrace_cli.errors import RequestError
from graphtrace_cli.values import parse_at, parse_value


def array(value):
    assert isinstance(value, np.ndarray)
    return value


@pytest.mark.parametrize(
    ("text", "number"),
    [("2", 2.0), ("-1e-3", -0.001), (".5", 0.5), ("+3.", 3.0), ("inf", math.inf), (" 7 ", 7.0)],
)
def test_a_number_is_read_as_python_writes_it(text, number):
    assert parse_value(text, "--seed") == number
    assert type(parse_value(text, "--seed")) is float


def test_nan_is_a_number():
    assert math.isnan(parse_value("nan", "--seed"))
    assert np.isnan(parse_value("[nan, -inf]", "--seed")).tolist() == [True, False]


@given(st.floats(allow_nan=False))
def test_every_float_survives(x):
    assert parse_value(repr(x), "--seed") == x


@given(st.lists(st.lists(st.floats(allow_nan=False), min_size=2, max_size=2), min_size=1))
def test_every_matrix_survives(rows):
    assert array(parse_value(str(rows), "--seed")).tolist() == rows


def test_commas_inside_brackets_do_not_separate_inputs():
    read = parse_at(["x=1,W=[[1,2],[3,4]],y=-2", "b=[0.5, 1]"])
    assert list(read) == ["x", "W", "y", "b"]
    assert array(read["W"]).tolist() == [[1, 2], [3, 4]]
    assert (read["x"], read["y"]) == (1.0, -2.0)


def test_files_of_inputs(tmp_path):
    (tmp_path / "in.json").write_text('{"x": 1, "W": [[1, 2], [3, NaN]]}', encoding="utf-8")
    np.savez(tmp_path / "in.npz", v=np.arange(3), s=np.float32(2.5))
    read = parse_at([f"@{tmp_path / 'in.json'}", f"@{tmp_path / 'in.npz'}"])
    assert list(read) == ["x", "W", "v", "s"]
    assert array(read["W"]).shape == (2, 2)
    assert array(read["v"]).tolist() == [0.0, 1.0, 2.0]
    assert read["s"] == 2.5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", "expected name=value, got 'x'"),
        ("x=1,", "expected name=value, got ''"),
        ("=1", "expected name=value"),
        ("x y=1", "expected name=value"),
        ("x=", "neither a number nor a nested list"),
        ("x=two", "'two' is not a number"),
        ("x=1 2", "neither a number nor a nested list"),
        ("x=1,x=2", "'x' is given twice"),
        ("x=[1,2", "neither a number nor a nested list"),
        ("x=1]", "neither a number nor a nested list"),
        ("x=[[1,2],[3]]", "ragged"),
        ("x=__import__('os')", "is not a number"),
        ("x=(1,2)", "(1' is not a number"),
        ("x=1j", "'1j' is not a number"),
        ("x=" + "[" * 100_000 + "]" * 100_000, "neither a number nor a nested list"),
        ("x=" + "[" * 70 + "1" + "]" * 70, "nested too deeply"),
    ],
)
def test_what_is_no_input_is_refused_with_what_to_write(text, words):
    with pytest.raises(RequestError) as refusal:
        parse_at([text])
    assert words in str(refusal.value)


def test_an_input_given_twice_is_refused_wherever_it_comes_from(tmp_path):
    (tmp_path / "a.json").write_text('{"x": 1}', encoding="utf-8")
    (tmp_path / "b.json").write_text('{"y": 1, "y": 2}', encoding="utf-8")
    for given_twice in (["x=1", "x=2"], ["x=1", f"@{tmp_path}/a.json"], [f"@{tmp_path}/b.json"]):
        with pytest.raises(RequestError, match="is given twice"):
            parse_at(given_twice)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", b"[1, 2]", "expected an object"),
        ("a.json", b"{", "not a readable .json"),
        ("a.json", b"\xff\xfe", "not a readable .json"),
        ("a.json", b'{"x": "1"}', "expected numbers"),
        ("a.json", b'{"x": true}', "expected numbers"),
        ("a.json", b'{"x": null}', "expected numbers"),
        ("a.json", b'{"x": {"y": 1}}', "expected numbers"),
        ("a.json", b'{"x": {}}', "expected numbers"),
        ("a.json", b"[" * 100_000, "not a readable .json"),
        ("a.npz", b"not an archive", "not a readable .npz"),
        ("a.npz", b"PK\x03\x04", "not a readable .npz"),
        ("a.csv", b"1,2", "unknown kind of file"),
        ("missing.json", None, "No such file"),
    ],
)
def test_a_bad_file_of_inputs_is_refused_by_name(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(RequestError, match=name.replace(".", r"\.")) as refusal:
        parse_at([f"@{tmp_path / name}"])
    assert words in str(refusal.value)


def test_a_pickled_object_in_an_archive_is_never_opened(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(RequestError, match="not a readable"):
        parse_at([f"@{tmp_path / 'a.npz'}"])


def test_names_are_normalised_as_python_does():
    assert list(parse_at(["ﬁ=1"])) == ["fi"]


def test_json_numbers_of_any_size_are_read_or_refused(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({"x": 10**400}), encoding="utf-8")
    with pytest.raises(RequestError):
        parse_at([f"@{tmp_path / 'a.json'}"])
