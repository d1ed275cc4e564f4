"""Copies of the arrays that enter a graph, in memory that is used again.

A graph keeps copies, so that a later write to the caller's array does not change what was
recorded. Fresh memory for a large copy costs far more than the copying (its pages are mapped
one by one), so the blocks that a dropped graph leaves are kept for the next one.
"""

import sys
from threading import Lock
from typing import Any

import numpy as np

__all__ = ["MOST", "copy_of", "kept_bytes"]

LARGE = 32_768
"""Bytes from which on memory is used again; below, the allocator keeps it itself."""
MOST = 64 * 2**20
"""Bytes that are kept at most."""


def _references(blocks: list[np.ndarray]) -> list[int]:
    return [sys.getrefcount(block) for block in blocks]


UNUSED = _references([np.empty(0)])[0]
"""The count of a block that only the list holds; every view of a block holds it once more."""
COUNTED = getattr(sys, "_is_gil_enabled", lambda: True)()
"""Whether counts can be trusted: not in a build of Python without its global lock."""

_blocks: list[np.ndarray] = []
_lock = Lock()


def copy_of(array: np.ndarray) -> np.ndarray:
    """Return a copy that shares no memory with the original or with an array still in use."""
    if array.nbytes < LARGE or array.dtype.hasobject or not COUNTED:
        return np.array(array)
    flipped = array.flags.f_contiguous and not array.flags.c_contiguous
    source: Any = array.T if flipped else array
    with _lock:
        block = _block(array.nbytes)
        if block is None:
            return np.array(array)
        copy = block.view(array.dtype).reshape(source.shape)
    copy[...] = source
    return copy.T if flipped else copy


def _block(size: int) -> np.ndarray | None:
    """Return a block of bytes that nobody uses; None where it cannot be kept."""
    for block, count in zip(_blocks, _references(_blocks), strict=True):
        if count == UNUSED and block.nbytes == size:
            return block
    if kept_bytes() + size > MOST:
        counts = _references(_blocks)
        _blocks[:] = [block for block, n in zip(_blocks, counts, strict=True) if n > UNUSED]
        if kept_bytes() + size > MOST:
            return None
    block = np.empty(size, dtype=np.uint8)
    _blocks.append(block)
    return block


def kept_bytes() -> int:
    """Return how many bytes are kept, in use or not."""
    return sum(block.nbytes for block in _blocks)
