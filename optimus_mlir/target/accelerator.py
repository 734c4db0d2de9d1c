"""An accelerator as the cost model sees it; what is wrong with one is said by field."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails

from optimus_mlir.errors import OptimusError, did_you_mean
from optimus_mlir.target.dataflow import KEPT_BY, Dataflow, Operand, Role
from optimus_mlir.target.sizes import bytes_of

Scalar = str | int | float | bool
Value = Scalar | list[str]


def _bytes_if_text(value: object) -> object:
    return bytes_of(value) if isinstance(value, str) else value


def _no_repeats(value: object) -> object:
    """A list as a tuple (YAML and MLIR attributes have lists); each word in it once."""
    if not isinstance(value, list | tuple):
        return value
    words = cast("Sequence[object]", value)
    again = [word for i, word in enumerate(words) if word in words[:i]]
    if again:
        raise ValueError(f"'{again[0]}' is named twice: once is enough")
    return tuple(words)


BYTES_SCHEMA = {
    "anyOf": [
        {"type": "integer", "minimum": 1},
        {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*([kKmMgG]i?)?[bB]?\s*$"},
    ]
}

Count = Annotated[int, Field(ge=1)]
Bytes = Annotated[int, Field(ge=1), BeforeValidator(_bytes_if_text), WithJsonSchema(BYTES_SCHEMA)]
Picojoules = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=False)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=False)]
Roles = Annotated[tuple[Role, ...], BeforeValidator(_no_repeats)]
Operands = Annotated[tuple[Operand, ...], BeforeValidator(_no_repeats)]


class Accelerator(
    BaseModel, frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
):
    """DRAM, one scratchpad (the global buffer), and an array of PEs with a register file each.

    Energies are picojoules per access of one element of `element_bits`; an accumulator of twice
    that width costs two. Rates may be unknown: then there is no estimate of cycles or of seconds.
    """

    name: str
    description: str
    """What it is, and where its figures come from."""
    scratchpad_bytes: Bytes
    """The global buffer, which the compiler manages."""
    element_bits: Literal[8, 16, 32]
    accumulator_bits: Literal[8, 16, 32, 64]
    double_buffering: bool = False
    """Two copies of each tile that DMA moves: transfers overlap with work, and take more space."""
    pe_rows: Count
    pe_columns: Count
    macs_per_pe: Count = 1
    """Multiply-accumulates of one PE in a cycle."""
    register_file_bytes: Bytes
    """Of each PE."""
    dataflow: Dataflow = "output-stationary"
    """Which operand stays in the PEs longest: its loops are the outer ones."""
    unrolled_rows: Roles = ("output-columns", "output-rows")
    """Loops that run side by side on the rows of the array: the first that a nest has, then the
    others on what room is left. The default, with that of the columns, is `Ow_Cout` of Optimus."""
    unrolled_columns: Roles = ("output-channels", "groups")
    """The same on the columns."""
    registers_hold: Operands | None = None
    """Operands that are kept in the register files; the others arrive anew for every MAC.
    By default that which the dataflow is named for, and all of them if it is row-stationary."""
    dram_access_pj: Picojoules
    buffer_access_pj: Picojoules
    """Of the scratchpad."""
    register_access_pj: Picojoules
    hop_pj: Picojoules
    """From one PE to its neighbour."""
    mac_pj: Picojoules
    """One multiply-accumulate, without its operands."""
    dram_bytes_per_cycle: Rate | None = None
    frequency_mhz: Rate | None = None

    @model_validator(mode="after")
    def _accumulators_hold_elements(self) -> Self:
        if self.accumulator_bits < self.element_bits:
            raise ValueError(
                f"accumulator_bits: must be at least element_bits ({self.element_bits}), "
                f"got {self.accumulator_bits}"
            )
        return self

    @model_validator(mode="after")
    def _the_stationary_operand_is_held(self) -> Self:
        needed = set(KEPT_BY[self.dataflow]) if self.dataflow != "row-stationary" else {"filter"}
        missing = needed - set(self.operands_kept)
        if missing:
            raise ValueError(
                f"registers_hold: {self.dataflow} needs '{missing.pop()}' in the register files: "
                f"add it, or choose another dataflow"
            )
        return self

    @property
    def operands_kept(self) -> tuple[Operand, ...]:
        """What the register files hold."""
        kept = self.registers_hold
        return KEPT_BY[self.dataflow] if kept is None else kept

    @property
    def pes(self) -> int:
        return self.pe_rows * self.pe_columns

    @property
    def element_bytes(self) -> int:
        return self.element_bits // 8

    @property
    def accumulator_bytes(self) -> int:
        return self.accumulator_bits // 8

    def to_dict(self) -> dict[str, Value]:
        """Its fields as scalars and lists, unknown ones left out; `from_dict` is the inverse."""
        fields = self.model_dump(exclude_none=True)
        return {name: _listed(value) for name, value in fields.items()}

    @classmethod
    def from_dict(cls, fields: Mapping[str, object], source: str = "accelerator") -> Self:
        """An accelerator from its fields; errors begin with `source`."""
        try:
            return cls.model_validate(dict(fields))
        except ValidationError as error:
            raise OptimusError("\n".join(_message(source, e) for e in error.errors())) from None


def _listed(value: Scalar | tuple[str, ...]) -> Value:
    return list(value) if isinstance(value, tuple) else value


def _message(source: str, error: ErrorDetails) -> str:
    """`eyeriss.yaml: dram_access_pj: must be at least 0, got -1`."""
    at = _path(source, error["loc"])
    context, got = error.get("ctx", {}), f"got {error['input']!r}"
    match error["type"]:
        case "missing":
            return f"{at}: missing"
        case "extra_forbidden":
            fields = list(Accelerator.model_fields)
            close = did_you_mean(str(error["loc"][-1]), fields)
            return f"{at}: unknown field{close or ': the fields are ' + ', '.join(fields)}"
        case "greater_than_equal":
            return f"{at}: must be at least {context['ge']:g}, {got}"
        case "greater_than":
            return f"{at}: must be more than {context['gt']:g}, {got}"
        case "literal_error":
            return f"{at}: must be {context['expected']}, {got}{_meant(error['input'], context)}"
        case "tuple_type":
            return f"{at}: must be a list, like [output-channels], {got}"
        case "value_error":
            return f"{at}: {context['error']}"
        case _:
            return f"{at}: {error['msg'].replace('Input should', 'must')}, {got}"


def _path(source: str, keys: Sequence[int | str]) -> str:
    """`eyeriss.yaml: unrolled_rows[1]`."""
    inside = "".join(f"[{key}]" if isinstance(key, int) else f": {key}" for key in keys)
    return source + inside


def _meant(value: object, context: Mapping[str, str]) -> str:
    known = re.findall(r"'([^']+)'", context["expected"])
    return did_you_mean(value, known) if isinstance(value, str) else ""
