"""Read `--at` and `--seed`: numbers, nested lists and files of them; nothing is evaluated."""

import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from graphtrace_cli.errors import RequestError

__all__ = ["Number", "parse_at", "parse_value"]

Number = float | npt.NDArray[np.floating[Any]]


def parse_at(given: Iterable[str]) -> dict[str, Number]:
    """Return the inputs named by all `--at` options, in order; a name may come once only."""
    inputs: dict[str, Number] = {}
    for text in given:
        pairs = _read_file(Path(text[1:])) if text.startswith("@") else _read_text(text)
        for name, value in pairs:
            if name in inputs:
                raise RequestError(f"--at: {name!r} is given twice; give each input once")
            inputs[name] = value
    return inputs


def parse_value(text: str, label: str) -> Number:
    """Return the number or array that `text` spells: `2`, `-1e-3`, `nan`, `[[1, 2], [3, 4]]`.

    `label` begins the error message, e.g. ``--at x``.
    """

    def number(word: re.Match[str]) -> str:
        try:
            return json.dumps(float(word[0]))
        except ValueError:
            raise RequestError(
                f"{label}: {word[0]!r} is not a number; write 2, 1e-3, nan, inf or [[1,2],[3,4]]"
            ) from None

    try:
        parsed = json.loads(re.sub(r"[^\s\[\],]+", number, text))
    except (ValueError, RecursionError):
        raise RequestError(
            f"{label}: {text!r} is neither a number nor a nested list; write 2 or [[1,2],[3,4]]"
        ) from None
    return _to_number(parsed, label)


def _to_number(value: Any, label: str) -> Number:
    """Return a float or a floating-point array; refuse ragged lists and what is no number."""
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError):
        raise RequestError(
            f"{label}: a ragged list, or one nested too deeply; make its rows equally long"
        ) from None
    if isinstance(value, _Pairs) or (array.dtype.kind not in "iuf" and array.size):
        raise RequestError(f"{label}: expected numbers; give a number or a nested list of numbers")
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    return float(array) if array.ndim == 0 else array


def _read_text(text: str) -> list[tuple[str, Number]]:
    """Return the pairs of `x=1,W=[[1,2],[3,4]]`: commas inside brackets do not separate."""
    pairs = []
    for piece in _split(text):
        name, equals, value = piece.partition("=")
        name = unicodedata.normalize("NFKC", name.strip())
        if not equals or not name.isidentifier():
            raise RequestError(f"--at: expected name=value, got {piece.strip()!r}; write x=1,y=3")
        pairs.append((name, parse_value(value, f"--at {name}")))
    return pairs


def _split(text: str) -> list[str]:
    """Cut at the commas outside of all brackets."""
    pieces, start, depth = [], 0, 0
    for place, character in enumerate(text):
        depth += (character == "[") - (character == "]")
        if character == "," and depth == 0:
            pieces.append(text[start:place])
            start = place + 1
    return [*pieces, text[start:]]


def _read_file(path: Path) -> list[tuple[str, Number]]:
    """Return the named arrays of a `.json` object or an `.npz` archive."""
    readers = {".json": _read_json, ".npz": _read_npz}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise RequestError(f"--at @{path}: unknown kind of file; give a .json or an .npz")
    try:
        content = reader(path)
    except OSError as error:
        raise RequestError(
            f"--at @{path}: {error.strerror or error}; check the path and the file"
        ) from None
    except (ValueError, RecursionError, zipfile.BadZipFile, EOFError) as error:
        raise RequestError(
            f"--at @{path}: not a readable {path.suffix} file: {error}; write it again"
        ) from None
    return [(str(name), _to_number(value, f"--at @{path}: {name}")) for name, value in content]


def _read_json(path: Path) -> list[tuple[str, Any]]:
    """Return the pairs of a JSON object, twice-given names included."""
    pairs = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_Pairs)
    if not isinstance(pairs, _Pairs):
        raise RequestError(f'--at @{path}: expected an object; write {{"x": 1, "y": [1, 2]}}')
    return list(pairs)


def _read_npz(path: Path) -> list[tuple[str, Any]]:
    """Return the arrays of an archive; pickled objects are refused."""
    with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        return [(name, archive[name]) for name in archive.files]


class _Pairs(list[tuple[str, Any]]):
    """The pairs of a JSON object in order, told apart from a JSON list."""
