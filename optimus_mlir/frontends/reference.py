"""What PyTorch itself computes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from optimus_mlir.mlir.constants import Array


def run_torch(module: Any, inputs: Sequence[Array]) -> list[Array]:
    """The tensors that an nn.Module returns for these inputs, in the order of `main`'s results."""
    import torch

    with torch.no_grad():
        results = module(*map(torch.from_numpy, inputs))
    return [tensor.cpu().numpy() for tensor in _tensors(results)]


def _tensors(results: Any) -> Iterator[Any]:
    match results:
        case tuple() | list():
            for result in results:
                yield from _tensors(result)
        case Mapping():
            yield from _tensors(list(results.values()))
        case None:
            pass
        case _:
            yield results
