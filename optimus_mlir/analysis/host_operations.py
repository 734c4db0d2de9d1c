"""Ops that stay on the host: why, and how many bytes they move."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from optimus_mlir.analysis.operator_form import holds_no_data, nest_or_reason
from optimus_mlir.analysis.views import is_view, sources
from optimus_mlir.mlir import ir
from optimus_mlir.mlir.cloning import values_read
from optimus_mlir.mlir.tm_tensor import DIALECT as TM_TENSOR

PARTS = frozenset({"tensor.extract_slice", "tensor.insert_slice", "tensor.concat", "tensor.pad"})


@dataclass(frozen=True)
class HostOperation:
    """An op that the accelerator has no operator for."""

    op: ir.Operation

    @property
    def name(self) -> str:
        return self.op.name

    @property
    def reason(self) -> str:
        """Why the accelerator cannot run it."""
        if self.name.startswith(TM_TENSOR):
            return "where it reads and writes depends on the data, or on the step before"
        if self.name in PARTS:
            seen_through = is_view(self.op.results[0])
            return "what reads it is no operator" if seen_through else "it is no view of boxes"
        reason = nest_or_reason(self.op)
        return reason if isinstance(reason, str) else "the accelerator has no such operation"

    @property
    def elements(self) -> int:
        """What it reads and writes: each tensor once, of what it only copies what arrives."""
        written = sum(_elements(result) for result in self.op.results)
        return 2 * written if self.name in PARTS else sum(map(_elements, self._reads())) + written

    def _reads(self) -> Iterator[ir.Value]:
        found = dict.fromkeys(s for value in values_read(self.op) for s in sources(value))
        return (value for value in found if not holds_no_data(value))


def _elements(value: ir.Value) -> int:
    return math.prod(value.type.shape) if isinstance(value.type, ir.RankedTensorType) else 0
