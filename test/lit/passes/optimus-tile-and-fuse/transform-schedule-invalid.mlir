// A transform schedule that leaves a tile whole, or is not for these groups, or is no program, is refused with the reason.
// RUN: optimus-opt %s --optimus-tile-and-fuse="print-schedule=%t.mlir" -o %t.tiled
// RUN: sed '/include.*conv0.2/d' %t.mlir > %t.misses.mlir
// RUN: not optimus-opt %s --optimus-tile-and-fuse="schedule=%t.misses.mlir" 2>&1 | FileCheck %s --check-prefix=MISSES
// RUN: sed 's/@group_0/@grup_0/' %t.mlir > %t.lacks.mlir
// RUN: not optimus-opt %s --optimus-tile-and-fuse="schedule=%t.lacks.mlir" 2>&1 | FileCheck %s --check-prefix=LACKS
// RUN: sed 's/"conv0 2"/"conv0 4"/' %t.mlir > %t.tile.mlir
// RUN: not optimus-opt %s --optimus-tile-and-fuse="schedule=%t.tile.mlir" 2>&1 | FileCheck %s --check-prefix=TILE
// RUN: sed 's/private @cut/@cut/' %t.mlir > %t.unknown.mlir
// RUN: not optimus-opt %s --optimus-tile-and-fuse="schedule=%t.unknown.mlir" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: sed 's/transform.yield/transform.yeld/' %t.mlir > %t.text.mlir
// RUN: not optimus-opt %s --optimus-tile-and-fuse="schedule=%t.text.mlir" 2>&1 | FileCheck %s --check-prefix=TEXT
// RUN: sed 's/scf.execute_region/scf.forall/' %t.mlir > %t.fails.mlir
// RUN: not optimus-opt %s --optimus-tile-and-fuse="schedule=%t.fails.mlir" 2>&1 | FileCheck %s --check-prefix=FAILS

// MISSES: transform-schedule-invalid.mlir:{{.*}} error: the transform schedule does not cut 'conv0 2'
// TILE: tile.mlir:20:{{.*}} error: @group_0 has no tile 'conv0 4' (did you mean 'conv0 3'?): choose conv0 3, conv0 2
// LACKS: lacks.mlir: no transform.named_sequence for the group @group_0
// UNKNOWN: unknown.mlir: there is no group @cut; a sequence for others to include must be private
// TEXT: text.mlir:{{.*}} error: custom op 'transform.yeld' is unknown
// FAILS: the transform schedule does not apply
// FAILS: fails.mlir":{{[0-9:]+}}): {{.*}}exactly one containing_op
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func private @group_0(%x: tensor<10xf32>, %w: tensor<3xf32>, %out: tensor<8xf32>) -> tensor<8xf32> attributes {optimus.schedule = {blocks = [], keeps = [], tiles = [[0, 3]]}} {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<8xf32>) -> tensor<8xf32>
  %y = linalg.conv_1d ins(%x, %w : tensor<10xf32>, tensor<3xf32>) outs(%init : tensor<8xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}
}
