// A valid program is printed as it is parsed, in MLIR's generic form.
// RUN: optimus-opt %s | optimus-opt | FileCheck %s

// CHECK: "accel.launch"() ({
// CHECK-NEXT: func.call @group_0
// CHECK-NEXT: "accel.end"() : () -> ()
// CHECK-NEXT: }) : () -> ()
// CHECK: %[[B:.*]] = "accel.alloc"() {bytes = 16 : i64, offset = 0 : i64} : () -> memref<16xf32, 1>
// CHECK: "accel.load"(%arg0, %[[B]]) : (memref<16xf32>, memref<16xf32, 1>) -> ()
// CHECK: %[[BACK:.*]] = memref.subview %[[B]][8] [8] [1]
// CHECK: %[[FRONT:.*]] = memref.subview %[[B]][0] [8] [1]
// CHECK: "accel.move"(%[[BACK]], %[[FRONT]])
// CHECK: "accel.compute"() ({
// CHECK-NEXT: func.call @kernel_0(%[[B]])
// CHECK-NEXT: "accel.end"
// CHECK: "accel.store"(%[[B]], %arg1) : (memref<16xf32, 1>, memref<16xf32>) -> ()
module attributes {optimus.accelerator = {scratchpad_bytes = 64}} {
  func.func @main(%x: memref<16xf32>, %y: memref<16xf32>) {
    "accel.launch"() ({
      func.call @group_0(%x, %y) : (memref<16xf32>, memref<16xf32>) -> ()
      "accel.end"() : () -> ()
    }) : () -> ()
    return
  }
  func.func private @group_0(%x: memref<16xf32>, %y: memref<16xf32>) {
    %b = "accel.alloc"() {bytes = 16, offset = 0} : () -> memref<16xf32, 1>
    "accel.load"(%x, %b) : (memref<16xf32>, memref<16xf32, 1>) -> ()
    %back = memref.subview %b[8] [8] [1] : memref<16xf32, 1> to memref<8xf32, strided<[1], offset: 8>, 1>
    %front = memref.subview %b[0] [8] [1] : memref<16xf32, 1> to memref<8xf32, strided<[1]>, 1>
    "accel.move"(%back, %front) : (memref<8xf32, strided<[1], offset: 8>, 1>, memref<8xf32, strided<[1]>, 1>) -> ()
    "accel.compute"() ({
      func.call @kernel_0(%b) : (memref<16xf32, 1>) -> ()
      "accel.end"() : () -> ()
    }) : () -> ()
    "accel.store"(%b, %y) : (memref<16xf32, 1>, memref<16xf32>) -> ()
    return
  }
  func.func private @kernel_0(memref<16xf32, 1>)
}
