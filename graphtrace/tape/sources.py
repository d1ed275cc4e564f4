"""Where a record was made: from code position to file, line, text and assigned name.

Nothing here runs while recording. A position is (code object, instruction offset) for Python
code, or (ExpressionSource, number of a span) for an expression. The complement ~offset of an
instruction stands for what a function of ours recorded inside of the call at that place: it
has the call's line, but not the name that its result is assigned to.
"""

import ast
import linecache
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

__all__ = ["ExpressionSource", "Place", "Where", "place_of", "where_of"]

Extent = tuple[int, int, int, int]
"""First line, last line, first column, end column: as `ast` and code objects count them."""


@dataclass(frozen=True, slots=True)
class Where:
    """A place in the user's source.

    Lines and columns count from 1. `iteration` is k for the k-th node recorded at this
    very place when there are several (a loop), else None.
    """

    file: str
    line: int
    column: int
    text: str
    function: str
    iteration: int | None = None

    def __str__(self) -> str:
        name = self.file.replace("\\", "/").rsplit("/", 1)[-1]
        return f"{name}:{self.line}"


@dataclass(frozen=True, slots=True)
class Place:
    """What the source says about one position: the name assigned to and the operands' names."""

    target: str | None
    operands: tuple[str | None, ...]


NOWHERE = Place(None, ())


class ExpressionSource:
    """The text of a parsed expression, standing where Python code has its code object."""

    __slots__ = ("spans", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: list[tuple[int, int, int]] = []

    def add(self, span: tuple[int, int, int] | None) -> int:
        """Keep a span and return its number."""
        self.spans.append(span or (1, 1, 1))
        return len(self.spans) - 1

    def where(self, number: int) -> Where | None:
        """Return the place of a kept span."""
        if not 0 <= number < len(self.spans):
            return None
        line, column, end = self.spans[number]
        lines = self.text.splitlines() or [""]
        text = lines[line - 1] if line <= len(lines) else ""
        return Where("<expression>", line, column, text[column - 1 : end - 1] or text, "")


def where_of(code: Any, lasti: int, iteration: int | None = None) -> Where | None:
    """Return the place of a position, or None for a record that has none (an input)."""
    if isinstance(code, ExpressionSource):
        return code.where(lasti)
    if not isinstance(code, CodeType):
        return None
    extent = _extent(code, max(lasti, ~lasti))
    line = extent[0] if extent else code.co_firstlineno
    text = linecache.getline(code.co_filename, line).strip()
    column = extent[2] + 1 if extent else 1
    return Where(code.co_filename, line, column, text, code.co_name, iteration)


def place_of(code: Any, lasti: int) -> Place:
    """Return the name that the source assigns at a position, and its operands' names."""
    if not isinstance(code, CodeType) or lasti < 0:
        return NOWHERE
    extent = _extent(code, lasti)
    if extent is None:
        return NOWHERE
    return _places(code.co_filename, _stamp(code.co_filename)).get(extent, NOWHERE)


@lru_cache(maxsize=512)
def _positions(code: CodeType) -> list[Extent | None]:
    return [
        (line, end_line, column, end_column)
        if line is not None
        and end_line is not None
        and column is not None
        and end_column is not None
        else None
        for line, end_line, column, end_column in code.co_positions()
    ]


def _extent(code: CodeType, lasti: int) -> Extent | None:
    positions = _positions(code)
    number = lasti // 2
    return positions[number] if 0 <= number < len(positions) else None


def _stamp(filename: str) -> int:
    """Refresh Python's cache of source lines and return a key that changes with them."""
    linecache.checkcache(filename)
    return hash(tuple(linecache.getlines(filename)))


@lru_cache(maxsize=64)
def _places(filename: str, stamp: int) -> dict[Extent, Place]:
    """Read one file: every expression's place, by its extent."""
    source = "".join(linecache.getlines(filename))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    targets: dict[Extent, str] = {}
    operands: dict[Extent, tuple[str | None, ...]] = {}
    for node in ast.walk(tree):
        targets.update(_assigned(node))
        named = _operands(node)
        if named:
            operands[_of(node)] = named
    return {
        extent: Place(targets.get(extent), operands.get(extent, ()))
        for extent in targets.keys() | operands.keys()
    }


def _of(node: Any) -> Extent:
    return (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)


def _assigned(node: ast.AST) -> Iterator[tuple[Extent, str]]:
    """Yield the extents whose value gets a name by this syntax node."""
    if isinstance(node, ast.Assign):
        yield from _pair(node.targets[0], node.value)
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        yield from _pair(node.target, node.value)
    elif isinstance(node, ast.AugAssign):
        name = _name(node.target)
        if name:
            yield _of(node), name
    elif isinstance(node, (ast.For, ast.comprehension)):
        yield from _pair(node.target, node.iter)
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            yield _of(node), node.target.id  # where Python 3.11 puts the step of a loop


def _pair(target: ast.expr, value: ast.expr) -> Iterator[tuple[Extent, str]]:
    if isinstance(value, ast.IfExp):
        yield from _pair(target, value.body)
        yield from _pair(target, value.orelse)
        return
    if isinstance(target, (ast.Tuple, ast.List)):
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
            for part, item in zip(target.elts, value.elts, strict=True):
                yield from _pair(part, item)
        return
    name = _name(target)
    if name:
        yield _of(value), name


def _operands(node: ast.AST) -> tuple[str | None, ...]:
    if isinstance(node, ast.BinOp):
        return (_name(node.left), _name(node.right))
    if isinstance(node, ast.Compare):
        return (_name(node.left), *(_name(item) for item in node.comparators))
    if isinstance(node, ast.Call):
        return tuple(_name(item) for item in node.args)
    return ()


def _name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None
