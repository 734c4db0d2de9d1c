"""Processes that do one search together: each does a part, and they tell each other what they found."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import Any, TypeVar

from optimus_mlir.errors import OptimusError

T = TypeVar("T")


@dataclass(frozen=True)
class Crew:
    """What a process knows of those that run the same code beside it.

    Those that help end when the first has the result. It is linked to all others, they to it.
    `taken` counts the items that somebody took since the last exchange; alone, nobody counts.
    """

    links: Sequence[Connection[Any, Any]] = ()
    taken: Synchronized[int] | None = None
    is_first: bool = True

    @property
    def is_alone(self) -> bool:
        return self.taken is None

    def share(self, items: Sequence[T]) -> Iterator[T]:
        """Items that nobody else took. All share the same sequence, and exchange what they found.

        It must not depend on anything that one process alone has learned.
        """
        if self.taken is None:
            yield from items
            return
        while (number := _next(self.taken)) < len(items):
            yield items[number]

    def once(self, work: Callable[[], T]) -> T:
        """What `work` comes to in one of the processes: all go on from the same."""
        mine = [work() for _ in self.share(range(1))]
        return next(iter(sum(self.exchange(mine), start=mine)))

    def exchange(self, mine: T) -> list[T]:
        """What the others found, once all have come here."""
        if not self.is_first:
            (link,) = self.links
            link.send(mine)
            return link.recv()
        found: list[T] = [_received(link) for link in self.links]
        if self.taken is not None:
            self.taken.value = 0
        for i, link in enumerate(self.links):
            link.send([mine, *found[:i], *found[i + 1 :]])
        return found


ALONE = Crew()


def _next(taken: Synchronized[int]) -> int:
    with taken.get_lock():
        taken.value += 1
        return taken.value - 1


def _received(link: Connection[Any, Any]) -> Any:
    try:
        return link.recv()
    except EOFError as error:
        cure = "if memory is short, allow one core (`taskset -c 0`)"
        raise OptimusError(f"a process that helped with the search has ended: {cure}") from error


def together(work: Callable[[Crew], T], processes: int) -> T:
    """What `work` comes to in this process, while others run it too and do their parts.

    They are forked: they know all that this one knows, and print nothing.
    """
    if processes == 1:
        return work(ALONE)
    fork = multiprocessing.get_context("fork")
    pairs = [fork.Pipe() for _ in range(processes - 1)]
    ours, theirs = [a for a, _ in pairs], [b for _, b in pairs]
    taken = fork.Value("q", 0)

    def help_out(link: Connection[Any, Any]) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first one answers, and ends this one
        for other in {*ours, *theirs} - {link}:
            other.close()  # so that the end of a process shows
        with suppress(EOFError, BrokenPipeError, OptimusError):
            work(Crew([link], taken, is_first=False))

    helpers = [fork.Process(target=help_out, args=[link], daemon=True) for link in theirs]
    for helper in helpers:
        helper.start()
    try:
        for link in theirs:
            link.close()
        return work(Crew(ours, taken, is_first=True))
    finally:
        for helper in helpers:
            helper.terminate()
            helper.join()


def usable_cores() -> int:
    """Cores that this process may use, if others can be forked from it."""
    if sys.platform != "linux" or multiprocessing.current_process().daemon:
        return 1
    return len(os.sched_getaffinity(0))
