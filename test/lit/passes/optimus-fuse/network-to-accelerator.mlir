// A network becomes launches of programs on the accelerator: here one, since both products fit on chip together.
// RUN: optimus-opt %s --optimus-fuse="accelerator=generic" | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK: "accel.launch"
// CHECK: optimus.operators = ["matmul0", "matmul1"]
// CHECK-NOT: "accel.launch"
// CHECK-LABEL: func.func private @group_0
// CHECK-COUNT-3: "accel.load"
// CHECK-NOT: "accel.load"
// CHECK-COUNT-1: "accel.store"
// CHECK-NOT: "accel.store"
func.func @main(%x: tensor<6x4xf32>, %w: tensor<4x4xf32>, %v: tensor<4x2xf32>) -> tensor<6x2xf32> {
  %zero = arith.constant 0.0 : f32
  %empty_y = tensor.empty() : tensor<6x4xf32>
  %init_y = linalg.fill ins(%zero : f32) outs(%empty_y : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init_y : tensor<6x4xf32>) -> tensor<6x4xf32>
  %empty_z = tensor.empty() : tensor<6x2xf32>
  %init_z = linalg.fill ins(%zero : f32) outs(%empty_z : tensor<6x2xf32>) -> tensor<6x2xf32>
  %z = linalg.matmul ins(%y, %v : tensor<6x4xf32>, tensor<4x2xf32>) outs(%init_z : tensor<6x2xf32>) -> tensor<6x2xf32>
  return %z : tensor<6x2xf32>
}
