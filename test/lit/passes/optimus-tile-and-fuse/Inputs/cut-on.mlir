// The tile of three is computed one element after the other, and that op gets a label.
module attributes {transform.with_named_sequence} {
  transform.named_sequence private @cut(%tile: !transform.any_op {transform.readonly}) {
    %ops = transform.structured.match interface{TilingInterface}
      in %tile : (!transform.any_op) -> !transform.any_op
    %slice = transform.structured.match ops{["scf.execute_region"]}
      in %tile : (!transform.any_op) -> !transform.any_op
    %tiled, %region = transform.structured.fuse_into_containing_op %ops into %slice
      : (!transform.any_op, !transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.apply_dce to %tile : !transform.any_op
    transform.yield
  }
  transform.named_sequence @group_0(%group: !transform.any_op {transform.readonly}) {
    %three = transform.structured.match attributes {optimus.tile = "conv0 3"}
      in %group : (!transform.any_op) -> !transform.any_op
    transform.include @cut failures(propagate) (%three) : (!transform.any_op) -> ()
    %conv = transform.structured.match ops{["linalg.conv_1d"]}
      in %three : (!transform.any_op) -> !transform.any_op
    %one, %loop = transform.structured.tile_using_for %conv tile_sizes [1]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.annotate %one "mine" : !transform.any_op
    %two = transform.structured.match attributes {optimus.tile = "conv0 2"}
      in %group : (!transform.any_op) -> !transform.any_op
    transform.include @cut failures(propagate) (%two) : (!transform.any_op) -> ()
    transform.yield
  }
}
