// A transfer adds its bytes to the counter of its DRAM buffer, at the accelerator's width.
// RUN: optimus-opt %s --convert-accel-to-llvm --canonicalize --cse | FileCheck %s

// CHECK-LABEL: llvm.func @group_0
// CHECK: %[[BYTES:.*]] = llvm.mlir.constant(16 : i64)
// CHECK: %[[READ:.*]] = llvm.getelementptr %arg16[%arg17]
// CHECK: %[[X:.*]] = llvm.load %[[READ]]
// CHECK: %[[MORE:.*]] = llvm.add %[[X]], %[[BYTES]]
// CHECK: llvm.store %[[MORE]], %[[READ]]
// CHECK: llvm.call @copy_rows(
// CHECK: llvm.call @kernel_0(
// CHECK: %[[WRITTEN:.*]] = llvm.getelementptr {{.*}} %[[READ]][1]
// CHECK: %[[Y:.*]] = llvm.load %[[WRITTEN]]
// CHECK: llvm.add %[[Y]], %[[BYTES]]
// CHECK: llvm.call @copy_rows(
module attributes {optimus.accelerator = {name = "tiny", description = "a byte per element", scratchpad_bytes = 64, element_bits = 8, accumulator_bits = 32, pe_rows = 1, pe_columns = 1, register_file_bytes = 1, dram_access_pj = 100, buffer_access_pj = 3, register_access_pj = 1, hop_pj = 1, mac_pj = 1}} {
func.func @main(%x: memref<16xf32>, %y: memref<16xf32>) {
  "accel.launch"() ({
    func.call @group_0(%x, %y) : (memref<16xf32>, memref<16xf32>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  return
}
func.func private @group_0(%x: memref<16xf32>, %y: memref<16xf32>) {
  %b = "accel.alloc"() {bytes = 16, offset = 8} : () -> memref<16xf32, 1>
  "accel.load"(%x, %b) : (memref<16xf32>, memref<16xf32, 1>) -> ()
  "accel.compute"() ({
    func.call @kernel_0(%b) : (memref<16xf32, 1>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  "accel.store"(%b, %y) : (memref<16xf32, 1>, memref<16xf32>) -> ()
  return
}
func.func private @kernel_0(%b: memref<16xf32, 1>) {
  return
}
}
