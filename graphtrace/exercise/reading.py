"""Files of answers: JSON, TOML and CSV, as text; numbers are read later, digits are kept."""

import csv
import io
import json
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graphtrace.errors import AnswersError, did_you_mean
from graphtrace.exercise.answers import TABLES, Answer, Answers

__all__ = ["KINDS", "answers_from", "read_answers"]

MOST_BYTES = 20_000_000
WORDS = {word: table for table in TABLES for word in (table, table[:-1])} | {
    "gradient": "grads",
    "gradients": "grads",
}
COLUMNS = ("kind", "name", "answer")
EXAMPLE = '{"values": {"h2": 20.09}, "grads": {"y": "40.171"}}'


def answers_from(given: "Answers | Mapping[str, Any] | str | os.PathLike[str]") -> Answers:
    """Return answers as they are, from a mapping of tables, or from a file (`read_answers`)."""
    if isinstance(given, Answers):
        return given
    if isinstance(given, Mapping):
        return _from_tables(given, "answers")
    return read_answers(given)


def read_answers(file: str | os.PathLike[str]) -> Answers:
    """Return the answers of a `.json`, `.toml` or `.csv` file.

    JSON and TOML have the tables values, grads, locals and contributions; CSV the columns kind,
    name and answer. What is left empty counts as not answered.

    Raises AnswersError, with line and column, for a file that cannot be read.
    """
    path = Path(file)
    reader = KINDS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(KINDS)
        raise AnswersError(f"{path.name}: answers are read from {known}; write one of these")
    return reader(_text(path), path.name)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise AnswersError(f"{path.name}: more than {MOST_BYTES:,} bytes are no answers")
        data = path.read_bytes()
    except OSError as error:
        raise AnswersError(
            f"{path.name}: {error.strerror or error}; check the path and the file"
        ) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise AnswersError(
            f"{path.name}: line {line}, column {column}: not UTF-8; save it as UTF-8"
        ) from None


def _json(text: str, name: str) -> Answers:
    try:
        parsed = json.loads(
            text,
            parse_float=str,
            parse_int=str,
            parse_constant=str,
            object_pairs_hook=lambda pairs: _unique(pairs, name),
        )
    except json.JSONDecodeError as error:
        raise AnswersError(
            f"{name}: line {error.lineno}, column {error.colno}: {error.msg}; "
            f"write JSON such as {EXAMPLE}"
        ) from None
    except RecursionError:
        raise AnswersError(f"{name}: nested too deeply; write {EXAMPLE}") from None
    return _from_tables(parsed, name)


def _unique(pairs: list[tuple[str, Any]], name: str) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise AnswersError(f"{name}: {twice!r} is answered twice; keep one of both")
    return found


def _toml(text: str, name: str) -> Answers:
    try:
        parsed = tomllib.loads(text, parse_float=lambda word: word.replace("_", ""))
    except tomllib.TOMLDecodeError as error:
        message, _, place = str(error).partition(" (at ")
        where = place.rstrip(")") if place else "its end"
        raise AnswersError(
            f"{name}: {where}: {message}; write TOML such as [grads] and below it y = 40.171, "
            'with names of edges in quotes, "h2->h3" = 2'
        ) from None
    except RecursionError:
        raise AnswersError(f"{name}: nested too deeply; write tables of numbers") from None
    return _from_tables(parsed, name)


def _from_tables(parsed: object, name: str) -> Answers:
    """Return answers from a mapping of tables, whose names and form are checked."""
    if not isinstance(parsed, Mapping):
        raise AnswersError(f"{name}: expected tables of answers; write {EXAMPLE}")
    tables: dict[str, dict[str, Answer]] = {table: {} for table in TABLES}
    for word, rows in parsed.items():
        table = _table(str(word), name)
        if not isinstance(rows, Mapping):
            raise AnswersError(
                f"{name}: {word} is not a table of names and answers; write {EXAMPLE}"
            )
        for key, answer in rows.items():
            if isinstance(answer, Mapping):
                raise AnswersError(f"{name}: {word}.{key} is a table; give a number or its text")
            if key in tables[table]:
                raise AnswersError(f"{name}: {word}.{key} is answered twice; keep one of both")
            tables[table][str(key)] = answer
    places = {(table, key): name for table, rows in tables.items() for key in rows}
    return Answers(**tables, places=places)


def _table(word: str, place: str) -> str:
    table = WORDS.get(word.strip().lower())
    if table is None:
        raise AnswersError(f"{place}: no kind of answer {word!r}{did_you_mean(word, TABLES)}")
    return table


def _csv(text: str, name: str) -> Answers:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        rows += [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        line = reader.line_num
        length = len(text.splitlines()[line - 1]) if line <= len(text.splitlines()) else 0
        raise AnswersError(
            f"{name}: line {line}, column {length}: {error}; put cells with commas in quotes"
        ) from None
    heading = [cell.strip().lower() for cell in rows[0][1]] if rows else []
    if sorted(heading) != sorted(COLUMNS):
        raise AnswersError(f"{name}: line 1, column 1: expected the heading {','.join(COLUMNS)}")
    tables: dict[str, dict[str, Answer]] = {table: {} for table in TABLES}
    places = {}
    for line, row in rows[1:]:
        if len(row) != len(COLUMNS):
            raise AnswersError(
                f"{name}: line {line}, column {min(len(row), len(COLUMNS)) + 1}: expected "
                f"{len(COLUMNS)} cells, got {len(row)}; put [1, 2] in quotes"
            )
        cells = dict(zip(heading, row, strict=True))
        column = heading.index("kind") + 1
        table = _table(cells["kind"], f"{name}: line {line}, column {column}")
        key = cells["name"].strip()
        if key in tables[table]:
            raise AnswersError(f"{name}: line {line}: {cells['kind']} {key} is answered twice")
        tables[table][key] = cells["answer"]
        places[table, key] = f"{name}: line {line}, column {heading.index('answer') + 1}"
    return Answers(**tables, places=places)


KINDS: dict[str, Callable[[str, str], Answers]] = {".json": _json, ".toml": _toml, ".csv": _csv}
"""What reads a file, by its ending."""
