"""What passes make of a program, on disk: nothing is planned or tiled twice on one computer.

A program after some passes is kept under a digest of the program before, of the passes with their
options, and of the compiler's own sources. Weights stay out of it: the passes run over a program whose
large constants are names without values, on which nothing can depend, and get their values back
afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from optimus_mlir.mlir import Step, ir, new_context, run_passes
from optimus_mlir.mlir.constants import constant_attribute, is_resource, read_constants
from optimus_mlir.runtime.object_cache import ObjectCache, digest

PROGRAM = ".mlir"
PACKAGES = ("optimus_mlir", "optimus_mlir.passes")
HOLDERS = {"arith.constant": "value", "memref.global": "initial_value"}
"""The ops that hold large constants, and in which attribute."""


@dataclass(frozen=True)
class KeptPasses:
    """`facts` is what the passes depend on besides their options: the content of files, say."""

    cache: ObjectCache
    facts: str = ""

    def run(
        self, module: ir.Module, steps: Sequence[Step], reproducer: Path | None = None
    ) -> tuple[ir.Module, bool]:
        """The program after the steps, and whether it was kept already.

        It has a context of its own, and no weights before `bring_weights`.
        """
        before = _without_weights(module)
        what = "\n".join(map(str, steps))
        text, was_kept = self._kept(before, what, lambda: _run(before, steps, reproducer))
        return ir.Module.parse(text, new_context()), was_kept

    def text(self, module: ir.Module, what: str, make: Callable[[], str]) -> str:
        """What `make` says of a program, and not of its weights; `what` is its name."""
        return self._kept(_without_weights(module), what, make)[0]

    def _kept(self, program: str, what: str, make: Callable[[], str]) -> tuple[str, bool]:
        key = digest("\n".join([*sources(), self.facts, what, program]).encode())
        kept = self.cache.read(key, PROGRAM)
        if kept is not None:
            return kept.decode(), True
        made = make()
        self.cache.put(key, PROGRAM, made.encode())
        return made, False


@cache
def sources() -> list[str]:
    """The compiler: what it is built on, and every file of it."""
    paths = (path for package in PACKAGES for path in _modules(files(package)))
    return [version("torch-mlir"), *(path.read_text() for path in paths)]


def _modules(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _modules(entry)
        elif entry.name.endswith((".py", ".mlir")):
            yield entry


def _run(before: str, steps: Sequence[Step], reproducer: Path | None) -> str:
    module = ir.Module.parse(before, new_context())
    run_passes(module, steps, reproducer=reproducer)
    return _without_weights(module)


def _without_weights(module: ir.Module) -> str:
    """The program's text, whose locations are still those of the file that it came from."""
    return module.operation.get_asm(large_resource_limit=0, enable_debug_info=True)


def bring_weights(source: ir.Module, target: ir.Module) -> None:
    """Give constants of `target`, made by kept passes, their values in `source`, which went in."""
    named = {str(_held(op)): op for op in _large_constants(source)}
    for op in _large_constants(target):
        attribute = _held(op)
        [values] = read_constants([named[str(attribute)].opview])
        element = ir.ShapedType(attribute.type).element_type
        weight = constant_attribute(values, "weight", target.context, element)
        op.attributes[HOLDERS[op.name]] = weight


def _large_constants(module: ir.Module) -> list[ir.Operation]:
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name in HOLDERS and is_resource(_held(op)):
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    return found


def _held(op: ir.Operation) -> ir.Attribute:
    return op.attributes[HOLDERS[op.name]]
