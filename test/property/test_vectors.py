"""Vectors compute what scalar loops compute, whatever the op, its sizes and the CPU."""

from __future__ import annotations

import ctypes

import numpy as np
from hypothesis import given, note
from hypothesis import strategies as st
from random_kernels import Kernel, kernels

from optimus_mlir.codegen.blocking import VectorUnit
from optimus_mlir.codegen.cpu import AVX2, AVX512, NEON, SSE
from optimus_mlir.codegen.vectorise import vectorise
from optimus_mlir.mlir import execution_engine, ir, new_context, run_passes

TO_LLVM = (
    "convert-linalg-to-loops,lower-affine,expand-strided-metadata,lower-affine,convert-scf-to-cf,"
    "convert-vector-to-llvm{reassociate-fp-reductions=1},convert-math-to-llvm,convert-math-to-libm,"
    "convert-func-to-llvm{use-bare-ptr-memref-call-conv=1},convert-to-llvm,"
    "reconcile-unrealized-casts"
)
DTYPES = {"f32": np.float32, "i8": np.int8, "i32": np.int32}
GUARDS = 64  # elements after a buffer that must not change


@given(kernels(), st.sampled_from([AVX512, AVX2, NEON, SSE]), st.integers(0, 2**32))
def test_vectors_compute_what_loops_compute(kernel: Kernel, unit: VectorUnit, seed: int) -> None:
    note(kernel.text)
    arrays = random_arrays(kernel, seed)
    expected = [array.copy() for array in arrays]
    run(kernel, expected, None)
    run(kernel, arrays, unit)
    for mine, plain in zip(arrays, expected, strict=True):
        np.testing.assert_allclose(mine, plain, rtol=2e-4, atol=2e-5)


def random_arrays(kernel: Kernel, seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [
        random.standard_normal(size + GUARDS).astype(np.float32)
        if element == "f32"
        else random.integers(-8, 8, size + GUARDS).astype(DTYPES[element])
        for size, element in kernel.buffers
    ]


def run(kernel: Kernel, arrays: list[np.ndarray], unit: VectorUnit | None) -> None:
    with new_context(), ir.Location.unknown():
        module = ir.Module.parse(kernel.text)
        if unit is not None:
            run_passes(module, ["math-expand-ops{ops=tanh}"])
            assert vectorise(module.operation, unit) == []
            module.operation.verify()
        run_passes(module, [TO_LLVM])
        engine = execution_engine.ExecutionEngine(module, opt_level=1)
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
    packed = (ctypes.c_void_p * len(pointers))(*map(ctypes.addressof, pointers))
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(engine.raw_lookup("kernel"))(packed)
