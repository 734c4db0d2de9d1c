// What stays on the host is named with its reason; its bytes are counted apart from the traffic of the groups.
// Also when the plan is read from the cache.
// RUN: optimus run %s --json 2>%t.err | FileCheck %s --check-prefix=JSON
// RUN: FileCheck %s --check-prefix=REMARK < %t.err
// RUN: optimus run %s 2>%t.again | FileCheck %s --check-prefix=TABLE
// RUN: FileCheck %s --check-prefix=REMARK < %t.again

// REMARK: host-op.mlir:{{[0-9]+}}:{{[0-9]+}}: remark: linalg.generic stays on the host, where it moves {{[0-9]+}} B: it gathers: its body picks elements of a tensor
// JSON: "host_operations": [
// JSON-NEXT: "linalg.generic"
// JSON: "host_bytes": 96,
// JSON: "predicted": 64,
// JSON-NEXT: "counted": 64,
// JSON: "matches_reference": true
// TABLE: on the host 96 B in 1 op, not part of the DRAM traffic: linalg.generic
func.func @main(%x: tensor<4x4xi32>) -> tensor<4x4xi32> {
  %empty = tensor.empty() : tensor<4x4xi32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<4x4xi32>) outs(%empty : tensor<4x4xi32>) {
  ^bb0(%in: i32, %out: i32):
    %s = arith.addi %in, %in : i32
    linalg.yield %s : i32
  } -> tensor<4x4xi32>
  %z = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%y : tensor<4x4xi32>) outs(%empty : tensor<4x4xi32>) {
  ^bb0(%in: i32, %out: i32):
    %three = arith.constant 3 : i32
    %low = arith.andi %in, %three : i32
    %i = arith.index_cast %low : i32 to index
    %e = tensor.extract %x[%i, %i] : tensor<4x4xi32>
    linalg.yield %e : i32
  } -> tensor<4x4xi32>
  return %z : tensor<4x4xi32>
}
