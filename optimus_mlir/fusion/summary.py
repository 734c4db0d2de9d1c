"""What a plan moves, by kind of tensor."""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.fusion.plan import Plan, members
from optimus_mlir.workload import Graph


@dataclass(frozen=True)
class Traffic:
    """DRAM bytes of a plan: weights read, feature maps read, feature maps written."""

    weights_read: int
    maps_read: int
    maps_written: int

    @property
    def total(self) -> int:
        return self.weights_read + self.maps_read + self.maps_written


def traffic_by_kind(graph: Graph, plan: Plan) -> Traffic:
    """Constants are weights; everything else is a feature map."""
    network = plan.network(graph)
    weights = maps = written = 0
    for group in plan.groups:
        tensors = members(network, group.operators).canonical().tensors
        for name, count in group.price.dram_read_bytes.items():
            if tensors[name].constant:
                weights += count
            else:
                maps += count
        written += sum(group.price.dram_write_bytes.values())
    return Traffic(weights, maps, written)
