"""What the tool is doing, for a person who waits; and how long each stage took, for the report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

WORTH_A_LINE_SECONDS = 1.0


class Progress:
    """Shows the step under way on a terminal, and keeps a line of each that took over a second.

    `seconds` sums up the steps of each stage (None: of no stage that the report knows). Without a
    console it only takes the time.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def step(self, stage: str | None, doing: str) -> Iterator[None]:
        begin = perf_counter()
        with self.console.status(doing) if self.console else nullcontext():
            yield
        seconds = perf_counter() - begin
        if stage is not None:
            self.seconds[stage] += seconds
        if self.console and seconds >= WORTH_A_LINE_SECONDS:
            self.console.print(f"{seconds:6.1f} s  {doing}", style="dim", highlight=False)


def progress_on_terminal() -> Progress:
    """On stderr if that is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    return Progress(console if console.is_terminal else None)
