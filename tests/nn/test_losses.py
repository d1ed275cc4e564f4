"""Losses against PyTorch: reductions, weights, masks, labels, extreme values, misuse."""

import re

import numpy as np
import pytest

import graphtrace as gt
from graphtrace import nn
from graphtrace.errors import RefusedError, ShapeError

RNG = np.random.default_rng(5)
P, T = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4)) * 2
Q, U = RNG.uniform(0.1, 0.9, size=(2, 3, 4))
SIGNS = np.where(RNG.random((3, 4)) < 0.5, -1.0, 1.0)
LABELS = np.array([0, 3, 1])
PAIRS = {
    "mse": ("mse_loss", P, T),
    "mae": ("l1_loss", P, T),
    "huber": ("huber_loss", P, T),
    "smooth_l1": ("smooth_l1_loss", P, T),
    "bce": ("binary_cross_entropy", Q, U),
    "bce_with_logits": ("binary_cross_entropy_with_logits", P, Q),
    "kl_div": ("kl_div", P, Q),
    "poisson_nll": ("poisson_nll_loss", P, Q),
}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", sorted(PAIRS))
def test_a_loss_agrees_with_pytorch(name, reduction, agree):
    theirs, p, t = PAIRS[name]

    def reduced(F, p, t):
        losses = getattr(F, theirs)(p, t, reduction="none")
        return {"mean": losses.mean, "sum": losses.sum, "none": losses.clone}[reduction]()

    agree(
        lambda p, t: getattr(nn, name)(p, t, reduction=reduction),
        reduced,
        p,
        t,
        orders=name != "mae",
    )


def test_losses_without_a_twin_in_pytorch_agree_with_its_arithmetic(agree):
    agree(nn.log_cosh, lambda _, p, t: (p - t).cosh().log().mean(), P, T)
    agree(lambda p: nn.hinge(p, SIGNS), lambda F, p: F.relu(1 - p * p.new_tensor(SIGNS)).mean(), P)
    agree(lambda p, t: nn.kl_div(p, t, reduction="batchmean"),
          lambda F, p, t: F.kl_div(p, t, reduction="batchmean"), P, Q)  # fmt: skip
    agree(lambda p, t: nn.huber(p, t, 0.5), lambda F, p, t: F.huber_loss(p, t, delta=0.5), P, T)
    agree(lambda p, t: nn.smooth_l1(p, t, 0.5),
          lambda F, p, t: F.smooth_l1_loss(p, t, beta=0.5), P, T)  # fmt: skip
    agree(nn.gaussian_nll, lambda F, m, t, v: F.gaussian_nll_loss(m, t, v), P, T, Q)
    agree(lambda x, t: nn.bce_with_logits(x, t, positive_weight=[1.0, 2.0, 0.5, 3.0]),
          lambda F, x, t: F.binary_cross_entropy_with_logits(
              x, t, pos_weight=x.new_tensor([1.0, 2.0, 0.5, 3.0])), P, Q)  # fmt: skip


@pytest.mark.parametrize("axis", [-1, 0])
def test_cosine_similarity_agrees_with_pytorch(axis, agree):
    agree(
        lambda a, b: nn.cosine_similarity(a, b, axis=axis),
        lambda F, a, b: F.cosine_similarity(a, b, dim=axis),
        P,
        T,
    )
    g = gt.trace(lambda a: np.sum(nn.cosine_similarity(a, T)), np.zeros((3, 4))).backward()
    assert np.isfinite(g["a"].grad).all()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_and_nll_agree_with_pytorch(reduction, agree, oracle):
    torch = oracle("torch")
    labels = torch.tensor(LABELS)
    classes = np.array([0.5, 1.0, 2.0, 0.25])
    agree(
        lambda x: nn.cross_entropy(x, LABELS, reduction=reduction),
        lambda F, x: F.cross_entropy(x, labels, reduction=reduction),
        P,
    )
    agree(
        lambda x: nn.nll(x, LABELS, class_weights=classes, reduction=reduction),
        lambda F, x: F.nll_loss(x, labels, weight=torch.tensor(classes), reduction=reduction),
        P,
    )
    agree(
        lambda x: nn.cross_entropy(x, LABELS, ignore=3, reduction=reduction),
        lambda F, x: F.cross_entropy(x, labels, ignore_index=3, reduction=reduction),
        P,
    )
    agree(
        lambda x, t: nn.cross_entropy(x, t, reduction=reduction),
        lambda F, x, t: F.cross_entropy(x, t, reduction=reduction),
        P,
        Q,
    )


def test_cross_entropy_of_pixels_one_sample_and_masked_labels(agree, oracle):
    torch = oracle("torch")
    images, labels = RNG.normal(size=(2, 3, 2, 2)), RNG.integers(0, 3, size=(2, 2, 2))
    agree(
        lambda x: nn.cross_entropy(x, labels, axis=1),
        lambda F, x: F.cross_entropy(x, torch.tensor(labels)),
        images,
    )
    agree(lambda x: nn.cross_entropy(x, 2), lambda F, x: F.cross_entropy(x, torch.tensor(2)), P[0])
    padded = np.array([1, -100, 2])
    agree(
        lambda x: nn.cross_entropy(x, padded, ignore=-100),
        lambda F, x: F.cross_entropy(x, torch.tensor(padded)),
        P,
    )


def test_weights_scale_and_masks_select():
    mask = T > 0
    weights = np.array([1.0, 2.0, 0.0, 0.5])
    squares = (P - T) ** 2
    assert nn.mse(P, T, weights=mask) == pytest.approx(squares[mask].mean())
    assert nn.mse(P, T, weights=mask, reduction="sum") == pytest.approx(squares[mask].sum())
    expected = np.average(squares, weights=np.broadcast_to(weights, P.shape))
    assert nn.mse(P, T, weights=weights) == pytest.approx(expected)
    np.testing.assert_allclose(nn.mse(P, T, weights=weights, reduction="none"), squares * weights)
    g = gt.trace(lambda p: nn.mse(p, T, weights=mask), P).backward()
    np.testing.assert_allclose(g["p"].grad, np.where(mask, 2 * (P - T) / mask.sum(), 0))
    assert g.check().ok


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("classes", [None, [0.5, 2.0, 1.0, 0.0]])
@pytest.mark.parametrize("ignore", [None, 1])
def test_smoothed_labels_agree_with_pytorch(agree, oracle, reduction, classes, ignore):
    torch = oracle("torch")
    labels = torch.tensor(LABELS)
    options = {"label_smoothing": 0.2, "reduction": reduction}
    theirs = dict(options) | ({} if ignore is None else {"ignore_index": ignore})
    if classes is not None:
        weight = torch.tensor(classes, dtype=torch.float64)
        theirs["weight"] = weight
    agree(
        lambda x: nn.cross_entropy(x, LABELS, class_weights=classes, ignore=ignore, **options),
        lambda F, x: F.cross_entropy(x, labels, **theirs),
        P,
    )
    if classes is None and ignore is None:
        agree(
            lambda x: nn.cross_entropy(x, Q, **options),
            lambda F, x: F.cross_entropy(x, torch.tensor(Q), **options),
            P,
        )


def test_losses_stay_finite_at_extremes(oracle):
    torch = oracle("torch")
    logits, targets = np.array([-800.0, 0.0, 800.0, 800.0]), np.array([0.0, 0.5, 1.0, 0.0])
    for ours, theirs, p in (
        (nn.bce_with_logits, "binary_cross_entropy_with_logits", logits),
        (nn.bce, "binary_cross_entropy", np.array([0.0, 0.5, 1.0, 1.0])),
    ):
        tensor = torch.tensor(p, requires_grad=True)
        out = getattr(torch.nn.functional, theirs)(tensor, torch.tensor(targets))
        out.backward()
        g = gt.trace(lambda p, ours=ours: ours(p, targets), p).backward()
        assert g.output.value == pytest.approx(out.item())
        # PyTorch's 1e-12 is a number of single precision.
        np.testing.assert_allclose(g["p"].grad, tensor.grad.numpy(), rtol=1e-7)
    g = gt.trace(lambda x: nn.cross_entropy(x, [1]), np.array([[800.0, -800.0]])).backward()
    assert g.output.value == 1600
    np.testing.assert_allclose(g["x"].grad, [[1.0, -1.0]])
    assert nn.kl_div(np.log([0.5, 0.5]), np.array([0.0, 1.0]), reduction="sum") == pytest.approx(
        np.log(2)
    )
    assert nn.kl_div(np.array([-np.inf, 0.0]), np.array([0.0, 1.0])) == 0


def test_the_derivative_at_a_kink_is_the_documented_one():
    assert gt.trace(lambda p: nn.mae(p, 2.0), 2.0).backward()["p"].grad == 0
    assert gt.trace(lambda s: nn.hinge(s, 1.0), 1.0).backward()["s"].grad == 0
    assert gt.trace(lambda p: nn.huber(p, 0.0), 1.0).backward()["p"].grad == 1


@pytest.mark.parametrize(
    ("run", "error", "text"),
    [
        (lambda x: nn.mse(x, T[:, :1]), ShapeError, "shape (3, 4) and targets of shape (3, 1)"),
        (lambda x: nn.mse(x, T, reduction="avg"), RefusedError, "reduction is one of 'mean'"),
        (lambda x: nn.mse(x, T, weights=np.ones(3)), ShapeError, "weights of shape (3,) for"),
        (
            lambda x: nn.nll(x, [0, 1]),
            ShapeError,
            "labels of shape (2,) for scores of shape (3, 4)",
        ),
        (lambda x: nn.nll(x, [0, 1, 4]), RefusedError, "label 4 is not one of the 4 from 0 to 3"),
        (lambda x: nn.nll(x, [0, 1, -1]), RefusedError, "label -1 is not one of"),
        (lambda x: nn.nll(x, [0.0, 1.0, 2.0]), RefusedError, "labels are integers, not float64"),
        (lambda x: nn.nll(x, LABELS, axis=2), ShapeError, "there is no axis 2"),
        (lambda x: nn.nll(x, LABELS, class_weights=[1, 2]), ShapeError, "class_weights of shape"),
        (lambda x: nn.cross_entropy(x, Q, ignore=1), RefusedError, "are for integer labels"),
        (
            lambda x: nn.cross_entropy(x, LABELS, label_smoothing=2),
            RefusedError,
            "label_smoothing is a number from 0 to 1, not 2",
        ),
    ],
)
def test_misuse_is_refused_with_the_line(run, error, text):
    with pytest.raises(error, match=re.escape(text)) as caught:
        gt.trace(run, P)
    assert str(caught.value).startswith("test_losses.py:")
    with pytest.raises(error, match=re.escape(text)):
        run(P)


def test_traced_labels_are_refused():
    with pytest.raises(RefusedError, match="labels are plain integers: close over them"):
        gt.trace(nn.nll, P, np.array([0.0, 1.0, 2.0]))
