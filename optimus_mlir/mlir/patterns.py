"""Rewrite patterns: functions `(op, rewriter) -> NO_MATCH | None`. Match first, mutate after."""

from collections.abc import Callable, Iterable
from typing import Any

from torch_mlir import ir

NO_MATCH = True  # the bindings' convention: a pattern that rewrote something returns None

Pattern = tuple[type[ir.OpView] | str, Callable[[Any, Any], bool | None]]
"""The op class (or name) that a rewrite starts from, and the rewrite."""


def rewrite_greedily(module: ir.Module, patterns: Iterable[Pattern]) -> None:
    """Apply the patterns until none matches; folds constants and drops dead ops on the way."""
    from torch_mlir.rewrite import apply_patterns_and_fold_greedily

    apply_patterns_and_fold_greedily(module, _frozen(patterns))


def rewrite_once(module: ir.Module, patterns: Iterable[Pattern]) -> None:
    """Apply the patterns in one walk: ops that they create are not visited again."""
    from torch_mlir.rewrite import walk_and_apply_patterns

    walk_and_apply_patterns(module.operation, _frozen(patterns))


def _frozen(patterns: Iterable[Pattern]) -> Any:
    from torch_mlir.rewrite import RewritePatternSet

    pattern_set = RewritePatternSet()
    for root, rewrite in patterns:
        pattern_set.add(root, rewrite)
    return pattern_set.freeze()
