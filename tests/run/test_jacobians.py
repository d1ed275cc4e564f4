"""Local Jacobians on demand, against PyTorch's and by hand."""

import numpy as np
import pytest

import graphtrace as gt

RNG = np.random.default_rng(5)
X, W = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (np.tanh, "torch.tanh(x)"),
        (lambda x: x @ W, "x @ torch.tensor(W)"),
        (lambda x: np.sum(x, axis=0), "x.sum(0)"),
        (np.mean, "x.mean()"),
        (lambda x: x.T, "x.T"),
        (lambda x: x[:, 1], "x[:, 1]"),
        (gt.nn.softmax, "torch.softmax(x, -1)"),
        (lambda x: np.max(x, axis=1), "x.max(1).values"),
        (lambda x: x * np.array([1.0, 2.0, 3.0]), "x * torch.tensor([1.0, 2, 3])"),
    ],
)
def test_an_edges_jacobian_is_pytorchs(ours, theirs, oracle):
    torch = oracle("torch")
    edge = gt.trace(ours, X).output.inputs[0]

    def run(x):
        return eval(theirs, {"torch": torch, "W": W, "x": x})  # noqa: S307 # the lines above

    jacobian = torch.autograd.functional.jacobian(run, torch.tensor(X))
    np.testing.assert_allclose(edge.jacobian(), jacobian.numpy(), rtol=1e-12, atol=1e-14)
    assert edge.jacobian().shape == (*np.shape(edge.target.value), 2, 3)


def test_jacobians_of_scalars_and_of_operands_without_a_gradient():
    power = gt.parse("f = x**3", x=2)["f"]
    assert power.inputs[0].jacobian() == 12
    assert power.inputs[1].jacobian() is None
    shared = gt.trace(lambda x: x @ x, np.array([1.0, 2.0])).output
    assert [edge.jacobian().tolist() for edge in shared.inputs] == [[1, 2], [1, 2]]
    spread = gt.trace(lambda x: x * np.ones(3), 2.0).output
    assert spread.inputs[0].jacobian().tolist() == [1, 1, 1]
