"""Refusals: what cannot be recorded, said with the user's line and the fix."""

from typing import Any

from graphtrace.errors import RefusedError

__all__ = ["place", "refusal"]


def place(frame: Any) -> str:
    """Return `file:line: ` for a frame or an expression's place, or nothing when unknown."""
    if frame is None:
        return ""
    if frame.__class__ is tuple:
        source, lasti = frame
        where = source.where(lasti)
        return f"column {where.column} ({where.text.strip()[:60]}): " if where else ""
    from pathlib import PurePath

    name = PurePath(frame.f_code.co_filename).name
    return f"{name}:{frame.f_lineno}: {_text(frame)}"


def _text(frame: Any) -> str:
    import linecache

    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
    return f"`{text}`: " if text else ""


def refusal(what: str, fix: str, frame: Any) -> RefusedError:
    """Return the error for code that cannot be recorded."""
    return RefusedError(f"{place(frame)}{what}; {fix}")
