"""The account of a group in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from optimus_mlir.cli.units import percent, readable_bytes, readable_count, readable_energy
from optimus_mlir.cost.roles import operands_of, roles_of
from optimus_mlir.fusion.account import Account, Again, LoopOf, Resident, Transfer
from optimus_mlir.fusion.in_parts import InParts
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph

SHOWN = 6  # buffers of the worst moment, the largest first


def sentences(account: Account, group: Graph, accelerator: Accelerator) -> Iterator[str]:
    """Why the group costs what it costs, what limits it, and what more scratchpad would buy."""
    yield _traffic(account)
    for transfer in account.transfers:
        if not _comes_once(transfer):
            yield _transfer(transfer, group)
    yield from _once(account, group)
    yield from _computed(account, group)
    yield _cost(account)
    yield _worst_moment(account, accelerator)
    yield from _capacities(account, accelerator)


# What moves ---------------------------------------------------------------------------------------


def _traffic(account: Account) -> str:
    more = account.dram_bytes - account.floor_bytes
    floor = f"its floor of {readable_bytes(account.floor_bytes)}"
    distance = f"{readable_bytes(more)} more than {floor}" if more else "its floor"
    return f"moves {readable_bytes(account.dram_bytes)}, {distance}"


def _transfer(transfer: Transfer, group: Graph) -> str:
    came = "read again" if transfer.reread_bytes else "once"
    parts = [f"{readable_bytes(transfer.once_bytes or transfer.reread_bytes)} {came}"]
    if transfer.unneeded_bytes:
        unneeded = readable_bytes(transfer.unneeded_bytes)
        parts.append(f"{unneeded} that nobody needs, between what is needed")
    parts += [f"{readable_bytes(again.count)} {_why(again, group)}" for again in transfer.again]
    return f"{_named(transfer, group)}: {readable_bytes(transfer.bytes)} = {' + '.join(parts)}"


def _why(again: Again, group: Graph) -> str:
    what = "of halo, again" if again.is_halo else f"again, all of it {again.steps} times,"
    return f"{what} at {_steps(again, group)}"


def _steps(again: Again, group: Graph) -> str:
    loop = again.loop
    of = f"{loop.size} of {loop.extent} a step"
    if not loop.is_tile:
        return f"the {again.steps} blocks of {loop.operator} (loop {loop.number}, {of})"
    return f"the {again.steps} tile steps along {_dimension(loop, group)} ({of})"


def _dimension(loop: LoopOf, group: Graph) -> str:
    """`the rows of %conv3`; by number where the operator is no convolution over an image."""
    operator = group.operators[-1]
    constants = frozenset(name for name, tensor in group.tensors.items() if tensor.constant)
    name = f"dimension {loop.number}"
    if operands_of(operator, constants).filter is not None:
        roles = roles_of(operator, constants)
        if "output-rows" in roles:
            name = f"the {roles[operator.output_loop(loop.number)].removeprefix('output-')}"
    return f"{name} of {operator.write.tensor}"


def _named(transfer: Transfer, group: Graph) -> str:
    if transfer.kind == "weights":
        readers = transfer.reader or " and ".join(o.name for o in group.consumers[transfer.tensor])
        return f"weights {transfer.tensor} of {readers}"
    own = f" for {transfer.reader}" if transfer.reader else ""
    return f"{transfer.kind} {transfer.tensor}{own}"


def _comes_once(transfer: Transfer) -> bool:
    return not (transfer.again or transfer.unneeded_bytes or transfer.reread_bytes)


def _once(account: Account, group: Graph) -> Iterator[str]:
    plain = [transfer for transfer in account.transfers if _comes_once(transfer)]
    if plain:
        named = (f"{_named(t, group)} {readable_bytes(t.bytes)}" for t in plain)
        yield f"each element once: {', '.join(named)}"


# What is computed ---------------------------------------------------------------------------------


def _computed(account: Account, group: Graph) -> Iterator[str]:
    if not account.macs:
        return
    again = [(c.operator, a) for c in account.computations for a in c.again]
    if not again:
        yield f"computes {readable_count(account.macs)} MACs, each once"
        return
    repeated = sum(a.count for _, a in again)
    share = f"{readable_count(repeated)} ({percent(repeated, account.macs)}) of them again"
    reasons = (f"{name} {readable_count(a.count)} {_why(a, group)}" for name, a in again)
    yield f"computes {readable_count(account.macs)} MACs, {share}: {'; '.join(reasons)}"


def _cost(account: Account) -> str:
    energy, time = account.cost.energy, account.cost.time
    dram = f"{readable_energy(energy.total_pj)}, {percent(energy.dram_pj, energy.total_pj)} in DRAM"
    if time.cycles is None:
        return f"takes {dram}; computes for {readable_count(time.compute_cycles)} cycles"
    slowest = "DRAM" if time.bound == "dram" else "the array"
    return f"takes {dram}; {readable_count(time.cycles)} cycles, most of them for {slowest}"


# What limits it -----------------------------------------------------------------------------------


def _worst_moment(account: Account, accelerator: Accelerator) -> str:
    residents, capacity = account.residents, accelerator.scratchpad_bytes
    shown = [_resident(resident) for resident in residents[:SHOWN]]
    if rest := residents[SHOWN:]:
        shown.append(f"{len(rest)} smaller {readable_bytes(_bytes(rest))}")
    if lost := account.footprint_bytes - _bytes(residents):
        shown.append(f"{readable_bytes(lost)} that packing leaves free")
    used = f"{account.footprint_bytes} of {capacity} bytes"
    return f"fills {used} at its worst moment: {', '.join(shown)}"


def _resident(resident: Resident) -> str:
    part = "x".join(map(str, resident.shape)) or "one element"
    whole = "x".join(map(str, resident.tensor_shape))
    shape = "all" if resident.shape == resident.tensor_shape else f"{part} of {whole}"
    window = ", a window" if resident.is_window else ""
    sums = ", partial sums" if resident.has_partial_sums else ""
    return f"{resident.tensor} {readable_bytes(resident.bytes)} ({shape}{window}{sums})"


def _bytes(residents: Sequence[Resident]) -> int:
    return sum(resident.bytes for resident in residents)


def _capacities(account: Account, accelerator: Accelerator) -> Iterator[str]:
    smallest, better, least = (
        account.capacities.smallest,
        account.capacities.better,
        account.capacities.least,
    )
    moving = f"and would then move {readable_bytes(smallest.dram_bytes)}"
    yield f"runs in {smallest.scratchpad_bytes} bytes or more, {moving}"
    if better is None:
        yield f"moves no less in any scratchpad, and as much from {least.scratchpad_bytes} bytes on"
        return
    more = better.scratchpad_bytes - accelerator.scratchpad_bytes
    saved = readable_bytes(account.dram_bytes - better.dram_bytes)
    if more <= 0:
        yield f"a schedule that fits already would save {saved}"
    else:
        first = f"{more} bytes more ({better.scratchpad_bytes}) would save {saved}"
        yield f"{first}; nothing less would save any"
    bottom = (
        "its floor" if least.dram_bytes == account.floor_bytes else "the least of all schedules"
    )
    yield f"from {least.scratchpad_bytes} bytes on it moves {bottom}, {readable_bytes(least.dram_bytes)}"


# Operators in parts -------------------------------------------------------------------------------


def in_parts(split: InParts) -> str:
    """Why an operator is split, and what would change that."""
    moved = f"{_who(split)} in parts of {_added_up(split.sizes)}"
    moved += f", which move {readable_bytes(split.dram_bytes)} together"
    if split.whole_dram_bytes is None:
        return f"{moved}; whole it does not fit"
    whole = f"{moved}; whole it would move {readable_bytes(split.whole_dram_bytes)}"
    if split.enough is None:
        return f"{whole}, and in no scratchpad less than its parts"
    return f"{whole}, and less than its parts in {split.enough.scratchpad_bytes} bytes or more"


def _who(split: InParts) -> str:
    """An operator and a loop of it, or an attention."""
    if len(split.together) < 2:
        return f"{split.operator} runs loop {split.loop}"
    return f"the attention of {split.operator} to {split.together[-1]} runs its keys"


def _added_up(sizes: Sequence[int]) -> str:
    """`8 + 7`, and of many `3 x 8 + 7`."""
    if len(sizes) <= 3:
        return " + ".join(map(str, sizes))
    counts = Counter(sizes)
    return " + ".join(f"{n} x {size}" if n > 1 else f"{size}" for size, n in counts.items())
