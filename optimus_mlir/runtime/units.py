"""A lowered module as units of compilation: one function each, called by what is in it.

A function's name is made from its text and the names of those that it calls. So equal functions of
any two programs are one unit, whose name says which machine code is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from optimus_mlir.accel.lifetimes import allocations_in
from optimus_mlir.mlir import func, ir
from optimus_mlir.runtime.object_cache import digest

ENTRY = "main"


@dataclass(frozen=True)
class Unit:
    """One function as a module in bytecode, which declares what it calls; `key` is its name."""

    key: str
    bytecode: bytes


def units_of(module: ir.Module, compiler: bytes) -> list[Unit]:
    """The units of a module, callees first; `compiler` says what else the machine code depends on.

    The functions of `module` are renamed, and made public so that units can be linked.
    """
    functions = {_name(op.operation): op.operation for op in module.body.operations}
    units: dict[str, Unit] = {}
    names = {name: name for name, function in functions.items() if _is_external(function)}
    functions = {name: f for name, f in functions.items() if name not in names}
    for function in _callees_first(functions):
        for call in _calls(function):
            callee = names[_callee(call)]
            call.attributes["callee"] = ir.FlatSymbolRefAttr.get(callee)
        old = _name(function)
        text = function.get_asm(use_local_scope=True, assume_verified=True)
        key = digest(compiler + text.replace(f"@{old}(", "@(", 1).encode())
        names[old] = old if old == ENTRY else f"unit_{key}"
        function.attributes["sym_name"] = ir.StringAttr.get(names[old])
        if "sym_visibility" in function.attributes:
            del function.attributes["sym_visibility"]
        units[key] = Unit(key, _alone(function))
    return list(units.values())


def _callees_first(functions: dict[str, ir.Operation]) -> Iterator[ir.Operation]:
    visited: set[str] = set()

    def visit(name: str) -> Iterator[ir.Operation]:
        if name in visited:
            return
        visited.add(name)
        for call in _calls(functions[name]):
            if _callee(call) in functions:  # not a function of the C library
                yield from visit(_callee(call))
        yield functions[name]

    for name in functions:
        yield from visit(name)


def _alone(function: ir.Operation) -> bytes:
    """The function in a module of its own."""
    with function.context, function.location:
        module = ir.Module.create()
        kinds = {_callee(call): _kind(call) for call in _calls(function)}
        with ir.InsertionPoint(module.body):
            for name, kind in kinds.items():
                func.FuncOp(name, kind, visibility="private")
        function.clone(ir.InsertionPoint(module.body))
        bytecode = BytesIO()
        module.operation.write_bytecode(bytecode)
    return bytecode.getvalue()


def _calls(function: ir.Operation) -> list[ir.Operation]:
    return allocations_in(function, "func.call")


def _kind(call: ir.Operation) -> ir.FunctionType:
    return ir.FunctionType.get([v.type for v in call.operands], [v.type for v in call.results])


def _is_external(function: ir.Operation) -> bool:
    return not len(function.regions[0].blocks)


def _callee(call: ir.Operation) -> str:
    return ir.FlatSymbolRefAttr(call.attributes["callee"]).value


def _name(function: ir.Operation) -> str:
    return ir.StringAttr(function.attributes["sym_name"]).value
