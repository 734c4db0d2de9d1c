"""Transform-dialect schedules, built from Python and applied to a module."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch_mlir import ir

from optimus_mlir.errors import OptimusError


@contextmanager
def schedule(name: str = "__transform_main") -> Iterator[tuple[ir.Module, ir.OpView]]:
    """A module holding one named sequence; the `with` body fills it.

    `sequence.bodyTarget` is the handle of the payload module that the schedule is applied to.
    """
    from torch_mlir.dialects import transform

    module = ir.Module.create()
    module.operation.attributes["transform.with_named_sequence"] = ir.UnitAttr.get()
    with ir.InsertionPoint(module.body):
        sequence = transform.NamedSequenceOp(
            name,
            [transform.any_op_t()],
            [],
            arg_attrs=[{"transform.readonly": ir.UnitAttr.get()}],
        )
    with ir.InsertionPoint(sequence.body):
        yield module, sequence
        transform.yield_()


def apply_schedule(payload: ir.Module, module: ir.Module, sequence: ir.OpView) -> None:
    """Run a schedule on `payload`; the interpreter's own words are in the error if it fails."""
    from torch_mlir.dialects.transform import interpreter

    try:
        interpreter.apply_named_sequence(payload, sequence, module)
    except ValueError as error:
        raise OptimusError(f"the schedule does not apply: {error}") from error
