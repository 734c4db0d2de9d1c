// MLIR's passes for functions need no func.func(...) around them; torch-mlir's own are found too.
// RUN: optimus-opt %s --affine-loop-unroll='unroll-factor=2' | FileCheck %s
// RUN: optimus-opt %s --refback-munge-memref-copy --affine-loop-unroll=unroll-factor=2 | FileCheck %s

// CHECK-NOT: affine.for
// CHECK: affine.store
// CHECK: affine.store
func.func @store_twice(%to: memref<2xf32>, %value: f32) {
  affine.for %i = 0 to 2 {
    affine.store %value, %to[%i] : memref<2xf32>
  }
  return
}
