// An assertion that fails for the program's constants is an error where it stands.
// RUN: optimus-opt %s --optimus-normalize --verify-diagnostics

#id = affine_map<(i) -> (i)>
func.func @main() -> tensor<2xf32> {
  %zero = arith.constant 0.0 : f32
  %x = arith.constant dense<[2.0, 0.0]> : tensor<2xf32>
  %empty = tensor.empty() : tensor<2xf32>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<2xf32>) outs(%empty : tensor<2xf32>) {
  ^bb0(%in: f32, %out: f32):
    %positive = arith.cmpf one, %in, %zero : f32
    // expected-error @+1 {{this assertion fails for the constants of the program: no zeros}}
    cf.assert %positive, "no zeros"
    linalg.yield %in : f32
  } -> tensor<2xf32>
  return %y : tensor<2xf32>
}
