// relu(conv2(relu(norm1(conv1(x)))) + x), as torch-mlir writes it; only the weights are shorter.
#map = affine_map<(d0) -> (d0)>
#map1 = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#map2 = affine_map<(d0, d1, d2, d3) -> (d1, 0, 0)>
module {
  func.func @main(%arg0: tensor<1x4x12x12xf32>) -> tensor<1x4x12x12xf32> {
    %cst = arith.constant 0.000000e+00 : f32
    %cst_0 = arith.constant 1.000000e+00 : f32
    %cst_1 = arith.constant dense<[0.0, 1.0, 2.0, 3.0]> : tensor<4xf32>
    %cst_2 = arith.constant dense<0.05> : tensor<4x4x3x3xf32>
    %cst_3 = arith.constant dense<[0.5, -0.5, 0.5, -0.5]> : tensor<4xf32>
    %cst_4 = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
    %cst_5 = arith.constant 1.000000e-05 : f64
    %cst_6 = arith.constant dense<0.25> : tensor<4xf32>
    %cst_7 = arith.constant dense<[0.0, 0.1, 0.2, 0.3]> : tensor<4xf32>
    %cst_8 = arith.constant dense<-0.05> : tensor<4x4x3x3xf32>
    %padded = tensor.pad %arg0 low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%arg1: index, %arg2: index, %arg3: index, %arg4: index):
      tensor.yield %cst : f32
    } : tensor<1x4x12x12xf32> to tensor<1x4x14x14xf32>
    %0 = tensor.empty() : tensor<1x4x12x12xf32>
    %1 = linalg.fill ins(%cst : f32) outs(%0 : tensor<1x4x12x12xf32>) -> tensor<1x4x12x12xf32>
    %2 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%padded, %cst_8 : tensor<1x4x14x14xf32>, tensor<4x4x3x3xf32>) outs(%1 : tensor<1x4x12x12xf32>) -> tensor<1x4x12x12xf32>
    %3 = tensor.empty() : tensor<4xf32>
    %4 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%cst_6 : tensor<4xf32>) outs(%3 : tensor<4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.truncf %cst_5 : f64 to f32
      %16 = arith.addf %in, %15 : f32
      linalg.yield %16 : f32
    } -> tensor<4xf32>
    %5 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%4 : tensor<4xf32>) outs(%3 : tensor<4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = math.sqrt %in : f32
      linalg.yield %15 : f32
    } -> tensor<4xf32>
    %6 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]} ins(%5 : tensor<4xf32>) outs(%3 : tensor<4xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.cmpf one, %in, %cst : f32
      cf.assert %15, "unimplemented: tensor with zero element"
      %16 = arith.divf %cst_0, %in : f32
      linalg.yield %16 : f32
    } -> tensor<4xf32>
    %expanded = tensor.expand_shape %cst_7 [[0, 1, 2]] output_shape [4, 1, 1] : tensor<4xf32> into tensor<4x1x1xf32>
    %expanded_9 = tensor.expand_shape %6 [[0, 1, 2]] output_shape [4, 1, 1] : tensor<4xf32> into tensor<4x1x1xf32>
    %7 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%2, %expanded : tensor<1x4x12x12xf32>, tensor<4x1x1xf32>) outs(%0 : tensor<1x4x12x12xf32>) {
    ^bb0(%in: f32, %in_13: f32, %out: f32):
      %15 = arith.subf %in, %in_13 : f32
      linalg.yield %15 : f32
    } -> tensor<1x4x12x12xf32>
    %8 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%7, %expanded_9 : tensor<1x4x12x12xf32>, tensor<4x1x1xf32>) outs(%0 : tensor<1x4x12x12xf32>) {
    ^bb0(%in: f32, %in_13: f32, %out: f32):
      %15 = arith.mulf %in, %in_13 : f32
      linalg.yield %15 : f32
    } -> tensor<1x4x12x12xf32>
    %expanded_10 = tensor.expand_shape %cst_4 [[0, 1, 2]] output_shape [4, 1, 1] : tensor<4xf32> into tensor<4x1x1xf32>
    %9 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%8, %expanded_10 : tensor<1x4x12x12xf32>, tensor<4x1x1xf32>) outs(%0 : tensor<1x4x12x12xf32>) {
    ^bb0(%in: f32, %in_13: f32, %out: f32):
      %15 = arith.mulf %in, %in_13 : f32
      linalg.yield %15 : f32
    } -> tensor<1x4x12x12xf32>
    %expanded_11 = tensor.expand_shape %cst_3 [[0, 1, 2]] output_shape [4, 1, 1] : tensor<4xf32> into tensor<4x1x1xf32>
    %10 = linalg.generic {indexing_maps = [#map1, #map2, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%9, %expanded_11 : tensor<1x4x12x12xf32>, tensor<4x1x1xf32>) outs(%0 : tensor<1x4x12x12xf32>) {
    ^bb0(%in: f32, %in_13: f32, %out: f32):
      %15 = arith.addf %in, %in_13 : f32
      linalg.yield %15 : f32
    } -> tensor<1x4x12x12xf32>
    %11 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%10 : tensor<1x4x12x12xf32>) outs(%0 : tensor<1x4x12x12xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.cmpf ugt, %in, %cst : f32
      %16 = arith.select %15, %in, %cst : f32
      linalg.yield %16 : f32
    } -> tensor<1x4x12x12xf32>
    %padded_12 = tensor.pad %11 low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%arg1: index, %arg2: index, %arg3: index, %arg4: index):
      tensor.yield %cst : f32
    } : tensor<1x4x12x12xf32> to tensor<1x4x14x14xf32>
    %broadcasted = linalg.broadcast ins(%cst_1 : tensor<4xf32>) outs(%0 : tensor<1x4x12x12xf32>) dimensions = [0, 2, 3] 
    %12 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%padded_12, %cst_2 : tensor<1x4x14x14xf32>, tensor<4x4x3x3xf32>) outs(%broadcasted : tensor<1x4x12x12xf32>) -> tensor<1x4x12x12xf32>
    %13 = linalg.generic {indexing_maps = [#map1, #map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%12, %arg0 : tensor<1x4x12x12xf32>, tensor<1x4x12x12xf32>) outs(%0 : tensor<1x4x12x12xf32>) {
    ^bb0(%in: f32, %in_13: f32, %out: f32):
      %15 = arith.addf %in, %in_13 : f32
      linalg.yield %15 : f32
    } -> tensor<1x4x12x12xf32>
    %14 = linalg.generic {indexing_maps = [#map1, #map1], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%13 : tensor<1x4x12x12xf32>) outs(%0 : tensor<1x4x12x12xf32>) {
    ^bb0(%in: f32, %out: f32):
      %15 = arith.cmpf ugt, %in, %cst : f32
      %16 = arith.select %15, %in, %cst : f32
      linalg.yield %16 : f32
    } -> tensor<1x4x12x12xf32>
    return %14 : tensor<1x4x12x12xf32>
  }
}
