"""Special functions, computed by SciPy when they are used.

They are reached by SciPy's own functions on traced values, and by their names in expressions.
Formulas: Abramowitz and Stegun, Handbook of Mathematical Functions, chapters 5 to 9 and 26.
Where a function has a limit that its formula misses, it is not filled in: xlogy by its second
operand at (0, 0) is NaN, as in PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphtrace.formula.tree import Notation
from graphtrace.ops.late import LATE_CALLS, MissingLibraryError, scipy
from graphtrace.ops.registry import ALIASES, CALLS, OPS, Bind, Op, elementwise

__all__ = ["LIKE_OURS"]

FAMILY = "special"
ANY = (-2.0, 2.0)
POSITIVE = (0.3, 3.0)
UNIT = (0.1, 0.9)
ORDER = (1.0, 1.0)


def _from_scipy(name: str) -> Callable[..., Any]:
    def forward(*operands: Any) -> Any:
        return getattr(scipy("special", name), name)(*operands)

    return forward


def _ndtr(a: Any) -> Any:
    """Φ(a) by SciPy, or one number at a time where it is not installed: gelu is made of it."""
    try:
        return scipy("special", "ndtr").ndtr(a)
    except MissingLibraryError:
        halves = np.frompyfunc(lambda x: math.erfc(-x / math.sqrt(2.0)) / 2.0, 1, 1)(a)
        return np.asarray(halves, dtype=np.result_type(np.asarray(a).dtype, np.float32))


def _positional(op: Op) -> Bind:
    def bind(*operands: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return operands, {}

    return bind


def _special(
    name: str,
    partials: Sequence[str | None],
    samples: Sequence[tuple[float, float]],
    *,
    symbol: str | None = None,
    latex: str | None = None,
    sympy: str | None = None,
    definition: str | None = None,
    forward: Callable[..., Any] | None = None,
    late: Sequence[str] | None = None,
    doc: str = "",
) -> None:
    if latex is not None and "{a0}" not in latex:
        latex += "({args})"
    op = elementwise(
        name,
        forward or _from_scipy(name),
        None,
        family=FAMILY,
        partials=partials,
        samples=samples,
        definition=definition,
        notation=Notation(symbol or name, latex=latex, sympy=sympy),
        calls=[],
        doc=doc,
    )
    for other in (name,) if late is None else late:
        LATE_CALLS[f"scipy.special.{other}"] = (op, _positional(op))


def _error_functions() -> None:
    _special("erf", ["2/sqrt(pi)*exp(-a**2)"], [ANY], latex=r"\mathrm{{erf}}", sympy="erf")
    _special("erfc", ["-2/sqrt(pi)*exp(-a**2)"], [ANY], latex=r"\mathrm{{erfc}}", sympy="erfc")
    _special(
        "erfcx",
        ["2*a*erfcx(a) - 2/sqrt(pi)"],
        [ANY],
        definition="exp(a**2)*erfc(a)",
        doc="exp(a²)·erfc(a) without overflow.",
    )
    _special("erfi", ["2/sqrt(pi)*exp(a**2)"], [ANY], latex=r"\mathrm{{erfi}}", sympy="erfi")
    _special("erfinv", ["sqrt(pi)/2*exp(erfinv(a)**2)"], [(-0.9, 0.9)], sympy="erfinv")
    _special(
        "erfcinv", ["-sqrt(pi)/2*exp(erfcinv(a)**2)"], [(0.1, 1.9)], definition="erfinv(1 - a)"
    )
    _special(
        "dawsn",
        ["1 - 2*a*dawsn(a)"],
        [ANY],
        definition="sqrt(pi)/2*exp(-a**2)*erfi(a)",
        doc="Dawson's integral.",
    )
    _special(
        "ndtr",
        ["exp(-a**2/2)/sqrt(2*pi)"],
        [ANY],
        symbol="Φ",
        latex=r"\Phi",
        definition="(1 + erf(a/sqrt(2)))/2",
        forward=_ndtr,
        doc="The standard normal distribution function.",
    )
    _special(
        "log_ndtr",
        ["exp(-a**2/2 - log_ndtr(a))/sqrt(2*pi)"],
        [ANY],
        symbol="ln Φ",
        latex=r"\ln \Phi",
        definition="log(ndtr(a))",
    )
    _special(
        "ndtri",
        ["sqrt(2*pi)*exp(ndtri(a)**2/2)"],
        [UNIT],
        symbol="Φ⁻¹",
        latex=r"\Phi^{{-1}}",
        definition="sqrt(2)*erfinv(2*a - 1)",
    )


def _gamma_functions() -> None:
    _special(
        "gamma", ["gamma(a)*digamma(a)"], [POSITIVE], symbol="Γ", latex=r"\Gamma", sympy="gamma"
    )
    _special(
        "gammaln", ["digamma(a)"], [POSITIVE], symbol="ln Γ", latex=r"\ln \Gamma", sympy="loggamma"
    )
    _special(
        "digamma",
        ["polygamma(1, a)"],
        [POSITIVE],
        symbol="ψ",
        latex=r"\psi",
        sympy="digamma",
        late=("psi", "digamma"),
    )
    _special(
        "polygamma",
        [None, "polygamma(a + 1, b)"],
        [ORDER, POSITIVE],
        symbol="ψ⁽ⁿ⁾",
        sympy="polygamma",
        late=(),
        doc="The derivative of digamma(b) of order a, a whole number.",
    )
    _special(
        "beta",
        ["beta(a, b)*(digamma(a) - digamma(a + b))", "beta(a, b)*(digamma(b) - digamma(a + b))"],
        [POSITIVE, POSITIVE],
        symbol="B",
        latex=r"\mathrm{{B}}",
        sympy="beta",
    )
    _special(
        "betaln",
        ["digamma(a) - digamma(a + b)", "digamma(b) - digamma(a + b)"],
        [POSITIVE, POSITIVE],
        symbol="ln B",
        latex=r"\ln \mathrm{{B}}",
        definition="gammaln(a) + gammaln(b) - gammaln(a + b)",
    )


def _logarithms() -> None:
    _special("logit", ["1/(a*(1 - a))"], [UNIT], definition="log(a/(1 - a))")
    _special(
        "xlogy",
        ["log(b)", "a/b"],
        [POSITIVE, POSITIVE],
        definition="a*log(b)",
        doc="a·ln b, and 0 where a is 0.",
    )
    _special(
        "xlog1py",
        ["log1p(b)", "a/(1 + b)"],
        [POSITIVE, POSITIVE],
        definition="a*log(1 + b)",
        doc="a·ln(1 + b), and 0 where a is 0.",
    )
    _special("entr", ["-log(a) - 1"], [POSITIVE], definition="-a*log(a)", doc="-a·ln a.")
    _special("rel_entr", ["log(a/b) + 1", "-a/b"], [POSITIVE, POSITIVE], definition="a*log(a/b)")
    _special(
        "kl_div", ["log(a/b)", "1 - a/b"], [POSITIVE, POSITIVE], definition="a*log(a/b) - a + b"
    )
    _special("exp10", ["exp10(a)*log(10)"], [ANY], definition="10**a", latex="10^{{{a0}}}")
    _special("expi", ["exp(a)/a"], [POSITIVE], symbol="Ei", latex=r"\mathrm{{Ei}}", sympy="Ei")
    _special(
        "exp1",
        ["-exp(-a)/a"],
        [POSITIVE],
        symbol="E₁",
        latex=r"E_{{1}}",
        sympy="E1",
    )


def _bessel_functions() -> None:
    _special("i0", ["i1(a)"], [ANY], forward=np.i0, definition="iv(0, a)", latex=r"I_{{0}}")
    _special("i1", ["(i0(a) + iv(2, a))/2"], [ANY], definition="iv(1, a)", latex=r"I_{{1}}")
    _special(
        "iv",
        [None, "(iv(a - 1, b) + iv(a + 1, b))/2"],
        [ORDER, POSITIVE],
        sympy="besseli",
        doc="The modified Bessel function of b of the first kind and order a.",
    )
    _special(
        "i0e",
        ["i1e(a) - sign(a)*i0e(a)"],
        [POSITIVE],
        definition="exp(-abs(a))*iv(0, a)",
        doc="exp(-|a|)·i0(a); its derivative at 0 is 0.",
    )
    _special(
        "i1e",
        ["(i0e(a) + ive(2, a))/2 - sign(a)*i1e(a)"],
        [POSITIVE],
        definition="exp(-abs(a))*iv(1, a)",
    )
    _special(
        "ive",
        [None, "(ive(a - 1, b) + ive(a + 1, b))/2 - sign(b)*ive(a, b)"],
        [ORDER, POSITIVE],
        definition="exp(-abs(b))*iv(a, b)",
    )
    _special("j0", ["-j1(a)"], [ANY], definition="jv(0, a)", latex=r"J_{{0}}")
    _special("j1", ["(j0(a) - jv(2, a))/2"], [ANY], definition="jv(1, a)", latex=r"J_{{1}}")
    _special(
        "jv",
        [None, "(jv(a - 1, b) - jv(a + 1, b))/2"],
        [ORDER, POSITIVE],
        sympy="besselj",
        doc="The Bessel function of b of the first kind and order a.",
    )
    CALLS[np.i0] = (OPS["i0"], _positional(OPS["i0"]))


_error_functions()
_gamma_functions()
_logarithms()
_bessel_functions()

ALIASES.update(psi="digamma", loggamma="gammaln", expit="sigmoid", log_expit="log_sigmoid")
LIKE_OURS = {
    "expit": "sigmoid",
    "log_expit": "log_sigmoid",
    "expm1": "expm1",
    "log1p": "log1p",
    "exp2": "exp2",
    "cbrt": "cbrt",
}
"""SciPy's functions that are operations without it."""
for _theirs, _ours in LIKE_OURS.items():
    LATE_CALLS[f"scipy.special.{_theirs}"] = (OPS[_ours], _positional(OPS[_ours]))
