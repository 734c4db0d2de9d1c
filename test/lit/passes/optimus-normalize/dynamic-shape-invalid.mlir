// A dynamic dimension is reported once, with the cure.
// RUN: optimus-opt %s --optimus-normalize --split-input-file --verify-diagnostics

// expected-error @+1 {{dynamic dimension in tensor<?x3xf32>: export the model with static shapes (torch.export without dynamic_shapes), or give a static shape to this op}}
func.func @main(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  return %x : tensor<?x3xf32>
}
// -----
func.func @main(%x: tensor<3xf32>, %n: index) -> tensor<3xf32> {
  // expected-error @+1 {{dynamic dimension in tensor<?xf32>}}
  %part = tensor.extract_slice %x[0] [%n] [1] : tensor<3xf32> to tensor<?xf32>
  %y = tensor.insert_slice %part into %x[1] [%n] [1] : tensor<?xf32> into tensor<3xf32>
  return %y : tensor<3xf32>
}
