// The shortcut of a residual block is read once for both of its uses.
// RUN: optimus-opt %s --optimus-group="accelerator=generic" | FileCheck %s

// CHECK: linalg.matmul {optimus.group = 0 : i64}
// CHECK: linalg.matmul {optimus.group = 0 : i64}
// CHECK: linalg.generic {{.*}} attrs = {{.*}}{optimus.group = 0 : i64, optimus.price = {dram_read_bytes = [24, 16, 16], dram_write_bytes = [24]
#id = affine_map<(m, n) -> (m, n)>
func.func @main(%x: tensor<6x4xf32>, %w: tensor<4x4xf32>, %v: tensor<4x4xf32>) -> tensor<6x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  %z = linalg.matmul ins(%y, %v : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  %sum = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<6x4xf32>) outs(%z : tensor<6x4xf32>) {
  ^bb0(%a: f32, %b: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<6x4xf32>
  return %sum : tensor<6x4xf32>
}
