"""Assignment as a function: what `x[index] = v` and `x[index] += v` would make of a copy."""

from typing import Any

from graphtrace.errors import GraphTraceError, ShapeError
from graphtrace.ops.indexing import write
from graphtrace.tape.refuse import place
from graphtrace.tape.var import caller

__all__ = ["add_at", "set_at"]


def set_at(x: Any, index: Any, v: Any) -> Any:
    """Return a copy of x with v at the index; x itself, and every gradient of it, stay.

    Any of the three may be traced; the index is whatever NumPy takes between brackets. What is
    overwritten gets no gradient. Where the index names an element several times, the last value
    stays and gets the gradient.

    >>> import numpy as np
    >>> set_at(np.zeros(3), 1, 5.0)
    array([0., 5., 0.])
    """
    return _write("set_at", x, index, v)


def add_at(x: Any, index: Any, v: Any) -> Any:
    """Return a copy of x with v added at the index, once for each time an element is named.

    >>> import numpy as np
    >>> add_at(np.zeros(3), [1, 1], 5.0)
    array([ 0., 10.,  0.])
    """
    return _write("add_at", x, index, v)


def _write(name: str, x: Any, index: Any, v: Any) -> Any:
    """Run the operation; what does not fit is said with the user's line."""
    try:
        return write(name, x, index, v)
    except GraphTraceError:
        raise
    except (ValueError, IndexError) as error:
        raise ShapeError(f"{place(caller())}gt.{name}: {error}") from None
