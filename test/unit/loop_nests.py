"""Operators by hand: images are (channels, rows, columns), without a batch."""

from optimus_mlir.cost import Block, Keep, Price, Schedule, Tile, price
from optimus_mlir.target import load_accelerator, with_fields
from optimus_mlir.workload import Access, Graph, Linear, Operator, Tensor

BYTES = with_fields(load_accelerator("eyeriss"), ["element_bits=8"])
ROWS, COLUMNS = 1, 2


def access(tensor: str, loops: str, *indices: str | dict[str, int]) -> Access:
    """`access("x", "khc", "c", {"h": 2, "": -1})` reads x[c, 2h - 1] in a nest over k, h and c."""

    def linear(index: str | dict[str, int]) -> Linear:
        of = {index: 1} if isinstance(index, str) else index
        return Linear(tuple(of.get(loop, 0) for loop in loops), of.get("", 0))

    return Access(tensor, tuple(map(linear, indices)))


def conv(
    name: str,
    source: str,
    shape: tuple[int, int, int],
    channels: int,
    kernel: int,
    *,
    stride: int = 1,
    padding: int = 0,
    residual: str | None = None,
) -> Operator:
    """A convolution to `shape` that reads `source`, `<name>.w` and a residual; writes `<name>.o`."""
    rows = {"h": stride, "r": 1, "": -padding}
    columns = {"w": stride, "s": 1, "": -padding}
    reads = [
        access(source, "khwcrs", "c", rows, columns),
        access(f"{name}.w", "khwcrs", "k", "c", "r", "s"),
    ]
    if residual is not None:
        reads.append(access(residual, "khwcrs", "k", "h", "w"))
    reduction = (False, False, False, True, True, True)
    write = access(f"{name}.o", "khwcrs", "k", "h", "w")
    return Operator(
        name,
        (*shape, channels, kernel, kernel),
        reduction,
        tuple(reads),
        write,
        epilogue_reads=len(reads) - 2,
    )


def graph(source: tuple[int, ...], *operators: Operator) -> Graph:
    """Convolutions that start from a live-in `x` of the given shape; the last result is wanted."""
    tensors = {"x": Tensor("x", source)}
    for operator in operators:
        k, h, w, c, r, s = operator.extents
        tensors[f"{operator.name}.w"] = Tensor(f"{operator.name}.w", (k, c, r, s), constant=True)
        tensors[f"{operator.name}.o"] = Tensor(f"{operator.name}.o", (k, h, w))
    return Graph(operators, tensors, (f"{operators[-1].name}.o",))


def priced(
    group: Graph, *tiles: Tile, kept: str = "", depth: int = 0, blocks: tuple[Block, ...] = ()
) -> Price:
    """What it costs to keep the named tensors at a depth; an element is one byte."""
    keeps = tuple(Keep(name, depth) for name in kept.split())
    return price(group, Schedule(tiles, keeps, blocks), BYTES)
