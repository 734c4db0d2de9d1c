"""Networks as loop nests: operators, the tensors they access, and their dataflow graph."""

from optimus_mlir.workload.graph import Graph, Tensor
from optimus_mlir.workload.operator import Access, Body, Linear, Operator
from optimus_mlir.workload.splitting import Split, split_graph

__all__ = ["Access", "Body", "Graph", "Linear", "Operator", "Split", "Tensor", "split_graph"]
