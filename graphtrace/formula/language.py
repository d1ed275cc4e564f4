"""The one small language of user expressions and of derivative formulas: text → trees."""

import ast
import math
from collections.abc import Callable

from graphtrace.errors import ExpressionError
from graphtrace.formula.tree import Call, Expr, Name, Number, Span, Statement

__all__ = ["MAX_CHARACTERS", "parse_formula", "parse_program"]

MAX_CHARACTERS = 100_000
MAX_DEPTH = 2000
"""Deepest nesting that is read; a little below what Python 3.11's own parser takes."""
TOO_DEEP = "the expression is nested too deeply: split it into statements with ';'"

BINARY = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.FloorDiv: "floor_divide",
    ast.Mod: "mod",
    ast.Pow: "power",
    ast.MatMult: "matmul",
}
UNARY = {ast.USub: "negative", ast.UAdd: "identity"}
OTHERS = {
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.Invert: "~",
    ast.Not: "not",
}
COMPARE = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
GLYPHS = str.maketrans({"·": "*", "×": "*", "−": "-", "÷": "/", "²": "**2", "³": "**3"})
"""What lecture notes write for operators, as Python writes it."""
INDEX = "an index is an integer or a slice, written as numbers"
MODULES = ("np", "numpy", "math")

Resolve = Callable[[str], str | None]
"""From a function's name in the text to the operation's name, or None when unknown."""


def parse_program(text: str, resolve: Resolve, known: Callable[[], list[str]]) -> list[Statement]:
    """Parse statements split by newlines or `;`.

    Raises ExpressionError, in one line, with the column and what to write instead.
    """
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(
            f"the expression has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read: "
            "write it as a Python function and trace that"
        )
    clean = cleaned(text)
    if not clean.strip():
        raise ExpressionError("the expression is empty: write for example 'f = ln(x) + exp(y)*z'")
    module = _syntax(clean)
    reader = _Reader(clean, resolve, known)
    statements = [reader.statement(item) for item in module.body]
    if not statements:
        raise ExpressionError("the expression is empty: write for example 'f = ln(x) + exp(y)*z'")
    return statements


def cleaned(text: str) -> str:
    """Return the text that positions refer to: no indentation, ASCII for signs such as · and ²."""
    return "\n".join(line.strip() for line in text.translate(GLYPHS).splitlines())


def parse_formula(text: str, resolve: Resolve, known: Callable[[], list[str]]) -> Expr:
    """Parse one expression without a target."""
    statements = parse_program(text, resolve, known)
    if len(statements) != 1 or statements[0].target is not None:
        raise ExpressionError(f"{text!r} is not a single expression")
    return statements[0].value


def _syntax(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        line = (error.text or "").strip()
        where = f"column {error.offset}" if error.offset else "its end"
        hint = ""
        words = line.split()
        if any(word in ("ln", "log", "exp", "sin", "cos", "tanh", "sqrt") for word in words):
            hint = "; write functions with parentheses, as in ln(x)"
        shown = line if len(line) <= 60 else line[:57] + "..."
        reason = error.msg.partition(": value has")[0]  # without Python's advice to its users
        raise ExpressionError(f"cannot read {shown!r} at {where}: {reason}{hint}") from None
    except (RecursionError, MemoryError):
        raise ExpressionError(TOO_DEEP) from None
    except ValueError as error:
        raise ExpressionError(f"cannot read the expression: {error}") from None


class _Reader:
    """Turns checked syntax nodes into trees, with an explicit stack instead of recursion."""

    def __init__(self, text: str, resolve: Resolve, known: Callable[[], list[str]]) -> None:
        self.text = text
        self.resolve = resolve
        self.known = known

    def statement(self, item: ast.stmt) -> Statement:
        if isinstance(item, ast.Expr):
            return Statement(None, self.tree(item.value))
        if isinstance(item, ast.Assign) and len(item.targets) == 1:
            target = item.targets[0]
            if isinstance(target, ast.Name):
                return Statement(target.id, self.tree(item.value))
            raise self.refuse(target, "only 'name = expression' can be assigned")
        raise self.refuse(item, "only 'name = expression' and expressions are statements here")

    def tree(self, root: ast.expr) -> Expr:
        """Post-order walk: every syntax node is visited before and after its children.

        The number beside a node is its depth before, its count of children after.
        """
        done: list[Expr] = []
        todo: list[tuple[ast.expr, Callable[[list[Expr]], Expr] | None, int]] = [(root, None, 1)]
        while todo:
            node, build, count = todo.pop()
            if build is not None:
                args = done[len(done) - count :]
                del done[len(done) - count :]
                done.append(build(args))
                continue
            if count > MAX_DEPTH:
                raise ExpressionError(TOO_DEEP)
            children, build = self.plan(node)
            todo.append((node, build, len(children)))
            todo.extend((child, None, count + 1) for child in reversed(children))
        return done[0]

    def plan(self, node: ast.expr) -> tuple[list[ast.expr], Callable[[list[Expr]], Expr]]:
        """Return the children to read first, and what to build from them."""
        span = _span(node)
        if isinstance(node, ast.Constant):
            if type(node.value) in (int, float):
                return [], lambda _: Number(self.number(node), span)
            raise self.refuse(node, "only numbers can be written as constants")
        if isinstance(node, ast.Name):
            return [], lambda _: Name(node.id, span)
        if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
            op = BINARY[type(node.op)]
            return [node.left, node.right], lambda args: Call(op, tuple(args), (), span)
        if isinstance(node, ast.UnaryOp) and type(node.op) in UNARY:
            return [node.operand], lambda args: _unary(UNARY[type(node.op)], args[0], span)
        if isinstance(node, ast.Compare):
            if len(node.ops) == 1 and type(node.ops[0]) in COMPARE:
                name = COMPARE[type(node.ops[0])]
                sides = [node.left, node.comparators[0]]
                return sides, lambda args: Call(name, tuple(args), (), span)
            raise self.refuse(node, "compare two things at a time, as in where(x > 0, x, 0)")
        if isinstance(node, ast.Call):
            return self.plan_call(node, span)
        if isinstance(node, ast.Attribute) and node.attr == "T":
            return [node.value], lambda args: Call("transpose", tuple(args), (), span)
        if isinstance(node, ast.Subscript):
            index = self.index(node.slice)
            return [node.value], lambda args: Call(
                "getitem", tuple(args), (("index", index),), span
            )
        if isinstance(node, (ast.List, ast.Tuple)):
            return list(node.elts), lambda args: self.sequence(args, span, node)
        raise self.refuse(node, _advice(node))

    def plan_call(
        self, node: ast.Call, span: Span
    ) -> tuple[list[ast.expr], Callable[[list[Expr]], Expr]]:
        func = node.func
        if (
            isinstance(func, ast.Attribute)
            and isinstance(func.value, ast.Name)
            and func.value.id in MODULES
        ):
            name = func.attr
        elif isinstance(func, ast.Name):
            name = func.id
        else:
            raise self.refuse(node, "only named functions can be called, as in exp(x)")
        op = self.resolve(name)
        if op is None:
            from graphtrace.errors import did_you_mean

            raise self.refuse(node, f"unknown function {name!r}{did_you_mean(name, self.known())}")
        if any(isinstance(arg, ast.Starred) for arg in node.args):
            raise self.refuse(node, "'*' in a call is not in the language")
        params = []
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self.refuse(node, "'**' in a call is not in the language")
            params.append((keyword.arg, self.literal(keyword.value)))
        return list(node.args), lambda args: Call(op, tuple(args), tuple(params), span)

    def sequence(self, args: list[Expr], span: Span, node: ast.expr) -> Expr:
        if args and all(isinstance(arg, Number) for arg in args):
            return Number(tuple(arg.value for arg in args if isinstance(arg, Number)), span)
        if not args:
            raise self.refuse(node, "an empty list has no value")
        return Call("stack", tuple(args), (("axis", 0),), span)

    def number(self, node: ast.Constant) -> float:
        try:
            return _finite(node.value) if isinstance(node.value, float) else _integer(node.value)
        except OverflowError:
            raise self.refuse(node, "the number is too large for a float") from None

    def literal(
        self,
        node: ast.expr,
        wanted: str = "a keyword takes a number, True, False, None or a tuple of them",
    ) -> object:
        """Read a parameter: a number, True, False, None, or a tuple of them."""
        if isinstance(node, ast.Constant) and type(node.value) in (int, float, bool, type(None)):
            return node.value
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self.literal(node.operand, wanted)
            if isinstance(inner, (int, float)):
                return -inner
        if isinstance(node, (ast.Tuple, ast.List)):
            return tuple(self.literal(item, wanted) for item in node.elts)
        raise self.refuse(node, wanted)

    def index(self, node: ast.expr) -> object:
        """Read what stands between square brackets."""
        if isinstance(node, ast.Tuple):
            return tuple(self.index(item) for item in node.elts)
        if isinstance(node, ast.Slice):
            parts = (node.lower, node.upper, node.step)
            return slice(*(None if part is None else self.literal(part, INDEX) for part in parts))
        if isinstance(node, ast.Constant) and node.value is Ellipsis:
            return Ellipsis
        value = self.literal(node, INDEX)
        if isinstance(value, float):
            raise self.refuse(node, INDEX)
        return list(value) if isinstance(value, tuple) else value

    def refuse(self, node: ast.AST, why: str) -> ExpressionError:
        column = getattr(node, "col_offset", 0) + 1
        line = getattr(node, "lineno", 1)
        place = f"column {column}" if line == 1 else f"line {line}, column {column}"
        text = ast.get_source_segment(self.text, node) if len(self.text) < 2000 else None
        shown = "" if text is None else f" ({text if len(text) <= 40 else text[:37] + '...'})"
        return ExpressionError(f"{why}, at {place}{shown}".replace("\n", " "))


def _span(node: ast.expr) -> Span:
    end = node.end_col_offset if node.end_col_offset is not None else node.col_offset
    return (node.lineno, node.col_offset + 1, end + 1)


def _finite(value: float) -> float:
    if math.isinf(value):
        raise OverflowError
    return value


def _integer(value: object) -> float:
    """Keep small integers exact as written; refuse those a float cannot hold."""
    if isinstance(value, int):
        float(value)
        return value
    raise OverflowError


def _unary(op: str, arg: Expr, span: Span) -> Expr:
    """Fold the sign of a literal into it; `+x` is x."""
    if op == "identity":
        return arg
    if isinstance(arg, Number) and isinstance(arg.value, (int, float)):
        return Number(-arg.value, span)
    return Call(op, (arg,), (), span)


def _advice(node: ast.expr) -> str:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor):
        return "'^' is not a power: write ** (x**2)"
    if isinstance(node, ast.Attribute):
        return f"attribute '.{node.attr}' is not in the language (only .T is)"
    if isinstance(node, ast.IfExp):
        return "write where(condition, a, b) for a choice"
    if isinstance(node, ast.BoolOp):
        return "'and' and 'or' are not in the language: nest where(...)"
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        return f"{OTHERS.get(type(node.op), 'this operator')!r} is not an operator of the language"
    kind = type(node).__name__
    return f"{kind} is not in the language: use numbers, names, operators and functions"
