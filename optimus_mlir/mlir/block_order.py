"""Putting the ops of a block back in an order in which every value is there before it is read."""

from __future__ import annotations

import heapq

from torch_mlir import ir

from optimus_mlir.mlir.cloning import values_read


def restore_order(block: ir.Block) -> None:
    """Move ops behind what they read; of those that could come next, the first comes next.

    A block that is in order stays as it is. The terminator, which nothing reads, stays last.
    """
    ops = [op.operation for op in block.operations]
    place = {op: i for i, op in enumerate(ops)}
    missing: list[set[int]] = [set() for _ in ops]
    readers: list[list[int]] = [[] for _ in ops]
    for i, op in enumerate(ops):
        for value in values_read(op):
            owner = value.owner
            if not isinstance(owner, ir.Block) and owner.operation in place:
                missing[i].add(place[owner.operation])
        for source in missing[i]:
            readers[source].append(i)
    ready = [i for i, sources in enumerate(missing) if not sources]
    while ready:
        done = heapq.heappop(ready)
        if ops[done] != ops[-1]:
            ops[done].move_before(ops[-1])
        for reader in readers[done]:
            missing[reader].discard(done)
            if not missing[reader]:
                heapq.heappush(ready, reader)
