"""Where the time of an emulated run goes: how often each kernel is called, and its ticks.

A tick is one of the CPU's counter (LLVM's readcyclecounter): good for shares, not for seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

from optimus_mlir.mlir import arith, ir, memref

WHOLE_RUN = "main"


class KernelTimes:
    """Numbers two counters, calls and ticks, for `main` and for each of the kernels."""

    def __init__(self, kernels: Sequence[str]) -> None:
        self.names = (WHOLE_RUN, *kernels)

    @property
    def counters(self) -> int:
        return 2 * len(self.names)

    @staticmethod
    def type() -> ir.Type:
        length = ir.ShapedType.get_dynamic_size()
        return ir.MemRefType.get([length], ir.IntegerType.get_signless(64))

    @staticmethod
    def now() -> ir.Value:
        """The CPU's counter at this point of the program."""
        nothing = ir.DenseI32ArrayAttr.get([])
        attributes = {
            "intrin": ir.StringAttr.get("llvm.readcyclecounter"),
            "op_bundle_sizes": nothing,
            "operandSegmentSizes": ir.DenseI32ArrayAttr.get([0, 0]),
        }
        i64 = ir.IntegerType.get_signless(64)
        return ir.Operation.create(
            "llvm.call_intrinsic", results=[i64], attributes=attributes
        ).result

    def add(self, times: ir.Value, name: str, start: ir.Value) -> None:
        """Count one call, and the ticks since `start`."""
        number = 2 * self.names.index(name)
        one = arith.ConstantOp(ir.IntegerType.get_signless(64), 1).result
        _add(times, number, one)
        _add(times, number + 1, arith.subi(self.now(), start))


def _add(times: ir.Value, number: int, value: ir.Value) -> None:
    at = arith.ConstantOp(ir.IndexType.get(), number).result
    memref.store(arith.addi(memref.load(times, [at]), value), times, [at])
