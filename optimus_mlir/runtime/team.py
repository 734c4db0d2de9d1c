"""The threads of a run: see `accel.team` for what they do together."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from optimus_mlir.accel.team import (
    LEADER,
    MEMBER_BYTES,
    SEMAPHORE,
    SIZE,
    TURN,
    team_bytes,
)
from optimus_mlir.runtime.memory import aligned

AFTER_ALL_LOOPS = 1 << 62  # as the turn


class Team:
    """Members that run a program again and again; their threads end when the team is forgotten.

    Compiled code does not hold Python's lock, so they run at once.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._memory = aligned(team_bytes(size))
        self.address = self._memory.ctypes.data
        self._library = ctypes.CDLL(None)
        self._others = ThreadPoolExecutor(size - 1)

    def arguments(self, number: int) -> list[ctypes.c_int64]:
        """What a member's program gets last: the addresses of the team and of its own words."""
        own = self.address + LEADER + number * MEMBER_BYTES
        return [ctypes.c_int64(self.address), ctypes.c_int64(own)]

    def run(self, calls: Sequence[Callable[[], None]]) -> None:
        """Run the leader's program here, and those of the others, until all have ended."""
        self._reset()
        started: list[Future[None]] = []
        try:
            started += (self._others.submit(call) for call in calls[1:])
            calls[0]()
        finally:
            self._release()
            wait(started)
        for other in started:
            other.result()  # raises what the thread has raised

    def _reset(self) -> None:
        self._memory[:] = 0
        self._word(SIZE).value = self.size
        for number in range(self.size):
            self._library.sem_init(self._semaphore(number), 0, 0)

    def _release(self) -> None:
        """Let nobody wait for a loop that the leader does not come to, since it has failed."""
        self._word(TURN).value = AFTER_ALL_LOOPS
        for number in range(self.size):
            self._library.sem_post(self._semaphore(number))

    def _word(self, offset: int) -> ctypes.c_int64:
        return ctypes.c_int64.from_address(self.address + offset)

    def _semaphore(self, number: int) -> ctypes.c_void_p:
        return ctypes.c_void_p(self.address + LEADER + number * MEMBER_BYTES + SEMAPHORE)
