"""S12: the table of layers by hand, and invariance to circular shifts."""

import numpy as np
import pytest

import graphtrace as gt


@pytest.fixture
def run(example):
    return example("s12_cnn")


def test_the_table_of_layers(run):
    rows = [line for line in run.text.splitlines() if "parameters, activations" in line]
    assert rows == [
        "image: 0 parameters, activations (1, 28, 28)",
        "CONV3-10: 100 parameters, activations (10, 28, 28)",
        "POOL2: 0 parameters, activations (10, 14, 14)",
        "CONV3-10: 910 parameters, activations (10, 14, 14)",
        "POOL2: 0 parameters, activations (10, 7, 7)",
        "FLATTEN: 0 parameters, activations (490,)",
        "FC-3: 1473 parameters, activations (3,)",
    ]
    first, second = (
        line.split() for line in run.text.splitlines() if line.startswith("CONV3-10  ")
    )
    assert first[4] == str(28 * 28 * 10 * 9)
    assert second[4] == str(14 * 14 * 10 * 90)
    (total,) = (line.split() for line in run.text.splitlines() if line.startswith("total"))
    assert total[2] == str(100 + 910 + 1473)
    assert total[4] == str(28 * 28 * 10 * 9 + 14 * 14 * 10 * 90 + 490 * 3)


def test_the_other_counts(run):
    assert "RGB in, 5 channels out, bias: 245" in run.text
    moved = run.text.split("moved by circular shifts: ")[1].split()[0]
    assert float(moved) < 1e-13


def circular(h, K):
    """Convolution with circular padding, one shift of the whole image for each kernel cell."""
    shifted = {(i, j): np.roll(h, (-i, -j), axis=(-2, -1)) for i in (0, 1) for j in (0, 1)}
    return sum(np.einsum("oc,chw->ohw", K[:, :, i, j], x) for (i, j), x in shifted.items())


def test_the_features_are_those_of_plain_numpy_however_the_image_is_shifted(run):
    rng = np.random.default_rng(6)
    image, K1, K2 = rng.normal(size=(1, 6, 6)), *(rng.normal(size=(3, c, 2, 2)) for c in (1, 3))
    h = np.maximum(circular(np.maximum(circular(image, K1), 0), K2), 0)
    for shift in ((0, 0), (2, 5)):
        moved = np.roll(image, shift, axis=(1, 2))
        found = gt.trace(run.module.shift_invariant, moved[None], K1, K2).output.value
        np.testing.assert_allclose(found.ravel(), h.mean(axis=(1, 2)), rtol=1e-12)
