"""What a picture is asked to show, checked once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict, TypeVar, Unpack

from graphtrace.errors import FormatError, did_you_mean

__all__ = ["DEFAULT_SHOW", "FOLDS", "LOOKS", "ONLY", "SHOWABLE", "WRAP", "Choice", "Options",
           "check_look", "check_show", "options_of"]  # fmt: skip

SHOWABLE = (
    "value", "grad", "local", "contribution", "thickness", "name", "formula", "symbolic", "shape",
    "cost", "where",
)  # fmt: skip
DEFAULT_SHOW = frozenset({"value", "grad", "local", "name"})
T = TypeVar("T")
LOOKS = ("auto", "circuit", "card")
ONLY = ("gradient",)
FOLDS = ("auto", "all", "none")
WRAP = 1400.0
"""Wider pictures, in points, are broken into rows; type of 9 points still has 8 px on a slide."""
MOST_PATHS, NARROWEST = 9, 300.0


@dataclass(frozen=True, slots=True)
class Options:
    """What to show, in which look, and how long a layout may take.

    Attributes
    ----------
    show: a subset of `SHOWABLE`.
    look: ``"auto"`` draws arrays as cards and scalars and tiny arrays as circuits.
    deadline: seconds until a layout in a worker process is given up for a cheaper one.
    digits: significant digits of numbers.
    focus: names of nodes; only what is within `radius` steps of one of them is drawn.
    radius: how many steps before and after them.
    path: names that one path runs through, joined by colons; the rest is faded.
    heaviest: how many of the paths with the largest |product| are highlighted, at most 9.
    only: ``"gradient"`` leaves out what carries no gradient.
    wrap: the width in points from which a picture is broken into rows; 0 for one row.
    fold: ``"auto"`` folds parts of the program where the whole is too large to be read.
    unfold: names of parts that are open, as in `scene.fold_choice`; all others are folded.
    depth: how many levels of parts inside of each other are open.
    named: every operation shows its name, also in large pictures: words beside it speak of them.
    blanks: for which of ``value``, ``grad``, ``local`` and ``contribution`` there is room to write
        in by hand: the picture has a box for each, of the role `blanks.BLANK`.
    """

    show: frozenset[str] = DEFAULT_SHOW
    look: str = "auto"
    deadline: float = 10.0
    digits: int = 4
    focus: tuple[str, ...] = ()
    radius: int = 1
    path: str = ""
    heaviest: int = 0
    only: str = ""
    wrap: float = WRAP
    fold: str = "auto"
    unfold: tuple[str, ...] = ()
    depth: int | None = None
    named: bool = False
    blanks: frozenset[str] = frozenset()


class Choice(TypedDict, total=False):
    """The options as users give them; see `Options`."""

    show: Iterable[str] | str | None
    look: str
    deadline: float | None
    digits: int
    focus: Iterable[str] | str | None
    radius: int | None
    path: str | None
    heaviest: int | None
    only: str | None
    wrap: float | None
    fold: str | None
    unfold: Iterable[str] | str | None
    depth: int | None


def options_of(**choice: Unpack[Choice]) -> Options:
    """Return checked options; None stands for what is usual.

    Raises
    ------
    FormatError: for an unknown option or word, or a number out of range.
    """
    for key in choice:
        if key not in Choice.__annotations__:
            raise FormatError(f"unknown option {key!r}{did_you_mean(key, Choice.__annotations__)}")
    usual = Options()
    focus, unfold = choice.get("focus") or (), choice.get("unfold") or ()
    options = Options(
        show=check_show(choice.get("show")),
        look=check_look(choice.get("look") or usual.look),
        deadline=_or(choice.get("deadline"), usual.deadline),
        digits=_or(choice.get("digits"), usual.digits),
        focus=(focus,) if isinstance(focus, str) else tuple(focus),
        radius=_or(choice.get("radius"), usual.radius),
        path=choice.get("path") or "",
        heaviest=_or(choice.get("heaviest"), usual.heaviest),
        only=choice.get("only") or "",
        wrap=float(_or(choice.get("wrap"), usual.wrap)),
        fold=choice.get("fold") or usual.fold,
        unfold=(unfold,) if isinstance(unfold, str) else tuple(unfold),
        depth=choice.get("depth"),
    )
    _check_fold(options)
    if options.only and options.only not in ONLY:
        raise FormatError(f"cannot draw only {options.only!r}{did_you_mean(options.only, ONLY)}")
    if options.radius < 0:
        raise FormatError(f"radius counts steps from 0 on, not {options.radius!r}")
    if choice.get("radius") is not None and not options.focus:
        raise FormatError("a radius is around a node: give its name as the focus too")
    if not 0 <= options.heaviest <= MOST_PATHS:
        raise FormatError(f"heaviest is from 0 to {MOST_PATHS} paths, not {options.heaviest!r}")
    if options.wrap and not options.wrap >= NARROWEST:
        raise FormatError(
            f"wrap is at least {NARROWEST:g} points, or 0 for one row, not {options.wrap!r}"
        )
    return options


def _check_fold(options: Options) -> None:
    if options.fold not in FOLDS:
        raise FormatError(f"cannot fold {options.fold!r}{did_you_mean(options.fold, FOLDS)}")
    if options.depth is not None and options.depth < 0:
        raise FormatError(f"depth counts levels from 0 on, not {options.depth!r}")
    if options.fold == "none" and (options.unfold or options.depth is not None):
        raise FormatError("nothing is folded with fold='none': leave it out to unfold a part")
    if not options.deadline > 0:
        raise FormatError(f"the deadline is a time in seconds above 0, not {options.deadline!r}")


def _or(given: T | None, usual: T) -> T:
    return usual if given is None else given


def check_show(show: Iterable[str] | str | None) -> frozenset[str]:
    """Return the set of things to show; None means the default, a string is split at commas.

    A word with a plus is added to the default: ``"+formula"``.

    Raises
    ------
    FormatError: for a word that is not one of `SHOWABLE`.
    """
    if show is None:
        return DEFAULT_SHOW
    words = show.split(",") if isinstance(show, str) else list(show)
    asked = [word.strip() for word in words if word.strip()]
    more = any(word.startswith("+") for word in asked)
    plain = [word.removeprefix("+") for word in asked]
    for word in plain:
        if word not in SHOWABLE:
            raise FormatError(f"cannot show {word!r}{did_you_mean(word, SHOWABLE)}")
    return frozenset(plain) | (DEFAULT_SHOW if more else frozenset())


def check_look(look: str) -> str:
    """Return the look, or raise a FormatError that names the known ones."""
    if look not in LOOKS:
        raise FormatError(f"unknown look {look!r}{did_you_mean(look, LOOKS)}")
    return look
