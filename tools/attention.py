#!/usr/bin/env python3
"""What does online softmax save? DRAM bytes of one head of attention, for many keys and scratchpads.

Compared are layer by layer, the best plan with whole rows of scores, and the best plan with parts of
the keys (`optimus_mlir/fusion/attention.py`).
"""

from __future__ import annotations

import argparse
from unittest import mock

from optimus_mlir.fusion import Plan, attention, solve
from optimus_mlir.target import Accelerator, load_accelerator, with_fields
from optimus_mlir.workload import Access, Body, Graph, Linear, Operator, Tensor

WIDTH = 64  # elements of a query, a key and a value


def head(keys: int) -> Graph:
    """Softmax(q k) v with as many queries as keys: loops m over queries, n over keys, d within one."""
    operators = (
        _operator("scores", keys, "mnd", ("q:md", "k:nd"), "s:mn", adds_up=True),
        _operator("maximum", keys, "mn", ("s:mn",), "m:m", body=Body.MAXIMUM),
        _operator("exponentials", keys, "mn", ("s:mn", "m:m"), "e:mn", body=Body.EXPONENTIAL),
        _operator("total", keys, "mn", ("e:mn",), "l:m", body=Body.SUM),
        _operator("shares", keys, "mn", ("e:mn", "l:m"), "p:mn", body=Body.SHARE),
        _operator("weighted", keys, "mdn", ("p:mn", "v:nd"), "o:md", adds_up=True),
    )
    shapes = {"md": "qo", "nd": "kv", "mn": "sep", "m": "ml"}
    tensors = {
        name: Tensor(name, tuple(WIDTH if loop == "d" else keys for loop in loops))
        for loops, names in shapes.items()
        for name in names
    }
    return Graph(operators, tensors, ("o",))


def _operator(
    name: str,
    keys: int,
    loops: str,
    reads: tuple[str, ...],
    write: str,
    *,
    body: Body = Body.OTHER,
    adds_up: bool = False,
) -> Operator:
    """Operands are written `tensor:loops`."""

    def access(operand: str) -> Access:
        tensor, indices = operand.split(":")
        return Access(tensor, tuple(Linear(tuple(int(i == j) for i in loops)) for j in indices))

    return Operator(
        name,
        tuple(WIDTH if loop == "d" else keys for loop in loops),
        tuple(loop not in write.split(":")[1] for loop in loops),
        tuple(map(access, reads)),
        access(write),
        multiplies=adds_up,
        adds_up=adds_up,
        body=body,
    )


def plans(group: Graph, accelerator: Accelerator) -> tuple[Plan, Plan, Plan]:
    layers = solve(group, accelerator, "layer-by-layer")
    with mock.patch.object(attention, "PARTS", ()):
        whole = solve(group, accelerator, "offline")
    return layers, whole, solve(group, accelerator, "offline")


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--keys", nargs="+", type=int, default=[1024, 4096], metavar="KEYS")
    arguments.add_argument("--kib", nargs="+", type=int, default=[16, 32, 64, 128], metavar="KIB")
    arguments.add_argument("--bits", type=int, default=8, metavar="BITS", help="of an element")
    given = arguments.parse_args()
    print("| keys | scratchpad | layer by layer | rows of scores whole | in parts | parts |")
    print("|---|---|---|---|---|---|")
    for keys in given.keys:
        for kib in given.kib:
            fields = [f"scratchpad_bytes={kib}KiB", f"element_bits={given.bits}"]
            found = plans(head(keys), with_fields(load_accelerator("generic"), fields))
            moved = " | ".join(f"{plan.dram_bytes:,}" for plan in found)
            parts = [len(split.sizes) for split in found[-1].splits]
            print(f"| {keys} | {kib} KiB | {moved} | {parts[0] if parts else 'none'} |", flush=True)


if __name__ == "__main__":
    main()
