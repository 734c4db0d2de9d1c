// --profile says which kernels took the time, which ops have no vectors, and why.
// RUN: optimus run %s --profile | FileCheck %s
// RUN: not optimus run %s --profile --json 2>&1 | FileCheck %s --check-prefix=JSON

// CHECK: share calls kernel
// CHECK: % 1 {{.*}}generic 16
// CHECK: % copies, counting, calls, work of the host
// CHECK: scalar ops: linalg.generic (its body asks for loop indices): in kernels with {{.*}} of the time
// JSON: error: --profile prints a table: leave out --json
func.func @main(%x: tensor<16xi64>) -> tensor<16xi64> {
  %empty = tensor.empty() : tensor<16xi64>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<16xi64>) outs(%empty : tensor<16xi64>) {
  ^bb0(%e: i64, %out: i64):
    %i = linalg.index 0 : index
    %n = arith.index_cast %i : index to i64
    %s = arith.addi %e, %n : i64
    linalg.yield %s : i64
  } -> tensor<16xi64>
  return %y : tensor<16xi64>
}
