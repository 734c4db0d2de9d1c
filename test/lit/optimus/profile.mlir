// --profile says which kernels took the time, which ops have no vectors, and why.
// RUN: optimus run %s --set element_bits=32 --profile | FileCheck %s
// RUN: not optimus run %s --profile --json 2>&1 | FileCheck %s --check-prefix=JSON

// CHECK: share calls kernel
// CHECK: % 1 exp 16
// CHECK: % copies, counting, calls, ops of the host
// CHECK: scalar ops: linalg.generic (its body reads memory): in functions with {{.*}} % of the time
// JSON: error: --profile prints a table: leave out --json
func.func @main(%x: tensor<16xi32>, %v: tensor<16xf32>) -> (tensor<16xi32>, tensor<16xf32>) {
  %empty = tensor.empty() : tensor<16xi32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<16xi32>) outs(%empty : tensor<16xi32>) {
  ^bb0(%e: i32, %out: i32):
    %fifteen = arith.constant 15 : i32
    %low = arith.andi %e, %fifteen : i32
    %i = arith.index_cast %low : i32 to index
    %s = tensor.extract %x[%i] : tensor<16xi32>
    linalg.yield %s : i32
  } -> tensor<16xi32>
  %floats = tensor.empty() : tensor<16xf32>
  %w = linalg.exp ins(%v : tensor<16xf32>) outs(%floats : tensor<16xf32>) -> tensor<16xf32>
  return %y, %w : tensor<16xi32>, tensor<16xf32>
}
