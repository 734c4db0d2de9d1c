// Everything becomes LLVM; main can be called from C with its buffers, the scratchpad and the counters.
// RUN: optimus-opt %s --convert-accel-to-llvm | FileCheck %s

// CHECK-NOT: accel.{{[a-z]+}}"
// CHECK-NOT: memref
// CHECK: llvm.func @_mlir_ciface_main(%arg0: !llvm.ptr, %arg1: !llvm.ptr, %arg2: !llvm.ptr, %arg3: !llvm.ptr, %arg4: !llvm.ptr, %arg5: !llvm.ptr)
// CHECK-NOT: accel.{{[a-z]+}}"
// CHECK-NOT: memref
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
