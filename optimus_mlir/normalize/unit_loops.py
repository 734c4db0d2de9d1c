"""A constant dimension of a result becomes a loop of one step, so that MLIR can tile the op.

Before: (d0, d1, d2, d3) -> (d0, d1, 0, 0)              a reduction that keeps its dimensions
After:  (d0, d1, d2, d3, d4, d5) -> (d0, d1, d4, d5)    d4 and d5 parallel, one step each
"""

from __future__ import annotations

from optimus_mlir.analysis.structured import top_level_ops
from optimus_mlir.mlir import ir


def loop_over_unit_dimensions(module: ir.Module) -> None:
    """Rewrite every linalg.generic of the module's functions, in place."""
    for op in top_level_ops(module):
        if op.name == "linalg.generic" and len(op.results) == 1:
            _loop_over_unit_dimensions(op)


def _loop_over_unit_dimensions(op: ir.Operation) -> None:
    maps = [ir.AffineMapAttr(a).value for a in op.attributes["indexing_maps"]]
    written = maps[-1]
    constant = [isinstance(e, ir.AffineConstantExpr) for e in written.results]
    if not any(constant):
        return
    loops = written.n_dims + sum(constant)
    added = iter(range(written.n_dims, loops))
    results = [
        ir.AffineExpr.get_dim(next(added)) if is_constant else expression
        for expression, is_constant in zip(written.results, constant, strict=True)
    ]
    inputs = [ir.AffineMap.get(loops, 0, list(m.results)) for m in maps[:-1]]
    op.attributes["indexing_maps"] = ir.ArrayAttr.get(
        [ir.AffineMapAttr.get(m) for m in (*inputs, ir.AffineMap.get(loops, 0, results))]
    )
    parallel = ir.Attribute.parse("#linalg.iterator_type<parallel>")
    kinds = [*op.attributes["iterator_types"], *[parallel] * sum(constant)]
    op.attributes["iterator_types"] = ir.ArrayAttr.get(kinds)
