#!/usr/bin/env python3
"""DRAM traffic of the zoo beside that of other systems: `.venv/bin/python tools/results.py [network ..]`.

Runs every case on the emulator at 8 bits an element, checks that what was counted is what was
predicted, and writes docs/results.md. The figures of others are published or were measured with
the named tool; they are listed here with their source.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
OPTIMUS = Path(sys.executable).parent / "optimus"
RESULTS = ROOT / "docs" / "results.md"
VELA = "Vela 5.2.0"
DEFINES = "DeFiNES"
ACCELFORGE = "AccelForge 1.0"


@dataclass(frozen=True)
class Case:
    """A network in a scratchpad, and the DRAM bytes that another system needs for it."""

    network: str
    scratchpad_kib: int
    peer: str = ""
    peer_bytes: int | None = None


CASES = (
    Case("chain3", 64, VELA, 418_048),
    Case("chain3", 128, VELA, 268_800),
    Case("chain3-valid", 64, ACCELFORGE, 807_232),
    Case("chain3-valid", 192, ACCELFORGE, 467_712),
    Case("fsrcnn", 64, VELA, 246_409_504),
    Case("fsrcnn", 128, DEFINES, 9_245_432),
    Case("fsrcnn", 512, VELA, 52_237_968),
    Case("vgg5", 128, VELA, 91_303_408),
    Case("vgg5", 384, VELA, 55_684_384),
    Case("mobilenet_v1", 128, VELA, 19_319_786),
    Case("mobilenet_v1", 256, VELA, 14_243_530),
    Case("resnet18", 128, VELA, 26_980_273),
    Case("resnet18", 256, VELA, 20_850_809),
    Case("resnet18", 512, VELA, 15_461_625),
)

HEAD = """\
# Results

DRAM bytes for one image at 8 bits an element: planned, executed on the emulator, and counted.
Written by `tools/results.py`; every row was checked: the emulator counted, for every tensor, what the model had predicted,
and the network's results were PyTorch's.

*Floor* is every input, weight and result once. *Layer by layer* is every operator alone under its best schedule.
MACs are relative to those of the network: what is above 1 was recomputed.
The peers have other accelerators around the same amount of SRAM: Arm's Vela compiles for an Ethos-U65 and counts compressed weights;
DeFiNES keeps weights in a memory of their own; AccelForge neither recomputes a halo nor keeps a line buffer.
[published.md](published.md) has the networks of the Optimus artefact.

| network | scratchpad | DRAM bytes | above the floor | layer by layer | groups | peer | peer's bytes |
|---|---|---|---|---|---|---|---|
"""


def run(case: Case) -> str:
    """A row of the table."""
    command = [OPTIMUS, "run", f"zoo:{case.network}", "--accelerator", "generic", "--json"]
    command += ["--set", f"scratchpad_bytes={case.scratchpad_kib}KiB"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    dram_bytes = report["dram_bytes"]
    assert dram_bytes["counted"] == dram_bytes["predicted"]
    assert report["matches_reference"]
    above = dram_bytes["counted"] / dram_bytes["floor"] - 1
    cells = (
        case.network,
        f"{case.scratchpad_kib} KiB",
        f"**{dram_bytes['counted']:,}**",
        f"{above:.1%}",
        f"{dram_bytes['layer_by_layer']:,}",
        str(len(report["groups"])),
        case.peer,
        f"{case.peer_bytes:,}" if case.peer_bytes else "",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    wanted = sys.argv[1:]
    rows: list[str] = []
    for case in CASES:
        if not wanted or case.network in wanted:
            rows.append(run(case))
            print(rows[-1], flush=True)
    if not wanted:
        _, heading, others = RESULTS.read_text().partition("\n## ")  # of tools/solver_times.py
        RESULTS.write_text(HEAD + "\n".join(rows) + "\n" + heading + others)


if __name__ == "__main__":
    main()
