"""Attention in parts of its keys means the same, and moves what was predicted."""

from __future__ import annotations

from random import Random

from hypothesis import event, given, note, settings
from hypothesis import strategies as st
from laws import accelerator_fields, chance, check_laws, parse
from random_attentions import attentions, long_sequences, sizes
from random_plans import plan_at_random

from optimus_mlir.analysis.annotations import read_splits
from optimus_mlir.analysis.dataflow import read_dataflow
from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir import run_passes
from optimus_mlir.passes.group import GroupPass, entry_functions
from optimus_mlir.passes.normalize import NormalizePass
from optimus_mlir.target import load_accelerator, with_fields
from optimus_mlir.workload.softmax import attention_in

a_third = settings(max_examples=max(1, settings.default.max_examples // 3))
a_tenth = settings(max_examples=max(1, settings.default.max_examples // 10))
back_ends = st.sampled_from([("jit",), ("numpy",), ("numpy",)])


@a_third
@given(attentions(sizes()), accelerator_fields(), chance, back_ends)
def test_random_parts_obey_the_laws(
    text: str, fields: tuple[str, ...], rng: Random, back_ends: tuple[str, ...]
) -> None:
    """In parts of any sizes, in groups with any schedules, and the graph is what was foreseen."""
    note(text)
    module = parse(text)
    run_passes(module, [NormalizePass()])
    with module.context:
        [function] = entry_functions(module)
        assert attention_in(read_dataflow(function).graph) is not None
    plan_at_random(module, with_fields(load_accelerator("generic"), list(fields)), rng)
    note(module.operation.get_asm())
    check_laws(text, module, back_ends)


@a_tenth
@given(attentions(long_sequences()), accelerator_fields(), st.integers(300, 2000), back_ends)
def test_plans_obey_the_laws(
    text: str, fields: tuple[str, ...], scratchpad_bytes: int, back_ends: tuple[str, ...]
) -> None:
    note(text)
    module = parse(text)
    run_passes(module, [NormalizePass()])
    changes = ",".join([*fields, f"scratchpad_bytes={scratchpad_bytes}"])
    try:
        run_passes(module, [GroupPass(accelerator="generic", set=changes)])
    except OptimusError:
        return
    with module.context:
        event(f"in parts: {bool(read_splits(module.operation))}")
    check_laws(text, module, back_ends)
