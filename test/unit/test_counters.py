"""Which counters of a launch are those of its live-ins, and which of its live-outs."""

import pytest

from optimus_mlir.accel.counters import LaunchCounters, counter_layout
from optimus_mlir.mlir import new_context
from optimus_mlir.mlir.program import parse_program

LAUNCH = """
  "accel.launch"() ({
    func.call @group_0(%x, %y, %z) : (memref<16xf32>, memref<16xf32>, memref<16xf32>) -> ()
    "accel.end"() : () -> ()
  }) : () -> ()
"""
STORE = """
  %part_{n} = memref.subview {to}[0] [8] [1] : memref<16xf32> to memref<8xf32, strided<[1]>>
  "accel.store"(%b, %part_{n}) : (memref<8xf32, 1>, memref<8xf32, strided<[1]>>) -> ()
"""


@pytest.mark.parametrize(("stored", "live_outs"), [(["%z"], 1), (["%y", "%z", "%y"], 2)])
def test_live_outs_are_what_the_group_stores_to(stored: list[str], live_outs: int) -> None:
    stores = "".join(STORE.format(n=n, to=to) for n, to in enumerate(stored))
    arguments = ", ".join(f"%{name}: memref<16xf32>" for name in "xyz")
    program = parse_program(
        f"""
        func.func @main({arguments}) {{ {LAUNCH} {LAUNCH} return }}
        func.func private @group_0({arguments}) {{
          %part = memref.subview %x[0] [8] [1] : memref<16xf32> to memref<8xf32, strided<[1]>>
          %b = "accel.alloc"() {{bytes = 8, offset = 0}} : () -> memref<8xf32, 1>
          "accel.load"(%part, %b) : (memref<8xf32, strided<[1]>>, memref<8xf32, 1>) -> ()
          {stores}
          return
        }}
        """.encode(),
        new_context(),
    )
    first, second = counter_layout(program)
    assert first == LaunchCounters(0, 3, live_outs)
    assert (first.first_live_out, first.peak) == (3 - live_outs, 3)
    assert second.first == first.end == 4
