"""Einstein summation: every operand's derivative is an Einstein summation again.

The gradient of an operand is the sum over the result's subscripts and the other operands',
written to the operand's own subscripts. A subscript that an operand repeats (a diagonal) is
spread by a unit matrix, one that it alone has (a sum) by ones.
"""

from __future__ import annotations

import math
import string
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.axes import Cases
from graphtrace.ops.costs import Counts, size_of
from graphtrace.ops.registry import call, structured
from graphtrace.ops.values import shape_of, unbroadcast

__all__ = ["explicit"]


def _fresh(used: str) -> str:
    """Return the letters that are not used yet."""
    letters = "".join(letter for letter in string.ascii_letters if letter not in used)
    if not letters:
        raise ValueError("more than 52 subscripts")
    return letters


def explicit(subscripts: str, ndims: Sequence[int]) -> str:
    """Return the subscripts with the result's written out and every ellipsis in letters.

    Raises ValueError when they do not fit the numbers of axes.

    >>> explicit("ij,jk", [2, 2])
    'ij,jk->ik'
    >>> explicit("...i,i", [3, 1])
    'abi,i->ab'
    """
    text = subscripts.replace(" ", "")
    sources, arrow, target = text.partition("->")
    terms = sources.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"{subscripts!r} names {len(terms)} operands, not {len(ndims)}")
    hidden = [
        ndim - len(term.replace("...", ""))
        for term, ndim in zip(terms, ndims, strict=True)
        if "..." in term
    ]
    if any(count < 0 for count in hidden):
        raise ValueError(f"{subscripts!r} has more subscripts than an operand has axes")
    dots = _fresh(text)[: max(hidden, default=0)]
    if not arrow:
        letters = sources.replace("...", "").replace(",", "")
        target = "..." + "".join(sorted(x for x in set(letters) if letters.count(x) == 1))
    filled = []
    for term, ndim in zip(terms, ndims, strict=True):
        count = ndim - len(term.replace("...", ""))
        filled.append(term.replace("...", dots[len(dots) - count :]))
        if len(filled[-1]) != ndim:
            raise ValueError(f"{term!r} does not fit an operand of {ndim} axes")
    return f"{','.join(filled)}->{target.replace('...', dots)}"


def _lettered(operands: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """Read the form einsum(a, [0, 1], b, [1, 2], [0, 2])."""

    def written(numbers: Any) -> str:
        return "".join("..." if n is Ellipsis else string.ascii_letters[n] for n in numbers)

    count = len(operands) // 2
    text = ",".join(written(operands[2 * n + 1]) for n in range(count))
    if len(operands) % 2:
        text += "->" + written(operands[-1])
    return text, tuple(operands[0 : 2 * count : 2])


def _bind_einsum(*operands: Any, optimize: Any = False) -> Any:
    if isinstance(operands[0], str):
        text, arrays = operands[0], tuple(operands[1:])
    else:
        text, arrays = _lettered(operands)
    params = {"subscripts": explicit(text, [np.ndim(array) for array in arrays])}
    return arrays, params | ({"optimize": optimize} if optimize is not False else {})


def _einsum(*operands: Any, subscripts: str, optimize: Any = False) -> Any:
    text = explicit(subscripts, [np.ndim(operand) for operand in operands])
    out = np.einsum(text, *operands, optimize=optimize)
    return np.array(out) if len(operands) == 1 else out  # else it may be a view of the operand


def _einsum_vjp(
    slot: int, g: Any, out: Any, *operands: Any, subscripts: str, optimize: Any = False
) -> Any:
    text = explicit(subscripts, [np.ndim(operand) for operand in operands])
    sources, _, target = text.partition("->")
    terms = sources.split(",")
    shape = shape_of(operands[slot])
    own = terms[slot]
    factors = [g, *operands[:slot], *operands[slot + 1 :]]
    known = [target, *terms[:slot], *terms[slot + 1 :]]
    kind = getattr(g, "dtype", float)
    new = iter(_fresh(text))
    axes = ""
    for letter, size in zip(own, shape, strict=True):
        if letter in axes:
            copy = next(new)
            factors.append(np.eye(size, dtype=kind))
            known.append(letter + copy)
            axes += copy
            continue
        if letter not in chain(*known):
            factors.append(np.ones(size, dtype=kind))
            known.append(letter)
        axes += letter
    options = {} if optimize is False else {"optimize": bool(optimize)}
    pulled = call("einsum", *factors, subscripts=f"{','.join(known)}->{axes}", **options)
    return unbroadcast(pulled, operands[slot])


def _cost(out: Any, operands: Sequence[Any], params: Mapping[str, Any]) -> Counts:
    """Count every product of one element of each operand, in one pass over all subscripts."""
    text = explicit(params["subscripts"], [np.ndim(operand) for operand in operands])
    sizes: dict[str, int] = {}
    for term, operand in zip(text.partition("->")[0].split(","), operands, strict=True):
        for letter, size in zip(term, shape_of(operand), strict=True):
            sizes[letter] = max(sizes.get(letter, 1), size)
    places = math.prod(sizes.values())
    return Counts(places * (len(operands) - 1), max(places - size_of(out), 0))


def _samples(rng: np.random.Generator) -> Cases:
    cases: list[tuple[str, list[tuple[int, ...]]]] = [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij,jk", [(2, 3), (3, 4)]),
        ("ij->ji", [(2, 3)]),
        ("ij->", [(2, 3)]),
        ("ii", [(3, 3)]),
        ("ii->i", [(3, 3)]),
        ("iij,j->i", [(2, 2, 3), (3,)]),
        ("...ij,...jk->...ik", [(2, 2, 3), (3, 2)]),
        ("i,j->ij", [(2,), (3,)]),
        ("ij,ij->j", [(2, 3), (1, 3)]),
        ("ij,k->k", [(2, 3), (2,)]),
        ("i,i,ij->j", [(2,), (2,), (2, 3)]),
    ]
    return [
        (tuple(rng.normal(size=shape) for shape in shapes), {"subscripts": text})
        for text, shapes in cases
    ]


structured(
    "einsum",
    _einsum,
    family="product",
    arity=None,
    cost=_cost,
    rules=["einsum(g, others)"],
    vjp=_einsum_vjp,
    jvp="linear",
    samples=_samples,
    calls={np.einsum: _bind_einsum},
    notation=Notation("einsum", latex=r"\mathrm{{einsum}}({args})"),
)
