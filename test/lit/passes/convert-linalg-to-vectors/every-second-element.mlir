// A row with stride 2 is two loads and a shuffle, neither beyond the last element.
// RUN: optimus-opt %s --convert-linalg-to-vectors="vector-bytes=32 registers=16" | FileCheck %s

// CHECK-LABEL: func.func @stride_2
// CHECK: %[[SEVEN:.*]] = arith.constant 7 : index
// CHECK: %[[SECOND:.*]] = arith.addi %[[START:.*]], %[[SEVEN]]
// CHECK: %[[A:.*]] = vector.load %[[X:.*]][%[[START]]] : memref<15xf32
// CHECK: %[[B:.*]] = vector.load %[[X]][%[[SECOND]]] : memref<15xf32
// CHECK: vector.shuffle %[[A]], %[[B]] [0, 2, 4, 6, 9, 11, 13, 15]
func.func @stride_2(%x: memref<8xf32, strided<[2]>>, %y: memref<8xf32>) {
  linalg.copy ins(%x : memref<8xf32, strided<[2]>>) outs(%y : memref<8xf32>)
  return
}
