"""The picture of a sweep; matplotlib is an optional dependency."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from optimus_mlir.cli.sweep_points import Point
from optimus_mlir.cli.units import readable_bytes
from optimus_mlir.errors import OptimusError


def draw(path: Path, model: str, points: Sequence[Point]) -> None:
    """Traffic of the plan, of layer by layer and the bound; knees carry their number of groups."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot as plt
    except ModuleNotFoundError:
        raise OptimusError("--plot needs matplotlib: pip install 'optimus-mlir[plot]'") from None
    mpl.rcParams["svg.hashsalt"] = "optimus"  # the same picture is the same file
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    planned = [point for point in points if point.plan is not None]
    sizes = [point.scratchpad_bytes for point in planned]
    plans = [point.plan for point in planned if point.plan is not None]
    axes.step(sizes, [p.dram_bytes for p in plans], where="post", marker="o", label="plan")
    layers = [point.layer_by_layer_bytes or 0 for point in planned]
    axes.step(sizes, layers, where="post", linestyle="--", label="layer by layer")
    axes.step(sizes, [p.bound for p in plans], where="post", linestyle=":", label="bound")
    for point, plan in zip(planned, plans, strict=True):
        if point.is_knee:
            axes.annotate(
                f"{len(plan.groups)} groups",
                (point.scratchpad_bytes, plan.dram_bytes),
                textcoords="offset points",
                xytext=(4, 6),
                fontsize="small",
            )
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [readable_bytes(size) for size in sizes], rotation=45, ha="right")
    axes.yaxis.set_major_formatter(lambda value, _: readable_bytes(int(value)))
    axes.set(title=model, xlabel="scratchpad", ylabel="DRAM traffic", ylim=(0, None))
    axes.legend()
    try:
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    except ValueError as error:
        raise OptimusError(f"cannot draw {path}: {error}") from None
    finally:
        plt.close(figure)
