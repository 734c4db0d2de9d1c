"""Threads share a loop if no step reads or overwrites what another one writes, and if it is long."""

from __future__ import annotations

import pytest

from optimus_mlir.accel import dialect as accel
from optimus_mlir.accel.lifetimes import allocations_in
from optimus_mlir.accel.team import EVERYONES, SHARED
from optimus_mlir.codegen import shared_loops
from optimus_mlir.mlir import ir, new_context

PROGRAM = """
func.func @main(%x: memref<64xf32>, %y: memref<64xf32>, %z: memref<16x64xf32>) {
  "accel.launch"() ({
    func.call @group_0(OPERANDS) : (memref<64xf32>, memref<64xf32>, memref<16x64xf32>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
  return
}
func.func private @group_0(%x: memref<64xf32>, %y: memref<64xf32>, %z: memref<16x64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c16 = arith.constant 16 : index
  %whole = "accel.alloc"() {bytes = 64, offset = 0} : () -> memref<64xf32, 1>
  %tile = "accel.alloc"() {bytes = 4, offset = 64} : () -> memref<4xf32, 1>
  BEFORE
  scf.for %i = %c0 to STEPS step %c1 {
    %four_i = affine.apply affine_map<(i) -> (4 * i)>(%i)
    %b = "accel.alloc"() {bytes = 4, offset = 68} : () -> memref<4xf32, 1>
    BODY
  }
  return
}
func.func private @kernel_0(%a: memref<4xf32, strided<[1], offset: ?>, 1>) {
  linalg.exp ins(%a : memref<4xf32, strided<[1], offset: ?>, 1>)
    outs(%a : memref<4xf32, strided<[1], offset: ?>, 1>)
  return
}
"""


def load(start: str) -> str:
    box = "memref<4xf32, strided<[1], offset: ?>>"
    return f"""
    %in = memref.subview %x[{start}] [4] [1] : memref<64xf32> to {box}
    "accel.load"(%in, %b) : ({box}, memref<4xf32, 1>) -> ()
    """


def store(start: str, buffer: str = "b") -> str:
    box = "memref<4xf32, strided<[1], offset: ?>>"
    return f"""
    %out = memref.subview %y[{start}] [4] [1] : memref<64xf32> to {box}
    "accel.store"(%{buffer}, %out) : (memref<4xf32, 1>, {box}) -> ()
    """


def in_whole(name: str, start: str) -> str:
    box = "memref<4xf32, strided<[1], offset: ?>, 1>"
    return f"%{name} = memref.subview %whole[{start}] [4] [1] : memref<64xf32, 1> to {box}\n"


def compute(operand: str, kind: str = "memref<4xf32, strided<[1], offset: ?>, 1>") -> str:
    address = "memref<4xf32, strided<[1], offset: ?>, 1>"
    cast = f"%any = memref.cast %{operand} : {kind} to {address}\n"
    call = f"func.call @kernel_0(%any) : ({address}) -> ()"
    return f'"accel.compute"() ({{ {cast} {call} "accel.end"() : () -> () }}) : () -> ()\n'


FILL_PART = in_whole("part", "%four_i") + load("%four_i").replace("%b", "%part").replace(
    "memref<4xf32, 1>)", "memref<4xf32, strided<[1], offset: ?>, 1>)"
)
COMPUTE_B = compute("b", "memref<4xf32, 1>")


def trips_shared(body: str, operands: str = "%x, %y, %z", steps: str = "%c16") -> list[int]:
    """The numbers of steps of the loops that are shared."""
    return [trips for trips, _ in shared(body, operands, steps)]


def shared(body: str, operands: str = "%x, %y, %z", steps: str = "%c16") -> list[tuple[int, str]]:
    """Steps of the loops that are shared, and what is around each."""
    with new_context(), ir.Location.unknown():
        accel.load()
        text = PROGRAM.replace("BODY", body).replace("OPERANDS", operands).replace("BEFORE", "")
        module = ir.Module.parse(text.replace("STEPS", steps))
        shared_loops.mark_shared_loops(module)
        loops = allocations_in(module.operation, "scf.for")
        marked = [loop for loop in loops if SHARED in loop.attributes]
        return [(shared_loops.trips(loop), loop.parent.operation.name) for loop in marked]


@pytest.fixture(autouse=True)
def short_loops_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_loops, "LEAST_WORK", 1)


def test_steps_that_load_compute_and_store_boxes_of_their_own_are_shared() -> None:
    assert trips_shared(load("%four_i") + COMPUTE_B + store("%four_i")) == [16]


def test_what_several_steps_write_is_not_shared() -> None:
    assert not trips_shared(load("%four_i") + COMPUTE_B + store("%c2"))


def test_boxes_that_overlap_are_not_shared() -> None:
    assert not trips_shared(load("%four_i") + COMPUTE_B + store("%i"))


def test_a_buffer_that_outlives_the_step_is_not_shared() -> None:
    loaded = load("%four_i").replace("%b", "%tile")
    computed = compute("tile", "memref<4xf32, 1>")
    assert not trips_shared(loaded + computed + store("%four_i", "tile"))


def test_a_step_may_fill_its_part_of_a_buffer_that_outlives_it() -> None:
    assert trips_shared(FILL_PART + compute("part")) == [16]


def test_a_step_may_not_read_another_part_of_what_others_fill() -> None:
    move = '"accel.move"(%first, %b) : (memref<4xf32, strided<[1], offset: ?>, 1>, '
    read = in_whole("first", "%c0") + move + "memref<4xf32, 1>) -> ()\n"
    assert not trips_shared(FILL_PART + read + COMPUTE_B)


def test_what_a_loop_inside_moves_as_well_is_not_shared() -> None:
    moved = "%at = affine.apply affine_map<(i, j) -> (4 * i + 4 * j)>(%i, %j)\n"
    inside = load("%four_i") + COMPUTE_B + moved + store("%at")
    body = "scf.for %j = %c0 to %c1 step %c1 {" + inside + "}"
    assert not trips_shared(body)
    assert trips_shared(body.replace("+ 4 * j", "+ 0 * j")) == [16]


def test_two_arguments_that_are_one_buffer_are_not_shared() -> None:
    assert not trips_shared(load("%four_i") + COMPUTE_B + store("%four_i"), "%y, %y, %z")


def test_short_loops_are_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_loops, "LEAST_WORK", 16 * 4 + 1)
    assert not trips_shared(load("%four_i") + COMPUTE_B + store("%four_i"))


def test_of_a_loop_of_few_steps_the_many_inside_are_shared() -> None:
    body = """
    scf.for %j = %c0 to %c16 step %c1 {
      %four_j = affine.apply affine_map<(j) -> (4 * j)>(%j)
      %row = memref.subview %z[%i, %four_j] [1, 4] [1, 1]
        : memref<16x64xf32> to memref<4xf32, strided<[1], offset: ?>>
      %own = "accel.alloc"() {bytes = 4, offset = 72} : () -> memref<4xf32, 1>
    """
    body += load("%four_j").replace("%b", "%own") + compute("own", "memref<4xf32, 1>")
    transfer = "(memref<4xf32, 1>, memref<4xf32, strided<[1], offset: ?>>) -> ()"
    body += f'"accel.store"(%own, %row) : {transfer} }}'
    assert shared(body) == [(16, "func.func")]
    assert shared(body, steps="%c2") == [(16, "scf.for")]


LOAD_WHOLE = '"accel.load"(%x, %whole) : (memref<64xf32>, memref<64xf32, 1>) -> ()\n'
MOVE = '"accel.move"(%part, %b) : (memref<4xf32, strided<[1], offset: ?>, 1>, memref<4xf32, 1>) -> ()\n'
READ_WHOLE = in_whole("part", "%four_i") + MOVE + COMPUTE_B


def loaded_by_all(before: str, body: str) -> int:
    """How many buffers each thread has in a scratchpad of its own, and loads."""
    with new_context(), ir.Location.unknown():
        accel.load()
        text = PROGRAM.replace("BODY", body).replace("OPERANDS", "%x, %y, %z")
        module = ir.Module.parse(text.replace("STEPS", "%c16").replace("BEFORE", before))
        shared_loops.mark_shared_loops(module)
        buffers = allocations_in(module.operation)
        return sum(EVERYONES in buffer.attributes for buffer in buffers)


def test_each_thread_loads_what_shared_loops_read() -> None:
    assert loaded_by_all(LOAD_WHOLE, READ_WHOLE + store("%four_i")) == 1


def test_what_no_shared_loop_reads_the_leader_loads() -> None:
    assert not loaded_by_all(LOAD_WHOLE, load("%four_i") + COMPUTE_B + store("%four_i"))


def test_what_the_group_stores_is_loaded_by_the_leader() -> None:
    from_y = LOAD_WHOLE.replace("%x", "%y")
    assert not loaded_by_all(from_y, READ_WHOLE + store("%four_i"))


def test_what_is_computed_as_well_is_loaded_by_the_leader() -> None:
    computed = in_whole("start", "%c0") + compute("start")
    assert not loaded_by_all(LOAD_WHOLE + computed, READ_WHOLE + store("%four_i"))


CARRIED = """
scf.for %step = %c0 to %c2 step %c1 iter_args(%now = %whole) -> (memref<64xf32, 1>) {
  %again = memref.subview %now[%four_i] [4] [1]
    : memref<64xf32, 1> to memref<4xf32, strided<[1], offset: ?>, 1>
  "accel.move"(%again, %b) : (memref<4xf32, strided<[1], offset: ?>, 1>, memref<4xf32, 1>) -> ()
  scf.yield %now : memref<64xf32, 1>
}
"""


def test_a_buffer_that_a_loop_carries_is_loaded_by_the_leader() -> None:
    own = READ_WHOLE + store("%four_i")
    assert loaded_by_all(LOAD_WHOLE, own) == 1
    assert not loaded_by_all(LOAD_WHOLE, own + CARRIED)


def test_a_loop_in_which_a_buffer_goes_by_two_names_is_not_shared() -> None:
    filled = FILL_PART + compute("part")
    also_read = load("%c0").replace("%in", "%start") + CARRIED.replace("%four_i", "%c0")
    assert trips_shared(filled) == [16]
    assert not trips_shared(filled + also_read)
