"""Refusals: what cannot be recorded, said with the user's line and the fix."""

from typing import Any

from graphtrace.errors import RefusedError

__all__ = ["REFUSED", "place", "refusal"]


LONGEST = 120
"""Characters of a source line that an error quotes."""


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
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]} …"
    return f"`{text}`: " if text else ""


def refusal(what: str, fix: str, frame: Any) -> RefusedError:
    """Return the error for code that cannot be recorded."""
    return RefusedError(f"{place(frame)}{what}; {fix}")


REFUSED: dict[str, tuple[str, str]] = {
    "__float__": (
        "float(…) takes the number out of the graph",
        "compute with the value itself, or use np functions",
    ),
    "__int__": (
        "int(…) takes the number out of the graph",
        "annotate the parameter as a count (`n: int`), or close over it",
    ),
    "__index__": (
        "a traced value cannot be an index or a count",
        "annotate the parameter as a count (`n: int`), or close over it with a lambda",
    ),
    "__complex__": ("complex numbers cannot be recorded", "use real and imaginary parts"),
    "__array__": (
        "np.array(…) and np.asarray(…) take the number out of the graph",
        "use the value as it is; join several with np.stack",
    ),
    "item": (".item() takes the number out of the graph", "compute with the value itself"),
    "tolist": (".tolist() takes the numbers out of the graph", "iterate over the value itself"),
    "__setitem__": (
        "item assignment changes a recorded value in place",
        "build the result with np.where, np.concatenate or np.stack",
    ),
    "__delitem__": ("deleting items changes a recorded value in place", "index what remains"),
    "__format__": (
        "a traced value has no text while it is being recorded",
        "print node values after the trace",
    ),
    "sort": (".sort() sorts an array in place", "use np.sort(x)"),
    "partition": (".partition() changes an array in place", "use np.partition(x, k)"),
    "astype": ("astype is not supported", "convert the inputs before the trace"),
}
"""Members of a traced value that refuse: what is wrong, and the fix."""
