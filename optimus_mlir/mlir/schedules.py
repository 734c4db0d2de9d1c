"""Transform-dialect schedules: modules of named sequences, applied to other modules."""

from torch_mlir import ir

from optimus_mlir.errors import OptimusError

SEQUENCE = "transform.named_sequence"


def sequences(schedule: ir.Module) -> dict[str, ir.Operation]:
    """The named sequences of a schedule."""
    found = [op.operation for op in schedule.body.operations if op.operation.name == SEQUENCE]
    return {ir.StringAttr(op.attributes["sym_name"]).value: op for op in found}


def apply_sequence(payload: ir.Module, schedule: ir.Module, sequence: ir.Operation) -> None:
    """Run a sequence on `payload`; the interpreter's own words are in the error if it fails."""
    from torch_mlir.dialects.transform import interpreter

    try:
        interpreter.apply_named_sequence(payload, sequence, schedule)
    except ValueError as error:
        raise OptimusError(f"the transform schedule does not apply: {error}") from error
