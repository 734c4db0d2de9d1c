#!/usr/bin/env python3
"""Compare accesses, cycles and energy on chip with ZigZag's, for the same layer, array and mapping.

ZigZag (Mei et al., IEEE TC 70(8), 2021) is an independent model by KU Leuven. It is no dependency
of this package; give it an environment of its own, with what the cost model needs:

    python3.11 -m venv zigzag-venv
    zigzag-venv/bin/pip install zigzag-dse==3.9.1 six pydantic
    PYTHONPATH=. zigzag-venv/bin/python tools/cross_check_zigzag.py

Prints the table in docs/cross-check.md. Both get 16-bit elements and sums, 1, 6 and 1 pJ for a
register, buffer and MAC; ZigZag has no array network and here DRAM is free, so neither counts.
"""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from zigzag.datatypes import LayerOperand
from zigzag.mapping.data_movement import DataDirection
from zigzag.mapping.temporal_mapping import TemporalMappingType
from zigzag.stages.evaluation.cost_model_evaluation import CostModelStage
from zigzag.stages.main import MainStage
from zigzag.stages.mapping.spatial_mapping_conversion import SpatialMappingConversionStage
from zigzag.stages.mapping.temporal_mapping_generator_stage import TemporalMappingGeneratorStage
from zigzag.stages.parser.accelerator_parser import AcceleratorParserStage
from zigzag.stages.parser.workload_parser import WorkloadParserStage
from zigzag.stages.stage import Stage
from zigzag.stages.workload_iterator import WorkloadStage

from optimus_mlir.cost.array import Placement, array_nest
from optimus_mlir.cost.figures import ArrayUse, picojoules
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Access, Linear, Operator

BITS = 16
HUGE_BITS = 10**12
DIMENSIONS = {"k": "K", "p": "OY", "q": "OX", "c": "C", "r": "FY", "s": "FX"}
OPERANDS = {"ifmap": "I1", "filter": "I2", "psum": "O"}


@dataclass(frozen=True)
class Layer:
    """A convolution: the extent of each of the loops k p q c r s."""

    name: str
    extents: tuple[int, ...]
    stride: int = 1

    def operator(self) -> Operator:
        rows, columns = {"p": self.stride, "r": 1}, {"q": self.stride, "s": 1}
        reads = access("x", {"c": 1}, rows, columns), access("w", *({i: 1} for i in "kcrs"))
        write = access("o", *({i: 1} for i in "kpq"))
        return Operator(self.name, self.extents, (False,) * 3 + (True,) * 3, reads, write)


def access(tensor: str, *indices: dict[str, int]) -> Access:
    linear = (Linear(tuple(index.get(i, 0) for i in DIMENSIONS)) for index in indices)
    return Access(tensor, tuple(linear))


LAYERS = (
    Layer("3x3, 16 -> 32, 14x14", (32, 14, 14, 16, 3, 3)),
    Layer("3x3 / 2, 16 -> 32, 14x14", (32, 14, 14, 16, 3, 3), stride=2),
    Layer("1x1, 48 -> 64, 14x14", (64, 14, 14, 48, 1, 1)),
    Layer("matrix 144 -> 64, 14 rows", (64, 1, 14, 144, 1, 1)),
    Layer("3x3, 20 -> 30, 13x13", (30, 13, 13, 20, 3, 3)),
)
COMMON: dict[str, Any] = {
    "description": "for comparison",
    "scratchpad_bytes": "1MiB",
    "element_bits": BITS,
    "accumulator_bits": BITS,
    "dram_access_pj": 0,
    "buffer_access_pj": 6,
    "register_access_pj": 1,
    "hop_pj": 0,
    "mac_pj": 1,
}
ARRAYS = (
    {
        "name": "row-stationary 12x14",
        "dataflow": "row-stationary",
        "pe_rows": 12,
        "pe_columns": 14,
        "register_file_bytes": 512,
        "unrolled_rows": ["kernel-rows", "input-channels"],
        "unrolled_columns": ["output-rows", "output-columns"],
    },
    {
        "name": "weight-stationary 16x16",
        "dataflow": "weight-stationary",
        "pe_rows": 16,
        "pe_columns": 16,
        "register_file_bytes": 2,
        "unrolled_rows": ["input-channels"],
        "unrolled_columns": ["output-channels"],
    },
    {
        "name": "output-stationary 14x16",
        "dataflow": "output-stationary",
        "pe_rows": 14,
        "pe_columns": 16,
        "register_file_bytes": 2,
        "unrolled_rows": ["output-columns"],
        "unrolled_columns": ["output-channels"],
    },
    {
        "name": "no local reuse 16x16",
        "dataflow": "no-local-reuse",
        "pe_rows": 16,
        "pe_columns": 16,
        "register_file_bytes": 2,
        "unrolled_rows": ["input-channels"],
        "unrolled_columns": ["output-channels"],
    },
)


@dataclass(frozen=True)
class Counts:
    """Accesses of the buffer and of the register files by operand, cycles, energy on chip."""

    buffer: tuple[float, float, float]
    registers: tuple[float, float, float]
    cycles: float
    energy_pj: float


def ours(layer: Layer, accelerator: Accelerator) -> Counts:
    figures = array_nest(layer.operator(), accelerator).figures_of(layer.extents)
    use = ArrayUse.of(figures)
    buffer, registers = use.buffer, use.register_file
    return Counts(
        (buffer.ifmap, buffer.filter, buffer.psum + buffer.result),
        (registers.ifmap, registers.filter, registers.psum),
        use.compute_cycles,
        float((figures @ picojoules(accelerator)).sum()),
    )


# ZigZag -------------------------------------------------------------------------------------------


def theirs(layer: Layer, accelerator: Accelerator) -> Counts:
    placement = array_nest(layer.operator(), accelerator).placement(layer.extents)
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "workload": [_workload(layer, placement)],
            "accelerator": _hardware(layer, accelerator, placement),
            "mapping": [_mapping(layer, placement)],
        }
        for name, content in files.items():
            (Path(folder) / f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
        evaluation = _evaluate({name: f"{folder}/{name}.yaml" for name in files})
    kept = [operand in accelerator.operands_kept for operand in OPERANDS]
    words = [evaluation.memory_word_access[LayerOperand(name)] for name in "IWO"]
    registers = [_accesses(w[0]) if k else 0.0 for w, k in zip(words, kept, strict=True)]
    buffer = [_below(w[1 if k else 0]) for w, k in zip(words, kept, strict=True)]
    energy = sum(registers) + 6 * sum(buffer) + evaluation.mac_energy
    return Counts(tuple(buffer), tuple(registers), evaluation.ideal_temporal_cycle, energy)


class UnrolledAsGiven(Stage):
    """The spatial mapping of the file: ZigZag's own stage would fit it to the port's bandwidth."""

    def __init__(self, stages: Any, *, accelerator: Any, layer: Any, **others: Any) -> None:
        super().__init__(stages, **others)
        self.accelerator, self.layer = accelerator, layer

    def run(self) -> Any:
        sizes = self.accelerator.operational_array.dimension_sizes
        self.layer.spatial_mapping.initialize_oa_dims(sizes)
        yield from SpatialMappingConversionStage(
            self.list_of_callables, accelerator=self.accelerator, layer=self.layer, **self.kwargs
        ).run()


def _evaluate(files: dict[str, str]) -> Any:
    stages = [
        WorkloadParserStage,
        AcceleratorParserStage,
        WorkloadStage,
        UnrolledAsGiven,
        TemporalMappingGeneratorStage,
        CostModelStage,
    ]
    main = MainStage(
        list_of_callables=stages,
        **files,
        loma_lpf_limit=6,
        loma_show_progress_bar=False,
        access_same_data_considered_as_no_access=False,
        temporal_mapping_type=TemporalMappingType.UNEVEN,
    )
    ((evaluation, _),) = main.run()
    return evaluation


def _accesses(words: Any) -> float:
    return sum(words.get(direction) for direction in DataDirection)


def _below(words: Any) -> float:
    """Without what passes between buffer and DRAM."""
    return words.get(DataDirection.RD_OUT_TO_LOW) + words.get(DataDirection.WR_IN_BY_LOW)


def _workload(layer: Layer, placement: Placement) -> dict[str, Any]:
    """Loops that the mapping does not divide are padded: ZigZag has no partial tiles."""
    trips = dict(_trips(layer, placement))
    padded = [
        trips[i] * s * b
        for i, (s, b) in enumerate(zip(placement.unrolled, placement.block, strict=True))
    ]
    return {
        "id": 0,
        "name": "layer",
        "operator_type": "Conv",
        "equation": "O[k][oy][ox]+=W[k][c][fy][fx]*I[c][iy][ix]",
        "dimension_relations": [
            f"ix={layer.stride}*ox+1*fx",
            f"iy={layer.stride}*oy+1*fy",
        ],
        "loop_dims": list(DIMENSIONS.values()),
        "loop_sizes": padded,
        "operand_precision": {"I": BITS, "W": BITS, "O": BITS, "O_final": BITS},
        "operand_source": {"I": 0, "W": 0},
    }


def _hardware(layer: Layer, accelerator: Accelerator, placement: Placement) -> dict[str, Any]:
    """A register file of exactly the block of each operand that is kept, a buffer, DRAM."""
    memories: dict[str, Any] = {}
    operator = layer.operator()
    accesses = {"ifmap": operator.reads[0], "filter": operator.reads[1], "psum": operator.write}
    for operand, its_access in accesses.items():
        if operand in accelerator.operands_kept:
            size = BITS * _elements(its_access, placement.block)
            memories[f"rf_{operand}"] = _memory([OPERANDS[operand]], size, 1, [])
    everything = list(OPERANDS.values())
    memories["buffer"] = _memory(everything, HUGE_BITS, 6, ["D1"])
    memories["dram"] = _memory(everything, HUGE_BITS, 0, ["D1"])
    array = {
        "input_precision": [BITS, BITS],
        "unit_energy": 1.0,
        "unit_area": 1.0,
        "dimensions": ["D1"],
        "sizes": [math.prod(placement.unrolled)],
    }
    return {"name": "compared", "memories": memories, "operational_array": array}


def _memory(operands: list[str], size: int, pj: float, serves: list[str]) -> dict[str, Any]:
    """A port of its own for every kind of transfer, one element wide: accesses are elements."""
    directions = {"fh": "w", "tl": "r", "fl": "w", "th": "r"}
    kinds = {"r": "read", "w": "write"}
    ports = [
        {
            "name": f"{directions[way]}_port_{number}",
            "type": kinds[directions[way]],
            "bandwidth_min": BITS,
            "bandwidth_max": BITS,
            "allocation": [f"{operand}, {way}"],
        }
        for number, (operand, way) in enumerate(
            (operand, way)
            for operand in operands
            for way in (directions if operand == "O" else ("fh", "tl"))
        )
    ]
    costs = {"r_cost": float(pj), "w_cost": float(pj), "area": 0.0, "latency": 1}
    return {
        "size": size,
        **costs,
        "operands": operands,
        "ports": ports,
        "served_dimensions": serves,
    }


def _elements(its_access: Access, block: tuple[int, ...]) -> int:
    spans = (
        1 + sum(index.coefficients[i] * (block[i] - 1) for i in index.loops)
        for index in its_access.indices
    )
    return math.prod(spans)


def _mapping(layer: Layer, placement: Placement) -> dict[str, Any]:
    names = list(DIMENSIONS.values())
    unrolled = [f"{names[i]}, {n}" for i, n in enumerate(placement.unrolled) if n > 1]
    return {
        "name": "default",
        "spatial_mapping": {"D1": unrolled},
        "temporal_ordering": [[names[i], n] for i, n in _loops(layer, placement) if n > 1],
        "memory_operand_links": {"O": "O", "W": "I2", "I": "I1"},
    }


def _loops(layer: Layer, placement: Placement) -> Iterator[tuple[int, int]]:
    """Temporal loops, innermost first: the block, then those around it."""
    yield from enumerate(placement.block)
    yield from _trips(layer, placement)


def _trips(layer: Layer, placement: Placement) -> Iterator[tuple[int, int]]:
    for i in reversed(placement.order):
        yield i, -(-layer.extents[i] // (placement.unrolled[i] * placement.block[i]))


# The table ----------------------------------------------------------------------------------------


def rows() -> Iterator[list[str]]:
    for fields in ARRAYS:
        accelerator = Accelerator.from_dict(COMMON | fields)
        for layer in LAYERS:
            a, b = ours(layer, accelerator), theirs(layer, accelerator)
            figures = [
                *zip(a.buffer, b.buffer, strict=True),
                (sum(a.registers), sum(b.registers)),
                (a.cycles, b.cycles),
                (a.energy_pj, b.energy_pj),
            ]
            yield [str(fields["name"]), layer.name, *(_compared(*pair) for pair in figures)]


def _compared(our: float, their: float) -> str:
    if our == their:
        return f"{our:,.0f}"
    part = f" ({100 * (our - their) / their:+.1f} %)" if their else ""
    return f"**{our:,.0f}** / {their:,.0f}{part}"


def main() -> None:
    logging.disable(logging.INFO)
    head = ["array", "layer", "buffer ifmap", "buffer filter", "buffer psum + result"]
    head += ["register files", "cycles", "energy, pJ"]
    print("|", " | ".join(head), "|")
    print("|---" * len(head) + "|")
    for row in rows():
        print("|", " | ".join(row), "|", flush=True)


if __name__ == "__main__":
    main()
