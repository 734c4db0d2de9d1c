"""What a PE array is wired for: which loops run side by side, and which operand stays in the PEs.

Loops are named by their role in a convolution; other nests have some of them (docs/cost-model.md).
"""

from typing import Literal, get_args

Dataflow = Literal[
    "row-stationary", "weight-stationary", "output-stationary", "no-local-reuse"
]  # Sze, Chen, Yang, Emer, Proc. IEEE 105(12), 2017, section V

Role = Literal[
    "batch",  # N
    "groups",  # G: channels of a depthwise convolution, matrices of a batched product
    "output-channels",  # K
    "input-channels",  # C
    "output-rows",  # P
    "output-columns",  # Q
    "kernel-rows",  # R
    "kernel-columns",  # S
]
ROLES: tuple[Role, ...] = get_args(Role)

Operand = Literal["ifmap", "filter", "psum"]
OPERANDS: tuple[Operand, ...] = get_args(Operand)

KEPT_BY: dict[Dataflow, tuple[Operand, ...]] = {
    "row-stationary": ("ifmap", "filter", "psum"),
    "weight-stationary": ("filter",),
    "output-stationary": ("psum",),
    "no-local-reuse": (),
}
"""What the register files hold where the accelerator does not say: what the dataflow is named for."""
