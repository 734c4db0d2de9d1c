// Constants are folded before anything is planned: a scale of the weights costs no operator and no traffic.
// RUN: optimus-opt %s --optimus-fuse="accelerator=generic" | FileCheck %s

// CHECK: memref.global {{.*}} dense<6.000000e+00>
// CHECK: optimus.operators = ["matmul0"]
// CHECK-SAME: dram_read_bytes = [24, 16]
// CHECK-NOT: "accel.launch"
#id = affine_map<(m, n) -> (m, n)>
func.func @main(%x: tensor<6x4xf32>) -> tensor<6x4xf32> {
  %weights = arith.constant dense<2.0> : tensor<4x4xf32>
  %scale = arith.constant 3.0 : f32
  %zero = arith.constant 0.0 : f32
  %empty_w = tensor.empty() : tensor<4x4xf32>
  %scaled = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%weights : tensor<4x4xf32>) outs(%empty_w : tensor<4x4xf32>) {
  ^bb0(%a: f32, %out: f32):
    %0 = arith.mulf %a, %scale : f32
    linalg.yield %0 : f32
  } -> tensor<4x4xf32>
  %empty = tensor.empty() : tensor<6x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = linalg.matmul ins(%x, %scaled : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}
