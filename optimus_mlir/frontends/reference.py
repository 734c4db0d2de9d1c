"""What PyTorch itself computes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ml_dtypes
import numpy as np

from optimus_mlir.mlir.constants import Array


def run_torch(module: Any, inputs: Sequence[Array]) -> list[Array]:
    """The tensors that an nn.Module returns for these inputs, in the order of `main`'s results."""
    import torch

    with torch.no_grad():
        results = module(*map(to_torch, inputs))
    return [to_numpy(tensor) for tensor in _tensors(results)]


def to_torch(array: Array) -> Any:
    import torch

    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def to_numpy(tensor: Any) -> Array:
    import torch

    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16:
        return tensor.contiguous().view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


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
