"""Text and formulas for Markdown: what a name holds is neither a sign of Markdown nor a tag."""

import re

from graphtrace.render.tex import tex_math
from graphtrace.scene.typeset import printable

__all__ = ["markdown_math", "markdown_text"]

MARKS = frozenset("\\`*_{}[]#|<>&~$^")
# At the start of a line these begin a list, a rule or a heading.
START = re.compile(r"^(\s*(?:\d+(?=[.)])|(?=[-+=])))")


def markdown_text(text: str) -> str:
    """Return text on one line in which Markdown and HTML see no sign of theirs."""
    escaped = "".join(f"\\{char}" if char in MARKS else char for char in printable(text))
    return START.sub(r"\1\\", escaped)


def markdown_math(latex: str) -> str | None:
    """Return a displayed formula, or None for LaTeX that might not be read."""
    found = tex_math(latex) if latex else None
    if found is None:
        return None
    # Markdown would take these for tags.
    found = found.replace("<", r"\lt ").replace(">", r"\gt ")
    return f"$${found}$$"
