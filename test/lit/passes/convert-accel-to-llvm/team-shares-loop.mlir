// Members of a team take steps of a loop whose steps are independent, with a scratchpad of their own;
// the leader alone does what is outside.
// RUN: optimus-opt %s --convert-accel-to-llvm=for-team=true | FileCheck %s
// RUN: optimus-opt %s --convert-accel-to-llvm | FileCheck %s --check-prefix=ALONE

// ALONE-NOT: team_
// CHECK-LABEL: llvm.func @group_0
// CHECK: %[[LEADS:.*]] = llvm.icmp "eq"
// CHECK: llvm.cond_br %[[LEADS]]
// CHECK: llvm.call @copy_rows
// CHECK: llvm.call @team_begin
// CHECK: llvm.call @team_take
// CHECK-NOT: llvm.cond_br %[[LEADS]]
// CHECK: llvm.call @copy_rows
// CHECK: llvm.call @kernel_0
// CHECK: llvm.call @team_finish
// CHECK: llvm.call @team_end
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 65536, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func @main(%x: memref<64x128xf32>, %w: memref<128x64xf32>, %y: memref<64x64xf32>) {
  "accel.launch"() ({
    func.call @group_0(%x, %w, %y) : (memref<64x128xf32>, memref<128x64xf32>, memref<64x64xf32>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  return
}
func.func private @group_0(%x: memref<64x128xf32>, %w: memref<128x64xf32>, %y: memref<64x64xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %weights = "accel.alloc"() {bytes = 8192, offset = 0} : () -> memref<128x64xf32, 1>
  "accel.load"(%w, %weights) : (memref<128x64xf32>, memref<128x64xf32, 1>) -> ()
  scf.for %i = %c0 to %c64 step %c8 {
    %in = memref.subview %x[%i, 0] [8, 128] [1, 1] : memref<64x128xf32> to memref<8x128xf32, strided<[128, 1], offset: ?>>
    %out = memref.subview %y[%i, 0] [8, 64] [1, 1] : memref<64x64xf32> to memref<8x64xf32, strided<[64, 1], offset: ?>>
    %a = "accel.alloc"() {bytes = 1024, offset = 8192} : () -> memref<8x128xf32, 1>
    "accel.load"(%in, %a) : (memref<8x128xf32, strided<[128, 1], offset: ?>>, memref<8x128xf32, 1>) -> ()
    %b = "accel.alloc"() {bytes = 512, offset = 9216} : () -> memref<8x64xf32, 1>
    "accel.compute"() ({
      func.call @kernel_0(%a, %weights, %b) : (memref<8x128xf32, 1>, memref<128x64xf32, 1>, memref<8x64xf32, 1>) -> ()
      "accel.end"() : () -> ()
    }) : () -> ()
    "accel.store"(%b, %out) : (memref<8x64xf32, 1>, memref<8x64xf32, strided<[64, 1], offset: ?>>) -> ()
  }
  return
}
func.func private @kernel_0(%a: memref<8x128xf32, 1>, %w: memref<128x64xf32, 1>, %b: memref<8x64xf32, 1>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%b : memref<8x64xf32, 1>)
  linalg.matmul ins(%a, %w : memref<8x128xf32, 1>, memref<128x64xf32, 1>) outs(%b : memref<8x64xf32, 1>)
  return
}
}
