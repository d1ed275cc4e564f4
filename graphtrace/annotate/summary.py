"""Numbers and tensors in few characters: what a picture, a table or a tree prints."""

import math
from dataclasses import dataclass

import numpy as np

__all__ = [
    "GRID_LIMIT",
    "Summary",
    "Thumbnail",
    "brief",
    "count_text",
    "element_count",
    "gist",
    "number",
    "signature",
    "sparkline",
    "summarize",
    "thumbnail",
]

GRID_LIMIT = 16
GRID_COLUMNS = 8
BINS = 7
COLUMNS, ROWS = 12, 8
BLOCKS = "▁▂▃▄▅▆▇█"
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Summary:
    """What there is to say about a tensor; statistics are over its finite values.

    Attributes
    ----------
    signature: dtype and shape, such as ``float64[64, 128]``.
    grid: every number as text, row by row, for at most 16 of them in at most 8 columns.
    spark: heights 0 … 7 of a histogram between `minimum` and `maximum`.
    minimum, maximum, mean, sd, norm: None when there is no finite value.
    badges: texts for what must not be overlooked, such as ``NaN×3``.
    dropped: how many values are NaN or infinite and are left out of the statistics.
    """

    signature: str
    grid: tuple[tuple[str, ...], ...] | None
    spark: tuple[int, ...]
    minimum: float | None
    maximum: float | None
    mean: float | None
    sd: float | None
    norm: float | None
    badges: tuple[str, ...]
    dropped: int


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """At most 12 × 8 cells; each holds its block's value of largest size, None for NaN or ∞."""

    cells: tuple[tuple[float | None, ...], ...]
    peak: float


def number(value: object, digits: int = 4) -> str:
    """Return a number in `digits` significant digits: ``0``, ``20.09``, ``1.2×10⁻⁵``, ``NaN``."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (complex, np.complexfloating)) and not isinstance(value, float):
        return _complex(complex(value), digits)
    x = float(value)  # type: ignore[arg-type] # any real scalar of Python or NumPy
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "∞" if x > 0 else "-∞"
    if x == 0:
        return "0"
    if x == int(x) and abs(x) < 10**6:
        return str(int(x))
    mantissa, _, power = f"{x:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if -4 <= exponent < 6:
        return _strip(f"{x:.{max(digits - 1 - exponent, 0)}f}")
    return f"{_strip(mantissa)}×10{str(exponent).translate(SUPERSCRIPTS)}"


def _strip(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _complex(z: complex, digits: int) -> str:
    sign = "-" if math.copysign(1.0, z.imag) < 0 else "+"
    return f"{number(z.real, digits)}{sign}{number(abs(z.imag), digits)}i"


def count_text(count: int) -> str:
    """Return a count in at most three significant digits: ``512``, ``16.4 k``, ``2.1 M``."""
    for sign, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {sign}"
    return str(count)


def element_count(value: object) -> int:
    """Return how many numbers a value holds; 1 for a scalar."""
    return int(np.size(value))  # type: ignore[arg-type] # accepts any array-like


def signature(value: object) -> str:
    """Return dtype and shape: ``float64[64, 128]``; a Python scalar counts as an array of it."""
    array = np.asarray(value)
    return f"{array.dtype}[{', '.join(map(str, array.shape))}]"


def brief(value: object, digits: int = 4, limit: int = 4) -> str:
    """Return a value on one line: a number, up to `limit` numbers in brackets, or a signature."""
    array = np.asarray(value)
    if array.ndim == 0:
        return number(array[()], digits)
    if array.size > limit:
        return signature(array)
    return _nested(array, digits)


def gist(value: object, digits: int = 4, limit: int = 4) -> str:
    """Return a number, up to `limit` numbers in brackets, or the norm of the finite ones."""
    array = np.asarray(value)
    if array.ndim == 0 or array.size <= limit:
        return brief(array, digits, limit)
    real = _real(array)
    finite = real[np.isfinite(real)]
    if not finite.size:
        return "no finite value"
    words = f"norm {number(_norm(finite), digits)}"
    return words if finite.size == real.size else " ".join([words, *_badges(real.ravel())])


def _nested(array: Array, digits: int) -> str:
    if array.ndim == 0:
        return number(array[()], digits)
    return "[" + ", ".join(_nested(part, digits) for part in array) + "]"


def summarize(value: object, digits: int = 4) -> Summary:
    """Return the summary of a scalar or an array; counts are exact, never sampled."""
    array = np.asarray(value)
    flat = _real(array).ravel()
    finite = flat[np.isfinite(flat)]
    columns = array.shape[-1] if array.ndim else 1
    small = array.size <= GRID_LIMIT and array.ndim <= 2 and columns <= GRID_COLUMNS
    grid = None
    if small:
        table = array.reshape(1, -1) if array.ndim < 2 else array
        grid = tuple(tuple(number(x, digits) for x in row) for row in table)
    badges = _badges(flat, zeros=not small)
    if finite.size == 0:
        return Summary(signature(array), grid, (), None, None, None, None, None, badges, flat.size)
    low, high = float(finite.min()), float(finite.max())
    mean, sd, norm = _moments(finite)
    mean = min(max(mean, low), high)
    dropped = int(flat.size - finite.size)
    spark = _histogram(finite, low, high)
    return Summary(signature(array), grid, spark, low, high, mean, sd, norm, badges, dropped)


def _real(array: Array) -> Array:
    # Beyond the range of float64, sizes and long doubles become infinite and are counted as such.
    with np.errstate(over="ignore", invalid="ignore"):
        real = np.abs(array) if np.iscomplexobj(array) else array
        return np.asarray(real, dtype=np.float64)


def _scaled(finite: Array) -> tuple[Array, int]:
    """Return values times a power of two, below 1 in size, and the exponent that undoes it.

    Sums and squares of what is returned neither overflow nor vanish.
    """
    exponent = math.frexp(float(np.abs(finite).max()))[1]
    return np.ldexp(finite, -exponent), exponent


def _moments(finite: Array) -> tuple[float, float, float]:
    """Return mean, standard deviation and norm; a norm beyond the range of floats is infinite."""
    scaled, exponent = _scaled(finite)
    with np.errstate(over="ignore", under="ignore"):
        parts = np.array([scaled.mean(), scaled.std(), np.linalg.norm(scaled)])
        mean, sd, norm = np.ldexp(parts, exponent).tolist()
    return mean, sd, norm


def _norm(finite: Array) -> float:
    return _moments(finite)[2]


def _badges(flat: Array, *, zeros: bool = False) -> tuple[str, ...]:
    counts = (
        ("NaN", int(np.isnan(flat).sum())),
        ("+∞", int(np.isposinf(flat).sum())),
        ("-∞", int(np.isneginf(flat).sum())),
    )
    texts = [f"{name}×{count}" for name, count in counts if count]
    zero = int((flat == 0).sum()) if zeros else 0
    if zero:
        share = 100 * zero / flat.size
        texts.append("zeros <1%" if share < 1 else f"zeros {math.floor(share)}%")
    return tuple(texts)


def _histogram(finite: Array, low: float, high: float) -> tuple[int, ...]:
    if not low < high:
        return ()
    # By hand: NumPy refuses a range of a few ulp, and the widest ranges overflow.
    scaled, exponent = _scaled(finite)
    start, end = math.ldexp(low, -exponent), math.ldexp(high, -exponent)
    places = ((scaled - start) / (end - start) * BINS).astype(np.intp)
    counts = np.bincount(np.minimum(places, BINS - 1), minlength=BINS)
    top = int(counts.max())
    return tuple(math.ceil(7 * int(count) / top) for count in counts)


def sparkline(spark: tuple[int, ...]) -> str:
    """Return a histogram as block characters: ``▁▃▅▇▆▃▁``."""
    return "".join(BLOCKS[level] for level in spark)


def thumbnail(value: object) -> Thumbnail:
    """Return the heat thumbnail of an array; a lone spike survives the down-sampling.

    Arrays of more than two dimensions are laid out with the last one as columns.
    """
    array = _real(np.asarray(value))
    if array.size == 0:
        return Thumbnail((), 0.0)
    table = array.reshape(1, -1) if array.ndim < 2 else array.reshape(-1, array.shape[-1])
    rows, columns = _starts(table.shape[0], ROWS), _starts(table.shape[1], COLUMNS)
    bad = _blocks(np.logical_or, ~np.isfinite(table), rows, columns)
    clean = np.where(np.isfinite(table), table, 0.0)
    high = _blocks(np.maximum, clean, rows, columns)
    low = _blocks(np.minimum, clean, rows, columns)
    best = np.where(high >= -low, high, low)
    cells = tuple(
        tuple(None if flag else float(x) for x, flag in zip(xs, flags, strict=True))
        for xs, flags in zip(best, bad, strict=True)
    )
    return Thumbnail(cells, float(np.abs(clean).max()))


def _starts(length: int, most: int) -> Array:
    cells = min(length, most)
    return np.arange(cells) * length // cells


def _blocks(function: np.ufunc, table: Array, rows: Array, columns: Array) -> Array:
    return np.asarray(function.reduceat(function.reduceat(table, rows, axis=0), columns, axis=1))
