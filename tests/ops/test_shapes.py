"""Shape, order and selection: against NumPy, PyTorch and finite differences."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import RefusedError, ShapeError

RNG = np.random.default_rng(5)
X = RNG.normal(size=(2, 3, 4))
M = RNG.normal(size=(3, 4))
V = RNG.normal(size=(5,))
S = RNG.normal(size=(3, 3))


def leaves(result: Any) -> list[Any]:
    """Return the arrays of a result that may be a list or tuple of them."""
    return list(result) if isinstance(result, (list, tuple)) else [result]


def weighed(result: Any) -> Any:
    """Return one number that depends on every element of a result, each in its own way."""
    total: Any = 0.0
    for part in leaves(result):
        weights = np.cos(np.arange(np.size(getattr(part, "value", part))) + 0.3)
        total = total + np.sum(part * part * weights.reshape(np.shape(part)))
    return total


def gradient_by_differences(function: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    found = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        ends = []
        for step in (1e-6, -1e-6):
            moved = x.copy()
            moved[place] += step
            ends.append(weighed(function(moved)))
        found[place] = (ends[0] - ends[1]) / 2e-6
    return found


# Each is called with a traced array and with a plain one.
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], np.ndarray]] = {
    "reshape": (lambda x: np.reshape(x, (4, -1)), X),
    "reshape F": (lambda x: x.reshape(4, 6, order="F"), X),
    "ravel F": (lambda x: np.ravel(x, order="F"), M),
    "flatten": (lambda x: x.flatten(), M),
    "squeeze": (lambda x: np.squeeze(x[:, :1], axis=1), X),
    "expand_dims": (lambda x: np.expand_dims(x, (0, -1)), M),
    "broadcast_to": (lambda x: np.broadcast_to(x, (2, 3, 4)), M),
    "broadcast_arrays": (lambda x: np.broadcast_arrays(x, x[:, :1], 2.0), M),
    "transpose": (lambda x: np.transpose(x, (2, 0, 1)), X),
    "permute_dims": (lambda x: np.permute_dims(x, (1, 0, 2)), X),
    "T": (lambda x: x.T, M),
    "mT": (lambda x: x.mT, X),
    "matrix_transpose": (np.matrix_transpose, X),
    "linalg.matrix_transpose": (np.linalg.matrix_transpose, X),
    "swapaxes": (lambda x: np.swapaxes(x, 0, -1), X),
    "moveaxis": (lambda x: np.moveaxis(x, 0, -1), X),
    "moveaxis several": (lambda x: np.moveaxis(x, (0, 1), (-1, 0)), X),
    "rollaxis": (lambda x: np.rollaxis(x, 2), X),
    "rollaxis start": (lambda x: np.rollaxis(x, 0, 2), X),
    "atleast_1d": (lambda x: np.atleast_1d(x[0], x), V),
    "atleast_2d": (np.atleast_2d, V),
    "atleast_3d": (np.atleast_3d, M),
    "atleast_3d vector": (np.atleast_3d, V),
    "meshgrid": (lambda x: np.meshgrid(x, x[:2], x[1:3]), V),
    "meshgrid ij sparse": (lambda x: np.meshgrid(x, x[:2], indexing="ij", sparse=True), V),
    "copy": (np.copy, M),
    "roll": (lambda x: np.roll(x, 2), M),
    "roll axes": (lambda x: np.roll(x, (1, -2), axis=(0, 1)), M),
    "rot90": (lambda x: np.rot90(x, -1, (2, 0)), X),
    "flip": (np.flip, X),
    "flip axis": (lambda x: np.flip(x, axis=(0, 2)), X),
    "fliplr": (np.fliplr, M),
    "flipud": (np.flipud, M),
    "repeat": (lambda x: np.repeat(x, 2), M),
    "repeat axis": (lambda x: x.repeat(3, axis=1), M),
    "repeat each": (lambda x: np.repeat(x, [2, 0, 1], axis=0), M),
    "tile": (lambda x: np.tile(x, 3), M),
    "tile more axes": (lambda x: np.tile(x, (2, 1, 2)), M),
    "pad": (lambda x: np.pad(x, 1), M),
    "pad constant": (lambda x: np.pad(x, ((1, 2), (0, 1)), constant_values=3), M),
    "concatenate": (lambda x: np.concatenate((x, 2 * x, np.ones((3, 1))), axis=1), M),
    "concat flat": (lambda x: np.concat((x, x[0]), axis=None), M),
    "stack": (lambda x: np.stack([x, np.ones((3, 4)), x], axis=-1), M),
    "unstack": (lambda x: np.stack(np.unstack(x, axis=1)), M),
    "hstack": (lambda x: np.hstack((x, x[:, :1])), M),
    "hstack vectors": (lambda x: np.hstack((x, x[0], 3.0)), V),
    "vstack": (lambda x: np.vstack((x, x[0])), M),
    "dstack": (lambda x: np.dstack((x, x)), M),
    "column_stack": (lambda x: np.column_stack((x[:, 0], x)), M),
    "block": (lambda x: np.block([[x, x[:, :1]], [np.ones((1, 2)), x[:1, :3]]]), M),
    "block flat": (lambda x: np.block([x, 1.0, x[:2]]), V),
    "split": (lambda x: np.split(x, 2, axis=1), M),
    "split places": (lambda x: np.split(x, [1, 4]), V),
    "array_split": (lambda x: np.array_split(x, 3), V),
    "hsplit": (lambda x: np.hsplit(x, 2), M),
    "hsplit vector": (lambda x: np.hsplit(x, [2]), V),
    "vsplit": (lambda x: np.vsplit(x, 3), M),
    "dsplit": (lambda x: np.dsplit(x, 2), X),
    "append": (lambda x: np.append(x, [1.0, 2.0]), M),
    "append axis": (lambda x: np.append(x, x[:1], axis=0), M),
    "insert": (lambda x: np.insert(x, 1, 7.0), V),
    "insert row": (lambda x: np.insert(x, 1, x[0], axis=0), M),
    "insert column": (lambda x: np.insert(x, 2, x[:, 0], axis=1), M),
    "insert columns": (lambda x: np.insert(x, [1], np.ones((3, 2)) * x[:, :1], axis=1), M),
    "insert unordered": (lambda x: np.insert(x, [4, 0, 4], x[:3] * 2), V),
    "insert slice": (lambda x: np.insert(x, slice(0, 4, 2), 3.0, axis=1), M),
    "insert mask": (lambda x: np.insert(x, np.array([True, False] * 2 + [True]), 9.0), V),
    "delete": (lambda x: np.delete(x, 1), M),
    "delete several": (lambda x: np.delete(x, [0, -1], axis=1), M),
    "delete slice": (lambda x: np.delete(x, slice(None, None, 2)), V),
    "delete mask": (lambda x: np.delete(x, [True, False, True], axis=0), M),
    "resize": (lambda x: np.resize(x, (2, 4)), V),
    "diag": (np.diag, V),
    "diag matrix": (lambda x: np.diag(x, -1), M),
    "diag below": (lambda x: np.diag(x, -2), V),
    "diagonal": (lambda x: np.diagonal(x, 1, 2, 0), X),
    "diagonal method": (lambda x: x.diagonal(), M),
    "linalg.diagonal": (lambda x: np.linalg.diagonal(x, offset=-1), X),
    "diagflat": (lambda x: np.diagflat(x, 1), M),
    "triu": (lambda x: np.triu(x, 1), X),
    "tril": (np.tril, M),
    "tril vector": (np.tril, V),
    "take": (lambda x: np.take(x, [5, 0, 0]), M),
    "take axis": (lambda x: x.take(np.array([[3, 0], [0, 1]]), axis=1), M),
    "take one": (lambda x: np.take(x, -1, axis=0), M),
    "take wrap": (lambda x: np.take(x, [7, -6], mode="wrap"), V),
    "take clip": (lambda x: np.take(x, [7, -6, 2], mode="clip"), V),
    "take_along_axis": (lambda x: np.take_along_axis(x, np.array([[1, 1], [0, 3], [2, 2]]), 1), M),
    "take_along_axis sorted": (lambda x: np.take_along_axis(x, np.argsort(x, axis=0), 0), M),
    "choose": (lambda x: np.choose([0, 2, 1, 0], [x, 2 * x, -x]), M),
    "choose wrap": (lambda x: np.choose([[3], [-1], [1]], [x, 2 * x], mode="wrap"), M),
    "compress": (lambda x: np.compress([True, False, True], x, axis=1), M),
    "compress method": (lambda x: x.compress([0, 1, 1, 0, 1]), V),
    "compress traced": (lambda x: np.compress(x > 0, x), V),
    "extract": (lambda x: np.extract(x > 0, x), M),
    "sort": (np.sort, M),
    "sort axis": (lambda x: np.sort(x, axis=0), X),
    "sort flat": (lambda x: np.sort(x, axis=None), M),
    "partition": (lambda x: np.sort(np.partition(x, 2)[:2]), V),
    "argsort": (lambda x: x[x.argsort()], V),
    "index": (lambda x: x[1, ..., 2], X),
    "index slices": (lambda x: x[:, ::-2, 1:], X),
    "index newaxis": (lambda x: x[:, None, 1], M),
    "index arrays": (lambda x: x[[0, 0, 2], [1, 1, 3]], M),
    "index one array": (lambda x: x[:, np.array([0, 0, 2])], M),
    "index mask": (lambda x: x[np.array([True, False, True])], M),
    "index traced mask": (lambda x: x[x > 0.2], M),
    "index traced rows": (lambda x: x[np.argsort(x[:, 0]), 1:], M),
    "nonzero": (lambda x: x[np.nonzero(x > 0)], M),
    "flatnonzero": (lambda x: np.take(x, np.flatnonzero(x > 0)), M),
    "zeros_like": (lambda x: x + np.zeros_like(x) + np.ones_like(x), M),
    "full_like": (lambda x: x * np.full_like(x, 3.0), M),
    "full_like traced": (lambda x: np.full_like(x, x[0, 0]), M),
}
MODES: list[tuple[str, dict[str, Any]]] = [
    ("edge", {}),
    ("reflect", {}),
    ("reflect", {"reflect_type": "odd"}),
    ("symmetric", {}),
    ("symmetric", {"reflect_type": "odd"}),
    ("wrap", {}),
    ("linear_ramp", {}),
    ("linear_ramp", {"end_values": ((1, 2), (3, 4))}),
    ("maximum", {}),
    ("minimum", {"stat_length": 2}),
    ("mean", {"stat_length": ((1, 2), (3, 2))}),
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_are_numpys_and_gradients_agree_with_differences(name):
    function, x = FUNCTIONS[name]
    expected = leaves(function(x))
    seen: list[Any] = []

    def run(x):
        seen.extend(leaves(function(x)))
        return weighed(seen)

    g = gt.trace(run, x).backward()
    for ours, theirs in zip(seen, expected, strict=True):
        value = getattr(ours, "value", ours)
        np.testing.assert_allclose(value, theirs, rtol=1e-15)
        assert np.shape(value) == np.shape(theirs)
    numeric = gradient_by_differences(function, x)
    np.testing.assert_allclose(g["x"].grad, numeric, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(("mode", "options"), MODES, ids=[f"{m} {o}" for m, o in MODES])
@pytest.mark.parametrize("widths", [2, ((1, 4), (0, 3)), ((0, 0), (5, 0))], ids=str)
def test_pad_in_every_mode(mode, options, widths):
    def function(x: Any) -> Any:
        return np.pad(x, widths, mode, **options)

    g = gt.trace(function, M)
    np.testing.assert_allclose(g.output.value, function(M), rtol=1e-13, atol=1e-15)
    g = gt.trace(lambda x: weighed(function(x)), M).backward()
    np.testing.assert_allclose(
        g["x"].grad, gradient_by_differences(function, M), rtol=1e-6, atol=1e-7
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_single_precision_stays(name):
    function, x = FUNCTIONS[name]
    g = gt.trace(lambda x: sum(np.sum(part) for part in leaves(function(x))), np.float32(x))
    assert g.backward()["x"].grad.dtype == np.float32


EMPTY: list[tuple[str, Callable[[Any], Any], tuple[int, ...]]] = [
    ("reshape", lambda x: np.reshape(x, (0, 5)), (0,)),
    ("transpose", np.transpose, (0, 3)),
    ("roll", lambda x: np.roll(x, 1), (0,)),
    ("flip", np.flip, (2, 0)),
    ("sort", np.sort, (3, 0)),
    ("repeat", lambda x: np.repeat(x, 2, axis=0), (0, 2)),
    ("repeat zero times", lambda x: np.repeat(x, 0), (3,)),
    ("tile", lambda x: np.tile(x, (2, 1)), (0,)),
    ("tile zero times", lambda x: np.tile(x, 0), (3,)),
    ("pad", lambda x: np.pad(x, 2), (0, 1)),
    ("concatenate", lambda x: np.concatenate([x, x]), (0, 2)),
    ("split", lambda x: np.split(x, 1)[0], (0,)),
    ("take nothing", lambda x: np.take(x, []), (3,)),
    ("mask", lambda x: x[x > 9], (3,)),
    ("diag", np.diag, (0,)),
    ("diagonal", np.diagonal, (0, 3)),
    ("triu", np.triu, (0, 3)),
    ("delete all", lambda x: np.delete(x, slice(None)), (3,)),
    ("insert", lambda x: np.insert(x, 0, 1.0), (0,)),
    ("compress", lambda x: np.compress([False], x), (3,)),
    ("set nothing", lambda x: gt.set_at(x, slice(0), 5.0), (3,)),
]


@pytest.mark.parametrize(
    ("function", "shape"), [row[1:] for row in EMPTY], ids=[r[0] for r in EMPTY]
)
def test_nothing_breaks_without_elements(function, shape):
    x = np.ones(shape)
    g = gt.trace(lambda x: np.sum(function(x)), x).backward()
    assert g["x"].grad is None or g["x"].grad.shape == shape
    np.testing.assert_array_equal(g.output.value, np.sum(function(x)))


def test_joining_and_padding_agree_with_pytorch(oracle):
    torch = oracle("torch")
    theirs = torch.tensor(X, requires_grad=True)
    t = torch.nn.functional
    out = torch.cat([t.pad(theirs, (2, 1), mode="reflect"), t.pad(theirs, (1, 2), mode="circular")])
    out = torch.roll(torch.flip(out, (0,)), 3, 2).sort(dim=1).values.repeat_interleave(2, dim=0)
    (out**2 * torch.arange(out.numel(), dtype=torch.float64).reshape(out.shape)).sum().backward()

    def ours(x: Any) -> Any:
        ends = [((0, 0), (0, 0), (2, 1)), ((0, 0), (0, 0), (1, 2))]
        parts = [np.pad(x, ends[0], "reflect"), np.pad(x, ends[1], "wrap")]
        y = np.roll(np.flip(np.concatenate(parts), 0), 3, 2)
        y = np.repeat(np.sort(y, axis=1), 2, axis=0)
        return np.sum(y**2 * np.arange(float(y.size)).reshape(y.shape))

    g = gt.trace(ours, X).backward()
    np.testing.assert_allclose(g["x"].grad, theirs.grad.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("function", [gt.set_at, gt.add_at])
@pytest.mark.parametrize(
    ("index", "shape"),
    [
        (1, (4,)),
        ((slice(None), 2), (3,)),
        ((Ellipsis, slice(None, None, -2)), (3, 2)),
        ((slice(None), slice(1, 3)), ()),
        ((slice(None), slice(1, 3)), (1, 3, 1)),
        (np.array([0, 2, 0]), (3, 4)),
        (([0, 0, 2, 0], [1, 1, 3, 1]), (4,)),
        (np.array([True, False, True]), (4,)),
        (M > 0, (int((M > 0).sum()),)),
        ((slice(None), None, 2), (1, 1)),
    ],
    ids=str,
)
def test_assignments_are_numpys_and_pass_gradients(function, index, shape):
    v = RNG.normal(size=shape)
    expected = M.copy()
    if function is gt.set_at:
        expected[index] = v
    else:
        np.add.at(expected, index, v if np.ndim(v) < 3 else v[0])
    np.testing.assert_array_equal(function(M, index, v), expected)
    g = gt.trace(lambda x, v: function(x, index, v), M, v if shape else float(v))
    np.testing.assert_array_equal(g.output.value, expected)
    g = gt.trace(lambda x, v: weighed(function(x, index, v)), M, v if shape else float(v))
    g.backward()
    for name, value, run in (
        ("x", M, lambda x: function(x, index, v)),
        ("v", v, lambda v: function(M, index, v)),
    ):
        numeric = gradient_by_differences(run, np.asarray(value))
        np.testing.assert_allclose(g[name].grad, numeric, rtol=1e-7, atol=1e-8)


def test_an_overwritten_element_gets_no_gradient_and_the_last_value_wins():
    def function(x, v):
        return np.sum(gt.set_at(x, [0, 2, 0], v))

    g = gt.trace(function, np.ones(3), np.array([5.0, 6.0, 7.0])).backward()
    assert g.output.value == 14
    assert g["x"].grad.tolist() == [0, 1, 0]
    assert g["v"].grad.tolist() == [0, 1, 1]


def test_an_assignment_takes_traced_indices_and_masks():
    def clipped(x):
        return np.sum(gt.set_at(x, x > 0, 0.0) * np.arange(1.0, 6))

    g = gt.trace(clipped, V).backward()
    np.testing.assert_array_equal(g["x"].grad, np.where(V > 0, 0, np.arange(1.0, 6)))
    g = gt.trace(lambda x: np.sum(gt.add_at(np.zeros(5), np.argsort(x), x**2)), V).backward()
    np.testing.assert_allclose(g["x"].grad, 2 * V)


def test_an_assignment_leaves_the_operand_as_it_was():
    x = np.zeros(3)
    y = gt.set_at(x, 0, 1.0)
    assert x.tolist() == [0, 0, 0]
    assert y.tolist() == [1, 0, 0]
    assert gt.set_at(np.ones(2, dtype=np.float32), 0, 0.1).dtype == np.float32
    assert gt.add_at([1, 2], 0, 0.5).tolist() == [1.5, 2]


def test_equal_elements_are_told_apart_as_by_a_stable_sort():
    def function(x):
        return np.sum(np.sort(x) * np.array([1.0, 2, 3, 4]))

    g = gt.trace(function, np.array([2.0, 1, 2, 1])).backward()
    assert g["x"].grad.tolist() == [3, 1, 4, 2]


def test_functions_of_the_shape_return_plain_arrays():
    seen: list[Any] = []

    def function(x):
        seen.extend([np.zeros_like(x), np.ones_like(x, dtype=int), np.empty_like(x)])
        seen.append(np.full_like(x, 2))
        return np.sum(x)

    g = gt.trace(function, M)
    assert [type(item) for item in seen] == [np.ndarray] * 4
    assert [item.dtype for item in seen] == [float, int, float, float]
    assert len([node for node in g if node.kind == "op"]) == 1


WRONG: Any = "yx"
BAD: list[tuple[Callable[[Any], Any], type[Exception], str]] = [
    (lambda x: np.reshape(x, (5, 5)), ShapeError, "cannot reshape"),
    (lambda x: np.moveaxis(x, 0, 7), ShapeError, "out of bounds"),
    (lambda x: np.swapaxes(x, 0, 2), ShapeError, "out of bounds"),
    (lambda x: np.matrix_transpose(x[0]), ShapeError, "at least 2 axes"),
    (lambda x: np.concatenate([x, x[0]]), ShapeError, "dimension"),
    (lambda x: np.stack([x, x[0]]), ShapeError, "same shape"),
    (lambda x: np.split(x, 2), ShapeError, "equal division"),
    (lambda x: np.array_split(x, 0), ShapeError, "larger than 0"),
    (lambda x: np.take(x, 40), ShapeError, "out of bounds"),
    (lambda x: np.choose([5], [x, x]), ShapeError, "choices"),
    (lambda x: np.fliplr(x[0]), ShapeError, "at least 2 axes"),
    (lambda x: np.meshgrid(x[0], indexing=WRONG), ShapeError, "'xy' or 'ij'"),
    (lambda x: np.block([[x], x]), ShapeError, "different depths"),
    (lambda x: np.pad(x, -1), ShapeError, "not negative"),
    (lambda x: np.pad(x, 1, "empty"), RefusedError, "mode='empty'"),
    (lambda x: np.pad(x, 1, constant_values=x[0, 0]), RefusedError, "traced values"),
    (lambda x: np.ravel(x, order="K"), RefusedError, "memory"),
    (lambda x: np.repeat(x, np.argsort(x[0]), axis=1), RefusedError, "traced repeats"),
    (lambda x: np.delete(x, np.argsort(x[0])), RefusedError, "traced obj"),
    (lambda x: np.sort(x, order="f"), RefusedError, "order="),
    (lambda x: gt.set_at(x, [9, 9], 0.0), ShapeError, "out of bounds"),
]


@pytest.mark.parametrize(("function", "error", "text"), BAD, ids=[row[2] for row in BAD])
def test_what_cannot_be_done_is_said_with_the_line(function, error, text):
    with pytest.raises(error, match=r"test_shapes.py:\d+: .*") as caught:
        gt.trace(function, M)
    assert text in str(caught.value)


def test_the_last_of_several_records_takes_the_name_and_all_the_line():
    def function(a, b):
        y = np.vstack((a, b))
        c = np.linalg.cond(y)
        first, second = np.split(y, 2)
        return c * np.sum(first) + np.sum(second)

    g = gt.trace(function, np.array([1.0, 2.0, 4.0]), np.array([2.0, -1.0, 0.5]))
    assert g["y"].op == "concatenate"
    assert g["c"].op == "divide"
    assert {str(node.where).split(":")[0] for node in g if node.kind == "op"} == {"test_shapes.py"}
