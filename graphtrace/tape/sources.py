"""Where a node was recorded: from a code position to file, line, text and assigned name."""

from dataclasses import dataclass

__all__ = ["Where"]


@dataclass(frozen=True, slots=True)
class Where:
    """A place in the user's source.

    Lines and columns count from 1. `iteration` is k for the k-th node recorded at this
    very place when there are several (a loop), else None.
    """

    file: str
    line: int
    column: int
    text: str
    function: str
    iteration: int | None = None

    def __str__(self) -> str:
        from pathlib import PurePath

        return f"{PurePath(self.file).name}:{self.line}"
