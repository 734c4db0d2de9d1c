"""An accelerator as the cost model sees it, read from YAML with errors that name the field."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from optimus_mlir.errors import OptimusError, did_you_mean

Scalar = str | int | float | bool

BYTES_OF_UNIT = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}


def parse_bytes(text: str) -> int:
    """A size in bytes: `65536`, `64KiB`, `1.5 MiB` (powers of 1024), `64kB` (powers of 1000)."""
    try:
        return _bytes(text)
    except ValueError as error:
        raise OptimusError(str(error)) from None


def _bytes(text: str) -> int:
    size = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.lower())
    if size is None or size[2] not in BYTES_OF_UNIT:
        raise ValueError(f"not a size in bytes: '{text}': write it like 65536, 64KiB or 1.5MiB")
    count = Fraction(size[1]) * BYTES_OF_UNIT[size[2]]
    if count.denominator != 1:
        raise ValueError(f"not a whole number of bytes: '{text}'")
    return int(count)


def _bytes_if_text(value: object) -> object:
    return _bytes(value) if isinstance(value, str) else value


Count = Annotated[int, Field(ge=1)]
Bytes = Annotated[int, Field(ge=1), BeforeValidator(_bytes_if_text)]
Picojoules = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=False)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=False)]


class Accelerator(BaseModel):
    """DRAM, one scratchpad (the global buffer), and an array of PEs with a register file each.

    Energies are picojoules per access of one element of `element_bits`; an accumulator of twice
    that width costs two. Rates may be unknown: then there is no estimate of cycles or of seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str
    description: str  # and where the figures come from
    scratchpad_bytes: Bytes
    element_bits: Literal[8, 16, 32]
    accumulator_bits: Literal[8, 16, 32, 64]
    double_buffering: bool = False  # two copies of each tile that DMA moves: costs their space
    pe_rows: Count
    pe_columns: Count
    register_file_bytes: Bytes  # of each PE
    dram_access_pj: Picojoules
    buffer_access_pj: Picojoules  # of the scratchpad
    register_access_pj: Picojoules
    hop_pj: Picojoules  # from one PE to its neighbour
    mac_pj: Picojoules  # one multiply-accumulate, without its operands
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

    @property
    def element_bytes(self) -> int:
        return self.element_bits // 8

    @property
    def accumulator_bytes(self) -> int:
        return self.accumulator_bits // 8

    def to_dict(self) -> dict[str, Scalar]:
        """Its fields as plain scalars, unknown ones left out; `from_dict` is the inverse."""
        return self.model_dump(exclude_none=True)

    @classmethod
    def from_dict(cls, fields: Mapping[str, object], source: str = "accelerator") -> Self:
        """An accelerator from its fields; errors begin with `source`."""
        try:
            return cls.model_validate(dict(fields))
        except ValidationError as error:
            raise OptimusError("\n".join(_message(source, e) for e in error.errors())) from None


def preset_names() -> list[str]:
    """The accelerators that ship with the package."""
    presets = (Path(preset.name) for preset in _presets().iterdir())
    return sorted(preset.stem for preset in presets if preset.suffix == ".yaml")


def load_accelerator(name_or_path: str) -> Accelerator:
    """The preset of this name, or the accelerator in this .yaml or .yml file."""
    if name_or_path.endswith((".yaml", ".yml")):
        return _parse(_text_of(Path(name_or_path)), Path(name_or_path))
    if name_or_path not in preset_names():
        raise OptimusError(
            f"unknown accelerator '{name_or_path}'{did_you_mean(name_or_path, preset_names())}: "
            f"choose {', '.join(preset_names())}, or give a .yaml file"
        )
    preset = f"{name_or_path}.yaml"
    return _parse((_presets() / preset).read_text(encoding="utf-8"), Path(preset))


def with_fields(accelerator: Accelerator, fields: Sequence[str]) -> Accelerator:
    """The accelerator with some fields changed: `["scratchpad_bytes=64KiB", "element_bits=8"]`."""
    changed: dict[str, object] = dict(accelerator.to_dict())
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals:
            raise OptimusError(
                f"{accelerator.name}: '{field}': write it like scratchpad_bytes=64KiB"
            )
        changed[name.strip()] = _scalar(value)
    return Accelerator.from_dict(changed, accelerator.name)


def _presets() -> Any:
    return resources.files("optimus_mlir.target") / "presets"


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise OptimusError(f"{path}: {reason}") from None


def _parse(text: str, path: Path) -> Accelerator:
    try:
        fields = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise OptimusError(f"{at}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise OptimusError(f"{path}: not YAML: {error}") from None
    if not isinstance(fields, dict):
        raise OptimusError(f"{path}: must be a mapping of fields, like 'element_bits: 16'")
    return Accelerator.from_dict(
        {"name": path.stem, **cast("dict[str, object]", fields)}, str(path)
    )


def _scalar(text: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def _message(source: str, error: ErrorDetails) -> str:
    """`eyeriss.yaml: dram_access_pj: must be at least 0, got -1`."""
    at = ": ".join([source, *(str(key) for key in error["loc"])])
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
            return f"{at}: must be {context['expected']}, {got}"
        case "value_error":
            return f"{at}: {context['error']}"
        case _:
            return f"{at}: {error['msg'].replace('Input should', 'must')}, {got}"
