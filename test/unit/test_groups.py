"""Reading the plan back from an outlined module, and the compulsory traffic of its function."""

import pytest

from optimus_mlir.analysis.compulsory import compulsory_bytes
from optimus_mlir.analysis.dataflow import read_dataflow
from optimus_mlir.analysis.groups import CalledGroup, find_main, read_groups
from optimus_mlir.cost import Schedule
from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import ir, new_context, run_passes
from optimus_mlir.mlir.program import parse_program
from optimus_mlir.passes.group import GroupPass
from optimus_mlir.passes.outline import OutlinePass
from optimus_mlir.target import load_accelerator

MATMUL = """
  %y{n} = linalg.matmul ins({x}, %w : tensor<4x4xf32>, tensor<4x4xf32>)
                        outs(%init : tensor<4x4xf32>) -> tensor<4x4xf32>
"""
TENSOR_BYTES = 4 * 4 * 2  # on an accelerator of 16 bits


def module(body: str) -> ir.Module:
    source = f"""
    func.func @main(%x: tensor<4x4xf32>, %w: tensor<4x4xf32>) -> tensor<4x4xf32> {{
      %zero = arith.constant 0.0 : f32
      %empty = tensor.empty() : tensor<4x4xf32>
      %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
      {body}
    }}
    """
    return parse_program(source.encode(), new_context())


def two_matmuls(between: str, second_input: str) -> ir.Module:
    return module(
        MATMUL.format(n=0, x="%x")
        + between
        + MATMUL.format(n=1, x=second_input)
        + "return %y1 : tensor<4x4xf32>"
    )


ON_HOST = """
  %empty_row = tensor.empty() : tensor<2x4xf32>
  %row = tensor.extract_slice %y0[0, 0] [2, 4] [1, 1] : tensor<4x4xf32> to tensor<2x4xf32>
  %host = tensor.insert_slice %row into %y0[2, 0] [2, 4] [1, 1]
          : tensor<2x4xf32> into tensor<4x4xf32>
"""


def compulsory(program: ir.Module) -> int:
    with program.context, ir.Location.unknown():
        main = find_main(program).operation
        return compulsory_bytes(read_dataflow(main), main, load_accelerator("eyeriss"))


def test_groups_are_read_from_calls() -> None:
    program = two_matmuls("", "%y0")
    run_passes(program, [GroupPass(), OutlinePass()])
    (group,) = read_groups(program)
    assert group == CalledGroup(
        number=0,
        operators=group.operators,
        function="group_0",
        result_shape=(4, 4),
        schedule=Schedule(),  # untiled: there is nothing to keep in a window
        dram_read_bytes=(TENSOR_BYTES, TENSOR_BYTES),
        dram_write_bytes=(TENSOR_BYTES,),
        footprint_bytes=group.footprint_bytes,
        macs=128,
    )
    assert len(group.operators) == 2
    assert group.dram_bytes == 3 * TENSOR_BYTES


def test_groups_of_equal_structure_share_a_function() -> None:
    program = two_matmuls("", "%y0")
    run_passes(program, [GroupPass(solver="layer-by-layer"), OutlinePass()])
    assert [(group.number, group.function) for group in read_groups(program)] == [
        (0, "group_0"),
        (1, "group_0"),
    ]


def test_compulsory_traffic_is_inputs_and_results_once() -> None:
    assert compulsory(two_matmuls("", "%y0")) == 3 * TENSOR_BYTES


def test_compulsory_traffic_leaves_out_what_the_host_exchanges() -> None:
    assert compulsory(two_matmuls(ON_HOST, "%host")) == 3 * TENSOR_BYTES


def test_network_must_be_called_main() -> None:
    program = parse_program(b"func.func @network() { return }", new_context())
    with pytest.raises(OptimusError, match="no function @main"):
        find_main(program)
