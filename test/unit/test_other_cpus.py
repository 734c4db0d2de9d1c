"""Kernels become LLVM IR, and the IR instructions, for vector units that this computer may not have."""

from __future__ import annotations

import pytest

from optimus_mlir.codegen.blocking import VectorUnit
from optimus_mlir.codegen.cpu import AVX2, AVX512, NEON, SSE, vector_unit_of
from optimus_mlir.codegen.vectorise import vectorise
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.passes.convert_accel_to_llvm import AFTER_VECTORS

CONVOLUTION = """
func.func @main(%x: memref<1x3x9x13xf32>, %w: memref<8x3x3x3xf32>, %y: memref<1x8x7x11xf32>) {
  linalg.conv_2d_nchw_fchw {strides = dense<1> : vector<2xi64>, dilations = dense<1> : vector<2xi64>}
    ins(%x, %w : memref<1x3x9x13xf32>, memref<8x3x3x3xf32>) outs(%y : memref<1x8x7x11xf32>)
  return
}
"""


@pytest.mark.parametrize(
    ("machine", "flags", "unit"),
    [
        ("x86_64", {"avx512f", "avx512vl", "avx2", "fma"}, AVX512),
        ("x86_64", {"avx2", "fma", "sse4_2"}, AVX2),
        ("x86_64", {"avx512f", "avx2", "fma"}, AVX2),  # masks of short vectors need avx512vl
        ("AMD64", {"sse4_2"}, SSE),
        ("aarch64", {"asimd", "fp"}, NEON),
        ("arm64", set(), NEON),
    ],
)
def test_features_say_which_vector_unit_there_is(
    machine: str, flags: set[str], unit: VectorUnit
) -> None:
    assert vector_unit_of(machine, frozenset(flags)) == unit


@pytest.mark.parametrize("unit", [AVX512, AVX2, SSE, NEON])
def test_every_vector_unit_gets_llvm_ir_with_its_vectors(unit: VectorUnit) -> None:
    with new_context(), ir.Location.unknown():
        module = ir.Module.parse(CONVOLUTION)
        assert vectorise(module.operation, unit) == []
        run_passes(module, AFTER_VECTORS)
        names: set[str] = set()
        module.operation.walk(lambda op: visited(op, names))
        text = str(module)
    assert {name.split(".")[0] for name in names} == {"llvm", "builtin"}
    assert f"vector<{unit.vector_bytes // 4}xf32>" in text
    assert unit.has_masks == ("llvm.intr.masked.store" in text)


def visited(op: ir.Operation, names: set[str]) -> ir.WalkResult:
    names.add(op.name)
    return ir.WalkResult.ADVANCE
