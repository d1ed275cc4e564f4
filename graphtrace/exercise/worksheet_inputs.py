"""Fresh inputs for a variant of an exercise: whole numbers and halves that are nice to work with.

Candidates are drawn by a seed, the recorded graph is run at each of them, and the one whose numbers
are the easiest to write down wins. The graph itself says what is allowed: branches that would be
left, NaN and infinities rule a candidate out.
"""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphtrace.annotate.facts import EdgeFacts, GraphFacts, NodeFacts, Value
from graphtrace.errors import GuardError, ShapeError

__all__ = ["ease", "nice_inputs"]

WHOLE = (1.0, 2.0, 3.0, -1.0, -2.0, 4.0, 5.0, -3.0)
HALVES = (0.5, 1.5, -0.5, 2.5, -1.5)
SMALL = (1.0, -1.0, 2.0, 0.5, -0.5, 0.0, -2.0, 1.5)
SMALLER = (1.0, -1.0, 0.5, -0.5, 0.0)
FEW = 16
# What is easy to look up or to work out, by the operation that takes it.
EASY: Mapping[str, tuple[float, ...]] = {
    "log": (1.0, 2.0, 3.0, 4.0, 5.0),
    "log2": (1.0, 2.0, 4.0, 8.0),
    "log10": (1.0, 10.0, 100.0),
    "log1p": (0.0, 1.0, 2.0, 3.0),
    "exp": (0.0, 1.0, 2.0, -1.0, 0.5),
    "sqrt": (1.0, 4.0, 9.0, 16.0, 0.25, 2.25),
    "reciprocal": (1.0, 2.0, 4.0, -1.0, -2.0, 0.5),
    "tanh": (0.5, 1.0, -0.5, -1.0, 1.5),
    "sigmoid": (0.5, 1.0, -0.5, -1.0, 2.0),
    "sin": (0.5, 1.0, -0.5, -1.0, 2.0),
    "cos": (0.5, 1.0, -0.5, -1.0, 2.0),
}
DIVISORS = (1.0, 2.0, 4.0, -1.0, -2.0, 0.5, 5.0)
STEEP = frozenset(
    {"exp", "exp2", "expm1", "sinh", "cosh", "tanh", "sigmoid", "softplus", "silu", "gelu", "erf"}
)
IRRATIONAL = STEEP | {
    "log", "log2", "log10", "log1p", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "logaddexp",
    "logsumexp", "softmax",
}  # fmt: skip
KINKED = frozenset({"relu", "leaky_relu", "relu6", "abs", "sign", "heaviside", "maximum", "minimum",
                    "fmax", "fmin"})  # fmt: skip
AT_KINK = 10.0
UNAVOIDABLE, AVOIDABLE = 0.8, 3.0
"""What digits without end cost: those of exp(2) come with the exercise, those of 1/3 do not."""
LARGEST = 2.0
"""Beyond this exponentials grow and what saturates is flat: no numbers to work with by hand."""
TRIES, WORK, ROUNDS = 60, 20_000, 2
CHANCE = 1.5
DIGITS, VANISHING = 1e9, 1e-3
PRICES = ((1, 0.0), (2, 0.3), (4, 0.8), (8, 1.2), (100, 1.2))
SAMPLED = 64
"""Of larger arrays so many numbers tell how hard they are."""


Numbers = Sequence[tuple[Value, Value | None]]
"""The value and the gradient of each node, in tape order."""
Run = Callable[[Mapping[str, Any]], Numbers]


@dataclass(frozen=True, slots=True)
class _Found:
    cost: float
    inputs: dict[str, Value]


def nice_inputs(
    facts: GraphFacts,
    numbers: Run,
    seed: int,
    keep: Sequence[str] = (),
) -> dict[str, Value] | None:
    """Return inputs for a variant, of the same shapes and types; None where none are found.

    Parameters
    ----------
    facts: the graph as it is.
    numbers: the graph's numbers at other inputs, by name.
    seed: the same one gives the same inputs.
    keep: names of inputs that stay. Arrays that hold only zeros and ones, such as masks and labels,
        stay too, and so do the weights of a sum to 1.
    """
    rng = random.Random(f"inputs {seed}")  # noqa: S311 - nothing here is secret
    pools = _pools(facts)
    free = [
        node
        for node in facts.nodes
        if node.kind == "input" and node.name not in keep and not _is_fixed(node.value)
    ]
    if not free:
        return None
    tries = max(8, min(TRIES, WORK // len(facts.nodes)))
    best: _Found | None = None
    for _ in range(tries):
        drawn = {node.name: _drawn(node, pools.get(node.id, ()), rng) for node in free}
        best = _better(best, drawn, facts, numbers, rng)
    if best is None:
        return None
    for _ in range(ROUNDS if tries == TRIES else 0):
        before = best
        for node in free:
            if not np.ndim(node.value):
                for value in rng.sample(_pool(pools.get(node.id, ())), 4):
                    changed = best.inputs | {node.name: _typed(value, node.value)}
                    best = _better(best, changed, facts, numbers, rng) or best
        if best is before:
            break
    return best.inputs


def _better(
    best: _Found | None,
    inputs: dict[str, Value],
    facts: GraphFacts,
    numbers: Run,
    rng: random.Random,
) -> _Found | None:
    """Return what is easier to work with: the best so far, or the graph at these inputs."""
    try:
        there = numbers(inputs)
    except (GuardError, ShapeError):
        return best
    # Otherwise the very easiest numbers would be those of every variant.
    cost = ease(facts, there) + CHANCE * rng.random()
    if not math.isfinite(cost) or (best is not None and cost >= best.cost):
        return best
    if all(np.array_equal(node.value, inputs.get(node.name, node.value)) for node in facts.nodes):
        return best
    return _Found(cost, inputs)


def ease(facts: GraphFacts, numbers: Numbers) -> float:
    """Return how hard the numbers of a graph are to work with; infinite where there is no number.

    Few digits are easy; a gradient that is 0 at every input teaches nothing, two equal inputs hide
    mistakes, large arguments of exponentials make numbers that are large or vanish. At kinks it is
    a convention what is right.
    """
    inputs = [number for node, number in zip(facts.nodes, numbers, strict=True)
              if node.kind == "input"]  # fmt: skip
    grads = [grad for _, grad in inputs if grad is not None]
    if grads and not any(np.any(grad) for grad in grads):
        return math.inf
    cost = _digits_cost(facts, numbers)
    if not math.isfinite(cost):
        return cost
    cost += sum(1.5 for grad in grads if not np.any(grad))
    scalars = [float(value) for value, _ in inputs if not np.ndim(value)]
    cost += 0.6 * (len(scalars) - len(set(scalars))) + 1.5 * scalars.count(0.0)
    # Times 1 nobody sees whether one has multiplied.
    cost += 0.8 * scalars.count(1.0) + 0.4 * scalars.count(-1.0)
    cost += sum(0.15 for value in scalars if value != int(value))
    for node in facts.nodes:
        operands = [numbers[id_][0] for id_ in node.operands]
        if node.op in STEEP:
            excess = float(np.max(np.abs(operands[0]), initial=0.0)) - LARGEST
            cost += max(excess, 0.0) * 3
        if node.op in KINKED and np.any(np.equal(operands[0], (*operands, 0.0)[1])):
            cost += AT_KINK
    return cost


def _digits_cost(facts: GraphFacts, numbers: Numbers) -> float:
    """Return how hard numbers are to write; digits without end count where they come up first."""
    cost, tainted = 0.0, set[int]()
    for node, (value, _) in zip(facts.nodes, numbers, strict=True):
        price, endless = _digits(value)
        if node.kind != "constant":
            cost += price
        if endless:
            if not tainted & set(node.operands):
                cost += UNAVOIDABLE if node.op in IRRATIONAL else AVOIDABLE
            tainted.add(node.id)
    for _, grad in numbers:
        if grad is not None:
            price, endless = _digits(grad)
            cost += 0.7 * (price + (AVOIDABLE if endless and not tainted else 0.0))
    return cost


def _digits(value: Value) -> tuple[float, bool]:
    """Return how hard a value is to write down, on average over an array; whether digits go on."""
    numbers = np.ravel(np.asarray(value, dtype=np.float64)).tolist()
    if not numbers:
        return 0.0, False
    if not all(map(math.isfinite, numbers)):
        return math.inf, False
    sizes = [abs(number) for number in numbers[:: 1 + len(numbers) // SAMPLED]]
    # The more digits before the point, the harder.
    cost = sum(0.8 * (math.log10(size) - 1.0) for size in sizes if size > 10.0)
    prices = list(map(_price, sizes))
    cost += sum(price for price in prices if price is not None)
    vanishing = any(0 < size < VANISHING for size in sizes)
    return cost / len(sizes) + 4.0 * vanishing, None in prices


def _price(size: float) -> float | None:
    """Return what the digits behind the point cost; None if they do not end soon."""
    for denominator, price in PRICES:
        scaled = size * denominator
        if scaled < DIGITS and abs(scaled - round(scaled)) < 1e-9:
            return price
    return None


def _pools(facts: GraphFacts) -> dict[int, tuple[float, ...]]:
    """Return for inputs that an operation takes directly what is easy for all that take them."""
    found: dict[int, tuple[float, ...]] = {}
    ops = {node.id: node.op for node in facts.nodes}
    for node, edge in _first_uses(facts):
        easy = EASY.get(ops[edge.target])
        if ops[edge.target] == "divide" and edge.slot == 1:
            easy = DIVISORS
        if easy is not None:
            before = found.get(node.id, easy)
            found[node.id] = tuple(x for x in before if x in easy) or before
    return found


def _first_uses(facts: GraphFacts) -> Iterator[tuple[NodeFacts, EdgeFacts]]:
    inputs = {node.id: node for node in facts.nodes if node.kind == "input"}
    for edge in facts.edges:
        if edge.source in inputs:
            yield inputs[edge.source], edge


def _pool(easy: Sequence[float]) -> list[float]:
    return list(easy) if len(easy) >= 4 else [*WHOLE, *HALVES]


def _drawn(node: NodeFacts, easy: Sequence[float], rng: random.Random) -> Value:
    """Return a fresh value for an input, in its shape and type."""
    if not np.ndim(node.value):
        pool = list(easy) or list(WHOLE if rng.random() < 0.7 else HALVES)
        return _typed(rng.choice(pool), node.value)
    pool = list(easy) or list(SMALL if rng.random() < 0.5 else WHOLE[:6])
    if np.size(node.value) > FEW:
        pool = list(easy or SMALLER)
    array = np.asarray(node.value)
    found = np.array(rng.choices(pool, k=array.size), dtype=array.dtype)
    return found.reshape(array.shape)


def _typed(number: float, like: Value) -> Value:
    """Return a number of the type of another one."""
    return type(like)(number) if isinstance(like, np.generic) else number


def _is_fixed(value: Value) -> bool:
    """Tell whether an array is a mask, one-hot labels, or weights that sum to 1."""
    array = np.asarray(value)
    if array.ndim == 0 or array.size < 2 or not np.all(array >= 0):
        return False
    return bool(np.all((array == 0) | (array == 1)) or np.allclose(array.sum(axis=-1), 1.0))
