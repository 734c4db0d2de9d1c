"""The oracle: a module lowered plainly, with MLIR's own passes and none of ours, and run on the CPU.

Nothing is tiled, fused or vectorised by hand: each op is a nest of scalar loops. Constant tensors
become arguments, since LLVM would take long over megabytes of them (and refuses those of i1). A
failing `cf.assert` becomes an error instead of the end of the process.
"""

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from optimus_mlir.errors import OptimusError, PassFailure
from optimus_mlir.mlir import (
    arith,
    bufferization,
    cf,
    execution_engine,
    func,
    ir,
    linalg,
    memref,
    run_passes,
    scf,
)
from optimus_mlir.mlir.constants import Array, numpy_dtype, read_constants
from optimus_mlir.mlir.tm_tensor import bufferize_tm_tensor, lower_tm_tensor
from optimus_mlir.normalize.integer_powers import expand_integer_powers

ENTRY = "main"
FLAG = "optimus_failed_assertion"

TO_BUFFERS = (
    "one-shot-bufferize{bufferize-function-boundaries=true"
    " function-boundary-type-conversion=identity-layout-map}"
)
RESULTS_TO_ARGUMENTS = (
    "buffer-results-to-out-params{hoist-static-allocs=true modify-public-functions=true},"
    "canonicalize,cse,buffer-deallocation-pipeline"
)
TO_LOOPS = "func.func(convert-linalg-to-loops)"
TO_LLVM = (
    "lower-affine,expand-strided-metadata,lower-affine,convert-scf-to-cf,convert-math-to-llvm,"
    "convert-math-to-libm,convert-func-to-llvm{use-bare-ptr-memref-call-conv=1},convert-to-llvm,"
    "reconcile-unrealized-casts"
)


def run_plainly(module: ir.Module, inputs: Sequence[Array]) -> list[Array]:
    """The results of `main` for these inputs, one array for each argument; `module` is not changed.

    All arguments and results must be tensors of static shape.
    """
    with module.context, ir.Location.unknown():
        lowered = _copy(module)
        main = _entry(lowered)
        arguments = _checked(inputs, main)
        results = [np.zeros(*_shape_and_dtype(t, main)) for t in main.type.results]
        arguments += _weights_as_arguments(main)
        _return_each_once(main)
        expand_integer_powers(lowered)
        bufferize_tm_tensor(lowered)
        run_passes(lowered, [TO_BUFFERS])
        lower_tm_tensor(lowered)
        run_passes(lowered, [RESULTS_TO_ARGUMENTS])
        _copy_by_loops(lowered)
        run_passes(lowered, [TO_LOOPS])
        messages = _remember_failed_assertions(lowered)
        run_passes(lowered, [TO_LLVM])
        failed = np.zeros((), np.int64)  # the number of an assertion, from 1
        _call(lowered, [*arguments, *results, failed])
    if failed:
        raise OptimusError(f"assertion failed: {messages[int(failed) - 1]}")
    return results


def _copy(module: ir.Module) -> ir.Module:
    copy = ir.Module.create()
    for op in module.body.operations:
        op.operation.clone(ir.InsertionPoint(copy.body))
    return copy


def _entry(module: ir.Module) -> func.FuncOp:
    for op in module.body.operations:
        if isinstance(op, func.FuncOp) and op.sym_name.value == ENTRY and not op.is_external:
            return op
    raise OptimusError(f"no function @{ENTRY} to run")


def _checked(inputs: Sequence[Array], main: func.FuncOp) -> list[Array]:
    expected = [_shape_and_dtype(t, main) for t in main.type.inputs]
    if (given := [(a.shape, a.dtype) for a in inputs]) != expected:
        raise OptimusError(f"@{ENTRY} takes {_listed(expected)}, got {_listed(given)}")
    return [np.ascontiguousarray(a).reshape(a.shape) for a in inputs]


def _listed(arrays: Sequence[tuple[tuple[int, ...], np.dtype[Any]]]) -> str:
    return ", ".join(f"{dtype} of shape {list(shape)}" for shape, dtype in arrays) or "no inputs"


def _shape_and_dtype(kind: ir.Type, main: func.FuncOp) -> tuple[tuple[int, ...], np.dtype[Any]]:
    if not isinstance(kind, ir.RankedTensorType) or not kind.has_static_shape:
        raise PassFailure(main.location, f"{kind} in @{ENTRY}: make it a tensor of static shape")
    if (dtype := numpy_dtype(kind.element_type)) is None:
        raise PassFailure(main.location, f"NumPy has no type for the elements of {kind}")
    return tuple(kind.shape), dtype


def _weights_as_arguments(main: func.FuncOp) -> list[Array]:
    """Replace the constant tensors of `main` by arguments, and return their values."""
    weights = [op for op in main.entry_block.operations if _is_constant_tensor(op)]
    values = read_constants(weights)
    for op in weights:
        argument = main.entry_block.add_argument(op.result.type, op.location)
        op.result.replace_all_uses_with(argument)
        op.operation.erase()
    types = [argument.type for argument in main.arguments]
    main.attributes["function_type"] = ir.TypeAttr.get(
        ir.FunctionType.get(types, main.type.results)
    )
    read_only = ir.DictAttr.get({"bufferization.writable": ir.BoolAttr.get(False)})
    main.attributes["arg_attrs"] = ir.ArrayAttr.get([read_only] * len(types))
    return values


def _return_each_once(main: func.FuncOp) -> None:
    """MLIR's lowering of results crashes on a tensor that is returned twice: the others are copies."""
    end = main.entry_block.operations[len(main.entry_block.operations) - 1]
    seen: set[ir.Value] = set()
    for number, value in enumerate(end.operands):
        if value in seen:
            with ir.InsertionPoint(end), end.location:
                end.operands[number] = bufferization.alloc_tensor(value.type, [], copy=value)
        seen.add(value)


def _is_constant_tensor(op: ir.OpView) -> bool:
    return isinstance(op, arith.ConstantOp) and isinstance(op.result.type, ir.RankedTensorType)


def _copy_by_loops(module: ir.Module) -> None:
    """Lowered by itself, a `memref.copy` with strides calls a library that is not there."""
    for copy in _all_of(memref.CopyOp, module):
        with ir.InsertionPoint(copy), copy.location:
            linalg.copy(copy.source, outs=[copy.target])
        copy.operation.erase()


def _remember_failed_assertions(module: ir.Module) -> list[str]:
    """Let assertions store their number, from 1, in a new last argument; their messages."""
    number_type = ir.MemRefType.get([], ir.IntegerType.get_signless(64))
    nothing_failed = ir.DenseElementsAttr.get(np.zeros((), np.int64))
    with ir.InsertionPoint.at_block_begin(module.body):
        memref.GlobalOp(FLAG, number_type, sym_visibility="private", initial_value=nothing_failed)
    assertions = _all_of(cf.AssertOp, module)
    for number, op in enumerate(assertions, start=1):
        _store_unless(op.arg, number, number_type, op)
    _return_the_flag(_entry(module), number_type)
    messages = [op.msg.value for op in assertions]
    for op in assertions:
        op.operation.erase()
    return messages


def _store_unless(condition: ir.Value, number: int, flag: ir.MemRefType, op: ir.OpView) -> None:
    with ir.InsertionPoint(op), op.location:
        true = arith.constant(ir.IntegerType.get_signless(1), 1)
        with ir.InsertionPoint(scf.IfOp(arith.xori(condition, true)).then_block):
            memref.store(
                arith.constant(flag.element_type, number), memref.get_global(flag, FLAG), []
            )
            scf.yield_([])


def _return_the_flag(main: func.FuncOp, flag: ir.MemRefType) -> None:
    target = main.entry_block.add_argument(flag, main.location)
    types = [*main.type.inputs, flag]
    main.attributes["function_type"] = ir.TypeAttr.get(
        ir.FunctionType.get(types, main.type.results)
    )
    if "arg_attrs" in main.attributes:
        del main.attributes["arg_attrs"]  # one for each argument
    end = main.entry_block.operations[len(main.entry_block.operations) - 1]
    with ir.InsertionPoint(end):
        memref.store(memref.load(memref.get_global(flag, FLAG), []), target, [])


def _all_of(kind: type[ir.OpView], module: ir.Module) -> list[Any]:
    found: list[Any] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        found.append(op.opview)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect, op_class=kind)
    return found


def _call(module: ir.Module, arrays: Sequence[Array]) -> None:
    engine = execution_engine.ExecutionEngine(module, opt_level=2)
    address = engine.raw_lookup(ENTRY)
    if not address:
        raise OptimusError(f"@{ENTRY} calls a function that is nowhere defined")
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
    packed = (ctypes.c_void_p * len(pointers))(*map(ctypes.addressof, pointers))
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)(packed)
