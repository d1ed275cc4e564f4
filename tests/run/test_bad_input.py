"""Bad input: refused with the reason, or a number that says so; never a crash or a wrong number.

Refusals of single calls are in tests/tape/test_refusals.py, of inputs in tests/tape/test_inputs.py,
the numbers used at kinks and ties in tests/test_kinks.py.
"""

# ruff: noqa: PLW0108 # the line of the call must be ours

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import graphtrace as gt
from graphtrace.errors import RefusedError, RegistrationError, ShapeError
from graphtrace.ops.linalg import MatrixError
from graphtrace.ops.registry import OPS, call, forget

V = np.array([1.0, 2.0, 3.0])
NAN, INF = np.nan, np.inf


@pytest.fixture(autouse=True)
def no_warning_is_let_through() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# -- types ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array([1, 2]), "is an array of int64; gradients need floats: pass x.astype(float)"),
        (np.array([True]), "is an array of bool; gradients need floats"),
        (1j, "is complex; pass its real and imaginary parts as two inputs"),
        (np.complex64(1j), "is complex; pass its real"),
        (V * 1j, "is complex; pass its real"),
        (np.array([1.0, None]), "is an array of object, not a number or an array of floats"),
        (np.array(["a"]), "is an array of <U1, not a number"),
        (np.zeros(2, dtype=[("a", float)]), "not a number or an array of floats"),
        (np.array(["2020-01-01"], dtype="M8[D]"), "is an array of datetime64[D], not a number"),
    ],
)
def test_what_has_no_gradient_is_refused_wherever_it_enters(value: Any, text: str) -> None:
    asked: list[Callable[[], Any]] = [
        lambda: gt.trace(lambda x: np.sum(x), value),
        lambda: gt.trace(lambda x: np.sum(x[0]["k"]), [{"k": value}]),
        lambda: gt.parse("sum(x)", x=value),
        lambda: gt.Graph().inputs(x=value),
        lambda: gt.parse("sum(x)", x=V).at(x=value),
    ]
    for ask in asked:
        with pytest.raises(RefusedError) as caught:
            ask()
        assert text in str(caught.value).replace("x[0][k]", "x")


def test_uneven_lists_are_refused_as_one_input_and_taken_as_several() -> None:
    with pytest.raises(RefusedError, match="'x' is a list of uneven lengths; give every row"):
        gt.parse("sum(x)", x=[[1.0], [1.0, 2.0]])
    g = gt.trace(lambda x: x[0][0] * x[1][1], [[2.0], [1.0, 3.0]]).backward()
    assert (g["x[0][0]"].grad, g["x[1][1]"].grad, g["x[1][0]"].grad) == (3.0, 2.0, None)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * 1j,
        lambda x: 1j * x,
        lambda x: x @ np.array([1j, 2, 3]),
        lambda x: x * np.sqrt(-1 + 0j),
        lambda x: np.where(x > 0, x, 1j),
        lambda x: np.stack([x, V * 1j]),
        lambda x: gt.set_at(x, 0, 1j),
        lambda x: gt.nn.linear(x, np.ones((2, 3)) * 1j),
    ],
)
def test_a_complex_number_midway_is_refused_with_the_line(function: Callable[..., Any]) -> None:
    with pytest.raises(RefusedError, match=r"test_bad_input.py:\d+: `.*complex value cannot be"):
        gt.trace(function, V)


@pytest.mark.parametrize(
    "function",
    [np.fft.fft, np.fft.rfft, np.linalg.eig, np.linalg.eigvals, np.emath.sqrt, np.roots, np.angle],
)
def test_functions_with_complex_results_are_refused(function: Callable[..., Any]) -> None:
    with pytest.raises(RefusedError, match=r"test_bad_input.py:\d+: .* is not supported"):
        gt.trace(lambda x: function(x), np.array([[0.0, 1.0], [-1.0, 0.0]]))


def test_real_functions_outside_their_domain_give_nan_not_complex_numbers() -> None:
    for f in (lambda x: x ** (1 / 3), np.sqrt, np.log, np.arccosh):
        assert np.isnan(gt.trace(f, -8.0).output.value)
        assert np.isnan(gt.trace(f, -V).output.value).all()


def test_complex_seeds_directions_and_results_are_refused() -> None:
    g = gt.trace(lambda x: x * 2, V)
    with pytest.raises(ShapeError, match="the seed must be a real number"):
        g.backward(seed=V * 1j)
    with pytest.raises(ShapeError, match="the direction of x must be real numbers"):
        g.jvp({"x": V * 1j})
    with pytest.raises(RegistrationError, match="the result is complex"):
        gt.op("turned_here", lambda a: np.exp(1j * a), partials=["1"], samples=[(0, 1)])
    with pytest.raises(RegistrationError, match="the result is a str, not a number"):
        gt.op("worded_here", lambda a: "one", partials=["1"], samples=[(0, 1)])  # noqa: ARG005
    root = gt.op("root_here", np.emath.sqrt, partials=["0.5/out"], samples=[(1, 2)])
    with pytest.raises(ShapeError, match=r"test_bad_input.py:\d+.*the result is complex"):
        gt.trace(lambda x: root(x), -V)
    forget("root_here")


# -- writing in place and aliasing -----------------------------------------------------------------


def overwrite(x):
    x[0] = 5.0
    return x


def fill_buffer(x):
    buffer = np.zeros(3)
    buffer[1] = x[0]
    return buffer


def add_into_buffer(x):
    buffer = np.zeros(3)
    buffer += x
    return buffer


def copy_into(x):
    np.copyto(x, 0)
    return x


def out_of(x):
    return np.multiply(V, 2.0, out=x)


def fill(x):
    x.fill(0)
    return x


def put(x):
    np.put(x, [0], 1.0)
    return x


def add_at(x):
    np.add.at(x, [0], 1.0)
    return x


@pytest.mark.parametrize(
    "function", [overwrite, fill_buffer, add_into_buffer, copy_into, out_of, fill, put, add_at]
)
def test_writing_in_place_is_refused_at_its_line(function: Callable[..., Any]) -> None:
    before = V.copy()
    with pytest.raises(RefusedError, match=r"test_bad_input.py:\d+: `"):
        gt.trace(function, V)
    np.testing.assert_array_equal(V, before)


def test_augmented_assignment_makes_a_new_value_and_leaves_the_callers_array() -> None:
    def f(x):
        y = x
        y *= 2
        y += x
        return np.sum(y * x)

    mine = V.copy()
    g = gt.trace(f, mine).backward()
    np.testing.assert_allclose(g["x"].grad, 6 * V)  # 3·x²
    np.testing.assert_array_equal(mine, V)


def test_a_seed_or_a_direction_changed_after_the_call_changes_nothing() -> None:
    seed = np.ones(3)
    g = gt.trace(lambda x: x * x, V).backward(seed=seed)
    both = g.backward(seed=seed, record=True)
    seed[:] = 100.0
    np.testing.assert_array_equal(g["x"].grad, 2 * V)
    np.testing.assert_array_equal(both.output.value, 2 * V)
    np.testing.assert_array_equal(both.at(x=V).output.value, 2 * V)


def test_the_same_array_twice_and_views_of_it_are_independent_inputs() -> None:
    a = np.arange(6.0).reshape(2, 3) + 1
    same = gt.trace(lambda x, y: np.sum(x * y * y), a, a).backward()
    np.testing.assert_array_equal(same["x"].grad, a**2)
    np.testing.assert_array_equal(same["y"].grad, 2 * a**2)
    views = gt.trace(lambda x, row, turned: np.sum((x @ turned) @ x + row), a, a[0], a.T)
    a[:] = 0
    assert views["x"].value[0, 0] == views["row"].value[0] == views["turned"].value[0, 0] == 1
    assert views.check().ok


def test_views_inside_of_a_program_share_no_gradient() -> None:
    def f(x):
        row, column = x.reshape(1, 3), x[:, None]
        return np.sum(row * column * x[::-1])

    g = gt.trace(f, V).backward()
    # Σᵢⱼ xᵢ·xⱼ·x₄₋ⱼ = (Σx)·(2·x₁·x₃ + x₂²)
    total, pairs = V.sum(), 2 * V[0] * V[2] + V[1] ** 2
    np.testing.assert_allclose(g["x"].grad, pairs + total * 2 * V[::-1])
    assert g.audit().ok


# -- nothing in it ---------------------------------------------------------------------------------

EMPTY: dict[str, tuple[Callable[..., Any], Any]] = {
    "sum": (np.sum, 0.0),
    "prod": (np.prod, 1.0),
    "mean": (np.mean, NAN),
    "var": (np.var, NAN),
    "std": (np.std, NAN),
    "median": (np.median, NAN),
    "nansum": (np.nansum, 0.0),
    "nanmean": (np.nanmean, NAN),
    "average": (np.average, NAN),
    "norm": (np.linalg.norm, 0.0),
    "max with a start": (lambda x: np.max(x, initial=-2.0), -2.0),
    "trapezoid": (lambda x: np.trapezoid(x.ravel()), 0.0),
    "mse": (lambda x: gt.nn.mse(x, 0.0 * x), NAN),
    "sum of sorted": (lambda x: np.sum(np.sort(x)), 0.0),
    "sum of softmax": (lambda x: np.sum(gt.nn.softmax(x)), 0.0),
    "sum of concatenated": (lambda x: np.sum(np.concatenate([x, x])), 0.0),
    "sum of stacked": (lambda x: np.sum(np.stack([x, x])), 0.0),
    "sum of cumsum": (lambda x: np.sum(np.cumsum(x)), 0.0),
    "sum of products": (lambda x: np.sum(x.reshape(-1) @ x.reshape(-1)), 0.0),
    "sum of outer": (lambda x: np.sum(np.outer(x, x)), 0.0),
    "sum of padded": (lambda x: np.sum(np.pad(x, 1, constant_values=1.0)) * 0.0, 0.0),
    "sum of chosen": (lambda x: np.sum(x[x > 0]), 0.0),
    "sum of exp": (lambda x: np.sum(np.exp(x)), 0.0),
}


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3)])
@pytest.mark.parametrize("name", EMPTY)
def test_reductions_of_nothing_have_numpys_value_and_an_empty_gradient(
    name: str, shape: tuple[int, ...]
) -> None:
    function, expected = EMPTY[name]
    g = gt.trace(function, np.zeros(shape)).backward()
    np.testing.assert_equal(g.output.value, expected)
    (given,) = (node for node in g if node.kind == "input")
    assert given.grad.shape == shape
    assert g.check().ok
    assert g.audit().ok
    assert g.jacobian(g.output.id, given.id).shape == shape
    assert np.shape(g.jvp({given.id: np.zeros(shape)})) == ()
    g.render(format="txt")


@pytest.mark.parametrize(
    ("function", "shape", "expected"),
    [
        (lambda x: np.sum(x, axis=0), (2, 0), np.zeros(0)),
        (lambda x: np.sum(x, axis=1), (2, 0), np.zeros(2)),
        (lambda x: np.max(x, axis=0), (2, 0), np.zeros(0)),
        (lambda x: np.mean(x, axis=1), (0, 3), np.zeros(0)),
        (lambda x: x @ np.ones((0, 2)), (3, 0), np.zeros((3, 2))),
        (lambda x: np.linalg.inv(x), (0, 0), np.zeros((0, 0))),
        (lambda x: np.linalg.solve(x, np.ones((2, 2, 1))), (0, 2, 2), None),
        (lambda x: np.linalg.norm(x, axis=1), (2, 0), np.zeros(2)),
        (lambda x: np.einsum("ij,kj->ik", x, x), (2, 0), np.zeros((2, 2))),
        (lambda x: gt.nn.softmax(x, axis=-1), (0, 3), np.zeros((0, 3))),
        (lambda x: np.sort(x, axis=0), (0, 3), np.zeros((0, 3))),
        (lambda x: np.tile(x, 2), (0,), np.zeros(0)),
    ],
)
def test_a_zero_size_axis_passes_through(
    function: Callable[..., Any], shape: tuple[int, ...], expected: Any
) -> None:
    if expected is None:
        with pytest.raises(ShapeError, match=r"test_bad_input.py:\d+.*shapes \(0, 2, 2\)"):
            gt.trace(function, np.zeros(shape))
        return
    g = gt.trace(function, np.zeros(shape))
    np.testing.assert_array_equal(g.output.value, expected)
    g.backward(seed=np.ones(expected.shape))
    assert g["x"].grad.shape == shape
    assert g.check().ok
    both = g.backward(seed=np.ones(expected.shape), record=True)
    assert both[f"∂{g.output.name}/∂x"].value.shape == shape


@pytest.mark.parametrize("function", [np.max, np.min, np.ptp, np.argmax, np.nanmax])
def test_extremes_of_nothing_are_refused_with_the_line(function: Callable[..., Any]) -> None:
    with pytest.raises(ShapeError, match=r"test_bad_input.py:\d+: .*of shapes \(2, 0\)"):
        gt.trace(lambda x: function(x), np.zeros((2, 0)))


# -- NaN and infinity ------------------------------------------------------------------------------


def poisoned() -> Iterator[tuple[str, Callable[..., Any], list[Any]]]:
    """Yield every declared operation with one element of one operand not finite."""
    rng = np.random.default_rng(1)
    for op in OPS.values():
        if op.family in ("user", "test"):
            continue
        if op.is_elementwise:
            middle = [low + (high - low) * rng.uniform(0.1, 0.9, 3) for low, high in op.samples]
            cases: list[Any] = [(tuple(middle), {})]
        else:
            cases = op.samples(rng)
        for operands, params in cases:
            floats = [k for k, o in enumerate(operands) if np.asarray(o).dtype.kind == "f"]
            for at, bad in ((k, bad) for k in floats for bad in (NAN, INF, -INF)):
                if (op.name, at) == ("interp", 1) or not np.size(operands[at]):
                    continue  # points to interpolate between must ascend
                given = [np.array(o) if np.ndim(o) else o for o in operands]
                if np.ndim(given[at]):
                    given[at].flat[given[at].size // 2] = bad
                else:
                    given[at] = bad

                def f(*values, _op=op, _given=given, _floats=floats, _params=params):
                    whole = list(_given)
                    for slot, value in zip(_floats, values, strict=True):
                        whole[slot] = value
                    return call(_op.name, *whole, **_params)

                yield f"{op.name}, operand {at}, {bad}", f, [given[k] for k in floats]


def test_nan_and_infinity_run_through_every_operation() -> None:
    """Values that are not finite are results: every reading works, no rule is called wrong."""
    for name, function, operands in poisoned():
        try:
            g = gt.trace(function, *operands)
        except MatrixError:
            assert name.startswith(("matrix_rank", "eig", "cond")), name
            continue
        value = g.output.value
        if np.asarray(value).dtype.kind == "f":
            seed = np.ones(np.shape(value)) if np.ndim(value) else None
            for node in g.backward(seed=seed):
                assert node.grad is None or np.shape(node.grad) == np.shape(node.value), name
            g.backward(seed=seed, record=True)
        report = g.audit()
        assert report.ok, f"{name}: {report}"
        g.table()


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
@pytest.mark.parametrize("name", ["svdvals", "svd_u", "eigvalsh", "eigh_vectors", "pinv", "qr_q",
                                  "cholesky", "det"])  # fmt: skip
def test_a_bad_matrix_spoils_itself_and_not_its_batch(name: str, bad: float) -> None:
    good = np.array([[2.0, 0.5], [0.5, 1.0]])
    batch = np.stack([good, np.where(np.eye(2) > 0, bad, good), good])
    g = gt.trace(lambda a: call(name, a), batch)
    alone = call(name, good)
    np.testing.assert_allclose(g.output.value[0], alone)
    np.testing.assert_allclose(g.output.value[2], alone)
    assert not np.isfinite(g.output.value[1]).any()
    g.backward(seed=np.ones(np.shape(g.output.value)))
    assert np.isfinite(g["a"].grad[[0, 2]]).all()


# -- matrices without an inverse, and repeated eigenvalues -----------------------------------------

RANK_ONE = np.array([[1.0, 2.0], [2.0, 4.0]])
ONE_AND_ONE = np.eye(2)


@pytest.mark.parametrize(
    "function",
    [
        np.linalg.inv,
        lambda a: np.linalg.solve(a, np.ones(2)),
        np.linalg.cholesky,
        lambda a: np.linalg.matrix_power(a, -1),
    ],
)
def test_a_singular_matrix_is_refused_with_the_line(function: Callable[..., Any]) -> None:
    with pytest.raises(MatrixError, match=r"test_bad_input.py:\d+: .*(Singular|not positive)"):
        gt.trace(lambda a: function(a), RANK_ONE)


def test_determinants_of_a_singular_matrix() -> None:
    g = gt.trace(np.linalg.det, RANK_ONE).backward()
    assert g.output.value == pytest.approx(0.0, abs=1e-15)
    np.testing.assert_allclose(g["a"].grad, [[4, -2], [-2, 1]], atol=1e-12)  # the cofactors
    assert g.check().ok
    assert g.check().hazards == ()


HAZARDS: list[tuple[Callable[..., Any], np.ndarray, str, str]] = [
    (lambda a: np.linalg.slogdet(a)[1], np.zeros((2, 2)), "logabsdet", "the matrix is singular"),
    (np.linalg.pinv, RANK_ONE, "pinv", "has rank 1 of at most 2, where the result jumps"),
    (lambda a: np.linalg.lstsq(a, np.ones(2))[0], RANK_ONE, "lstsq", "has rank 1 of at most 2"),
    (lambda a: np.linalg.qr(a)[0], RANK_ONE, "qr_q", "columns are linearly dependent"),
    (lambda a: np.linalg.svd(a)[0], ONE_AND_ONE, "svd_u", "singular values 0 and 1 are equal (1)"),
    (lambda a: np.linalg.svd(a)[2], 3 * ONE_AND_ONE, "svd_vh", "0 and 1 are equal (3)"),
    (np.linalg.svdvals, -ONE_AND_ONE, "svdvals", "each of them alone has a kink here"),
    (np.linalg.svdvals, RANK_ONE, "svdvals", "singular value 1 is 0, where it has a kink"),
    (lambda a: np.linalg.eigh(a)[1], ONE_AND_ONE, "eigh_vectors", "vectors may turn among each"),
    (np.linalg.eigvalsh, ONE_AND_ONE, "eigvalsh", "eigenvalues 0 and 1 are equal (1)"),
    (np.linalg.inv, np.array([[1.0, 1.0], [1.0, 1.0 + 1e-15]]), "inv", "singular to rounding"),
    (lambda a: np.linalg.norm(a, 2), ONE_AND_ONE, "svdvals", "singular values 0 and 1 are equal"),
]


@pytest.mark.parametrize(("function", "matrix", "op", "text"), HAZARDS)
def test_a_point_without_a_derivative_is_a_hazard_with_node_and_line(
    function: Callable[..., Any], matrix: np.ndarray, op: str, text: str
) -> None:
    def f(a):
        y = function(a)
        return y  # noqa: RET504 - the name is what the finding calls it

    g = gt.trace(f, matrix)
    check, audit = g.check(), g.audit()
    found = [finding for finding in check.hazards if finding.op == op]
    assert found, str(check)
    assert text in found[0].message
    assert found[0].where.startswith("test_bad_input.py:")
    assert found[0].node in g
    assert check.ok, str(check)
    assert audit.ok
    assert set(check.hazards) <= set(audit.findings)
    assert str(found[0]) in str(check)
    assert str(found[0]) in str(audit)


def test_repeated_eigenvalues_are_right_for_what_does_not_depend_on_the_vectors() -> None:
    """The projector onto a repeated pair, and the sum of the pair, have a derivative."""
    rng = np.random.default_rng(4)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    a = turn @ np.diag([1.0, 3.0, 3.0, 7.0]) @ turn.T
    a = (a + a.T) / 2
    weight = rng.normal(size=(4, 4))
    move = rng.normal(size=(4, 4))
    move = move + move.T

    def projector(a):
        v = np.linalg.eigh(a)[1][:, 1:3]
        return np.sum(weight * (v @ v.T)) + np.sum(np.linalg.eigvalsh(a)[1:3])

    def columns(a):
        u, s, vh = np.linalg.svd(a)
        return np.sum(weight * (u[:, 1:3] @ vh[1:3])) + np.sum(s[1:3])

    for function in (projector, columns):
        step = 1e-5
        numeric = (function(a + step * move) - function(a - step * move)) / (2 * step)
        g = gt.trace(function, a).backward()
        assert np.sum(g["a"].grad * move) == pytest.approx(numeric, rel=1e-7)
        assert g.jvp({"a": move}) == pytest.approx(numeric, rel=1e-7)
        assert len(g.check().hazards) >= 2


def test_small_singular_values_that_differ_are_not_taken_for_equal() -> None:
    rng = np.random.default_rng(8)
    u, v = (np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(2))
    g = gt.trace(lambda a: np.linalg.svd(a)[0], u @ np.diag([1.0, 2e-5, 1e-5]) @ v.T)
    assert g.check().hazards == ()
    assert np.max(np.abs(g.jacobian(g.output.id, "a"))) > 1e4


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (np.argmax(x) | 2) * x,
        lambda x: (np.argmax(x) & 3) * x,
        lambda x: (4 ^ np.argmax(x)) * x,
        lambda x: (~np.argmax(x)) * x,
        lambda x: ((x > 0) & (x < 2)) * x,
        lambda x: (~(x > 0) | (x > 1)) * x,
        lambda x: np.bitwise_or(np.argsort(x), 1) * x,
        lambda x: np.invert(x > 1) * x,
    ],
)
def test_bits_of_integers_and_truths_are_those_of_numpy(function):
    x = np.array([1.0, 2.0, -3.0])
    np.testing.assert_array_equal(gt.trace(function, x).output.value, function(x))


@pytest.mark.parametrize(
    "function", [lambda x: x & 1, lambda x: ~x, lambda x: np.bitwise_xor(x, x), lambda x: x | x]
)
def test_floats_have_no_bits(function):
    with pytest.raises(ShapeError, match="floats have no bits: compare first"):
        gt.trace(function, np.array([1.0, 2.0]))


def test_the_rank_of_a_vector_is_an_integer():
    g = gt.trace(lambda x: np.linalg.matrix_rank(x) * x, np.ones(3))
    np.testing.assert_array_equal(g.output.value, np.ones(3))


def test_a_long_line_is_cut_in_errors():
    with pytest.raises(RefusedError) as caught:
        gt.trace(lambda x: np.fft.fft(x) + 1.0 + 2.0 + 3.0 + 4.0 + 5.0 + 6.0 + 7.0 + 8.0 + 9.0, np.ones(3))  # noqa: E501  # fmt: skip
    assert " …`: np.fft.fft" in str(caught.value)
