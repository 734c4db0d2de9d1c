// JSON is exact; what is not known is null.
// RUN: optimus run %s --json | FileCheck %s --check-prefixes=CHECK,COUNTED
// RUN: optimus plan %s --json | FileCheck %s --check-prefixes=CHECK,NULL

// CHECK: "name": "eyeriss"
// CHECK: "function": "group_0"
// CHECK: "predicted": {
// CHECK-NEXT: "read": [
// CHECK-NEXT: 96,
// CHECK-NEXT: 80
// COUNTED: "counted": {
// NULL: "counted": null
// CHECK: "floor": 236
// CHECK: "energy_pj": {
// CHECK: "dram": {{[0-9.]+}}
// CHECK: "layer_by_layer": {{[0-9.]+}}
// CHECK: "cycles": {
// CHECK: "dma": {{[0-9]+}},
// CHECK: "utilisation": 0.{{[0-9]+}}
// COUNTED: "max_abs_error": 0.0
// NULL: "max_abs_error": null
// NULL: "run": null
func.func @main(%x: tensor<6x8xi32>, %w: tensor<8x5xi32>) -> tensor<6x5xi32> {
  %zero = arith.constant 0 : i32
  %empty = tensor.empty() : tensor<6x5xi32>
  %init = linalg.fill ins(%zero : i32) outs(%empty : tensor<6x5xi32>) -> tensor<6x5xi32>
  %y = linalg.matmul ins(%x, %w : tensor<6x8xi32>, tensor<8x5xi32>) outs(%init : tensor<6x5xi32>) -> tensor<6x5xi32>
  return %y : tensor<6x5xi32>
}
