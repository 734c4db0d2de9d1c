"""What users change in a transform schedule runs, with the same result as before."""

from pathlib import Path

import numpy as np
import pytest

from optimus_mlir.mlir import Step, ir, new_context, run_passes
from optimus_mlir.mlir.program import parse_program
from optimus_mlir.passes.convert_linalg_to_accel import ConvertLinalgToAccelPass
from optimus_mlir.passes.group import GroupPass
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.passes.outline import OutlinePass
from optimus_mlir.passes.tile_and_fuse import TileAndFusePass
from optimus_mlir.runtime.emulator import emulate
from optimus_mlir.runtime.interpreter import interpret
from optimus_mlir.runtime.plain import run_plainly

NETWORK = """
#same = affine_map<(n, c, h, w) -> (n, c, h, w)>
#channel = affine_map<(n, c, h, w) -> (c)>
func.func @main(%x: tensor<1x2x18x18xf32>, %w: tensor<4x2x3x3xf32>, %b: tensor<4xf32>)
    -> tensor<1x4x16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<1x4x16x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x4x16x16xf32>)
    -> tensor<1x4x16x16xf32>
  %sums = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<1x2x18x18xf32>, tensor<4x2x3x3xf32>)
    outs(%init : tensor<1x4x16x16xf32>) -> tensor<1x4x16x16xf32>
  %y = linalg.generic {indexing_maps = [#channel, #same],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%b : tensor<4xf32>) outs(%sums : tensor<1x4x16x16xf32>) {
    ^bb0(%bias: f32, %sum: f32):
      %with = arith.addf %sum, %bias : f32
      linalg.yield %with : f32
  } -> tensor<1x4x16x16xf32>
  return %y : tensor<1x4x16x16xf32>
}
"""
SHAPES = (1, 2, 18, 18), (4, 2, 3, 3), (4,)
ONE = ": (!transform.any_op) -> !transform.any_op"
TWO = ": (!transform.any_op) -> (!transform.any_op, !transform.any_op)"
CONV = f'%conv = transform.structured.match ops{{["linalg.conv_2d_nchw_fchw"]}} in %tile {ONE}'
EDITS = {
    "tiled again": [CONV, f"transform.structured.tile_using_for %conv tile_sizes [0, 2] {TWO}"],
    "other loop order": [
        CONV,
        f"%loops = transform.structured.generalize %conv {ONE}",
        f"transform.structured.interchange %loops iterator_interchange = [4, 5, 6, 0, 1, 2, 3] {ONE}",
    ],
    "as a matmul": [CONV, f"transform.structured.convert_conv2d_to_img2col %conv {TWO}"],
}
END_OF_CUT = "transform.apply_dce to %tile : !transform.any_op\n"


def compiled(tiling: Step) -> ir.Module:
    """The network for a scratchpad in which it needs partial tiles and windows."""
    module = parse_program(NETWORK.encode(), new_context())
    plan = GroupPass(accelerator="generic", set="scratchpad_bytes=900")
    run_passes(module, [NormalizePass(), plan, OutlinePass(), tiling, ConvertLinalgToAccelPass()])
    return module


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_schedule_takes_effect_and_changes_no_result(edit: str, tmp_path: Path) -> None:
    file = tmp_path / "schedule.mlir"
    ours = compiled(TileAndFusePass(print_schedule=str(file)))
    file.write_text(file.read_text().replace(END_OF_CUT, "\n".join([END_OF_CUT, *EDITS[edit], ""])))
    edited = compiled(TileAndFusePass(schedule=str(file)))
    assert str(edited) != str(ours)
    random = np.random.default_rng(0)
    inputs = [random.standard_normal(shape).astype(np.float32) for shape in SHAPES]
    [expected] = run_plainly(parse_program(NETWORK.encode(), new_context()), inputs)
    execution = emulate(edited, inputs)
    np.testing.assert_allclose(execution.outputs[0], expected, atol=1e-5)
    if edit != "as a matmul":  # whose maps the interpreter does not know
        np.testing.assert_allclose(interpret(edited, inputs).outputs[0], expected, atol=1e-5)
