"""Losses: how far predictions are from targets.

Each takes `weights`, an array that broadcasts against the losses or a boolean mask (True:
counts), and `reduction`: "mean" (of the weighted losses, divided by the sum of the weights),
"sum" or "none". A masked loss may be infinite or NaN; its gradient is 0·NaN = NaN then.
"""

from typing import Any

import numpy as np

from graphtrace.nn.parts import (
    as_given,
    cast,
    choice,
    composite,
    fits,
    labels_of,
    misfit,
    of,
    position,
    refused,
)
from graphtrace.ops.values import shape_of
from graphtrace.tape.var import Var

__all__ = [
    "bce",
    "bce_with_logits",
    "cosine_similarity",
    "cross_entropy",
    "gaussian_nll",
    "hinge",
    "huber",
    "kl_div",
    "log_cosh",
    "mae",
    "mse",
    "nll",
    "poisson_nll",
    "smooth_l1",
]

REDUCTIONS = ("mean", "sum", "none")


@composite
def mse(predictions: Any, targets: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """Return the squared error (p - t)², reduced."""
    p, t = _matched("mse", predictions, targets)
    return _reduced("mse", np.square(p - t), weights, reduction)


@composite
def mae(predictions: Any, targets: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """Return the absolute error |p - t|, reduced; its derivative at 0 is 0."""
    p, t = _matched("mae", predictions, targets)
    return _reduced("mae", np.abs(p - t), weights, reduction)


@composite
def huber(
    predictions: Any,
    targets: Any,
    delta: Any = 1.0,
    *,
    weights: Any = None,
    reduction: str = "mean",
) -> Any:
    """Return d²/2 where |d| ≤ delta, else delta·(|d| - delta/2), of d = p - t, reduced.

    Huber 1964, Robust Estimation of a Location Parameter.
    """
    p, t = _matched("huber", predictions, targets)
    return _reduced("huber", of("huber", p - t, delta), weights, reduction)


@composite
def smooth_l1(
    predictions: Any, targets: Any, beta: Any = 1.0, *, weights: Any = None, reduction: str = "mean"
) -> Any:
    """Return huber(p, t, beta)/beta, reduced. Girshick 2015, arXiv:1504.08083."""
    p, t = _matched("smooth_l1", predictions, targets)
    return _reduced("smooth_l1", of("huber", p - t, beta) / beta, weights, reduction)


@composite
def log_cosh(
    predictions: Any, targets: Any, *, weights: Any = None, reduction: str = "mean"
) -> Any:
    """Return log(cosh(d)) = d + softplus(-2d) - log 2 of d = p - t, reduced."""
    p, t = _matched("log_cosh", predictions, targets)
    d = p - t
    return _reduced("log_cosh", d + of("softplus", -2.0 * d) - np.log(2.0), weights, reduction)


@composite
def bce(probabilities: Any, targets: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """Return -(t·log(p) + (1 - t)·log(1 - p)), reduced; logarithms are at least -100.

    Where p comes from a sigmoid, `bce_with_logits` is more precise.
    """
    p, t = _matched("bce", probabilities, targets)
    return _reduced("bce", of("binary_cross_entropy", p, t), weights, reduction)


@composite
def bce_with_logits(
    logits: Any,
    targets: Any,
    *,
    positive_weight: Any = None,
    weights: Any = None,
    reduction: str = "mean",
) -> Any:
    """Return bce(sigmoid(x), t) = log(1 + exp(x)) - t·x, without overflow, reduced.

    `positive_weight` w scales the part of the positives: w·t·log(1 + exp(-x)) +
    (1 - t)·log(1 + exp(x)).
    """
    x, t = _matched("bce_with_logits", logits, targets)
    if positive_weight is None:
        loss = of("bce_with_logits", x, t)
    else:
        w = cast(positive_weight, x)
        loss = w * t * of("softplus", -x) + (1.0 - t) * of("softplus", x)
    return _reduced("bce_with_logits", loss, weights, reduction)


@composite
def nll(
    log_probabilities: Any,
    labels: Any,
    *,
    axis: int = -1,
    class_weights: Any = None,
    ignore: int | None = None,
    weights: Any = None,
    reduction: str = "mean",
) -> Any:
    """Return -log p[label] along the axis of the classes, reduced.

    `labels` are integers, in the shape without that axis. `class_weights` holds one weight
    for each class; the label `ignore` does not count. Raises ShapeError for labels of
    another shape, RefusedError for labels that are no class.
    """
    return _nll("nll", log_probabilities, labels, axis, class_weights, ignore, weights, reduction)


@composite
def cross_entropy(
    logits: Any,
    targets: Any,
    *,
    axis: int = -1,
    class_weights: Any = None,
    ignore: int | None = None,
    label_smoothing: float = 0.0,
    weights: Any = None,
    reduction: str = "mean",
) -> Any:
    """Return -log softmax(x)[label], or -Σ t·log softmax(x) for probabilities t, reduced.

    Integer targets are labels, as in `nll`; targets of floats are probabilities in the shape
    of the logits. `label_smoothing` s replaces the target t by (1 - s)·t + s/classes: Szegedy
    et al. 2016, arXiv:1512.00567, §7.
    """
    if not 0 <= label_smoothing <= 1:
        raise refused(
            "cross_entropy", f"label_smoothing is a number from 0 to 1, not {label_smoothing}"
        )
    logp = of("log_softmax", logits, axis=axis)
    if _kind(targets) in "iub":
        return _nll(
            "cross_entropy", logp, targets, axis, class_weights, ignore, weights, reduction,
            label_smoothing,
        )  # fmt: skip
    if class_weights is not None or ignore is not None:
        raise refused(
            "cross_entropy",
            "class_weights and ignore are for integer labels; these targets are probabilities: "
            "use weights",
        )
    logp, t = _matched("cross_entropy", logp, targets)
    if label_smoothing:
        t = (1 - label_smoothing) * t + label_smoothing / shape_of(logp)[axis]
    loss = -np.sum(t * logp, axis=axis)
    return _reduced("cross_entropy", loss, weights, reduction)


@composite
def kl_div(
    log_probabilities: Any, targets: Any, *, weights: Any = None, reduction: str = "mean"
) -> Any:
    """Return p·(log(p) - log q) of targets p and log-probabilities log q, reduced.

    0 where p is 0. The divergence itself is the sum; "batchmean" divides it by the length of
    the first axis. Kullback and Leibler 1951, On Information and Sufficiency.
    """
    q, p = _matched("kl_div", log_probabilities, targets)
    loss = of("relative_entropy", p, q)
    if reduction == "batchmean":
        return _reduced("kl_div", loss, weights, "sum") / shape_of(loss)[0]
    return _reduced("kl_div", loss, weights, reduction, (*REDUCTIONS, "batchmean"))


@composite
def hinge(scores: Any, targets: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """Return max(0, 1 - t·s) of targets t = ±1, reduced; its derivative at t·s = 1 is 0."""
    s, t = _matched("hinge", scores, targets)
    return _reduced("hinge", of("relu", 1.0 - t * s), weights, reduction)


@composite
def poisson_nll(
    log_rates: Any, targets: Any, *, weights: Any = None, reduction: str = "mean"
) -> Any:
    """Return exp(x) - t·x: minus the log-likelihood of counts t, constants left out, reduced."""
    x, t = _matched("poisson_nll", log_rates, targets)
    return _reduced("poisson_nll", np.exp(x) - t * x, weights, reduction)


@composite
def gaussian_nll(
    means: Any,
    targets: Any,
    variances: Any,
    *,
    eps: float = 1e-6,
    weights: Any = None,
    reduction: str = "mean",
) -> Any:
    """Return (log v + (μ - t)²/v)/2, v the variance or at least eps, reduced.

    Nix and Weigend 1994, Estimating the mean and variance of the target distribution.
    """
    m, t = _matched("gaussian_nll", means, targets)
    v = np.maximum(cast(variances, m), eps)
    return _reduced("gaussian_nll", (np.log(v) + np.square(m - t) / v) / 2.0, weights, reduction)


@composite
def cosine_similarity(a: Any, b: Any, *, axis: int = -1, eps: float = 1e-8) -> Any:
    """Return a·b/(max(‖a‖, eps)·max(‖b‖, eps)) along an axis; a similarity, not a loss."""
    a, b = as_given(a), as_given(b)
    dot = np.sum(a * b, axis=axis)
    sizes = [np.maximum(np.sum(np.square(v), axis=axis), eps * eps) for v in (a, b)]
    return dot / np.sqrt(sizes[0] * sizes[1])


def _kind(value: Any) -> str:
    if value.__class__ is Var:
        return str(value.dtype.kind)
    return np.asarray(value).dtype.kind


def _matched(name: str, predictions: Any, targets: Any) -> tuple[Any, Any]:
    """Return both as they are given; shapes must agree, as broadcasting here is a mistake."""
    p, t = as_given(predictions), as_given(targets)
    if shape_of(p) != shape_of(t) and () not in (shape_of(p), shape_of(t)):
        raise misfit(
            name,
            f"predictions of shape {shape_of(p)} and targets of shape {shape_of(t)} differ; "
            "reshape one of them",
        )
    if t.__class__ is Var and p.__class__ is not Var:
        return cast(p, t), t
    return p, cast(t, p)


def _nll(
    name: str,
    logp: Any,
    labels: Any,
    axis: int,
    class_weights: Any,
    ignore: int | None,
    weights: Any,
    reduction: str,
    smoothing: float = 0.0,
) -> Any:
    logp = as_given(logp)
    number = position(name, logp, axis)
    classes = shape_of(logp)[number]
    chosen = labels_of(name, "label", labels, classes, ignore)
    kept = None if ignore is None else chosen != ignore
    if kept is not None:
        chosen = np.where(kept, chosen, 0)
    expected = (*shape_of(logp)[:number], *shape_of(logp)[number + 1 :])
    if chosen.shape != expected:
        raise misfit(
            name,
            f"labels of shape {chosen.shape} for scores of shape {shape_of(logp)}: the labels' "
            f"shape is the scores' without axis {axis}, {expected}",
        )
    index: list[Any] = list(np.ogrid[tuple(slice(n) for n in chosen.shape)]) if expected else []
    index.insert(number, chosen if expected else int(chosen))
    loss = -logp[tuple(index)]
    each: Any = None
    every = logp
    if class_weights is not None:
        per_class = cast(class_weights, logp)
        if shape_of(per_class) != (classes,):
            raise misfit(
                name, f"class_weights of shape {shape_of(per_class)} for {classes} classes"
            )
        each = per_class[chosen]
        loss = loss * each
        if smoothing:
            ahead = (1,) * (len(shape_of(logp)) - number - 1)
            every = logp * np.reshape(per_class, (classes, *ahead))
    if smoothing:
        loss = (1 - smoothing) * loss - smoothing * np.mean(every, axis=number)
    if kept is not None:
        weights = kept if weights is None else weights * kept
    return _reduced(name, loss, weights, reduction, shares=each)


def _reduced(
    name: str,
    loss: Any,
    weights: Any,
    reduction: str,
    known: tuple[str, ...] = REDUCTIONS,
    shares: Any = None,
) -> Any:
    """Weight and reduce; `shares` are weights that are in the loss already, for the mean."""
    choice(name, "reduction", reduction, known)
    if weights is not None:
        shape = shape_of(as_given(weights))
        if not fits(shape, shape_of(loss)):
            raise misfit(name, f"weights of shape {shape} for losses of shape {shape_of(loss)}")
        is_mask = _kind(weights) == "b"
        mask, weights = weights, cast(weights, loss)
        loss = np.where(mask, loss, 0.0) if is_mask else loss * weights
    if reduction == "none":
        return loss
    if reduction == "sum":
        return np.sum(loss)
    if weights is None and shares is None:
        return np.mean(loss)
    if shares is not None:
        weights = shares if weights is None else weights * shares
    return np.sum(loss) / np.sum(np.broadcast_to(weights, shape_of(loss)))
