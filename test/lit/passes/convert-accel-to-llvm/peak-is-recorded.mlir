// The last counter of a launch is the highest scratchpad byte that a buffer reached, in the accelerator's bytes.
// RUN: optimus-opt %s --convert-accel-to-llvm --canonicalize --cse | FileCheck %s

// CHECK-LABEL: llvm.func @group_0
// CHECK: %[[END:.*]] = llvm.mlir.constant(24 : i64)
// CHECK: %[[PEAK:.*]] = llvm.getelementptr {{.*}}[2] : (!llvm.ptr) -> !llvm.ptr, i64
// CHECK: %[[BEFORE:.*]] = llvm.load %[[PEAK]]
// CHECK: %[[HIGHER:.*]] = llvm.intr.smax(%[[BEFORE]], %[[END]])
// CHECK: llvm.store %[[HIGHER]], %[[PEAK]]
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
