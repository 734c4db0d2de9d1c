"""`optimus run --profile`: which kernels the emulator spent its time in, and how they were compiled."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from optimus_mlir.runtime.emulator import Profile, TimeShare

MOST_KERNELS = 12


def print_profile(profile: Profile, console: Console) -> None:
    """The kernels with the largest shares; then all that is not vectorised, and why."""
    slowest = sorted(profile.kernels, key=lambda kernel: -kernel.share)
    table = Table(box=None, pad_edge=False)
    table.add_column("share", justify="right")
    table.add_column("calls", justify="right")
    table.add_column("kernel")
    for kernel in slowest[:MOST_KERNELS]:
        table.add_row(_percent(kernel.share), str(kernel.calls), _described(kernel))
    others = slowest[MOST_KERNELS:]
    if others:
        calls = sum(kernel.calls for kernel in others)
        table.add_row(_percent(_share(others)), str(calls), f"{len(others)} other kernels")
    table.add_row(_percent(profile.rest.share), "", "copies, counting, calls, ops of the host")
    console.print(table)
    scalar = _scalar_ops([*slowest, profile.rest])
    console.print("scalar ops:", scalar, style="dim", highlight=False, soft_wrap=True)


def _described(kernel: TimeShare) -> str:
    """Its last op makes a result of the shape given."""
    names = ", ".join(op.removeprefix("linalg.") for op in kernel.ops)
    return f"{names} {'x'.join(map(str, kernel.result_shape))}"


def _scalar_ops(functions: Sequence[TimeShare]) -> str:
    """What stays loops over scalars, and the share of the functions that it is in."""
    scalar = [function for function in functions if function.scalar]
    if not scalar:
        return "none, every op is vectorised"
    reasons = {f"{s.op} ({s.reason})": None for function in scalar for s in function.scalar}
    return f"{'; '.join(reasons)}: in functions with {_percent(_share(scalar))} of the time"


def _share(kernels: Sequence[TimeShare]) -> float:
    return sum(kernel.share for kernel in kernels)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
