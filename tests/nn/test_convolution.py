"""Convolution and pooling against PyTorch: every option, one image, misfits."""

import re

import numpy as np
import pytest

import graphtrace as gt
from graphtrace import nn
from graphtrace.errors import RefusedError, ShapeError

RNG = np.random.default_rng(8)
LINE, IMAGE = RNG.normal(size=(2, 4, 7)), RNG.normal(size=(2, 4, 5, 6))
W1, W2 = RNG.normal(size=(6, 4, 3)), RNG.normal(size=(6, 4, 3, 2))
G1, G2 = W1[:, :2], W2[:, :2]
BIAS = RNG.normal(size=6)
BORDERS = ["circular", "reflect", "replicate"]
OPTIONS = [
    {},
    {"stride": 2},
    {"padding": 1},
    {"dilation": 2, "padding": 2},
    {"stride": 2, "padding": 2, "dilation": 2},
    {"padding": "same"},
    {"padding": "valid"},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_conv1d_agrees_with_pytorch(options, agree):
    agree(
        lambda x, w, b: nn.conv1d(x, w, b, **options),
        lambda F, x, w, b: F.conv1d(x, w, b, **options),
        LINE,
        W1,
        BIAS,
    )
    agree(
        lambda x, w: nn.conv1d(x, w, groups=2, **options),
        lambda F, x, w: F.conv1d(x, w, groups=2, **options),
        LINE,
        G1,
    )


# PyTorch warns that it copies where "same" splits unevenly.
@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@pytest.mark.parametrize(
    "options",
    [*OPTIONS, {"stride": (2, 1), "padding": (0, 1)}, {"dilation": (1, 3), "padding": (2, 0)}],
)
def test_conv2d_agrees_with_pytorch(options, agree):
    agree(
        lambda x, w, b: nn.conv2d(x, w, b, groups=2, **options),
        lambda F, x, w, b: F.conv2d(x, w, b, groups=2, **options),
        IMAGE,
        G2,
        BIAS,
    )


@pytest.mark.parametrize("border", BORDERS)
def test_borders_agree_with_pytorch(border, agree):
    agree(
        lambda x, w, b: nn.conv2d(x, w, b, stride=2, padding=(2, 1), border=border),
        lambda F, x, w, b: F.conv2d(F.pad(x, (1, 1, 2, 2), mode=border), w, b, stride=2),
        IMAGE,
        W2,
        BIAS,
    )
    agree(
        lambda x, w: nn.conv1d(x, w, padding=2, border=border),
        lambda F, x, w: F.conv1d(F.pad(x, (2, 2), mode=border), w),
        LINE,
        W1,
    )


def test_transposed_convolution_agrees_with_pytorch(agree):
    agree(
        lambda x, w, b: nn.conv_transpose1d(x, w, b, stride=2, padding=1),
        lambda F, x, w, b: F.conv_transpose1d(x, w, b, stride=2, padding=1),
        LINE,
        RNG.normal(size=(4, 6, 3)),
        BIAS,
    )
    agree(
        lambda x, w, b: nn.conv_transpose2d(x, w, b, stride=(2, 1)),
        lambda F, x, w, b: F.conv_transpose2d(x, w, b, stride=(2, 1)),
        IMAGE,
        RNG.normal(size=(4, 6, 3, 2)),
        BIAS,
    )


@pytest.mark.parametrize(
    "options", [{}, {"stride": 1}, {"padding": 1}, {"stride": 2, "padding": 1, "dilation": 2}]
)
def test_max_pool_agrees_with_pytorch(options, agree):
    agree(
        lambda x: nn.max_pool1d(x, 3, **options),
        lambda F, x: F.max_pool1d(x, 3, **options),
        LINE,
    )
    agree(
        lambda x: nn.max_pool2d(x, (2, 3), **options),
        lambda F, x: F.max_pool2d(x, (2, 3), **options),
        IMAGE,
    )


@pytest.mark.parametrize("options", [{}, {"stride": 1, "padding": 1}])
def test_avg_pool_agrees_with_pytorch(options, agree):
    agree(
        lambda x: nn.avg_pool1d(x, 3, **options), lambda F, x: F.avg_pool1d(x, 3, **options), LINE
    )
    agree(
        lambda x: nn.avg_pool2d(x, (2, 3), **options),
        lambda F, x: F.avg_pool2d(x, (2, 3), **options),
        IMAGE,
    )


def test_global_pools_agree_with_pytorch(agree):
    agree(nn.global_avg_pool, lambda F, x: F.adaptive_avg_pool2d(x, 1)[..., 0, 0], IMAGE)
    agree(nn.global_max_pool, lambda F, x: F.adaptive_max_pool1d(x, 1)[..., 0], LINE)


def test_one_image_and_no_image(agree):
    agree(nn.conv2d, lambda F, x, w, b: F.conv2d(x, w, b), IMAGE[0], W2, BIAS)
    agree(lambda x: nn.max_pool1d(x, 2), lambda F, x: F.max_pool1d(x, 2), LINE[0])
    g = gt.trace(lambda w: nn.conv2d(IMAGE[:0], w, padding=1), W2)
    assert g.output.value.shape == (0, 6, 5, 7)
    np.testing.assert_array_equal(g.backward(seed=np.zeros((0, 6, 5, 7)))["w"].grad, 0 * W2)


def test_pooling_takes_the_number_of_axes_from_the_images_or_the_sizes():
    for pool in ("max_pool", "avg_pool"):
        any_axes, one, two = (getattr(nn, pool + end) for end in ("", "1d", "2d"))
        np.testing.assert_array_equal(any_axes(LINE, 3, stride=2), one(LINE, 3, stride=2))
        np.testing.assert_array_equal(any_axes(LINE[0], (3,)), one(LINE[0], 3))
        np.testing.assert_array_equal(any_axes(IMAGE, 2, padding=1), two(IMAGE, 2, padding=1))
        np.testing.assert_array_equal(any_axes(IMAGE[0], (2, 3)), two(IMAGE[0], (2, 3)))


def test_equal_maxima_share_the_gradient():
    g = gt.trace(lambda x: np.sum(nn.max_pool2d(x, 2)), np.ones((1, 1, 2, 2))).backward()
    np.testing.assert_array_equal(g["x"].grad, np.full((1, 1, 2, 2), 0.25))


@pytest.mark.parametrize(
    ("run", "error", "text"),
    [
        (lambda x: nn.conv2d(x, G2), ShapeError, "nn.conv2d: 4 channels in 1 group need a weight"),
        (lambda x: nn.conv2d(x, W2, groups=4), ShapeError, "in 4 groups need a weight of shape"),
        (lambda x: nn.conv1d(x, W1), ShapeError, "nn.conv1d: x is (batch, channels, n), not of"),
        (lambda x: nn.conv2d(x, W2, W1), ShapeError, "a bias of shape (6, 4, 3) for 6 outputs"),
        (
            lambda x: nn.conv2d(x, W2, dilation=3),
            ShapeError,
            "a window of 3×2 (dilation (3, 3)) does not fit an input of 5×6",
        ),
        (lambda x: nn.conv2d(x, W2, stride=0), RefusedError, "stride is a number or 2 numbers"),
        (lambda x: nn.conv2d(x, W2, border="mirror"), RefusedError, "border is one of 'zero'"),
        (lambda x: nn.conv2d(x, W2, padding="full"), RefusedError, "padding is one of 'valid'"),
        (
            lambda x: nn.conv2d(x, W2, padding="same", stride=2),
            RefusedError,
            "padding 'same' needs stride 1",
        ),
        (lambda x: nn.max_pool(x[0, 0], 2), ShapeError, "x is (batch, channels, n) or (batch, ch"),
        (lambda x: nn.max_pool2d(x, 2, padding=2), ShapeError, "more than half of a window of 2"),
        (lambda x: nn.conv_transpose2d(x, G1), ShapeError, "4 channels need a weight of shape (4,"),
        (lambda x: nn.global_avg_pool(x[0, 0]), ShapeError, "x is (batch, channels, *spatial)"),
    ],
)
def test_misuse_is_refused_with_the_line(run, error, text):
    with pytest.raises(error, match=re.escape(text)) as caught:
        gt.trace(run, IMAGE)
    assert str(caught.value).startswith("test_convolution.py:")
