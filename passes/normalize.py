"""Bring linalg on tensors, as PyTorch's importer leaves it, into the form that later passes rely on.

- ops on constants are constants;
- a gather that only repeats neighbours (upsampling) is a broadcast, and interpolation two products;
- what an op computes from its position alone is a constant that it reads;
- every anchor starts from a fill; its batch norm and bias are in its weights and one addition;
- reshapes, transpositions and strides are in the access maps of the ops that read through them;
- a chain of elementwise ops is one op, which overwrites the result of an anchor if it can.

Before: %c = conv(%pad, %w) outs(%fill), %1 = generic{c - mean}, %2 = ..., %r = generic{relu(x)}(%5)
After:  %c = conv(%pad, %w') outs(%fill), %r = generic{relu(c + b)} ins(%bias) outs(%c)
"""

from dataclasses import dataclass

from optimus_mlir.analysis.static_shapes import keep_static_shapes, require_static_shapes
from optimus_mlir.mlir import Pass, ir, run_passes
from optimus_mlir.normalize.broadcasts import read_before_broadcast, scalars_into_bodies
from optimus_mlir.normalize.constant_folding import fold_constants
from optimus_mlir.normalize.elementwise_merging import merge_elementwise_ops
from optimus_mlir.normalize.gathered_reshapes import reshape_what_is_in_order
from optimus_mlir.normalize.in_place import compute_in_place
from optimus_mlir.normalize.initial_values import start_from_fills
from optimus_mlir.normalize.integer_powers import expand_integer_powers
from optimus_mlir.normalize.interpolation import resize_by_products
from optimus_mlir.normalize.joined_parts import copy_joined_parts
from optimus_mlir.normalize.needed_operands import drop_needless_operands
from optimus_mlir.normalize.needless_results import drop_needless_results
from optimus_mlir.normalize.positions import read_positions_from_constants
from optimus_mlir.normalize.prologues import merge_prologues
from optimus_mlir.normalize.reads_through_views import read_through_views
from optimus_mlir.normalize.repetition import broadcast_repetitions
from optimus_mlir.normalize.reshapes_last import reshape_last
from optimus_mlir.normalize.transposed_convolutions import skip_zeros
from optimus_mlir.normalize.unit_loops import loop_over_unit_dimensions
from optimus_mlir.normalize.weight_folding import fold_scales_into_weights

REWRITES = (
    expand_integer_powers,
    drop_needless_results,
    read_before_broadcast,
    start_from_fills,
    fold_constants,
    scalars_into_bodies,
    drop_needless_operands,
    skip_zeros,
    resize_by_products,
    broadcast_repetitions,
    reshape_what_is_in_order,
    read_positions_from_constants,
    reshape_last,
    fold_constants,  # those that were reshaped
    read_through_views,
    reshape_last,  # what reads a result whose loops were split to read a reshape
    fold_scales_into_weights,
    merge_elementwise_ops,
    merge_prologues,
    compute_in_place,
    copy_joined_parts,
    loop_over_unit_dimensions,
    read_through_views,  # by ops whose loops can be split now
)
CLEAN_UP = "canonicalize,cse"


@dataclass(frozen=True)
class NormalizePass(Pass):
    """Fold constants and batch norms, and merge elementwise ops into epilogues."""

    argument = "optimus-normalize"

    def run(self, module: ir.Module) -> None:
        run_passes(module, [CLEAN_UP])  # first: it may find out a dynamic dimension
        keep_static_shapes(module)
        require_static_shapes(module)
        for rewrite in REWRITES:
            rewrite(module)
            run_passes(module, [CLEAN_UP])
