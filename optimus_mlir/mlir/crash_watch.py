"""A witness for crashes of native code, which no Python handler outlives.

A fork of the process keeps its memory as it was before the dangerous part, at the cost of page tables
(milliseconds), and waits at a pipe. If the process dies, by an assertion of MLIR's, a segmentation
fault or a kill, the pipe closes without a word, and the fork tells what it knows from healthy memory.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WELL = b"."

_is_watching = False


@contextmanager
def watched(testify: Callable[[], None]) -> Iterator[None]:
    """If the process dies inside, `testify` runs in its fork; one inside another changes nothing."""
    global _is_watching  # noqa: PLW0603 # as is the process
    if _is_watching or not hasattr(os, "fork"):
        yield
        return
    end, begin = os.pipe()
    witness = os.fork()
    if not witness:
        os.close(begin)
        _watch(end, testify)
    os.close(end)
    _is_watching = True
    try:
        yield
    finally:
        _is_watching = False
        os.write(begin, WELL)
        os.close(begin)
        os.waitpid(witness, 0)


def _watch(pipe: int, testify: Callable[[], None]) -> None:
    """The life of the fork, which must not run a line of what follows in the program."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that works
    try:
        if os.read(pipe, 1) != WELL:
            testify()
    finally:
        os._exit(0)
