"""Small networks, and random ones: chains with residual adds, of every kind of loop nest."""

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from optimus_mlir.cost import Block, Schedule, Tile
from optimus_mlir.workload import Access, Graph, Linear, Operator, Tensor


def access(tensor: str, loops: str, *indices: str | dict[str, int]) -> Access:
    """`access("x", "khc", "c", {"h": 2, "": -1})` reads x[c, 2h - 1] in a nest over k, h and c."""

    def linear(index: str | dict[str, int]) -> Linear:
        of = {index: 1} if isinstance(index, str) else index
        return Linear(tuple(of.get(loop, 0) for loop in loops), of.get("", 0))

    return Access(tensor, tuple(map(linear, indices)))


@dataclass
class Network:
    """A graph that grows; every method adds an operator and returns the name of its result."""

    operators: list[Operator] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def tensor(self, name: str, *shape: int, constant: bool = False) -> str:
        self.tensors[name] = Tensor(name, shape, constant)
        return name

    def shape(self, name: str) -> tuple[int, ...]:
        return self.tensors[name].shape

    def add(self, nest: dict[str, int], reduction: str, reads: list[Access], write: str) -> str:
        """An operator over a nest; `write` names the loops that index its result."""
        loops = "".join(nest)
        name = f"f{len(self.operators)}"
        result = self.tensor(f"t{len(self.operators)}", *(nest[loop] for loop in write))
        self.operators.append(
            Operator(
                name,
                tuple(nest.values()),
                tuple(loop in reduction for loop in loops),
                tuple(reads),
                access(result, loops, *write),
            )
        )
        return result

    def conv(
        self,
        x: str,
        channels: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        residual: str | None = None,
    ) -> str:
        (c, *sizes), name = self.shape(x), f"w{len(self.operators)}"
        h, w = (_steps(n, kernel, stride, padding, dilation) for n in sizes)
        nest = {"k": channels, "h": h, "w": w, "c": c, "r": kernel, "s": kernel}
        weight = self.tensor(name, channels, c, kernel, kernel, constant=True)
        rows = {"h": stride, "r": dilation, "": -padding}
        columns = {"w": stride, "s": dilation, "": -padding}
        reads = [
            access(x, "khwcrs", "c", rows, columns),
            access(weight, "khwcrs", "k", "c", "r", "s"),
        ]
        if residual is not None:
            reads.append(access(residual, "khwcrs", "k", "h", "w"))
        return self.add(nest, "crs", reads, "khw")

    def depthwise(self, x: str, kernel: int = 3, stride: int = 1, padding: int = 1) -> str:
        c, *sizes = self.shape(x)
        h, w = (_steps(n, kernel, stride, padding, 1) for n in sizes)
        nest = {"c": c, "h": h, "w": w, "r": kernel, "s": kernel}
        weight = self.tensor(f"w{len(self.operators)}", c, kernel, kernel, constant=True)
        rows = {"h": stride, "r": 1, "": -padding}
        columns = {"w": stride, "s": 1, "": -padding}
        reads = [access(x, "chwrs", "c", rows, columns), access(weight, "chwrs", "c", "r", "s")]
        return self.add(nest, "rs", reads, "chw")

    def pool(self, x: str, kernel: int = 2, stride: int = 2, padding: int = 0) -> str:
        c, *sizes = self.shape(x)
        h, w = (_steps(n, kernel, stride, padding, 1) for n in sizes)
        nest = {"c": c, "h": h, "w": w, "r": kernel, "s": kernel}
        rows = {"h": stride, "r": 1, "": -padding}
        columns = {"w": stride, "s": 1, "": -padding}
        return self.add(nest, "rs", [access(x, "chwrs", "c", rows, columns)], "chw")

    def elementwise(self, *operands: str) -> str:
        nest = dict(zip("chw", self.shape(operands[0]), strict=True))
        return self.add(nest, "", [access(x, "chw", "c", "h", "w") for x in operands], "chw")

    def normalise(self, x: str) -> str:
        """Divide by the sum over channels: two operators, and x is read by both."""
        nest = dict(zip("chw", self.shape(x), strict=True))
        total = self.add(nest, "c", [access(x, "chw", "c", "h", "w")], "hw")
        reads = [access(x, "chw", "c", "h", "w"), access(total, "chw", "h", "w")]
        return self.add(nest, "", reads, "chw")

    def downsample(self, x: str, channels: int) -> str:
        """The block of a residual network that halves the image: x is read by two convolutions."""
        main = self.conv(x, channels, 3, stride=2, padding=1)
        shortcut = self.conv(x, channels, 1, stride=2)
        return self.conv(main, channels, 3, padding=1, residual=shortcut)

    def matmul(self, x: str, columns: int) -> str:
        """Over the last dimension of a matrix."""
        m, k = self.shape(x)
        weight = self.tensor(f"w{len(self.operators)}", k, columns, constant=True)
        reads = [access(x, "mnk", "m", "k"), access(weight, "mnk", "k", "n")]
        return self.add({"m": m, "n": columns, "k": k}, "k", reads, "mn")

    def graph(self) -> Graph:
        """One live-out: the result of the last operator."""
        return Graph(tuple(self.operators), self.tensors, (self.operators[-1].write.tensor,))


def _steps(extent: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return (extent + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


@st.composite
def image_graphs(draw: st.DrawFn, most_operators: int = 5) -> Graph:
    """A chain of convolutions, pools and elementwise operators, with residual reads."""
    network = Network()
    size, channels = st.integers(2, 8), st.integers(1, 3)
    x = network.tensor("x", draw(channels), draw(size), draw(size))
    results = [x]
    for _ in range(draw(st.integers(1, most_operators))):
        x = _grow(draw, network, x, results)
        results.append(x)
    return network.graph()


def _grow(draw: st.DrawFn, network: Network, x: str, results: list[str]) -> str:
    channels, *sizes = network.shape(x)
    kinds = ["conv", "conv", "depthwise", "pool", "elementwise", "normalise", "downsample"]
    kind = draw(st.sampled_from(kinds))
    kernel, stride = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    padding, dilation = draw(st.integers(0, 2)), draw(st.integers(1, 2))
    if kind == "normalise":
        return network.normalise(x)
    if kind == "downsample":
        return network.downsample(x, draw(st.integers(1, 3)))
    if kind != "conv":
        dilation = 1
    if (
        kind == "elementwise"
        or min(_steps(n, kernel, stride, padding, dilation) for n in sizes) < 1
    ):
        alike = [name for name in results if network.shape(name) == network.shape(x)]
        return network.elementwise(x, draw(st.sampled_from(alike)))
    if kind == "depthwise":
        return network.depthwise(x, kernel, stride, padding)
    if kind == "pool":
        return network.pool(x, kernel, stride, padding)
    channels = draw(st.integers(1, 3))
    shape = (channels, *(_steps(n, kernel, stride, padding, dilation) for n in sizes))
    alike = [name for name in results if network.shape(name) == shape]
    residual = draw(st.sampled_from([None, *alike]))
    return network.conv(
        x,
        channels,
        kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
        residual=residual,
    )


@st.composite
def matrix_graphs(draw: st.DrawFn, most_operators: int = 3) -> Graph:
    """A chain of matrix products."""
    network = Network()
    x = network.tensor("x", draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    for _ in range(draw(st.integers(1, most_operators))):
        x = network.matmul(x, draw(st.integers(1, 6)))
    return network.graph()


def graphs(most_operators: int = 5) -> st.SearchStrategy[Graph]:
    images = image_graphs(most_operators)
    return st.one_of(images, images, images, matrix_graphs(min(most_operators, 3)))


@st.composite
def schedules(draw: st.DrawFn, graph: Graph) -> Schedule:
    """Any tiles, windows and blocks; not all of them make sense."""
    shape = graph.tensors[graph.outputs[0]].shape
    dimensions = draw(st.lists(st.sampled_from(range(len(shape))), unique=True, max_size=2))
    tiles = tuple(Tile(d, draw(st.integers(1, shape[d]))) for d in dimensions)
    everything = frozenset(graph.tensors)
    some = st.sets(st.sampled_from(sorted(everything))).map(frozenset)
    windows = draw(st.one_of(st.just(everything), st.just(frozenset[str]()), some))
    streaming = draw(st.lists(st.sampled_from(graph.operators), unique=True, max_size=3))
    blocks: list[Block] = []
    for operator in streaming:
        dimension = draw(st.sampled_from(range(len(operator.write.indices))))
        extent = operator.extents[operator.output_loop(dimension)]
        blocks.append(Block(operator.name, dimension, draw(st.integers(1, extent))))
    return Schedule(tiles, windows, tuple(blocks))


@st.composite
def networks(draw: st.DrawFn, most_operators: int = 5) -> Graph:
    """A graph of which more than the last result may be wanted."""
    graph = draw(graphs(most_operators))
    results = [operator.write.tensor for operator in graph.operators[:-1]]
    wanted = draw(st.sets(st.sampled_from(results), max_size=1)) if results else set[str]()
    return replace(graph, outputs=(*sorted(wanted), *graph.outputs))


@st.composite
def scheduled(draw: st.DrawFn, most_operators: int = 5) -> tuple[Graph, Schedule]:
    graph = draw(graphs(most_operators))
    return graph, draw(schedules(graph))
