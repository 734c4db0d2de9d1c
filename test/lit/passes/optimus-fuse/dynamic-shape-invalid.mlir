// A dynamic dimension is refused where it stands, with the cure.
// RUN: optimus-opt %s --optimus-fuse --verify-diagnostics

// expected-error @+1 {{dynamic dimension in tensor<?x4xf32>: export the model with static shapes}}
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  return %x : tensor<?x4xf32>
}
