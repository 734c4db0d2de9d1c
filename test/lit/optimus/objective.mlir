// Energy and cycles may be what a plan is to have little of; cycles only where they are known.
// RUN: optimus plan %s --objective energy --json | FileCheck %s --check-prefix=ENERGY
// RUN: optimus plan %s --objective cycles --json | FileCheck %s --check-prefix=CYCLES
// RUN: optimus-opt %s --optimus-normalize --optimus-group="objective=energy" | FileCheck %s --check-prefix=PASS
// RUN: not optimus plan %s --accelerator shidiannao --objective cycles 2>&1 | FileCheck %s --check-prefix=SILENT
// RUN: not optimus plan %s --objective edp 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: optimus compare %s | FileCheck %s --check-prefix=COMPARE

// ENERGY: "objective": "energy"
// CYCLES: "objective": "cycles"
// PASS: module
// PASS-NOT: optimus.bound
// PASS: optimus.group = 0
// SILENT: shidiannao: cycles cannot be the objective, since dram_bytes_per_cycle is not known: set it
// UNKNOWN: 'edp' is not one of 'dram-bytes', 'energy', 'cycles'
// COMPARE: solver DRAM weights maps in maps out groups energy cycles time gap
func.func @main(%x: tensor<6x8xi32>, %w: tensor<8x5xi32>) -> tensor<6x5xi32> {
  %zero = arith.constant 0 : i32
  %empty = tensor.empty() : tensor<6x5xi32>
  %init = linalg.fill ins(%zero : i32) outs(%empty : tensor<6x5xi32>) -> tensor<6x5xi32>
  %y = linalg.matmul ins(%x, %w : tensor<6x8xi32>, tensor<8x5xi32>) outs(%init : tensor<6x5xi32>) -> tensor<6x5xi32>
  return %y : tensor<6x5xi32>
}
