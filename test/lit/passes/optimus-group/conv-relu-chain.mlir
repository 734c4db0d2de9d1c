// A relu belongs to the operator of its convolution, so even layer by layer they are not parted.
// RUN: optimus-opt %s --optimus-group="accelerator=generic solver=layer-by-layer" | FileCheck %s

// CHECK: module attributes {{.*}}optimus.solver = "layer-by-layer"
// CHECK: linalg.conv_1d {optimus.group = 0 : i64} ins(%arg0
// CHECK: linalg.generic {{.*}} attrs = {{.*}}{optimus.group = 0 : i64, optimus.price
// CHECK: linalg.conv_1d {optimus.group = 1 : i64} ins
// CHECK: linalg.generic {{.*}} attrs = {{.*}}{optimus.group = 1 : i64, optimus.price
#id = affine_map<(d0) -> (d0)>
func.func @main(%x: tensor<12xf32>, %w: tensor<3xf32>, %v: tensor<3xf32>) -> tensor<8xf32> {
  %zero = arith.constant 0.0 : f32
  %empty_y = tensor.empty() : tensor<10xf32>
  %init_y = linalg.fill ins(%zero : f32) outs(%empty_y : tensor<10xf32>) -> tensor<10xf32>
  %y = linalg.conv_1d ins(%x, %w : tensor<12xf32>, tensor<3xf32>) outs(%init_y : tensor<10xf32>) -> tensor<10xf32>
  %y_relu = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%y : tensor<10xf32>) {
  ^bb0(%a: f32):
    %0 = arith.maximumf %a, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<10xf32>
  %empty_z = tensor.empty() : tensor<8xf32>
  %init_z = linalg.fill ins(%zero : f32) outs(%empty_z : tensor<8xf32>) -> tensor<8xf32>
  %z = linalg.conv_1d ins(%y_relu, %v : tensor<10xf32>, tensor<3xf32>) outs(%init_z : tensor<8xf32>) -> tensor<8xf32>
  %z_relu = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%z : tensor<8xf32>) {
  ^bb0(%a: f32):
    %0 = arith.maximumf %a, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<8xf32>
  return %z_relu : tensor<8xf32>
}
