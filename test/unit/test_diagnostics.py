"""Where a location leads."""

import pytest

from optimus_mlir.mlir import ir, new_context
from optimus_mlir.mlir.diagnostics import Diagnostic, Position, position_of


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ('"a.mlir":1:2', Position("a.mlir", 1, 2)),
        ('"name"("a.mlir":1:2)', Position("a.mlir", 1, 2)),
        ('callsite("name"("a.mlir":1:2) at "b.mlir":3:4)', Position("a.mlir", 1, 2)),
        ('callsite("name" at "b.mlir":3:4)', Position("b.mlir", 3, 4)),
        ('fused["name", "a.mlir":1:2, "b.mlir":3:4]', Position("a.mlir", 1, 2)),
        ("unknown", None),
    ],
)
def test_the_first_place_in_a_file_counts(text: str, position: Position | None) -> None:
    module = ir.Module.parse(f"module {{}} loc({text})", new_context())
    assert position_of(module.operation.location) == position


def test_long_messages_are_cut() -> None:
    shown = str(Diagnostic("note", None, "see current operation:\n" + "x\n" * 100))
    assert len(shown.splitlines()) < 20
    assert shown.endswith("...")
