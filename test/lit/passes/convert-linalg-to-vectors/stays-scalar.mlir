// What has no block of vectors stays as it is; with remarks=true the pass says why.
// RUN: optimus-opt %s --convert-linalg-to-vectors="remarks=true" --verify-diagnostics
// RUN: optimus-opt %s --convert-linalg-to-vectors | FileCheck %s

// CHECK: linalg.generic
// CHECK: linalg.copy
// CHECK: linalg.generic
// CHECK: linalg.generic
func.func @scalar(%x: memref<16xi64>, %y: memref<?xf32>, %z: memref<?xf32>, %mask: memref<16xi1>) {
  // expected-remark@+1 {{linalg.generic stays scalar: its body asks for loop indices}}
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%x : memref<16xi64>) {
  ^bb0(%out: i64):
    %i = linalg.index 0 : index
    %n = arith.index_cast %i : index to i64
    linalg.yield %n : i64
  }
  // expected-remark@+1 {{linalg.copy stays scalar: it has several results, or a layout that is not known when compiling}}
  linalg.copy ins(%y : memref<?xf32>) outs(%z : memref<?xf32>)
  // expected-remark@+1 {{linalg.generic stays scalar: in a vector eight of its numbers share a byte, in memory they do not}}
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%mask : memref<16xi1>) outs(%x : memref<16xi64>) {
  ^bb0(%in: i1, %out: i64):
    %n = arith.extui %in : i1 to i64
    linalg.yield %n : i64
  }
  // expected-remark@+1 {{linalg.generic stays scalar: its body checks each number by itself}}
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%x : memref<16xi64>) {
  ^bb0(%out: i64):
    %zero = arith.constant 0 : i64
    %positive = arith.cmpi sge, %out, %zero : i64
    cf.assert %positive, "must not be negative"
    linalg.yield %zero : i64
  }
  return
}
