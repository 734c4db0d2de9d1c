"""The vector unit of the CPU that this runs on."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

from optimus_mlir.codegen.blocking import VectorUnit

CPU_INFO = Path("/proc/cpuinfo")

AVX512 = VectorUnit(vector_bytes=64, registers=32, has_masks=True)
AVX2 = VectorUnit(vector_bytes=32, registers=16, has_masks=True)
SSE = VectorUnit(vector_bytes=16, registers=16, has_masks=False)
NEON = VectorUnit(vector_bytes=16, registers=32, has_masks=False)


@cache
def host_vector_unit() -> VectorUnit:
    """Right on Linux; elsewhere the least that every CPU of this architecture has."""
    return vector_unit_of(platform.machine(), cpu_flags())


def vector_unit_of(machine: str, flags: frozenset[str]) -> VectorUnit:
    """The vector unit of an architecture with these instruction sets, in Linux's names."""
    if machine.lower() in {"arm64", "aarch64"}:
        return NEON
    if {"avx512f", "avx512vl"} <= flags:
        return AVX512
    return AVX2 if {"avx2", "fma"} <= flags else SSE


@cache
def cpu_flags() -> frozenset[str]:
    """The instruction sets of the first core, in Linux's names; empty where Linux is not."""
    if not CPU_INFO.exists():
        return frozenset()
    for line in CPU_INFO.read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() in {"flags", "Features"}:
            return frozenset(value.split())
    return frozenset()
