"""Random scalar programs with nice inputs, worked out by hand-written rules: an independent truth.

Mistakes are planted while they are worked out (`planting.py`), by code that knows nothing of the
tool's.
"""

# ruff: noqa: ARG005 -- partial derivatives are functions of both operands

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

Key = tuple[str, str]
"""Table and name, as in a file of answers."""
Edge = tuple[int, int]
"""Target's position in the program and slot."""


def sigma(a):
    return 1 / (1 + math.exp(-a))


UNARY: dict[str, tuple[str, Callable[[float], float], Callable[[float], float]]] = {
    "exp": ("exp({0})", math.exp, math.exp),
    "ln": ("ln({0})", math.log, lambda a: 1 / a),
    "sin": ("sin({0})", math.sin, math.cos),
    "cos": ("cos({0})", math.cos, lambda a: -math.sin(a)),
    "tanh": ("tanh({0})", math.tanh, lambda a: 1 - math.tanh(a) ** 2),
    "sqrt": ("sqrt({0})", math.sqrt, lambda a: 0.5 / math.sqrt(a)),
    "square": ("square({0})", lambda a: a * a, lambda a: 2 * a),
    "sigmoid": ("sigmoid({0})", sigma, lambda a: sigma(a) * (1 - sigma(a))),
    "relu": ("relu({0})", lambda a: max(a, 0.0), lambda a: 1.0 if a > 0 else 0.0),
}
Pair = Callable[[float, float], float]
BINARY: dict[str, tuple[str, Pair, tuple[Pair, Pair]]] = {
    "add": ("{0} + {1}", lambda a, b: a + b, (lambda a, b: 1.0, lambda a, b: 1.0)),
    "sub": ("{0} - {1}", lambda a, b: a - b, (lambda a, b: 1.0, lambda a, b: -1.0)),
    "mul": ("{0}*{1}", lambda a, b: a * b, (lambda a, b: b, lambda a, b: a)),
    "div": ("{0}/{1}", lambda a, b: a / b, (lambda a, b: 1 / b, lambda a, b: -a / b**2)),
    "max": ("maximum({0}, {1})", max, (lambda a, b: float(a > b), lambda a, b: float(b > a))),
}  # fmt: skip


@dataclass
class Numbers:
    """All numbers of a program, a student's or the right ones."""

    values: dict[str, float] = field(default_factory=dict)
    grads: dict[str, float] = field(default_factory=dict)
    locals: dict[Edge, float] = field(default_factory=dict)
    contributions: dict[Edge, float] = field(default_factory=dict)


@dataclass
class Program:
    """Statements `name = op(operands)` after inputs; the last one is the output."""

    inputs: dict[str, float]
    statements: list[tuple[str, str, tuple[str, ...]]]

    @property
    def text(self):
        lines = []
        for name, op, args in self.statements:
            template = (UNARY.get(op) or BINARY[op])[0]
            lines.append(f"{name} = {template.format(*args)}")
        return "; ".join(lines)

    @property
    def output(self):
        return self.statements[-1][0]

    def uses(self, name):
        """Return the edges out of a node, those of later statements first."""
        return [
            (place, slot)
            for place in range(len(self.statements) - 1, -1, -1)
            for slot, arg in enumerate(self.statements[place][2])
            if arg == name
        ]

    def edge_name(self, edge):
        name, _, args = self.statements[edge[0]]
        source = args[edge[1]]
        return f"{source}->{name}" + (f"#{edge[1]}" if args.count(source) > 1 else "")

    def work_out(self, plant=None):
        """Return all numbers; `plant(table, where, right, numbers)` may change any of them."""
        plant = plant or (lambda table, where, right, numbers: right)
        done = Numbers(values=dict(self.inputs))
        for name, op, args in self.statements:
            right = value_of(op, [done.values[arg] for arg in args])
            done.values[name] = plant("values", name, right, done)
        names = [*self.inputs, *(name for name, _, _ in self.statements)]
        places = {name: place for place, (name, _, _) in enumerate(self.statements)}
        for name in reversed(names):
            right = sum(done.contributions[edge] for edge in self.uses(name))
            right += 1.0 if name == self.output else 0.0
            done.grads[name] = plant("grads", name, right, done)
            if name not in places:
                continue
            _, op, args = self.statements[places[name]]
            for slot in range(len(args)):
                edge = (places[name], slot)
                right = slope_of(op, slot, [done.values[arg] for arg in args])
                done.locals[edge] = plant("locals", edge, right, done)
                right = done.grads[name] * done.locals[edge]
                done.contributions[edge] = plant("contributions", edge, right, done)
        return done

    def answers(self, numbers, write=float):
        """Return numbers as a file of answers has them."""
        names = [name for name, _, _ in self.statements]
        return {
            "values": {name: write(numbers.values[name]) for name in names},
            "grads": {name: write(value) for name, value in numbers.grads.items()},
            "locals": {self.edge_name(e): write(v) for e, v in numbers.locals.items()},
            "contributions": {
                self.edge_name(e): write(v) for e, v in numbers.contributions.items()
            },
        }


def value_of(op, args):
    return (UNARY[op] if op in UNARY else BINARY[op])[1](*args)


def slope_of(op, slot, args):
    return UNARY[op][2](args[0]) if op in UNARY else BINARY[op][2][slot](*args)


def random_program(seed, size=6):
    """Return a program of about `size` statements with inputs that are halves, all of it used."""
    rng = random.Random(seed)  # noqa: S311 # no secrets
    nice = [-2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0, 3.0]
    inputs = {name: rng.choice(nice) for name in "xyzw"[: rng.randint(2, 4)]}
    values = dict(inputs)
    statements: list[tuple[str, str, tuple[str, ...]]] = []

    def add(op, *args):
        numbers = [values[arg] for arg in args]
        try:
            value = value_of(op, numbers)
            steep = [abs(slope_of(op, slot, numbers)) for slot in range(len(args))]
        except (ValueError, ArithmeticError):
            return False
        if abs(value) > 50 or max(steep) > 50 or (op == "max" and numbers[0] == numbers[1]):
            return False
        name = f"h{len(statements) + 1}"
        values[name] = value
        statements.append((name, op, args))
        return True

    while len(statements) < size:
        names = list(values)
        # Recent values twice: deep programs, in which numbers are used again.
        names += names[-3:]
        op = rng.choice([*UNARY, *BINARY, "mul", "mul", "add"])
        add(op, *(rng.choice(names) for _ in range(1 if op in UNARY else 2)))
    used = {arg for _, _, args in statements for arg in args}
    loose = [name for name in values if name not in used and name != statements[-1][0]]
    for name in loose:
        if not add(rng.choice(["mul", "add", "sub"]), statements[-1][0], name):
            add("add", statements[-1][0], name)
    return Program(inputs, statements)
