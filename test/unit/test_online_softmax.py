"""Attention in parts of its keys: what is recognised, what the parts are, and what they move."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from loop_nests import BYTES, access

from optimus_mlir.cli.optimus import main
from optimus_mlir.cost import Tile, price
from optimus_mlir.fusion import solve
from optimus_mlir.fusion.attention import (
    cheapest_in_parts,
    families_in_parts,
    splits_of_attention,
)
from optimus_mlir.fusion.in_parts import in_parts
from optimus_mlir.fusion.lattice import Lattice
from optimus_mlir.fusion.paths import Paths
from optimus_mlir.fusion.prices import GroupPrices
from optimus_mlir.fusion.schedules import best_schedule
from optimus_mlir.fusion.spilling import parts_of
from optimus_mlir.fusion.stretch import Stretch
from optimus_mlir.target import Accelerator, with_fields
from optimus_mlir.workload import Body, Graph, Operator, Split, Tensor, split_graph
from optimus_mlir.workload.softmax import attention_at, attention_in
from optimus_mlir.workload.splitting import can_split, split_names, whole_names

ROWS, KEYS, WIDTH = 40, 60, 4
SHAPES = {"q": (ROWS, WIDTH), "k": (KEYS, WIDTH), "v": (KEYS, WIDTH), "m": (ROWS,), "l": (ROWS,)}
SHAPES |= {"s": (ROWS, KEYS), "e": (ROWS, KEYS), "p": (ROWS, KEYS), "o": (ROWS, WIDTH)}
KEYS_OF_SCORES = 1  # the loop


def operator(
    name: str, loops: str, reads: dict[str, str], write: str, body: Body = Body.OTHER
) -> Operator:
    """Loops m over queries, n over keys, d within one; operands by the loops that index them."""
    extents = {"m": ROWS, "n": KEYS, "d": WIDTH}
    tensor, written = write.split(":")
    return Operator(
        name,
        tuple(extents[loop] for loop in loops),
        tuple(loop not in written for loop in loops),
        tuple(access(read, loops, *indices) for read, indices in reads.items()),
        access(tensor, loops, *written),
        multiplies=len(loops) == 3,
        adds_up=len(loops) == 3 or body is Body.SUM,
        body=body,
    )


def attention() -> Graph:
    operators = (
        operator("scores", "mnd", {"q": "md", "k": "nd"}, "s:mn"),
        operator("maximum", "mn", {"s": "mn"}, "m:m", Body.MAXIMUM),
        operator("powers", "mn", {"s": "mn", "m": "m"}, "e:mn", Body.EXPONENTIAL),
        operator("total", "mn", {"e": "mn"}, "l:m", Body.SUM),
        operator("shares", "mn", {"e": "mn", "l": "m"}, "p:mn", Body.SHARE),
        operator("weighted", "mdn", {"p": "mn", "v": "nd"}, "o:md"),
    )
    tensors = {name: Tensor(name, shape) for name, shape in SHAPES.items()}
    return Graph(operators, tensors, ("o",))


def changed(name: str, **fields: object) -> Graph:
    """The attention with one operator that is something else."""
    graph = attention()
    operators = (replace(o, **fields) if o.name == name else o for o in graph.operators)
    return replace(graph, operators=tuple(operators))


def with_scratchpad(scratchpad_bytes: int) -> Accelerator:
    return with_fields(BYTES, [f"scratchpad_bytes={scratchpad_bytes}"])


def test_an_attention_is_recognised_by_what_it_computes() -> None:
    graph = attention()
    found = attention_in(graph)
    assert found is not None
    assert (found.scores.name, found.weighted.name) == ("scores", "weighted")
    assert [found.keys[o.name] for o in graph.operators] == [1, 1, 1, 1, 1, 2]
    scores = graph.operators[0]
    assert [loop for loop in range(3) if can_split(graph, scores, loop)] == [1, 2]


@pytest.mark.parametrize(
    "graph",
    [
        changed("maximum", body=Body.SUM),
        changed("powers", body=Body.OTHER),
        changed("shares", body=Body.OTHER),
        changed("weighted", adds_up=False),
        changed("powers", reads=attention().operators[2].reads[::-1]),
        changed("total", reads=attention().operators[1].reads),
        replace(attention(), outputs=("e", "o")),
        replace(attention(), outputs=("l", "o")),
        replace(attention(), tensors={**attention().tensors, "k": Tensor("k", (50, WIDTH))}),
    ],
)
def test_what_only_looks_like_one_is_not(graph: Graph) -> None:
    """Another body, another order, a result that somebody else wants, keys in padding."""
    assert attention_at(graph, graph.operators[0], KEYS_OF_SCORES) is None


def test_parts_hand_on_maximum_total_and_weighted_values() -> None:
    graph = attention()
    split = Split("scores", KEYS_OF_SCORES, (40, 20))
    parts = split_graph(graph, [split])
    names = ["scores", "maximum", "powers", "total", "weighted"]
    assert [o.name for o in parts.operators] == [f"{n}.{i}" for i in (0, 1) for n in names]
    assert split_names(graph, whole_names(graph, split), [split]) == tuple(
        o.name for o in parts.operators
    )
    sums = {name for name, tensor in parts.tensors.items() if tensor.is_partial_sum}
    assert sums == {"%total.0", "%weighted.0"}
    assert parts.tensors["%scores.1"].shape == (ROWS, 20)
    late = {
        o.name: [a.tensor for a in o.reads[len(o.reads) - o.epilogue_reads :]]
        for o in parts.operators
    }
    maxima = ["%maximum.0", "%maximum.1"]
    assert late["maximum.1"] == ["%maximum.0"]
    assert late["total.1"] == ["%total.0", *maxima]
    assert late["weighted.1"] == ["%weighted.0", *maxima, "%total.1"]
    assert (parts.live_ins, parts.outputs) == (("q", "k", "v"), ("o",))


def test_keys_and_values_come_once_per_tile_of_queries() -> None:
    """The family with one tile loop in which both are streamed; tiles of 10 of 40 queries."""
    group = attention().canonical()
    found = attention_in(group)
    assert found is not None
    (parts,) = parts_of(group, Split("op0", KEYS_OF_SCORES, (20, 20, 20)))
    *_, streamed = families_in_parts(parts.canonical(), found)
    schedule = next(s for s in streamed.schedules() if s.tiles == (Tile(0, 10),))
    cost = price(parts.canonical(), schedule, BYTES)
    assert cost.dram_read_bytes == {"in0": 160, "in1": 4 * 240, "in2": 4 * 240}
    assert cost.dram_bytes == 160 + 8 * 240 + 160


def test_the_cheaper_of_whole_and_parts_is_taken() -> None:
    costs: list[int] = []
    for scratchpad_bytes in (60, 90, 120, *range(200, 1000, 100)):
        accelerator = with_scratchpad(scratchpad_bytes)
        group = attention().canonical()
        whole = best_schedule(group, accelerator)
        parts = cheapest_in_parts(group, accelerator, math.inf)
        found = GroupPrices(attention(), accelerator).best(attention().operators)
        moved = [c.price.dram_bytes for c in (whole, parts) if c is not None]
        assert (found and found.price.dram_bytes) == min(moved, default=None)
        costs += [found.price.dram_bytes] if found else []
    assert costs == sorted(costs, reverse=True)


def test_its_end_says_nothing_of_an_attention_that_may_run_in_parts() -> None:
    """But of what an attention is a part of: that cannot."""
    graph = attention()
    first = operator("first", "nd", {"x": "nd"}, "k:nd")
    graph = replace(
        graph,
        operators=(first, *graph.operators),
        tensors={**graph.tensors, "x": Tensor("x", (KEYS, WIDTH))},
    )
    stretch = Stretch(graph, graph.operators)
    prefixes = stretch.prefixes(100)
    assert prefixes is not None
    prices = GroupPrices(graph, with_scratchpad(90))
    assert math.isinf(prices.excess(graph.operators[-4:]))
    paths = Paths(prices, stretch, Lattice(stretch, prefixes))
    paths.learn_from(0b1111000)
    least = {
        prefixes[e] & ~prefixes[b]: n
        for b, e, n in zip(paths.begin, paths.end, paths.least, strict=True)
    }
    assert [math.isinf(least[group]) for group in (0b1111111, 0b1111110, 0b1111100)] == [
        True,
        False,
        True,
    ]


def test_a_plan_runs_all_parts_in_one_group() -> None:
    graph, accelerator = attention(), with_scratchpad(400)
    plan = solve(graph, accelerator, "offline")
    (split,), (group,) = plan.splits, plan.groups
    assert split.operator == "scores"
    assert group.operators == tuple(o.name for o in plan.network(graph).operators)
    assert plan.dram_bytes == group.price.dram_bytes >= plan.bound
    (why,) = in_parts(plan, graph, accelerator)
    assert why.dram_bytes == plan.dram_bytes
    assert why.whole_dram_bytes is None or why.whole_dram_bytes > plan.dram_bytes


def test_no_part_is_empty() -> None:
    found = attention_in(attention())
    assert found is not None
    for split in splits_of_attention(found):
        assert sum(split.sizes) == KEYS
        assert min(split.sizes) > 0


MODEL = Path(__file__).parents[1] / "lit/passes/optimus-group/attention-in-parts.mlir"
ON_SMALL = [str(MODEL), "--accelerator", "generic", "--set", "scratchpad_bytes=600"]


def test_a_plan_file_has_the_parts_and_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With two parts instead of the search's 24, and no schedule but tiles: dearer, and as exact."""
    file = tmp_path / "plan.json"
    assert main(["plan", *ON_SMALL, "--save", str(file)]) == 0
    plan = json.loads(file.read_text())
    assert plan["splits"] == [{"operator": "matmul0", "loop": 1, "sizes": [4] * 24}]
    operators = plan["groups"][0]["operators"][:10]
    plan |= {"splits": [{"operator": "matmul0", "loop": 1, "sizes": [60, 36]}]}
    plan["groups"] = [
        {"operators": operators, "schedule": {"tiles": [{"dimension": 0, "size": 7}]}}
    ]
    plan["accelerator"]["scratchpad_bytes"] = 8000
    file.write_text(json.dumps(plan))
    capsys.readouterr()
    assert main(["run", str(MODEL), "--plan", str(file), "--json", "--quiet"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["dram_bytes"]["predicted"] == report["dram_bytes"]["counted"]


def test_an_attention_is_split_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.json"
    assert main(["plan", *ON_SMALL, "--save", str(file)]) == 0
    plan = json.loads(file.read_text())
    plan["splits"].append({"operator": "matmul5", "loop": 2, "sizes": [48, 48]})
    file.write_text(json.dumps(plan))
    assert main(["plan", str(MODEL), "--plan", str(file)]) == 1
    assert "splits[1].operator: matmul5 is split already" in capsys.readouterr().err


def test_explain_says_what_runs_in_parts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", *ON_SMALL, "--explain", "--quiet"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "the attention of matmul0 to matmul5 runs its keys in parts of 24 x 4, which" in text
