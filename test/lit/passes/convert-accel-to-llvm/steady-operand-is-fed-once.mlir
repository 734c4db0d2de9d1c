// What a kernel pads is padded before the loop in which it stays the same; what each step loads is not.
// RUN: optimus-opt %s --convert-accel-to-llvm | FileCheck %s

// CHECK-LABEL: llvm.func @group_0
// CHECK: llvm.call @feed_0(
// CHECK: llvm.cond_br
// CHECK: llvm.call @copy_rows
// CHECK-NOT: feed
// CHECK: llvm.call @kernel_0(
// CHECK: llvm.func @kernel_0
// CHECK-NOT: llvm.func @feed_1
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func @main(%x: memref<6xf32>, %w: memref<4x6xf32>, %y: memref<8xf32>) {
  "accel.launch"() ({
    func.call @group_0(%x, %w, %y) : (memref<6xf32>, memref<4x6xf32>, memref<8xf32>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  return
}
func.func private @group_0(%x: memref<6xf32>, %w: memref<4x6xf32>, %y: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %sum = "accel.alloc"() {bytes = 8, offset = 0} : () -> memref<8xf32, 1>
  %in = "accel.alloc"() {bytes = 6, offset = 8} : () -> memref<6xf32, 1>
  "accel.load"(%x, %in) : (memref<6xf32>, memref<6xf32, 1>) -> ()
  "accel.load"(%y, %sum) : (memref<8xf32>, memref<8xf32, 1>) -> ()
  scf.for %i = %c0 to %c4 step %c1 {
    %row = memref.subview %w[%i, 0] [1, 6] [1, 1] : memref<4x6xf32> to memref<6xf32, strided<[1], offset: ?>>
    %step = "accel.alloc"() {bytes = 6, offset = 16} : () -> memref<6xf32, 1>
    "accel.load"(%row, %step) : (memref<6xf32, strided<[1], offset: ?>>, memref<6xf32, 1>) -> ()
    "accel.compute"() ({
      func.call @kernel_0(%in, %step, %sum) : (memref<6xf32, 1>, memref<6xf32, 1>, memref<8xf32, 1>) -> ()
      "accel.end"() : () -> ()
    }) : () -> ()
  }
  "accel.store"(%sum, %y) : (memref<8xf32, 1>, memref<8xf32>) -> ()
  return
}
func.func private @kernel_0(%in: memref<6xf32, 1>, %step: memref<6xf32, 1>, %sum: memref<8xf32, 1>) {
  %zero = arith.constant 0.0 : f32
  %a = memref.alloc() : memref<8xf32>
  linalg.fill ins(%zero : f32) outs(%a : memref<8xf32>)
  %inside_a = memref.subview %a[1] [6] [1] : memref<8xf32> to memref<6xf32, strided<[1], offset: 1>>
  linalg.copy ins(%in : memref<6xf32, 1>) outs(%inside_a : memref<6xf32, strided<[1], offset: 1>>)
  %b = memref.alloc() : memref<8xf32>
  linalg.fill ins(%zero : f32) outs(%b : memref<8xf32>)
  %inside_b = memref.subview %b[1] [6] [1] : memref<8xf32> to memref<6xf32, strided<[1], offset: 1>>
  linalg.copy ins(%step : memref<6xf32, 1>) outs(%inside_b : memref<6xf32, strided<[1], offset: 1>>)
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%a, %b : memref<8xf32>, memref<8xf32>) outs(%sum : memref<8xf32, 1>) {
  ^bb0(%p: f32, %q: f32, %s: f32):
    %t = arith.mulf %p, %q : f32
    %u = arith.addf %s, %t : f32
    linalg.yield %u : f32
  }
  memref.dealloc %a : memref<8xf32>
  memref.dealloc %b : memref<8xf32>
  return
}
}
