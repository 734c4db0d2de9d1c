#!/usr/bin/env python3
"""Compile and run random networks under random plans, and print every case that goes wrong.

`.venv/bin/python tools/fuzz.py --count 2000 --jobs 2`. The networks, plans and laws are those of
test/property. A batch of cases runs in a process of its own, so that a crash costs one batch. The
first case of a batch that fails is shrunk, printed and kept in `--output`; `--replay` runs one again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY / "test" / "property"))

from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from laws import Case, cases, chance, check_laws, parse, solvers  # noqa: E402

BATCH = 40
BATCH_SECONDS = 900  # a case takes half a second
BACK_ENDS = [("jit",), ("numpy",), ("numpy", "jit")]
NETWORK, PLANNED = "network.mlir", "planned.mlir"


class StopShrinking(BaseException):
    """The time for shrinking is over. Hypothesis lets through what is no Exception."""


@dataclass
class Batch:
    """The cases of one seed, up to the first that fails, which is then shrunk.

    The case at work is in `folder`, even if native code ends the process.
    """

    number: int
    folder: Path
    shrink_seconds: float
    ran: int = 0
    planners: Counter[str] = field(default_factory=Counter)
    failed: tuple[str, str] | None = None  # the smallest case so far: network, plan
    error: str = ""
    deadline: float = 0

    def run(self, count: int) -> dict[str, Any]:
        configured = settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            seed(self.number)(configured(given(cases(solvers | chance, BACK_ENDS))(self.check)))()
        except (Exception, StopShrinking):
            if self.failed is None:
                raise
            self._write(*self.failed)
        return {"ran": self.ran, "planners": self.planners, "error": self.error}

    def check(self, case: Case) -> None:
        if self.failed is None:
            self.ran += 1
            self.planners[case.planner if isinstance(case.planner, str) else "random"] += 1
        elif time.monotonic() > self.deadline:
            raise StopShrinking
        planned = ""
        self._write(case.network, planned)
        try:
            module = case.planned()
            planned = module.operation.get_asm()
            self._write(case.network, planned)
            check_laws(case.network, module, case.back_ends)
        except Exception:
            if self.failed is None:
                self.deadline = time.monotonic() + self.shrink_seconds
            self.failed, self.error = (case.network, planned), traceback.format_exc(limit=-3)
            raise

    def _write(self, network: str, planned: str) -> None:
        (self.folder / NETWORK).write_text(network)
        (self.folder / PLANNED).write_text(planned)


@dataclass
class Campaign:
    """Batches until there are enough cases, or no more time; `reports` are the first of their kind."""

    arguments: argparse.Namespace
    ran: int = 0
    failures: int = 0
    planners: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)
    start: float = field(default_factory=time.monotonic)

    def run(self) -> bool:
        """Whether no case failed."""
        jobs = self.arguments.jobs
        with ThreadPoolExecutor(jobs) as pool:
            for done in [pool.submit(self._work, first) for first in range(jobs)]:
                done.result()
        seconds = time.monotonic() - self.start
        by = ", ".join(f"{name} {n}" for name, n in sorted(self.planners.items()))
        print(f"{self.ran} programs ({by}) in {seconds:.0f} s: {self.failures} differ")
        return not self.failures

    def _work(self, number: int) -> None:
        """Every so many-th batch, so that the cases do not depend on which job is the faster."""
        while self.ran < self.arguments.count and not self._is_late():
            self._batch(self.arguments.seed + number)
            number += self.arguments.jobs

    def _is_late(self) -> bool:
        return time.monotonic() - self.start > self.arguments.seconds

    def _batch(self, number: int) -> None:
        folder = self.arguments.output / str(number)
        command = [sys.executable, __file__, "--batch", "--seed", str(number)]
        command += ["--count", str(min(BATCH, self.arguments.count))]
        command += ["--shrink-seconds", str(self.arguments.shrink_seconds)]
        command += ["--output", str(self.arguments.output)]
        limit = BATCH_SECONDS + self.arguments.shrink_seconds
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=limit
            )
        except subprocess.TimeoutExpired:
            with self.lock:
                self._failed(
                    number, folder, f"not done after {limit:.0f} s: the case at work hangs"
                )
            return
        with self.lock:
            if done.returncode:
                end = done.stderr.strip()[-2000:]
                self._failed(number, folder, f"the process ended with {done.returncode}\n{end}")
                return
            result = json.loads(done.stdout.splitlines()[-1])
            self.ran += result["ran"]
            self.planners.update(result["planners"])
            if result["error"]:
                self._failed(number, folder, result["error"])
        if not done.returncode and not result["error"]:
            remove(folder)

    def _failed(self, number: int, folder: Path, error: str) -> None:
        self.failures += 1
        kind = error.strip().splitlines()[-1]
        self.kinds[kind] += 1
        print(f"seed {number}: {kind}\n  kept in {folder}", flush=True)
        if self.kinds[kind] == 1:
            print(error, (folder / NETWORK).read_text(), sep="\n")
            print((folder / PLANNED).read_text(), flush=True)


def remove(folder: Path) -> None:
    for name in (NETWORK, PLANNED):
        (folder / name).unlink(missing_ok=True)
    folder.rmdir()


def replay(folder: Path) -> None:
    """Run a kept case again: raises what it raised."""
    network, planned = ((folder / name).read_text() for name in (NETWORK, PLANNED))
    if not planned:
        raise SystemExit(f"{folder}: it failed before there was a plan; see {NETWORK}")
    check_laws(network, parse(planned), ("numpy", "jit"))
    print("no difference")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="of the first batch of cases")
    parser.add_argument("--count", type=int, default=400, help="cases to run")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no batch later")
    parser.add_argument("--jobs", type=int, default=1, help="batches at the same time")
    parser.add_argument("--shrink-seconds", type=float, default=60, help="for each case that fails")
    parser.add_argument("--output", type=Path, default=REPOSITORY / "build" / "fuzz")
    parser.add_argument("--replay", type=Path, metavar="FOLDER", help="run a kept case again")
    parser.add_argument("--batch", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.replay:
        replay(arguments.replay)
    elif arguments.batch:
        folder = arguments.output / str(arguments.seed)
        batch = Batch(arguments.seed, folder, arguments.shrink_seconds)
        print(json.dumps(batch.run(arguments.count)))
    elif not Campaign(arguments).run():
        raise SystemExit(1)


if __name__ == "__main__":
    main()
