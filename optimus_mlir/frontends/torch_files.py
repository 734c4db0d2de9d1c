"""PyTorch models from files: exported programs, and Python code that builds a network."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

from optimus_mlir.errors import OptimusError, did_you_mean
from optimus_mlir.frontends.reference import run_torch, to_torch
from optimus_mlir.mlir.constants import Array

EXPORTED = ".pt2"  # what torch.export.save writes
CODE = ".py"


@dataclass(frozen=True, eq=False)
class TorchModel:
    """A network, inputs to try it on, and how PyTorch runs it on the inputs of its `main`."""

    network: Any  # an nn.Module or an ExportedProgram
    inputs: tuple[Any, ...]
    run: Callable[[Sequence[Array]], list[Array]]

    @staticmethod
    def of(network: Any, inputs: Sequence[Any]) -> TorchModel:
        return TorchModel(network, tuple(inputs), partial(run_torch, network))


def is_torch_file(name: str) -> bool:
    path, _, function = name.rpartition(":")
    return Path(name).suffix in (EXPORTED, CODE) or (Path(path).suffix == CODE and bool(function))


def load_torch_file(name: str) -> TorchModel:
    """`network.pt2`, or `network.py:build`, where `build()` returns a network and its inputs."""
    if Path(name).suffix == EXPORTED:
        return _exported(_existing(name))
    path, _, function = name.rpartition(":")
    if Path(path).suffix != CODE:
        raise OptimusError(
            f"{name}: name the function that builds the network, as in {name}:build; "
            "it returns the network and a tuple of example inputs"
        )
    return _built(_existing(path), function)


def _existing(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise OptimusError(f"{path}: no such file")
    return path


def _exported(path: Path) -> TorchModel:
    import torch
    from torch.utils import _pytree as trees

    if not is_zipfile(path):  # torch.export.load would log its stack
        raise OptimusError(f"{path}: not what torch.export.save writes: no archive")
    try:
        program = torch.export.load(path)
    except Exception as error:  # whatever a damaged archive leads to
        raise OptimusError(
            f"{path}: not what torch.export.save writes: {_first_line(error)}"
        ) from error
    leaves, structure = trees.tree_flatten(program.example_inputs)
    places = [n for n, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]

    def run(arrays: Sequence[Array]) -> list[Array]:
        filled = list(leaves)
        for place, array in zip(places, arrays, strict=True):
            filled[place] = to_torch(array)
        positional, named = trees.tree_unflatten(filled, structure)
        return run_torch(partial(program.module(), *positional, **named), ())

    return TorchModel(program, tuple(leaves[n] for n in places), run)


def _built(path: Path, function: str) -> TorchModel:
    import torch

    try:
        with _importing_from(path.parent):
            names = runpy.run_path(str(path))
        build = names.get(function)
        if not callable(build):
            known = [name for name, value in names.items() if callable(value)]
            raise OptimusError(f"{path}: no function {function!r}{did_you_mean(function, known)}")
        built = build()
    except OptimusError:
        raise
    except Exception as error:  # the user's code may do anything
        raise OptimusError(f"{path}: {type(error).__name__}: {_first_line(error)}") from error
    match built:
        case (torch.nn.Module() as network, torch.Tensor() as tensor):
            return TorchModel.of(network.eval(), (tensor,))
        case (torch.nn.Module() as network, tuple() | list() as inputs):
            return TorchModel.of(network.eval(), inputs)
    raise OptimusError(
        f"{path}: {function}() must return an nn.Module and its example inputs, "
        f"returned {type(built).__name__}"
    )


@contextmanager
def _importing_from(folder: Path) -> Iterator[None]:
    """As Python itself does for a script: its neighbours can be imported."""
    before = list(sys.path)
    sys.path.insert(0, str(folder.resolve()))
    try:
        yield
    finally:
        sys.path[:] = before


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
