"""The part of a kernel that makes temporaries from one argument alone, as a function of its own."""

from __future__ import annotations

from dataclasses import dataclass

from optimus_mlir.accel.arguments import add_arguments
from optimus_mlir.codegen.linalg_nests import VIEWS, linalg_ops, viewed
from optimus_mlir.codegen.made_of import made_of
from optimus_mlir.mlir import func, ir
from optimus_mlir.mlir.cloning import Cloner

DEALLOC = "memref.dealloc"


@dataclass(frozen=True)
class Feed:
    """A function that makes buffers of some kinds from one argument of a kernel.

    The kernel gets them after the arguments that it has.
    """

    function: str
    argument: int
    kinds: tuple[ir.MemRefType, ...]


class FeedTable:
    """The feeds of a module, each body once."""

    def __init__(self, module: ir.Module) -> None:
        self.module = module
        self._by_body: dict[str, str] = {}

    def separated(self, kernel: ir.Operation, number: int) -> Feed | None:
        """Take what is made from an argument out of a kernel; None if nothing is."""
        origin = made_of(kernel)
        ops = linalg_ops(kernel)
        making = [op for op in ops if _makes_temporary(op) and origin(op.operands[-1]) == number]
        if not making:
            return None
        targets = {viewed(op.operands[-1]) for op in making}
        others = [op for op in ops if op not in making]
        read = dict.fromkeys(viewed(v) for op in others for v in op.operands)
        fed = [buffer for buffer in read if buffer in targets]
        argument = kernel.regions[0].blocks[0].arguments[number]
        feed = Feed(self._name_of(making, [argument, *fed]), number, tuple(v.type for v in fed))
        for buffer, given in zip(fed, add_arguments(kernel, feed.kinds), strict=True):
            _erase_deallocs(buffer)
            buffer.replace_all_uses_with(given)
        for op in making:
            op.erase()
        _erase_unused(kernel)
        return feed

    def _name_of(self, ops: list[ir.Operation], arguments: list[ir.Value]) -> str:
        name = f"feed_{len(self._by_body)}"
        with ir.InsertionPoint(self.module.body), ops[0].location:
            kind = ir.FunctionType.get([value.type for value in arguments], [])
            function = func.FuncOp(name, kind, visibility="private").operation
            block = function.regions[0].blocks.append(*kind.inputs)
        with ir.InsertionPoint(block), ops[0].location:
            cloner = Cloner(dict(zip(arguments, block.arguments, strict=True)))
            for op in ops:
                cloner.clone(op)
            func.ReturnOp([])
        body = function.get_asm(assume_verified=True).replace(f"@{name}(", "@(", 1)
        if body in self._by_body:
            function.erase()
        return self._by_body.setdefault(body, name)


def _makes_temporary(op: ir.Operation) -> bool:
    return not isinstance(viewed(op.operands[-1]), ir.BlockArgument)


def _erase_unused(kernel: ir.Operation) -> None:
    """Temporaries and views of them that only `memref.dealloc` is left to use."""
    for op in reversed([op.operation for op in kernel.regions[0].blocks[0].operations]):
        if op.name not in VIEWS and op.name != "memref.alloc":
            continue
        result = op.results[0]
        if all(use.owner.operation.name == DEALLOC for use in result.uses):
            _erase_deallocs(result)
            op.erase()


def _erase_deallocs(buffer: ir.Value) -> None:
    for op in [use.owner.operation for use in buffer.uses]:
        if op.name == DEALLOC:
            op.erase()
