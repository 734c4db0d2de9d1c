"""What a pass is: a frozen dataclass whose fields are its options, as in

    @dataclass(frozen=True)
    class GroupPass(Pass):
        \"\"\"Label the operators that are cheaper together than apart.\"\"\"

        argument = "optimus-group"
        accelerator: str = option("eyeriss", "preset or YAML file of the target")

        def run(self, module: ir.Module) -> None: ...

and `optimus-opt --optimus-group="accelerator=eyeriss"`.
"""

from __future__ import annotations

import dataclasses
import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self, get_args, get_type_hints

from optimus_mlir.errors import OptimusError, did_you_mean

if TYPE_CHECKING:
    from torch_mlir import ir

OptionValue = str | int | float | bool

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Option:
    """One option of a pass: the field `tile_rows`, which users write `tile-rows`."""

    field: str
    type: type[OptionValue]
    default: Any  # MISSING if the option is required
    meaning: str
    choices: Sequence[OptionValue]

    @property
    def name(self) -> str:
        return self.field.replace("_", "-")

    @property
    def required(self) -> bool:
        return self.default is MISSING

    def parse(self, text: str) -> OptionValue:
        """The value that `text` stands for; a ValueError says what was expected instead."""
        value = self._convert(text)
        if self.choices and value not in self.choices:
            raise ValueError(f"one of {', '.join(map(str, self.choices))}")
        return value

    def _convert(self, text: str) -> OptionValue:
        if self.type is bool:
            if text not in _BOOLEANS:
                raise ValueError("true or false")
            return _BOOLEANS[text]
        try:
            return self.type(text)
        except ValueError:
            raise ValueError({int: "an integer", float: "a number"}[self.type]) from None


def option(
    default: Any = MISSING, meaning: str = "", *, choices: Sequence[OptionValue] = ()
) -> Any:  # Any: as with dataclasses.field, the annotation at the left is what counts
    """A documented field of a pass. Without a default the option is required."""
    return dataclasses.field(
        default=default, metadata={"meaning": meaning, "choices": tuple(choices)}
    )


class Pass(ABC):
    """A rewrite of a whole module, run by its flag `--argument="option=value ..."`.

    Subclasses are frozen dataclasses; their fields (str, int, float, bool) are the options, and the
    first line of their docstring is their line in `--help`.
    """

    argument: ClassVar[str]

    @abstractmethod
    def run(self, module: ir.Module) -> None:
        """Rewrite `module` in place; raise PassFailure if the program is at fault."""

    @classmethod
    def options(cls) -> list[Option]:
        types = get_type_hints(cls)
        fields = dataclasses.fields(cls)  # type: ignore[arg-type] # subclasses are dataclasses
        return [_option_of(cls, field, types[field.name]) for field in fields]

    @classmethod
    def from_options(cls, values: Mapping[str, str]) -> Self:
        """The pass as written by a user: option names and values are still text."""
        known = {o.name: o for o in cls.options()}
        for name in values:
            if name not in known:
                raise OptimusError(_unknown_option(cls.argument, name, list(known)))
        for name, o in known.items():
            if o.required and name not in values:
                raise OptimusError(f"{cls.argument}: option {name!r} is required")
        parsed = {known[n].field: _parse(cls.argument, known[n], t) for n, t in values.items()}
        return cls(**parsed)

    @classmethod
    def summary(cls) -> str:
        return (inspect.getdoc(cls) or "").split("\n")[0]

    def __str__(self) -> str:
        """The pass in a pipeline's text, with the options that differ from their defaults."""
        values = [(o, getattr(self, o.field)) for o in self.options()]
        changed = [f"{o.name}={_quote(value)}" for o, value in values if value != o.default]
        return self.argument + ("{" + " ".join(changed) + "}" if changed else "")


Step = Pass | str
"""One step of a compilation: a pass of ours, or the text of an upstream pipeline."""


class CompositePass(Pass):
    """A flag that stands for a sequence of others."""

    @abstractmethod
    def passes(self) -> list[Step]: ...

    def run(self, module: ir.Module) -> None:
        from optimus_mlir.mlir.run import run_passes  # which needs this module

        run_passes(module, self.passes())


def _option_of(cls: type[Pass], field: dataclasses.Field[Any], kind: Any) -> Option:
    if kind not in get_args(OptionValue):
        raise TypeError(f"{cls.__name__}.{field.name}: an option is a str, int, float or bool")
    return Option(
        field=field.name,
        type=kind,
        default=field.default,
        meaning=field.metadata.get("meaning", ""),
        choices=field.metadata.get("choices", ()),
    )


def _parse(argument: str, option: Option, text: str) -> OptionValue:
    try:
        return option.parse(text)
    except ValueError as expected:
        message = f"{argument}: option {option.name}={text!r}: expected {expected}"
        raise OptimusError(message) from None


def _unknown_option(argument: str, name: str, known: list[str]) -> str:
    if not known:
        return f"{argument}: unknown option {name!r}: this pass has no options"
    hint = did_you_mean(name, known)
    return f"{argument}: unknown option {name!r}{hint}; its options are: {', '.join(known)}"


def _quote(value: OptionValue) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    plain = text and not any(c.isspace() or c in "{}()[]\"'," for c in text)
    if plain:
        return text
    return f"'{text}'" if '"' in text else f'"{text}"'
