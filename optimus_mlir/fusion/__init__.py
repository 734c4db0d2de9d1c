"""The fusion search: which operators run together."""

from optimus_mlir.fusion.partition import NotAPartition, in_running_order
from optimus_mlir.fusion.plan import Group, Plan, members
from optimus_mlir.fusion.solvers import SOLVERS, solve

__all__ = ["SOLVERS", "Group", "NotAPartition", "Plan", "in_running_order", "members", "solve"]
