"""What `optimus` has to say about a model: what was predicted, what was counted, whether they agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from optimus_mlir.analysis.groups import CalledGroup
from optimus_mlir.cli.compilation import Planned
from optimus_mlir.cli.difference import Difference
from optimus_mlir.cli.options import Target
from optimus_mlir.cost.energy import GroupCost
from optimus_mlir.cost.totals import Total, total_of
from optimus_mlir.runtime.emulator import GroupCount


@dataclass(frozen=True)
class GroupReport:
    """A group as predicted, and as the emulator counted it; None if it did not run."""

    group: CalledGroup
    cost: GroupCost
    count: GroupCount | None = None

    @property
    def counted_dram_bytes(self) -> int | None:
        if self.count is None:
            return None
        return sum(self.count.dram_read_bytes) + sum(self.count.dram_write_bytes)

    @property
    def counted_scratchpad_bytes(self) -> int | None:
        return None if self.count is None else self.count.scratchpad_bytes

    def disagreements(self) -> Iterator[str]:
        """Where prediction and count differ, to the byte."""
        if self.count is None:
            return
        for what, predicted, counted in (
            ("DRAM bytes read", self.group.dram_read_bytes, self.count.dram_read_bytes),
            ("DRAM bytes written", self.group.dram_write_bytes, self.count.dram_write_bytes),
            ("scratchpad bytes", self.group.footprint_bytes, self.count.scratchpad_bytes),
        ):
            if predicted != counted:
                yield f"{what}: predicted {_shown(predicted)}, counted {_shown(counted)}"


@dataclass(frozen=True)
class Report:
    """A model that was planned, and perhaps run: then there is a difference from its reference."""

    model: str
    target: Target
    planned: Planned
    groups: tuple[GroupReport, ...]
    layer_by_layer: Total
    seconds: Mapping[str, float]
    difference: Difference | None = None

    @property
    def has_run(self) -> bool:
        return self.difference is not None

    @property
    def total(self) -> Total:
        """Energy and time of all groups."""
        return total_of([each.cost for each in self.groups], self.planned.accelerator)

    @property
    def predicted_dram_bytes(self) -> int:
        return sum(each.group.dram_bytes for each in self.groups)

    @property
    def counted_dram_bytes(self) -> int | None:
        """Over all groups; None unless all ran."""
        counts = [n for each in self.groups if (n := each.counted_dram_bytes) is not None]
        return sum(counts) if self.has_run and len(counts) == len(self.groups) else None

    @property
    def predicted_scratchpad_bytes(self) -> int:
        return max((each.group.footprint_bytes for each in self.groups), default=0)

    @property
    def counted_scratchpad_bytes(self) -> int | None:
        counts = [n for each in self.groups if (n := each.counted_scratchpad_bytes) is not None]
        return max(counts, default=0) if self.has_run else None

    def complaints(self) -> Iterator[str]:
        """What must never be: promises of the cost model that were broken, and wrong results."""
        for each in self.groups:
            number = each.group.number
            if self.has_run and each.count is None:
                yield f"group {number} did not run"
            if wrong := "; ".join(each.disagreements()):
                yield f"group {number}: {wrong}"
        if self.difference is not None and not self.difference.is_tolerable:
            error, reference = self.difference.max_abs_error, self.difference.reference
            yield f"the results differ by up to {error:.3g} from those of {reference}"


def _shown(count: int | tuple[int, ...]) -> str:
    return str(count) if isinstance(count, int) else ", ".join(map(str, count)) or "none"
