"""The accel dialect, interpreted with NumPy: what its ops mean, written to be read.

Nothing of the JIT's lowering is used. A program that breaks a rule of the dialect, which the
verifier may not see (a box that leaves its buffer at some step), is an OptimusError here.
"""

from optimus_mlir.runtime.interpreter.events import Event
from optimus_mlir.runtime.interpreter.run import interpret, observe

__all__ = ["Event", "interpret", "observe"]
