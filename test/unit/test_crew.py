"""Processes that search together."""

import os
from collections.abc import Sequence

import pytest

from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion.crew import Crew, together


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_each_item_is_taken_once_and_all_hear_of_it(processes: int) -> None:
    def work(crew: Crew) -> list[int]:
        """Twice, the second time with what the first brought everybody."""
        items: Sequence[int] = range(20)
        for _ in range(2):
            mine = [item + 1 for item in crew.share(items)]
            items = sorted(sum(crew.exchange(mine), start=mine))
        return list(items)

    assert together(work, processes) == list(range(2, 22))


@pytest.mark.parametrize("processes", [1, 3])
def test_what_is_done_once_all_know(processes: int) -> None:
    def work(crew: Crew) -> tuple[int, list[int]]:
        pid = crew.once(os.getpid)
        return pid, crew.exchange(pid)

    pid, others = together(work, processes)
    assert others == [pid] * (processes - 1)


def test_who_asked_gets_the_result_and_the_others_end() -> None:
    pids = together(lambda crew: [os.getpid(), *crew.exchange(os.getpid())], 3)
    assert pids[0] == os.getpid()
    assert len(set(pids)) == 3
    for pid in pids[1:]:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_an_error_is_that_of_one_process() -> None:
    def work(crew: Crew) -> None:
        crew.exchange(None)
        raise OptimusError("too small")

    with pytest.raises(OptimusError, match="too small"):
        together(work, 3)


def test_a_process_that_is_killed_is_missed() -> None:
    def work(crew: Crew) -> None:
        if not crew.is_first:
            os._exit(1)
        crew.exchange(None)

    with pytest.raises(OptimusError, match="has ended"):
        together(work, 2)
