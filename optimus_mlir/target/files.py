"""Accelerators by name or from a YAML file."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, cast

import yaml

from optimus_mlir.errors import OptimusError, did_you_mean
from optimus_mlir.target.accelerator import Accelerator


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


def json_schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of a description; a file may leave out the name, which is its own."""
    schema = Accelerator.model_json_schema()
    schema["required"].remove("name")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


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
