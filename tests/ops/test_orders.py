"""Every declared operation: forward mode, and the derivative of its derivative."""

from functools import partial

import numpy as np
import pytest

from graphtrace.graph import Graph, trace
from graphtrace.ops import OPS
from graphtrace.ops.registry import Op
from graphtrace.run.derived import record_gradient, record_product
from graphtrace.tape.protocols import record

RNG = np.random.default_rng(7)
DIFFERENTIABLE = sorted(name for name, op in OPS.items() if op.differentiable)
STEP = 1e-5


def cases(op: Op) -> list[tuple[tuple[object, ...], dict[str, object]]]:
    """Return operands and parameters: an array and a float case for elementwise operations."""
    if not op.is_elementwise:
        return list(op.samples(np.random.default_rng(11)))
    arrays = tuple(RNG.uniform(low, high, size=(2, 3)) for low, high in op.samples)
    floats = tuple(float(RNG.uniform(low, high)) for low, high in op.samples)
    return [(arrays, {}), (floats, {})]


def moving(op: Op, operands: tuple[object, ...]) -> list[int]:
    """Return the slots that a gradient can pass."""
    return [
        slot
        for slot, operand in enumerate(operands)
        if op.passes(slot) and np.asarray(operand).dtype.kind == "f"
    ]


def graph_of(op: Op, operands: tuple[object, ...], params: dict[str, object]) -> Graph:
    """Trace v·op(…) with the moving operands as inputs, v a fixed direction."""
    slots = moving(op, operands)

    def run(*inputs: object) -> object:
        args = list(operands)
        for slot, value in zip(slots, inputs, strict=True):
            args[slot] = value
        out = record(op, tuple(args), params)
        weights = np.cos(np.arange(np.size(out.value)) + 0.3).reshape(np.shape(out.value))
        return np.sum(out * weights)

    return trace(run, *[operands[slot] for slot in slots])


def close(found: object, expected: object) -> None:
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=2e-5, atol=2e-6
    )


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_the_tangent_agrees_with_finite_differences(name: str) -> None:
    op = OPS[name]
    for operands, params in cases(op):
        graph = graph_of(op, operands, params)
        for source in [node for node in graph if node.kind == "input"]:
            t = np.sin(np.arange(np.size(source.value)) + 1.0).reshape(np.shape(source.value))
            pushed = Graph._of(record_product(graph._state, [(source.id, t)], ["jvp"]))
            ahead = graph.at(**{source.name: source.value + STEP * t}).output.value
            behind = graph.at(**{source.name: source.value - STEP * t}).output.value
            close(pushed.output.value, (ahead - behind) / (2 * STEP))


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_the_recorded_gradient_is_the_gradient_and_differentiates_again(name: str) -> None:
    op = OPS[name]
    for operands, params in cases(op):
        graph = graph_of(op, operands, params).backward()
        sources = [node for node in graph if node.kind == "input"]
        for source in sources:
            second = Graph._of(record_gradient(graph._state, [source.id], 1.0, ["gradient"])[0])
            close(second.output.value, np.zeros(()) if source.grad is None else source.grad)
            seed = np.cos(np.arange(np.size(source.value)) * 1.7).reshape(np.shape(source.value))
            second.backward(seed=seed)
            for other in sources:
                hessian = partial(first_order, graph, source.name, seed, other.name)
                t = np.sin(np.arange(np.size(other.value)) + 1.0).reshape(np.shape(other.value))
                expected = (hessian(STEP * t) - hessian(-STEP * t)) / (2 * STEP)
                grad = second[other.name].grad
                close(np.sum(grad * t) if grad is not None else 0.0, expected)


def first_order(graph: Graph, name: str, seed: object, moved: str, by: object) -> float:
    """Return ⟨seed, gradient with respect to `name`⟩ with another input moved."""
    grad = graph.at(**{moved: graph[moved].value + by}).backward()[name].grad
    return 0.0 if grad is None else float(np.sum(grad * seed))
