"""Passes that do something small and visible, registered for one test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from optimus_mlir.errors import PassFailure
from optimus_mlir.mlir import CompositePass, Pass, Step, ir, option, registry, remark


@dataclass(frozen=True)
class MarkPass(Pass):
    """Write a mark on the module.

    It is there for the tests.
    """

    argument = "fake-mark"
    mark_text: str = option("here", "what to write")
    count: int = option(1, "how often")
    scale: float = 0.5
    loud: bool = False
    colour: str = option("red", "of the mark", choices=("red", "blue"))

    def run(self, module: ir.Module) -> None:
        text = self.mark_text * self.count
        module.operation.attributes["optimus.mark"] = ir.StringAttr.get(text)


@dataclass(frozen=True)
class NeedsDepthPass(Pass):
    """Cannot do without its option."""

    argument = "fake-needs-depth"
    depth: int

    def run(self, module: ir.Module) -> None: ...


@dataclass(frozen=True)
class RefusePass(Pass):
    """Reject the first operation."""

    argument = "fake-refuse"

    def run(self, module: ir.Module) -> None:
        first = module.body.operations[0]
        remark(module.operation.location, "looked at the module")
        raise PassFailure(first.location, f"{first.name.value!r} is not welcome: remove it")


@dataclass(frozen=True)
class CrashPass(Pass):
    """Has a bug."""

    argument = "fake-crash"

    def run(self, module: ir.Module) -> None:
        module.operation.attributes["optimus.half_done"] = ir.UnitAttr.get()
        raise KeyError("a bug")


@dataclass(frozen=True)
class InvalidPass(Pass):
    """Leaves a function without a name."""

    argument = "fake-invalid"

    def run(self, module: ir.Module) -> None:
        del module.body.operations[0].attributes["sym_name"]


@dataclass(frozen=True)
class BothPass(CompositePass):
    """Mark, then clean up."""

    argument = "fake-both"
    mark_text: str = "both"

    def passes(self) -> list[Step]:
        return [MarkPass(self.mark_text), "canonicalize,func.func(cse)"]


@contextmanager
def registered() -> Iterator[None]:
    classes = (MarkPass, NeedsDepthPass, RefusePass, CrashPass, InvalidPass, BothPass)
    for pass_class in classes:
        registry.register(pass_class)
    try:
        yield
    finally:
        for pass_class in classes:
            registry.unregister(pass_class.argument)
