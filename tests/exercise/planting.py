"""Mistakes as students make them; each yields (table, where, function to the wrong number)."""

# ruff: noqa: ARG005 -- each is a function of the right number and of all that was worked out before

import math

from tests.exercise.programs import sigma, slope_of, value_of


def statement(program, name):
    return next(item for item in program.statements if item[0] == name)


def edges(program, op=None):
    for place, (_, kind, args) in enumerate(program.statements):
        for slot in range(len(args)):
            if op is None or kind == op:
                yield (place, slot)


def arguments(program, done, edge):
    return [done.values[arg] for arg in program.statements[edge[0]][2]]


def sign(program):
    for name, _, _ in program.statements:
        yield "values", name, lambda right, done: -right
    for edge in edges(program):
        yield "locals", edge, lambda right, done: -right
        yield "contributions", edge, lambda right, done: -right


def swapped(program):
    for name, op, args in program.statements:
        if op in ("sub", "div"):

            def turned(right, done, op=op, args=args):
                return value_of(op, [done.values[args[1]], done.values[args[0]]])

            yield "values", name, turned
    for edge in edges(program):
        op = program.statements[edge[0]][1]
        if op in ("mul", "div", "sub"):

            def other(right, done, edge=edge, op=op):
                return slope_of(op, 1 - edge[1], arguments(program, done, edge))

            yield "locals", edge, other


def missed_path(program):
    for name in [*program.inputs, *(s[0] for s in program.statements)]:
        uses = program.uses(name)
        if len(uses) > 1:
            for left_out in uses:
                yield "grads", name, lambda right, done, e=left_out: right - done.contributions[e]
            yield "grads", name, lambda right, done, e=uses[0]: done.contributions[e]


def path_twice(program):
    for name in [*program.inputs, *(s[0] for s in program.statements)]:
        for edge in program.uses(name):
            yield "grads", name, lambda right, done, e=edge: right + done.contributions[e]


def multiplied_paths(program):
    for name in program.inputs:
        uses = program.uses(name)
        if len(uses) > 1:
            yield (
                "grads", name,
                lambda right, done, u=uses: math.prod(done.contributions[e] for e in u),
            )  # fmt: skip


def no_upstream(program):
    for edge in edges(program):
        yield "contributions", edge, lambda right, done, e=edge: done.locals[e]


def no_local(program):
    for edge in edges(program):
        target = program.statements[edge[0]][0]
        yield "contributions", edge, lambda right, done, t=target: done.grads[t]


def added_factors(program):
    for edge in edges(program):
        target = program.statements[edge[0]][0]
        yield (
            "contributions", edge,
            lambda right, done, e=edge, t=target: done.grads[t] + done.locals[e],
        )  # fmt: skip


def divided(program):
    for edge in edges(program):
        target = program.statements[edge[0]][0]
        yield (
            "contributions", edge,
            lambda right, done, e=edge, t=target: done.grads[t] / done.locals[e],
        )  # fmt: skip


def wrong_upstream(program):
    for edge in edges(program):
        for later in program.uses(program.statements[edge[0]][0])[:1]:
            target = program.statements[later[0]][0]
            yield (
                "contributions", edge,
                lambda right, done, e=edge, t=target: done.grads[t] * done.locals[e],
            )  # fmt: skip


def total_for_contribution(program):
    for edge in edges(program):
        source = program.statements[edge[0]][2][edge[1]]
        if len(program.uses(source)) > 1:
            yield (
                "contributions", edge,
                lambda right, done, s=source: program.work_out().grads[s],
            )  # fmt: skip


def wrong_point(program):
    for place, (name, op, args) in enumerate(program.statements):
        if op not in ("exp", "ln", "sin", "cos", "sqrt", "square", "sigmoid", "tanh"):
            continue
        yield (
            "locals", (place, 0),
            lambda right, done, op=op, n=name: slope_of(op, 0, [done.values[n]]),
        )  # fmt: skip
        if op == "tanh":
            yield "locals", (place, 0), lambda right, done, a=args[0]: 1 - done.values[a] ** 2
        if op == "sigmoid":
            yield (
                "locals", (place, 0),
                lambda right, done, a=args[0]: done.values[a] * (1 - done.values[a]),
            )  # fmt: skip
        inner = [item for item in program.statements if item[0] == args[0]]
        for _, _, before in inner:
            yield (
                "locals", (place, 0),
                lambda right, done, op=op, b=before[0]: slope_of(op, 0, [done.values[b]]),
            )  # fmt: skip


RULES = {
    ("square", 0): [lambda a: a[0], lambda a: 2 * a[0] ** 2],
    ("sqrt", 0): [lambda a: 1 / math.sqrt(a[0]), lambda a: 1 / (2 * a[0])],
    ("div", 1): [lambda a: -a[0] / a[1], lambda a: -1 / a[1] ** 2],
    ("tanh", 0): [lambda a: 1 - math.tanh(a[0]), lambda a: 1 + math.tanh(a[0]) ** 2],
    ("sigmoid", 0): [lambda a: 1 - sigma(a[0])],
    ("exp", 0): [lambda a: a[0] * math.exp(a[0] - 1)],
    ("ln", 0): [lambda a: 1 / math.log(a[0])],
}


def rule(program):
    for edge in edges(program):
        for wrong in RULES.get((program.statements[edge[0]][1], edge[1]), ()):
            yield (
                "locals", edge,
                lambda right, done, e=edge, w=wrong: w(arguments(program, done, e)),
            )  # fmt: skip


OTHERS = {"add": "mul", "mul": "add", "sub": "add", "div": "mul", "sin": "cos", "cos": "sin",
          "tanh": "sigmoid", "sigmoid": "tanh", "sqrt": "square"}  # fmt: skip


def other_operation(program):
    for place, (name, op, args) in enumerate(program.statements):
        if op in OTHERS:
            other = OTHERS[op]
            yield (
                "values", name,
                lambda right, done, o=other, a=args: value_of(o, [done.values[x] for x in a]),
            )  # fmt: skip
            yield (
                "locals", (place, 0),
                lambda right, done, o=other, e=(place, 0): slope_of(
                    o, 0, arguments(program, done, e)
                ),
            )  # fmt: skip


def not_differentiated(program):
    for place, (name, op, _) in enumerate(program.statements):
        if op in ("ln", "sin", "cos", "tanh", "sqrt", "square", "sigmoid"):
            yield "locals", (place, 0), lambda right, done, n=name: done.values[n]


def not_applied(program):
    for name, _, args in program.statements:
        yield "values", name, lambda right, done, a=args[0]: done.values[a]


def value_for_gradient(program):
    for name in [*program.inputs, *(s[0] for s in program.statements)]:
        yield "grads", name, lambda right, done, n=name: done.values[n]


def gradient_for_value(program):
    for name, _, _ in program.statements:
        yield "values", name, lambda right, done, n=name: program.work_out().grads[n]


def as_constant(program):
    for edge in edges(program):
        yield "locals", edge, lambda right, done: 0.0
        yield "contributions", edge, lambda right, done: 0.0


def seed(program):
    yield "grads", program.output, lambda right, done: 0.0
    yield "grads", program.output, lambda right, done: done.values[program.output]


def degrees(program):
    for name, op, args in program.statements:
        if op in ("sin", "cos"):
            yield (
                "values", name,
                lambda right, done, o=op, a=args: value_of(o, [math.radians(done.values[a[0]])]),
            )  # fmt: skip


def wrong_branch(program):
    for edge in edges(program):
        if program.statements[edge[0]][1] in ("relu", "max"):
            yield "locals", edge, lambda right, done: 1 - right
    for name, op, args in program.statements:
        if op == "max":
            yield "values", name, lambda right, done, a=args: min(done.values[x] for x in a)


def decimal_point(program):
    for name, _, _ in program.statements:
        yield "values", name, lambda right, done: right / 10
        yield "grads", name, lambda right, done: right * 100


def written(program, change):
    """Yield mistakes in writing a number down, for numbers with enough digits."""
    for name, _, _ in program.statements:
        yield "values", name, lambda right, done: change(right)
        yield "grads", name, lambda right, done: change(right)


def too_few_digits(program):
    return written(program, lambda right: float(f"{right:.1g}"))


def rounding(program):
    """The last of five digits is cut off instead of rounded, or raised when it should not be."""

    def cut(right):
        below = float(f"{right:.5g}")
        unit = 10.0 ** (math.floor(math.log10(abs(right))) - 4) if right else 0.0
        return float(f"{below + (unit if below < right else -unit):.5g}")

    return written(program, cut)


def digits_swapped(program):
    """The second and the third digit change places."""

    def turned(right):
        text = f"{right:.5g}"
        places = [place for place, char in enumerate(text) if char.isdigit()]
        if "e" in text or len(places) < 4:
            return right
        chars, (one, two) = list(text), places[1:3]
        if two != one + 1:
            return right
        chars[one], chars[two] = chars[two], chars[one]
        return float("".join(chars))

    return written(program, turned)


PLANTS = {
    plant.__name__: plant
    for plant in (sign, swapped, missed_path, path_twice, multiplied_paths, no_upstream, no_local,
                  added_factors, divided, wrong_upstream, total_for_contribution, wrong_point, rule,
                  other_operation, not_differentiated, not_applied, value_for_gradient,
                  gradient_for_value, as_constant, seed, degrees, wrong_branch, decimal_point,
                  too_few_digits, rounding, digits_swapped)
}  # fmt: skip
