"""Linear maps, look-ups, dropout, cuts, normalizations and attention against PyTorch."""

import re

import numpy as np
import pytest

import graphtrace as gt
from graphtrace import nn
from graphtrace.errors import RefusedError, ShapeError

RNG = np.random.default_rng(6)
X, W, B = RNG.normal(size=(4, 3)), RNG.normal(size=(2, 3)), RNG.normal(size=2)
IMAGE = RNG.normal(size=(2, 4, 3, 2))
CHANNELS = RNG.normal(size=(2, 4)) + 1.5


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3), (0, 3)])
def test_linear_agrees_with_pytorch(shape, agree):
    x = RNG.normal(size=shape)
    agree(nn.linear, lambda F, x, w, b: F.linear(x, w, b), x, W, B)
    agree(nn.linear, lambda F, x, w: F.linear(x, w), x, W)


def test_bilinear_agrees_with_pytorch(agree):
    x, y, w = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 5)), RNG.normal(size=(2, 3, 5))
    agree(nn.bilinear, lambda F, x, y, w, b: F.bilinear(x, y, w, b), x, y, w, B)


def test_embedding_agrees_with_pytorch_and_adds_up_repeated_rows(agree, oracle):
    torch = oracle("torch")
    indices = np.array([[0, 2], [2, 2]])
    agree(
        lambda table: nn.embedding(indices, table),
        lambda F, table: F.embedding(torch.tensor(indices), table),
        RNG.normal(size=(4, 3)),
    )
    assert nn.embedding([], X).shape == (0, 3)


def test_one_hot_is_plain():
    np.testing.assert_array_equal(nn.one_hot([1, 0], 3), [[0, 1, 0], [1, 0, 0]])
    assert nn.one_hot(2, 3, dtype=np.float32).dtype == np.float32
    with pytest.raises(RefusedError, match="label 3 is not one of the 3 from 0 to 2"):
        nn.one_hot([3], 3)


def test_dropout_keeps_its_choice_and_the_mean():
    x = np.ones((100, 100), dtype=np.float32)
    g = gt.trace(lambda x: nn.dropout(x, 0.25, np.random.default_rng(0)), x)
    g.backward(seed=np.ones_like(x))
    kept = np.random.default_rng(0).random(x.shape) >= 0.25
    np.testing.assert_array_equal(g.output.value, np.where(kept, np.float32(1 / 0.75), 0))
    np.testing.assert_array_equal(g["x"].grad, g.output.value)
    assert g["x"].grad.dtype == np.float32
    np.testing.assert_array_equal(g.at(x=2 * x).output.value, 2 * g.output.value)
    rng = np.random.default_rng(0)
    assert gt.trace(lambda x: 2.0 * nn.dropout(x, 0.5, rng, training=False), 3.0).output.value == 6
    np.testing.assert_array_equal(nn.dropout(X, 0.0, rng), X)
    with pytest.raises(RefusedError, match="rate is in"):
        nn.dropout(X, 1.0, rng)


def test_stop_gradient_is_a_cut():
    g = gt.trace(lambda x: np.sum(x * nn.stop_gradient(x)), X).backward()
    np.testing.assert_array_equal(g["x"].grad, X)
    assert gt.trace(lambda x: x * nn.stop_gradient(x * x), 3.0).backward()["x"].grad == 9
    assert type(nn.stop_gradient(2.0)) is float
    held = nn.stop_gradient(X)
    assert held is not X
    np.testing.assert_array_equal(held, X)


def test_normalizations_agree_with_pytorch(agree):
    w, b = CHANNELS
    rows = RNG.normal(size=(3, 2, 4))
    agree(nn.layer_norm, lambda F, x, w, b: F.layer_norm(x, (4,), w, b), rows, w, b)
    pair = RNG.normal(size=(2, 2, 4))
    agree(
        lambda x, w, b: nn.layer_norm(x, w, b, axis=(-2, -1), eps=1e-3),
        lambda F, x, w, b: F.layer_norm(x, (2, 4), w, b, eps=1e-3),
        rows,
        *pair,
    )
    agree(nn.rms_norm, lambda F, x, w: F.rms_norm(x, (4,), w), rows, w)
    agree(lambda x: nn.rms_norm(x, eps=0.1), lambda F, x: F.rms_norm(x, (4,), eps=0.1), rows)
    agree(
        lambda x, w, b: nn.group_norm(x, 2, w, b),
        lambda F, x, w, b: F.group_norm(x, 2, w, b),
        IMAGE,
        w,
        b,
    )
    agree(
        nn.instance_norm,
        lambda F, x, w, b: F.instance_norm(x, weight=w, bias=b),
        IMAGE,
        w,
        b,
    )
    agree(nn.l2_normalize, lambda F, x: F.normalize(x, dim=-1), X)


def test_batch_norm_agrees_with_pytorch_in_training_and_evaluation(agree):
    w, b = CHANNELS
    mean, variance = RNG.normal(size=4), RNG.uniform(0.5, 2, size=4)
    agree(
        nn.batch_norm,
        lambda F, x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        IMAGE,
        w,
        b,
    )
    agree(
        lambda x, w, b: nn.batch_norm(x, w, b, mean=mean, variance=variance, eps=1e-3),
        lambda F, x, w, b: F.batch_norm(
            x, x.new_tensor(mean), x.new_tensor(variance), w, b, eps=1e-3
        ),
        IMAGE,
        w,
        b,
    )
    last = np.moveaxis(IMAGE, 1, -1)
    found = nn.batch_norm(last, w, b, axis=-1)
    np.testing.assert_allclose(found, np.moveaxis(nn.batch_norm(IMAGE, w, b), 1, -1), rtol=1e-12)


Q, K, V = RNG.normal(size=(2, 3, 4)), RNG.normal(size=(2, 5, 4)), RNG.normal(size=(2, 5, 6))


@pytest.fixture
def second_order(oracle):
    """Let PyTorch compute attention in the one way that it can differentiate twice."""
    attention = oracle("torch").nn.attention
    with attention.sdpa_kernel(attention.SDPBackend.MATH):
        yield


@pytest.mark.usefixtures("second_order")
def test_attention_agrees_with_pytorch(agree):
    name = "scaled_dot_product_attention"
    seen = RNG.random((3, 5)) < 0.6
    seen[:, 0] = True
    added = RNG.normal(size=(2, 3, 5))
    ours = nn.scaled_dot_product_attention
    agree(ours, lambda F, q, k, v: getattr(F, name)(q, k, v), Q, K, V)
    agree(
        lambda q, k, v: ours(q, k, v, causal=True),
        lambda F, q, k, v: getattr(F, name)(q, k, v, is_causal=True),
        Q,
        K,
        V,
    )
    agree(
        lambda q, k, v: ours(q, k, v, seen, scale=0.3),
        lambda F, q, k, v: getattr(F, name)(q, k, v, q.new_tensor(seen).bool(), scale=0.3),
        Q,
        K,
        V,
    )
    agree(ours, lambda F, q, k, v, m: getattr(F, name)(q, k, v, m), Q, K, V, added)
    assert np.isnan(ours(Q, K, V, np.zeros((3, 5), dtype=bool))).all()


@pytest.mark.usefixtures("second_order")
def test_multi_head_attention_agrees_with_pytorch(agree):
    x, w = RNG.normal(size=(2, 3, 4)), RNG.normal(size=(4, 4, 4))
    b = RNG.normal(size=(4, 4))

    def theirs(F, x, w, b):
        flat = x.transpose(0, 1)
        out, _ = F.multi_head_attention_forward(
            flat, flat, flat, 4, 2, w[:3].reshape(12, 4), b[:3].reshape(12), None, None, False,
            0.0, w[3], b[3], need_weights=False,
        )  # fmt: skip
        return out.transpose(0, 1)

    agree(lambda x, w, b: nn.multi_head_attention(x, x, x, 2, tuple(w), tuple(b)), theirs, x, w, b)


@pytest.mark.parametrize(
    ("run", "error", "text"),
    [
        (lambda x: nn.linear(x, W.T), ShapeError, "nn.linear: x of shape (4, 3) and a weight of"),
        (lambda x: nn.linear(x, W, X), ShapeError, "a bias of shape (4, 3) for 2 outputs"),
        (lambda x: nn.bilinear(x, x, W), ShapeError, "need a weight of shape (outputs, 3, 3)"),
        (lambda x: nn.embedding([0, 9], x), RefusedError, "index 9 is not one of the 4"),
        (lambda x: nn.embedding(x, W), RefusedError, "indices are plain integers"),
        (lambda x: nn.layer_norm(x, B), ShapeError, "weight has shape (2,); x of shape (4, 3)"),
        (lambda x: nn.layer_norm(x, axis=2), ShapeError, "there is no axis 2"),
        (lambda x: nn.batch_norm(x, mean=np.zeros(3)), ShapeError, "give mean and variance"),
        (lambda x: nn.group_norm(x, 2), ShapeError, "has no 2 equal groups"),
        (
            lambda x: nn.scaled_dot_product_attention(x, W, X),
            ShapeError,
            "query (4, 3), key (2, 3) and value (4, 3) are not",
        ),
        (
            lambda x: nn.scaled_dot_product_attention(x, x, x, np.ones(3) > 0),
            ShapeError,
            "a mask of shape (3,) for scores of (4, 4)",
        ),
    ],
)
def test_misuse_is_refused_with_the_line(run, error, text):
    with pytest.raises(error, match=re.escape(text)) as caught:
        gt.trace(run, X)
    assert str(caught.value).startswith("test_layers.py:")
