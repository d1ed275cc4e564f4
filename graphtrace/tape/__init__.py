"""Recording: the tape, the traced value, source positions, scopes and refusals."""

from graphtrace.tape import operators, protocols
from graphtrace.tape.sources import Where
from graphtrace.tape.tape import Tape, apply, scope
from graphtrace.tape.var import Var

__all__ = ["Tape", "Var", "Where", "apply", "scope"]

operators.attach()
protocols.attach()
