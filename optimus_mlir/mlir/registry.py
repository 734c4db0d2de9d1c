"""The Python passes by flag: those of installed packages, and those registered in this process.

A package adds a flag by an entry point `flag = "package.module:Class"` in the group
`optimus_mlir.passes`. Its module is imported when the flag is used, or when `--help` describes it.
"""

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from optimus_mlir.errors import OptimusError
from optimus_mlir.mlir.pass_base import Pass

ENTRY_POINT_GROUP = "optimus_mlir.passes"

_registered: dict[str, type[Pass]] = {}


def register(pass_class: type[Pass]) -> type[Pass]:
    """Make a pass known in this process only; usable as a decorator."""
    _registered[pass_class.argument] = pass_class
    return pass_class


def unregister(argument: str) -> None:
    del _registered[argument]


def pass_names() -> list[str]:
    return sorted(_registered.keys() | _installed().keys())


def find_pass(argument: str) -> type[Pass] | None:
    """The Python pass behind a flag; None if there is none (it may be one of MLIR's)."""
    if argument in _registered:
        return _registered[argument]
    if argument not in _installed():
        return None
    return _load(_installed()[argument])


@cache
def _installed() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def _load(point: EntryPoint) -> type[Pass]:
    try:
        pass_class = point.load()
    except (ImportError, AttributeError) as error:
        raise OptimusError(f"pass {point.name}: cannot load {point.value}: {error}") from error
    if pass_class.argument != point.name:
        raise OptimusError(
            f"pass {point.name}: {point.value} calls itself {pass_class.argument!r}: "
            f"make its entry point in {ENTRY_POINT_GROUP!r} the same"
        )
    return pass_class
