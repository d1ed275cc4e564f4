"""Themes by name, and one's own: a TOML file, or the table `[tool.graphtrace.theme]`."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from graphtrace.errors import FormatError, did_you_mean
from graphtrace.render.theme import THEMES, Theme

__all__ = ["project_theme", "read_theme", "theme_named"]

TABLE = ("tool", "graphtrace", "theme")
PROJECT = "pyproject.toml"
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
NUMBERS = ("stroke", "scale")
COLOURS = tuple(item.name for item in fields(Theme) if item.name not in ("name", "heat", *NUMBERS))
KEYS = ("base", *COLOURS, "heat", *NUMBERS)


def theme_named(name: str | Theme) -> Theme:
    """Return a theme by its name or by the TOML file that it is written in.

    Raises
    ------
    FormatError: for an unknown name, with the known ones, and for a file that holds no theme.
    """
    if isinstance(name, Theme):
        return name
    if name.endswith(".toml"):
        return read_theme(name)
    if name not in THEMES:
        own = "; one of your own is a file: 'mine.toml'" if "/" in name or "." in name else ""
        raise FormatError(f"unknown theme {name!r}{own or did_you_mean(name, THEMES)}")
    return THEMES[name]


def project_theme(folder: Path) -> Path | None:
    """Return the nearest `pyproject.toml` at or above a folder if it has a theme, else None."""
    for parent in (folder, *folder.parents):
        path = parent / PROJECT
        if path.is_file():
            return path if _table(_load(path), TABLE) is not None else None
    return None


def read_theme(name: str) -> Theme:
    """Return the theme of a TOML file.

    Its keys stand in the table `[tool.graphtrace.theme]` or, in a file of their own, at the top:
    `base` is the theme to start from, the others replace what `Theme` lists.

    Raises
    ------
    FormatError: for a file that cannot be read, an unknown key and a value of the wrong kind.
    """
    path = Path(name)
    data = _load(path)
    table = _table(data, TABLE)
    if table is None:
        if path.name == PROJECT:
            raise FormatError(f"{name} has no table [{'.'.join(TABLE)}]")
        table = data
    for key in table:
        if key not in KEYS:
            raise FormatError(f"theme in {name}: unknown key {key!r}{did_you_mean(key, KEYS)}")
    base = table.get("base", "light")
    if not isinstance(base, str) or base not in THEMES:
        hint = did_you_mean(str(base), THEMES)
        raise FormatError(f"theme in {name}: unknown base {base!r}{hint}")
    given = {key: _value(name, key, value) for key, value in table.items() if key != "base"}
    return replace(THEMES[base], name=path.stem, **given)


def _load(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise FormatError(f"cannot read the theme {str(path)!r}: {error.strerror}") from error
    except ValueError as error:
        raise FormatError(f"{path} is no TOML: {error}") from error


def _table(data: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any] | None:
    found: Any = data
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _value(name: str, key: str, value: object) -> Any:
    """Return a theme's value, checked: a colour, three of them, or a factor."""
    if key in NUMBERS:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if number and 0.1 <= float(value) <= 10:  # type: ignore[arg-type] # a number by now
            return float(value)  # type: ignore[arg-type]
        what = "a number from 0.1 to 10"
    elif key == "heat":
        if isinstance(value, list) and len(value) == 3 and all(map(_is_colour, value)):
            return tuple(map(str.lower, value))
        what = "three colours, for the lowest, the middle and the highest level"
    else:
        if isinstance(value, str) and _is_colour(value):
            return value.lower()
        what = 'a colour such as "#005a9c"'
    raise FormatError(f"theme in {name}: {key} must be {what}, not {str(value)[:60]!r}")


def _is_colour(value: object) -> bool:
    return isinstance(value, str) and COLOUR.fullmatch(value) is not None
