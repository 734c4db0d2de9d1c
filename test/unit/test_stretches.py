"""Where ops between operators stand: behind what they need, before what needs them, in few places."""

import pytest

from optimus_mlir.analysis.dataflow import Dataflow, read_dataflow
from optimus_mlir.analysis.groups import find_main
from optimus_mlir.mlir import ir, new_context

MAP, ACROSS = "affine_map<(i, j) -> (i, j)>", "affine_map<(i, j) -> (j, i)>"


def test_a_host_op_that_needs_no_operator_keeps_nothing_apart() -> None:
    assert runs("a = x", "h = host x", "b = a + h") == [["a", "b"]]


def test_a_host_op_that_no_operator_needs_keeps_nothing_apart() -> None:
    assert runs("a = x", "h = host a", "b = a", "return h + b") == [["a", "b"]]


def test_a_host_op_keeps_apart_what_it_stands_between() -> None:
    assert runs("a = x", "h = host a", "b = h") == [["a"], ["b"]]


def test_two_host_ops_share_a_place() -> None:
    ops = "a = x", "h = host a", "b = a", "g = host a", "c = h + b", "d = g + c"
    assert runs(*ops) == [["a", "b"], ["c", "d"]]


def test_a_host_op_behind_another_stands_behind_it() -> None:
    ops = "a = x", "b = a", "h = host b", "g = host h", "c = a", "d = g + c"
    assert runs(*ops) == [["a", "b", "c"], ["d"]]


def test_operators_between_host_ops_need_two_places() -> None:
    ops = "a = x", "h = host a", "b = h", "g = host b", "c = g"
    assert runs(*ops) == [["a"], ["b"], ["c"]]


@pytest.mark.parametrize("kind", ["", "host "])
def test_elements_of_host_ops_are_counted(kind: str) -> None:
    """A gather reads its positions and the table, and writes its result."""
    hosts = dataflow("a = x", f"h = {kind}a", "b = h").hosts
    assert [host.elements for host in hosts] == ([16 + 16 + 16] if kind else [])


def runs(*statements: str) -> list[list[str]]:
    """The stretches of a program of 4 x 4 tensors: sums of transposes, and gathers (`host`)."""
    names = [left for left, right in map(_sides, statements) if _is_operator(right)]
    found = dataflow(*statements)
    own = dict(zip(found.clusters, names, strict=True))
    return [[own[name] for name in run] for run in found.runs]


def dataflow(*statements: str) -> Dataflow:
    returned = "".join(s.removeprefix("return ") for s in statements if s.startswith("return "))
    body = [_op(*_sides(s)) for s in statements if " = " in s]
    last = [n.strip() for n in returned.split("+")] if returned else [statements[-1].split(" ")[0]]
    types = ", ".join(["tensor<4x4xf32>"] * len(last))
    text = f"""
        func.func @main(%x: tensor<4x4xf32>, %i: tensor<4x4xi64>) -> ({types}) {{
          %e = tensor.empty() : tensor<4x4xf32>
          {"".join(body)}
          return {", ".join(f"%{n}" for n in last)} : {types}
        }}"""
    context = new_context()
    with context, ir.Location.unknown():
        modules.append(ir.Module.parse(text))  # who owns the ops that are returned
        return read_dataflow(find_main(modules[-1]).operation)


def _sides(statement: str) -> tuple[str, str]:
    left, _, right = statement.partition(" = ")
    return left, right


def _is_operator(right: str) -> bool:
    return bool(right) and not right.startswith("host ")


modules: list[ir.Module] = []


def _op(name: str, right: str) -> str:
    if right.startswith("host "):
        return _gather(name, right.removeprefix("host "))
    reads = [f"%{n.strip()}" for n in right.split("+")]
    types = ", ".join(["tensor<4x4xf32>"] * len(reads))
    arguments = ", ".join(f"%in{n}: f32" for n in range(len(reads)))
    maps = ", ".join([ACROSS] * len(reads) + [MAP])  # or it would be merged into what it reads
    return f"""
      %{name} = linalg.generic {{indexing_maps = [{maps}], iterator_types = ["parallel", "parallel"]}}
          ins({", ".join(reads)} : {types}) outs(%e : tensor<4x4xf32>) {{
      ^bb0({arguments}, %out: f32):
        %s = arith.addf %in0, %in{len(reads) - 1} : f32
        linalg.yield %s : f32
      }} -> tensor<4x4xf32>"""


def _gather(name: str, table: str) -> str:
    return f"""
      %{name} = linalg.generic {{indexing_maps = [{MAP}, {MAP}], iterator_types = ["parallel", "parallel"]}}
          ins(%i : tensor<4x4xi64>) outs(%e : tensor<4x4xf32>) {{
      ^bb0(%in: i64, %out: f32):
        %at = arith.index_cast %in : i64 to index
        %picked = tensor.extract %{table}[%at, %at] : tensor<4x4xf32>
        linalg.yield %picked : f32
      }} -> tensor<4x4xf32>"""
