// Half of a tensor beside another one is copied, as is every second pixel: of these no concatenation is a view.
// RUN: optimus-opt %s --optimus-normalize | FileCheck %s

// CHECK-LABEL: func.func @half
// CHECK: %[[Y:.*]] = linalg.generic {{.*}}ins(%arg0 : tensor<3x4xf32>)
// CHECK: %[[HALF:.*]] = tensor.extract_slice %[[Y]][0, 2] [3, 2] [1, 1]
// CHECK: %[[COPY:.*]] = linalg.generic {{.*}}ins(%[[HALF]] : tensor<3x2xf32>) outs({{.*}} : tensor<3x2x1xf32>)
// CHECK: %[[PART:.*]] = tensor.collapse_shape %[[COPY]]
// CHECK: tensor.concat dim(1) %arg1, %[[PART]]
#id = affine_map<(i, j) -> (i, j)>
func.func @half(%x: tensor<3x4xf32>, %z: tensor<3x2xf32>) -> tensor<3x4xf32> {
  %empty = tensor.empty() : tensor<3x4xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<3x4xf32>) outs(%empty : tensor<3x4xf32>) {
  ^bb0(%a: f32, %out: f32):
    %0 = math.exp %a : f32
    linalg.yield %0 : f32
  } -> tensor<3x4xf32>
  %half = tensor.extract_slice %y[0, 2] [3, 2] [1, 1] : tensor<3x4xf32> to tensor<3x2xf32>
  %joined = tensor.concat dim(1) %z, %half : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x4xf32>
  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]} ins(%y, %joined : tensor<3x4xf32>, tensor<3x4xf32>) outs(%empty : tensor<3x4xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x4xf32>
  return %r : tensor<3x4xf32>
}

// What is only returned is put together by the host: no copy.
// CHECK-LABEL: func.func @returned
// CHECK-NOT: linalg.generic
// CHECK: tensor.concat
func.func @returned(%x: tensor<3x4xf32>, %z: tensor<3x2xf32>) -> tensor<3x4xf32> {
  %half = tensor.extract_slice %x[0, 2] [3, 2] [1, 1] : tensor<3x4xf32> to tensor<3x2xf32>
  %joined = tensor.concat dim(1) %z, %half : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x4xf32>
  return %joined : tensor<3x4xf32>
}
