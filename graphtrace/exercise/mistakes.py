"""Common mistakes, each tried out: what a number would be had it been made. A row for each."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np

from graphtrace.exercise.kinds import At, Guess, mistake
from graphtrace.exercise.problem import Step
from graphtrace.ops.values import shape_of

MOST_USES = 8
"""Up to so many uses every choice of forgotten paths is tried."""

ALL = ("values", "grads", "locals", "contributions")
BACKWARD = ALL[1:]


@mistake("rounding", *ALL)
def _rounding(at: At) -> Iterator[Guess]:
    if at.given is not None and at.closeness.is_off_by_a_digit(at.given, at.expected):
        yield at.given.value, "the last digit is not rounded right"


@mistake("too_few_digits", *ALL)
def _too_few_digits(at: At) -> Iterator[Guess]:
    if at.given is not None and at.closeness.is_rounded(at.given, at.expected):
        digits = at.closeness.digits
        yield at.given.value, f"it is rounded too much: give at least {digits} digits"


# -- where gradients meet -----------------------------------------------------------------


@mistake("missed_path", "grads")
def _missed_path(at: At) -> Iterator[Guess]:
    """Some of the contributions are left out."""
    uses = at.problem.uses(at.step.node)
    if len(uses) < 2:
        return
    pieces = [at.get(use) for use in uses]
    start = at.problem.seed if at.step.node == at.problem.facts.output else 0.0
    few = len(uses) <= MOST_USES
    counts = range(len(uses) - 1, 0, -1) if few else (len(uses) - 1, 1)
    for count in counts:
        for kept in combinations(range(len(uses)), count):
            missed = [at.name(use.node) for n, use in enumerate(uses) if n not in kept]
            through = ", ".join(dict.fromkeys(missed))
            total = start + sum((pieces[n] for n in kept[1:]), pieces[kept[0]])
            yield total, f"the contribution through {through} is left out of the sum"


@mistake("path_twice", "grads")
def _path_twice(at: At) -> Iterator[Guess]:
    for use in at.problem.uses(at.step.node):
        yield at.expected + at.get(use), f"the path through {at.name(use.node)} is counted twice"


@mistake("multiplied_paths", "grads")
def _multiplied_paths(at: At) -> Iterator[Guess]:
    pieces = [at.get(use) for use in at.problem.uses(at.step.node)]
    if len(pieces) > 1:
        total = pieces[0]
        for piece in pieces[1:]:
            total = total * piece
        yield total, "the contributions are multiplied; where paths meet they are added"
        yield at.expected / len(pieces), "the contributions are averaged; they are added"


def _with_terms(at: At, other: Callable[[Step], Any], words: str) -> Iterator[Guess]:
    """Yield the sum with another number in place of one contribution, and of all of them."""
    uses = at.problem.uses(at.step.node)
    others = [other(use) for use in uses]
    shape = shape_of(at.expected)
    fits = [found is not None and shape_of(found) == shape for found in others]
    for use, found, fit in zip(uses, others, fits, strict=True):
        if fit:
            yield at.expected - at.get(use) + found, words.format(at.name(use.node))
    if len(uses) > 1 and all(fits):
        targets = ", ".join(dict.fromkeys(at.name(use.node) for use in uses))
        yield sum(others[1:], others[0]), words.format(targets)


@mistake("no_upstream", "grads")
def _no_upstream_in_sum(at: At) -> Iterator[Guess]:
    def local(use: Step) -> Any:
        step = Step("locals", use.node, use.slot)
        return at.get(step) if step in at.problem.truths else None

    yield from _with_terms(
        at, local, "the local gradient is not multiplied by the gradient of {} (upstream)"
    )


@mistake("no_local", "grads")
def _no_local_in_sum(at: At) -> Iterator[Guess]:
    def upstream(use: Step) -> Any:
        return at.get(Step("grads", use.node))

    yield from _with_terms(
        at, upstream, "the gradient of {} is handed on without the local (inner) derivative"
    )


@mistake("sign", "grads")
def _sign_in_sum(at: At) -> Iterator[Guess]:
    yield -at.expected, "the sign is wrong"
    if len(at.problem.uses(at.step.node)) > 1:
        yield from _with_terms(
            at, lambda use: -at.get(use), "the contribution through {} has the wrong sign"
        )


@mistake("seed", "grads")
def _seed(at: At) -> Iterator[Guess]:
    if at.step.node == at.problem.facts.output:
        words = f"{at.title(*at.step)} is what the backward pass starts from"
        yield np.zeros_like(at.expected), words
        yield np.ones_like(at.expected), words
        yield at.out, f"{words}; the value is not"


# -- along an edge ------------------------------------------------------------------------


@mistake("no_upstream", "contributions")
def _no_upstream(at: At) -> Iterator[Guess]:
    upstream = at.title("grads", at.step.node)
    local = at.local()
    if local is not None:
        yield local, f"the local gradient is not multiplied by {upstream} (upstream)"
    elif at.op is not None:
        ones = np.ones(shape_of(at.out))
        pulled = at.op.pull(at.step.slot, ones, at.out, at.operands, at.params)
        yield pulled, f"{upstream} (upstream) is left out"


@mistake("no_local", "contributions", "locals")
def _no_local(at: At) -> Iterator[Guess]:
    if at.step.table == "locals":
        yield np.ones_like(at.expected), "it is 1, as if nothing had to be differentiated"
        return
    upstream = at.title("grads", at.step.node)
    yield at.upstream, f"{upstream} is handed on without the local (inner) derivative"


@mistake("added_factors", "contributions")
def _added_factors(at: At) -> Iterator[Guess]:
    local = at.local()
    if local is not None:
        yield at.upstream + local, "upstream and local gradient are added, not multiplied"


@mistake("divided", "contributions", "locals")
def _divided(at: At) -> Iterator[Guess]:
    if at.step.table == "locals":
        yield 1 / at.expected, "the derivative is upside down"
        return
    local = at.local()
    if local is not None:
        yield at.upstream / local, "upstream is divided by the local gradient, not multiplied"


@mistake("wrong_upstream", "contributions")
def _wrong_upstream(at: At) -> Iterator[Guess]:
    """The local gradient is multiplied by another node's gradient, or by a value."""
    local = at.local()
    if local is None:
        return
    right = at.title("grads", at.step.node)
    later = dict.fromkeys(use.node for use in at.problem.uses(at.step.node))
    for node in [*later, at.problem.facts.output]:
        step = Step("grads", node)
        if node != at.step.node and step in at.problem.truths:
            yield at.get(step) * local, f"it is multiplied by {at.title(*step)}, not by {right}"
    yield at.out * local, f"it is multiplied by the value of {at.name(at.step.node)}, not {right}"


@mistake("total_for_contribution", "contributions")
def _total(at: At) -> Iterator[Guess]:
    uses = at.problem.uses(at.source)
    if len(uses) > 1:
        total = at.expected
        for use in uses:
            if use != at.step:
                total = total + at.get(use)
        source = at.title("grads", at.source)
        yield total, f"it is all of {source}, not what this edge adds to it"


# -- anywhere -----------------------------------------------------------------------------


@mistake("swapped", "values")
def _swapped_operands(at: At) -> Iterator[Guess]:
    if at.op is not None and len(at.operands) == 2:
        yield (
            at.op.evaluate(at.operands[::-1], at.params),
            f"{at.operand_name(0)} and {at.operand_name(1)} are swapped",
        )


@mistake("swapped", "locals")
def _swapped_locals(at: At) -> Iterator[Guess]:
    """The derivative by the other operand, or at swapped operands."""
    count = len(at.operands)
    for slot in range(count):
        if slot != at.step.slot and at.op is not None and at.op.is_elementwise:
            local = at.local(slot)
            if local is None and at.op.passes(slot):
                local = at.op.local(slot, at.out, at.operands)
            if local is not None:
                yield local, f"it is the derivative by {at.operand_name(slot)}"
    if count == 2 and at.op is not None and at.op.is_elementwise:
        turned = at.operands[::-1]
        words = f"{at.operand_name(0)} and {at.operand_name(1)} are swapped"
        out = at.op.evaluate(turned, at.params)
        yield at.op.local(at.step.slot, out, turned), words
        yield at.op.local(1 - at.step.slot, out, turned), words


@mistake("swapped", "contributions")
def _swapped_contributions(at: At) -> Iterator[Guess]:
    for slot in range(len(at.operands)):
        local = at.local(slot)
        if slot != at.step.slot and local is not None and shape_of(at.expected) == shape_of(local):
            words = f"upstream is multiplied by the derivative by {at.operand_name(slot)}"
            yield at.upstream * local, words


@mistake("sign", "values", "locals", "contributions")
def _sign(at: At) -> Iterator[Guess]:
    yield np.negative(at.expected), "the sign is wrong"
    if at.step.table == "values" and at.op is not None:
        for slot, value in enumerate(at.operands):
            if isinstance(value, float) or getattr(value, "dtype", None) is not None:
                values = [*at.operands]
                values[slot] = np.negative(value)
                yield (
                    at.op.evaluate(values, at.params),
                    f"{at.operand_name(slot)} is put in with the wrong sign",
                )


@mistake("not_applied", "values")
def _not_applied(at: At) -> Iterator[Guess]:
    for slot, value in enumerate(at.operands):
        name = at.operand_name(slot)
        if shape_of(value) == shape_of(at.expected):
            yield value, f"it is {name}, as if nothing were done with it"


@mistake("value_for_gradient", "grads", "locals", "contributions")
def _value_for_gradient(at: At) -> Iterator[Guess]:
    node = at.step.node
    if at.step.table != "grads":
        source = at.source
        yield at.get(Step("values", source)), f"it is the value of {at.name(source)}"
    yield at.out, f"it is the value of {at.name(node)}, no gradient"


@mistake("gradient_for_value", "values")
def _gradient_for_value(at: At) -> Iterator[Guess]:
    step = Step("grads", at.step.node)
    if step in at.problem.truths:
        for number in (at.problem.truth(step), at.get(step)):
            yield number, f"it is {at.title(*step)}, not the value"


@mistake("as_constant", *BACKWARD)
def _as_constant(at: At) -> Iterator[Guess]:
    yield np.zeros_like(at.expected), "it is 0, as if nothing depended on it"


@mistake("decimal_point", *ALL)
def _decimal_point(at: At) -> Iterator[Guess]:
    for power in (1, -1, 2, -2, 3, -3):
        yield at.expected * 10.0**power, "the decimal point is in the wrong place"


@mistake("digits_swapped", *ALL)
def _digits_swapped(at: At) -> Iterator[Guess]:
    """Two neighbouring digits changed places in writing."""
    if at.given is None or np.ndim(at.given.value):
        return
    text = at.given.text
    for n in range(len(text) - 1):
        if text[n : n + 2].isdecimal() and text[n : n + 2].isascii() and text[n] != text[n + 1]:
            turned = text[:n] + text[n + 1] + text[n] + text[n + 2 :]
            try:
                number = float(turned)
            except ValueError:
                return
            half = np.minimum(at.given.half, at.closeness.needed(at.expected))
            if abs(number - at.expected) <= half * 1.000001:
                yield at.given.value, f"two digits are swapped: {text} for {turned}"


@mistake("other_node", "values", "grads")
def _other_node(at: At) -> Iterator[Guess]:
    """The number belongs to a neighbour."""
    if at.given is None:
        return
    for step, truth in at.problem.truths.items():
        if step.table == at.step.table and step.node != at.step.node:
            yield truth, f"it is {at.title(*step)}"
