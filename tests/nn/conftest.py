"""The one way every function here is compared with PyTorch."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.tape import Var

Agree = Callable[..., Any]


def directions(arrays: Any) -> list[Any]:
    """Return fixed arrays of the same shapes, without zeros or repetitions."""
    return [np.sin(np.arange(np.size(a)) * 1.3 + 0.7).reshape(np.shape(a)) for a in arrays]


def close(found: Any, expected: Any, rtol: float = 1e-9) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-11)


def plain_gradient(ours: Callable[..., Any], arrays: list[Any], seed: Any) -> list[Any]:
    """Return the gradients of ⟨seed, ours(…)⟩."""
    graph = gt.trace(ours, *arrays).backward(seed=seed)
    return [
        np.zeros(np.shape(x)) if node.grad is None else node.grad
        for node, x in zip([n for n in graph if n.kind == "input"], arrays, strict=True)
    ]


def check_orders(ours: Callable[..., Any], arrays: list[Any], torch: Any, theirs: Any) -> None:
    """Compare forward mode and the Hessian of ⟨seed, ours(…)⟩ along t with PyTorch's."""
    tangents = directions(arrays)
    seed = directions([ours(*arrays)])[0]
    tensors = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in arrays]
    out = theirs(torch.nn.functional, *tensors)
    options = {"allow_unused": True, "materialize_grads": True}
    first = torch.autograd.grad(out, tensors, torch.tensor(seed), create_graph=True, **options)
    total = sum((f * torch.tensor(t)).sum() for f, t in zip(first, tangents, strict=True))
    graph = gt.trace(lambda *xs: np.sum(ours(*xs) * seed), *arrays)
    along = dict(zip([node.id for node in graph if node.kind == "input"], tangents, strict=True))
    close(graph.jvp(along), float(total.detach()), 1e-8)
    if total.requires_grad:
        second = torch.autograd.grad(total, tensors, **options)
        for found, expected in zip(graph.hvp(along).values(), second, strict=True):
            close(found, expected.numpy(), 1e-7)


@pytest.fixture
def agree(oracle: Callable[[str], Any]) -> Agree:
    """Return a function that compares ours(*arrays) with theirs(torch.nn.functional, *tensors).

    Values, gradients, forward mode, second derivatives; finite differences of each edge; plain
    values in, plain values out; and single precision in, single precision out.
    """

    def compare(
        ours: Callable[..., Any],
        theirs: Callable[..., Any],
        *arrays: Any,
        orders: bool = True,
        rtol: float = 1e-9,
    ) -> gt.Graph:
        torch = oracle("torch")
        given = [np.asarray(a, dtype=float) for a in arrays]
        tensors = [torch.tensor(a, requires_grad=True) for a in given]
        out = theirs(torch.nn.functional, *tensors)
        plain = ours(*given)
        assert plain.__class__ is not Var
        close(plain, out.detach().numpy())
        graph = gt.trace(ours, *given)
        close(graph.output.value, out.detach().numpy())
        seed = directions([graph.output.value])[0]
        out.backward(torch.tensor(seed))
        for found, tensor in zip(plain_gradient(ours, given, seed), tensors, strict=True):
            close(found, 0 * found if tensor.grad is None else tensor.grad.numpy(), rtol)
        report = graph.check()
        assert report.ok, str(report)
        if orders:
            check_orders(ours, given, torch, theirs)
        single = [a.astype(np.float32) for a in given]
        narrow = gt.trace(ours, *single)
        assert narrow.output.value.dtype == np.float32
        for grad in plain_gradient(ours, single, seed):
            assert grad.dtype == np.float32 or not grad.any()
        return graph

    return compare
