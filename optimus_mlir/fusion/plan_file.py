"""Plans as JSON files: written by a search, edited by hand, replayed.

A schedule is written field by field, whatever its fields are; its names are those of the group by
itself (op0, v0, in0), which `names` explains. What only explains is not read back.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from optimus_mlir.cost import Price, Schedule
from optimus_mlir.errors import OptimusError
from optimus_mlir.fusion.plan import Group, Plan, members
from optimus_mlir.target import Accelerator
from optimus_mlir.workload import Graph, Split

Json = Any


class FilePart(BaseModel):
    """What is read from a file: nothing unknown in it, nothing converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Part = TypeVar("Part", bound=FilePart)


class PlannedGroup(FilePart):
    """Operators that run together, and how."""

    operators: tuple[str, ...] = Field(min_length=1, description="by name, in program order")
    schedule: Schedule = Field(
        description="its names are canonical: operators op0.., their results v0.., live-ins in0.."
    )
    names: dict[str, str] = Field({}, description="what the schedule's names mean; not read back")
    price: dict[str, Json] = Field({}, description="as the model priced it; not read back")


class PlanFile(FilePart):
    """A partition of a network's operators into groups, for one accelerator."""

    version: Literal[1] = Field(description="of this format")
    model: str = Field("", description="what was planned; not read back")
    solver: str = Field("by hand", description="who made the plan")
    accelerator: dict[str, Json] = Field(description="its fields, as in its YAML file")
    splits: tuple[Split, ...] = Field(
        (), description="loops in parts of these sizes; the parts of a are a.0, a.1, .."
    )
    groups: tuple[PlannedGroup, ...]

    def target(self) -> Accelerator:
        return Accelerator.from_dict(self.accelerator, "accelerator")


def json_schema() -> dict[str, Json]:
    """The JSON schema (2020-12) of a plan file."""
    schema = PlanFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


# Writing ------------------------------------------------------------------------------------------


def plan_as_json(model: str, accelerator: Accelerator, network: Graph, plan: Plan) -> str:
    """The text of a plan file; `network` has the parts of what the plan splits."""
    fields = {
        "version": 1,
        "model": model,
        "solver": plan.solver,
        "accelerator": accelerator.to_dict(),
        **({"splits": plain(plan.splits)} if plan.splits else {}),
        "groups": [_group(network, group) for group in plan.groups],
    }
    return json.dumps(fields, indent=2) + "\n"


def _group(graph: Graph, group: Group) -> dict[str, Json]:
    return {
        "operators": list(group.operators),
        "schedule": plain(group.schedule),
        "names": explained_names(members(graph, group.operators)),
        "price": _price(group.price),
    }


def explained_names(group: Graph) -> dict[str, str]:
    """Each canonical name with the operator, or the tensor and its shape, that it stands for."""
    names = {
        f"op{i}": f"{operator.name}, loops {_sizes(operator.extents)}"
        for i, operator in enumerate(group.operators)
    }
    for name, canonical in group.canonical_names.items():
        if name in group.tensors:
            tensor = group.tensors[name]
            kind = "weight " if tensor.constant else "live-out " if name in group.outputs else ""
            kind += "partial sums " if tensor.is_partial_sum else ""
            names[canonical] = f"{kind}{name}, {_sizes(tensor.shape)}"
    return names


def _sizes(extents: tuple[int, ...]) -> str:
    return "x".join(map(str, extents)) or "scalar"


def _price(price: Price) -> dict[str, Json]:
    return {"dram_bytes": price.dram_bytes, "footprint_bytes": price.footprint_bytes}


def plain(value: object) -> Json:
    """A dataclass and what is in it as JSON has it; sets are sorted, so that files compare equal."""
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {field.name: plain(getattr(value, field.name)) for field in fields}
    if isinstance(value, (frozenset, set)):
        return sorted(map(plain, cast("frozenset[object]", value)))
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in cast("tuple[object, ...]", value)]
    return value


# Reading ------------------------------------------------------------------------------------------


def read_plan(path: str) -> PlanFile:
    """The plan in a file; an OptimusError names the place of what is wrong in it."""
    return read_file(path, PlanFile)


def parse_plan(text: str, source: str) -> PlanFile:
    return parse(text, source, PlanFile)


def read_file(path: str, kind: type[Part]) -> Part:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise OptimusError(f"{path}: {reason}") from None
    return parse(text, path, kind)


def parse(text: str, source: str, kind: type[Part]) -> Part:
    try:
        json.loads(text)  # its errors say where
        return kind.model_validate_json(text)
    except json.JSONDecodeError as error:
        raise OptimusError(
            f"{source}:{error.lineno}:{error.colno}: not JSON: {error.msg}"
        ) from None
    except ValidationError as error:
        lines = [f"{source}: {_place(e['loc'])}: {_reason(dict(e))}" for e in error.errors()]
        raise OptimusError("\n".join(lines)) from None


def _place(path: tuple[int | str, ...]) -> str:
    """`groups[2].schedule.tiles[0].size`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).lstrip(".") or "the whole file"


def _reason(error: dict[str, Any]) -> str:
    match error["type"]:
        case "missing":
            return "missing"
        case "extra_forbidden" | "unexpected_keyword_argument":
            return "unknown field"
        case _:
            message = str(error["msg"]).replace("Input should", "must")
            return f"{message}, got {error['input']!r}"
