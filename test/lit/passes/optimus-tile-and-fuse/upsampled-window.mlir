// What reads an upsampled map wants some of its elements; on chip are whole blocks of copies. The
// tile reads from one element after the first, or from the first: two steps in turn, one loop.
// RUN: optimus-opt %s --optimus-tile-and-fuse --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func private @group_0
// CHECK: scf.for
// CHECK: linalg.broadcast {{.*}} outs(%{{.*}} : tensor<3x2xf32>)
// CHECK: %[[ONE:.*]] = tensor.collapse_shape {{.*}} : tensor<3x2xf32> into tensor<6xf32>
// CHECK: tensor.extract_slice %[[ONE]][1] [5] [1]
// CHECK: linalg.conv_1d {{.*}} ins({{.*}} : tensor<5xf32>, tensor<3xf32>)
// CHECK: linalg.broadcast {{.*}} outs(%{{.*}} : tensor<3x2xf32>)
// CHECK: %[[OTHER:.*]] = tensor.collapse_shape {{.*}} : tensor<3x2xf32> into tensor<6xf32>
// CHECK: tensor.extract_slice %[[OTHER]][0] [5] [1]
// CHECK: linalg.conv_1d {{.*}} ins({{.*}} : tensor<5xf32>, tensor<3xf32>)
// CHECK: scf.yield
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
  func.func private @group_0(%x: tensor<15xf32>, %w: tensor<3xf32>, %out: tensor<27xf32>) -> tensor<27xf32>
      attributes {optimus.schedule = {blocks = [], keeps = [], tiles = [[0, 3]]}} {
    %zero = arith.constant 0.0 : f32
    %empty = tensor.empty() : tensor<15x2xf32>
    %twice = linalg.broadcast ins(%x : tensor<15xf32>) outs(%empty : tensor<15x2xf32>) dimensions = [1]
    %u = tensor.collapse_shape %twice [[0, 1]] : tensor<15x2xf32> into tensor<30xf32>
    %cut = tensor.extract_slice %u[1] [29] [1] : tensor<30xf32> to tensor<29xf32>
    %empty_y = tensor.empty() : tensor<27xf32>
    %init = linalg.fill ins(%zero : f32) outs(%empty_y : tensor<27xf32>) -> tensor<27xf32>
    %y = linalg.conv_1d ins(%cut, %w : tensor<29xf32>, tensor<3xf32>) outs(%init : tensor<27xf32>) -> tensor<27xf32>
    return %y : tensor<27xf32>
  }
}
