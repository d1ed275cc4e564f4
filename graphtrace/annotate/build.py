"""From an evaluated graph to its facts: each node and edge with its notation."""

from collections.abc import Iterable, Mapping

from graphtrace.annotate.facts import EdgeFacts, Extras, GraphFacts, NodeFacts
from graphtrace.annotate.fold import find_outline
from graphtrace.annotate.rules import shown_rule
from graphtrace.formula.printers import to_latex, to_text
from graphtrace.formula.tree import Call, Name, Notation
from graphtrace.ops.registry import OPERANDS, Op, notations
from graphtrace.ops.values import shape_of
from graphtrace.run.state import State
from graphtrace.tape.sealed import Sealed

__all__ = ["build_facts", "edge_formula"]

BY_ELEMENT = Notation("⊙", infix="⊙", precedence=5)
DOTTED = Notation("·", infix="·", precedence=5)
UPSTREAM = "δ"
"""What stands for the upstream gradient in displayed rules."""


def build_facts(state: State, show: Iterable[str] | str | None = None) -> GraphFacts:
    """Return the facts of every node and edge, in tape order.

    `show` is what a picture is to show; of it, ``symbolic`` and ``cost`` are worked out here.
    """
    nodes = tuple(node_facts(state, number) for number in range(len(state.sealed.nodes)))
    edges = tuple(
        edge_facts(state, target, slot)
        for target, operands in enumerate(state.sealed.operands)
        for slot in range(len(operands))
    )
    numbers = state.sealed.numbers
    mirror = {
        numbers[record]: None if of is None else numbers[of] for record, of in state.mirror.items()
    }
    extras = _extras(state, show)
    outline = None if mirror else find_outline(state.sealed)
    return GraphFacts(nodes, edges, state.output, state.title, mirror, extras, outline)


def _extras(state: State, show: Iterable[str] | str | None) -> Extras:
    words = show if isinstance(show, str) else " ".join(show or ())
    if "symbolic" not in words and "cost" not in words:
        return Extras()
    from graphtrace.annotate.extras import find_extras

    return find_extras(state, show)


def node_facts(state: State, number: int) -> NodeFacts:
    """Return one node's facts."""
    sealed = state.sealed
    op = sealed.op(number)
    kind = sealed.kind(number)
    expression, latex = _expression(sealed, number, op)
    return NodeFacts(
        id=number,
        name=sealed.names[number],
        named=sealed.named[number],
        kind=kind,
        op=op.name if op else kind,
        symbol=op.notation.symbol if op else "",
        expression=expression,
        latex=latex,
        operands=sealed.operands[number],
        value=state.value(number),
        grad=state.grad(number),
        differentiable=sealed.differentiable[number],
        where=sealed.where(number),
        scope=sealed.scope(number),
    )


def edge_facts(state: State, target: int, slot: int) -> EdgeFacts:
    """Return one edge's facts."""
    source = state.sealed.operands[target][slot]
    return EdgeFacts(
        source=source,
        target=target,
        slot=slot,
        local=state.local(target, slot),
        formula=edge_formula(state.sealed, target, slot),
        latex=edge_formula(state.sealed, target, slot, latex=True),
        upstream=state.grad(target),
        contribution=state.contribution(target, slot),
    )


def _expression(sealed: Sealed, number: int, op: Op | None) -> tuple[str, str]:
    """Return a node by its operands' names, as text and as LaTeX."""
    if op is None:
        name = sealed.names[number]
        return name, to_latex(Name(name), notations())
    operands = [Name(sealed.names[operand]) for operand in sealed.operands[number]]
    params = tuple(sealed.params(number).items())
    call = Call(op.name, tuple(operands), params)
    return to_text(call, notations()), to_latex(call, _products(sealed, number))


def _products(sealed: Sealed, number: int) -> Mapping[str, Notation]:
    """Return the notations, with ⊙ for a product of arrays by element, and a dot for x·x.

    Without a sign it would read as a product of matrices, or as one name of two letters.
    """
    operands = sealed.operands[number]
    if len(operands) == 2 and all(shape_of(sealed.nodes[operand].value) for operand in operands):
        return {**notations(), "multiply": BY_ELEMENT}
    same = len(set(operands)) < len(operands)
    return {**notations(), "multiply": DOTTED} if same else notations()


def edge_formula(sealed: Sealed, target: int, slot: int, *, latex: bool = False) -> str:
    """Return an edge's rule with the operands' names; empty where no gradient can pass."""
    op = sealed.op(target)
    source = sealed.operands[target][slot]
    if op is None or not op.passes(slot) or not sealed.differentiable[source]:
        return ""
    expr = shown_rule(op, slot, _literals(sealed, target))
    if expr is None:
        return ""
    names = _names(sealed, target)
    printer = to_latex if latex else to_text
    return printer(expr, notations(), names)


def _literals(sealed: Sealed, target: int) -> dict[str, float]:
    """Return the numbers of constant operands, by the letters of the rules."""
    return {
        letter: sealed.nodes[operand].value
        for letter, operand in zip(OPERANDS, sealed.operands[target], strict=False)
        if sealed.kind(operand) == "constant" and type(sealed.nodes[operand].value) is float
    }


def _names(sealed: Sealed, target: int) -> Mapping[str, str]:
    names = {
        letter: sealed.names[operand]
        for letter, operand in zip(OPERANDS, sealed.operands[target], strict=False)
    }
    return names | {"out": sealed.names[target], "g": UPSTREAM}
