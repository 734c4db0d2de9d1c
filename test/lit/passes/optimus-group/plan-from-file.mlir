// A plan from a file decides on the groups and the schedules; its accelerator goes on the module.
// RUN: optimus plan %s --accelerator generic --quiet --save %t.json
// RUN: sed 's/"size": [0-9]*/"size": 2/; s/"tiles": \[\]/"tiles": [{"dimension": 0, "size": 2}]/' %t.json > %t.edited.json
// RUN: optimus-opt %s --optimus-normalize --optimus-group=plan=%t.edited.json | FileCheck %s
// RUN: not optimus-opt %s --optimus-normalize --optimus-group='plan=%t.json accelerator=optimus-64reg' 2>&1 | FileCheck %s --check-prefix=TWICE

// CHECK: optimus.accelerator = {{.*}}name = "generic"
// CHECK: linalg.matmul {{{.*}}optimus.group = 0 : i64{{.*}}tiles = {{\[\[}}0, 2]]
// TWICE: says for which accelerator: leave out the option
func.func @main(%x: tensor<6x4xf32>, %w: tensor<4x4xf32>) -> tensor<6x4xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<6x4xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = linalg.matmul ins(%x, %w : tensor<6x4xf32>, tensor<4x4xf32>) outs(%init : tensor<6x4xf32>) -> tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}
