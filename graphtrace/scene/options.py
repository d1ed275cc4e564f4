"""What a picture is asked to show, checked once."""

from collections.abc import Iterable
from dataclasses import dataclass

from graphtrace.errors import FormatError, did_you_mean

__all__ = ["DEFAULT_SHOW", "LOOKS", "SHOWABLE", "Options", "check_look", "check_show"]

SHOWABLE = ("value", "grad", "local", "contribution", "name", "formula", "shape", "where")
DEFAULT_SHOW = frozenset({"value", "grad", "local", "name"})
LOOKS = ("auto", "circuit", "card")


@dataclass(frozen=True, slots=True)
class Options:
    """What to show, in which look, and how long a layout may take.

    Attributes
    ----------
    show: a subset of `SHOWABLE`.
    look: ``"auto"`` draws arrays as cards and scalars and tiny arrays as circuits.
    deadline: seconds until a layout in a worker process is given up for a cheaper one.
    digits: significant digits of numbers.
    """

    show: frozenset[str] = DEFAULT_SHOW
    look: str = "auto"
    deadline: float = 10.0
    digits: int = 4


def check_show(show: Iterable[str] | str | None) -> frozenset[str]:
    """Return the set of things to show; None means the default, a string is split at commas.

    Raises
    ------
    FormatError: for a word that is not one of `SHOWABLE`.
    """
    if show is None:
        return DEFAULT_SHOW
    words = show.split(",") if isinstance(show, str) else list(show)
    asked = [word.strip() for word in words if word.strip()]
    for word in asked:
        if word not in SHOWABLE:
            raise FormatError(f"cannot show {word!r}{did_you_mean(word, SHOWABLE)}")
    return frozenset(asked)


def check_look(look: str) -> str:
    """Return the look, or raise a FormatError that names the known ones."""
    if look not in LOOKS:
        raise FormatError(f"unknown look {look!r}{did_you_mean(look, LOOKS)}")
    return look
