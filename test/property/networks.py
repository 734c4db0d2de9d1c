"""Small networks, and random ones: chains and branches of every kind of loop nest."""

import math
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

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

    def add(
        self,
        nest: dict[str, int],
        reduction: str,
        reads: list[Access],
        write: str,
        epilogue_reads: int = 0,
    ) -> str:
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
                epilogue_reads=epilogue_reads,
            )
        )
        return result

    def _operand(self, *shape: int) -> str:
        """The weights of the next operator."""
        return self.tensor(f"w{len(self.operators)}", *shape, constant=True)

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
        c, *sizes = self.shape(x)
        h, w = (_steps(n, kernel, stride, padding, dilation) for n in sizes)
        nest = {"k": channels, "h": h, "w": w, "c": c, "r": kernel, "s": kernel}
        weight = self._operand(channels, c, kernel, kernel)
        rows = {"h": stride, "r": dilation, "": -padding}
        columns = {"w": stride, "s": dilation, "": -padding}
        reads = [
            access(x, "khwcrs", "c", rows, columns),
            access(weight, "khwcrs", "k", "c", "r", "s"),
        ]
        if residual is not None:
            reads.append(access(residual, "khwcrs", "k", "h", "w"))
        return self.add(nest, "crs", reads, "khw", epilogue_reads=len(reads) - 2)

    def depthwise(self, x: str, kernel: int = 3, stride: int = 1, padding: int = 1) -> str:
        c, *sizes = self.shape(x)
        h, w = (_steps(n, kernel, stride, padding, 1) for n in sizes)
        nest = {"c": c, "h": h, "w": w, "r": kernel, "s": kernel}
        weight = self._operand(c, kernel, kernel)
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
        loops = "chw"[: len(self.shape(operands[0]))]
        nest = dict(zip(loops, self.shape(operands[0]), strict=True))
        return self.add(nest, "", [access(x, loops, *loops) for x in operands], loops)

    def normalise(self, x: str) -> str:
        """Divide by the sum over the first dimension: two operators, and x is read by both."""
        loops = "chw"[: len(self.shape(x))]
        nest = dict(zip(loops, self.shape(x), strict=True))
        total = self.add(nest, "c", [access(x, loops, *loops)], loops[1:])
        reads = [access(x, loops, *loops), access(total, loops, *loops[1:])]
        return self.add(nest, "", reads, loops)

    def concatenate(self, x: str, y: str, dimension: int) -> str:
        """Two maps behind each other: what lies outside of one is its padding."""
        loops = "chw"[: len(self.shape(x))]
        nest = dict(zip(loops, self.shape(x), strict=True))
        walked, before = loops[dimension], self.shape(x)[dimension]
        nest[walked] += self.shape(y)[dimension]
        shifted = [{loop: 1, "": -before} if loop == walked else loop for loop in loops]
        return self.add(nest, "", [access(x, loops, *loops), access(y, loops, *shifted)], loops)

    def flip(self, x: str) -> str:
        """The rows in reverse order."""
        loops = "chw"[: len(self.shape(x))]
        nest = dict(zip(loops, self.shape(x), strict=True))
        indices = [{"h": -1, "": nest["h"] - 1} if i == "h" else i for i in loops]
        return self.add(nest, "", [access(x, loops, *indices)], loops)

    def diagonal(self, x: str) -> str:
        """Every element [i, i, ..] scaled by a weight [i, ..]: of a tensor most is not read."""
        loops = "hw"[: len(self.shape(x)) - 1]
        nest = dict(zip(loops, (min(self.shape(x)[:2]), *self.shape(x)[2:]), strict=True))
        weight = self._operand(*nest.values())
        reads = [access(x, loops, "h", *loops), access(weight, loops, *loops)]
        return self.add(nest, "", reads, loops)

    def downsample(self, x: str, channels: int) -> str:
        """The block of a residual network that halves the image: x is read by two convolutions."""
        main = self.conv(x, channels, 3, stride=2, padding=1)
        shortcut = self.conv(x, channels, 1, stride=2)
        return self.conv(main, channels, 3, padding=1, residual=shortcut)

    def matmul(self, x: str, columns: int) -> str:
        """Over the last dimension of a matrix."""
        m, k = self.shape(x)
        weight = self._operand(k, columns)
        reads = [access(x, "mnk", "m", "k"), access(weight, "mnk", "k", "n")]
        return self.add({"m": m, "n": columns, "k": k}, "k", reads, "mn")

    def product(self, x: str, y: str) -> str:
        """Of two matrices with equally many columns: x times y transposed."""
        (m, k), (n, _) = self.shape(x), self.shape(y)
        reads = [access(x, "mnk", "m", "k"), access(y, "mnk", "n", "k")]
        return self.add({"m": m, "n": n, "k": k}, "k", reads, "mn")

    def attend(self, x: str, keys: int, values: int) -> str:
        """Weigh values by how much rows of a matrix are like keys: feature maps too, not weights."""
        count = len(self.operators)
        scores = self.product(x, self.tensor(f"keys{count}", keys, self.shape(x)[1]))
        v = self.tensor(f"values{count}", keys, values)
        rows = self.shape(x)[0]
        total = self.add({"m": rows, "k": keys}, "k", [access(scores, "mk", "m", "k")], "m")
        reads = [access(scores, "mk", "m", "k"), access(total, "mk", "m")]
        shares = self.add({"m": rows, "k": keys}, "", reads, "mk")
        reads = [access(shares, "mnk", "m", "k"), access(v, "mnk", "k", "n")]
        return self.add({"m": rows, "n": values, "k": keys}, "k", reads, "mn")

    def with_batch(self, images: int) -> None:
        """Everything but the weights for several images."""
        self.tensors = {
            name: tensor if tensor.constant else replace(tensor, shape=(images, *tensor.shape))
            for name, tensor in self.tensors.items()
        }
        self.operators = [self._with_batch(operator, images) for operator in self.operators]

    def _with_batch(self, operator: Operator, images: int) -> Operator:
        def inner(access: Access) -> Access:
            indices = tuple(replace(i, coefficients=(0, *i.coefficients)) for i in access.indices)
            image = Linear((1, *(0 for _ in operator.extents)))
            constant = self.tensors[access.tensor].constant
            return Access(access.tensor, indices if constant else (image, *indices))

        return replace(
            operator,
            extents=(images, *operator.extents),
            reduction=(False, *operator.reduction),
            reads=tuple(map(inner, operator.reads)),
            write=inner(operator.write),
        )

    def in_blocks(self, name: str, dimension: int, sizes: tuple[int, ...]) -> None:
        """A dimension of a tensor as several, the inner ones of these sizes: readers merge them."""
        block = math.prod(sizes)
        shape = list(self.shape(name))
        shape[dimension : dimension + 1] = [shape[dimension] // block, *sizes]
        self.tensors[name] = replace(self.tensors[name], shape=tuple(shape))

        def merged(access: Access) -> Access:
            if access.tensor != name:
                return access
            indices = list(access.indices)
            index, none = indices[dimension], (0,) * len(indices[0].coefficients)
            inner = (Linear(none, span=size) for size in sizes)
            indices[dimension : dimension + 1] = [replace(index, divisor=block), *inner]
            return Access(name, tuple(indices))

        self.operators = [
            _writing_blocks(operator, dimension, sizes)
            if operator.write.tensor == name
            else operator
            for operator in self.operators
        ]
        self.operators = [replace(o, reads=tuple(map(merged, o.reads))) for o in self.operators]

    def graph(self) -> Graph:
        """The live-outs are the results that nobody reads."""
        read = {access.tensor for operator in self.operators for access in operator.reads}
        results = (operator.write.tensor for operator in self.operators)
        outputs = tuple(name for name in results if name not in read)
        return Graph(tuple(self.operators), self.tensors, outputs)


def _writing_blocks(operator: Operator, dimension: int, sizes: tuple[int, ...]) -> Operator:
    """The loop that walks a dimension of the result as one over blocks and one per size."""
    loop, inner = operator.output_loop(dimension), len(sizes)
    steps = [math.prod(sizes[i:]) for i in range(inner + 1)]

    def wider(access: Access) -> Access:
        return Access(access.tensor, tuple(map(split, access.indices)))

    def split(index: Linear) -> Linear:
        before, here, after = (
            index.coefficients[:loop],
            index.coefficients[loop],
            index.coefficients[loop + 1 :],
        )
        return replace(index, coefficients=(*before, *(here * step for step in steps), *after))

    extents, kinds = operator.extents, operator.reduction
    write = [split(index) for index in operator.write.indices]
    loops = len(extents) + inner
    write[dimension : dimension + 1] = [
        Linear(tuple(int(i == loop + n) for i in range(loops))) for n in range(inner + 1)
    ]
    return replace(
        operator,
        extents=(*extents[:loop], extents[loop] // steps[0], *sizes, *extents[loop + 1 :]),
        reduction=(*kinds[:loop], *(False for _ in steps), *kinds[loop + 1 :]),
        reads=tuple(map(wider, operator.reads)),
        write=Access(operator.write.tensor, tuple(write)),
    )


def _steps(extent: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return (extent + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


@st.composite
def image_graphs(draw: st.DrawFn, most_operators: int = 5, most_rows: int = 8) -> Graph:
    """Convolutions, pools and elementwise operators: mostly a chain, with residual reads."""
    network = Network()
    size, channels = st.integers(2, most_rows), st.integers(1, 3)
    results = [network.tensor("x", draw(channels), draw(size), draw(size))]
    while len(network.operators) < draw(st.integers(1, most_operators)):
        source = draw(st.sampled_from([results[-1]] * 4 + results[1:]))
        results.append(_grow(draw, network, source, results))
    _some_in_blocks(draw, network)
    if draw(st.integers(0, 4)) == 0:
        network.with_batch(draw(st.integers(2, 3)))
    return network.graph()


def _grow(draw: st.DrawFn, network: Network, x: str, results: list[str]) -> str:
    channels, *sizes = network.shape(x)
    kinds = ["conv", "conv", "depthwise", "pool", "elementwise", "normalise", "downsample"]
    kind = draw(st.sampled_from([*kinds, "concatenate", "flip"]))
    kernel, stride = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    padding, dilation = draw(st.integers(0, 2)), draw(st.integers(1, 2))
    if kind == "normalise":
        return network.normalise(x)
    if kind == "downsample":
        return network.downsample(x, draw(st.integers(1, 3)))
    if kind == "flip":
        return network.flip(x)
    if kind == "concatenate":
        return _concatenate(draw, network, x, results)
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


def _concatenate(draw: st.DrawFn, network: Network, x: str, results: list[str]) -> str:
    shape = network.shape(x)
    dimension = draw(st.sampled_from(range(len(shape))))
    fitting = [
        name
        for name in results
        if len(network.shape(name)) == len(shape)
        and all(
            a == b or d == dimension
            for d, (a, b) in enumerate(zip(network.shape(name), shape, strict=True))
        )
    ]
    return network.concatenate(x, draw(st.sampled_from(fitting)), dimension)


def _some_in_blocks(draw: st.DrawFn, network: Network) -> None:
    """Now and then a map has merged dimensions, as upsampling leaves it."""
    found = [
        (name, dimension, sizes)
        for name, tensor in network.tensors.items()
        for dimension, extent in enumerate(tensor.shape)
        for sizes in ((2,), (3,), (2, 2))
        if extent % math.prod(sizes) == 0 and not tensor.constant
    ]
    if not found or draw(st.integers(0, 2)):
        return
    chosen = draw(st.lists(st.sampled_from(found), max_size=3, unique_by=lambda c: c[:2]))
    for name, dimension, sizes in sorted(chosen, key=lambda c: -c[1]):  # inner ones first
        network.in_blocks(name, dimension, sizes)


@st.composite
def matrix_graphs(draw: st.DrawFn, most_operators: int = 3) -> Graph:
    """Matrix products, and what goes with them in an attention."""
    network = Network()
    extents = st.integers(1, 6)
    results = [network.tensor("x", draw(extents), draw(extents))]
    while len(network.operators) < draw(st.integers(1, most_operators)):
        x = draw(st.sampled_from([results[-1]] * 4 + results[1:]))
        results.append(_grow_matrix(draw, network, x, results))
    _some_in_blocks(draw, network)
    if draw(st.integers(0, 4)) == 0:
        network.with_batch(draw(st.integers(2, 3)))
    return network.graph()


def _grow_matrix(draw: st.DrawFn, network: Network, x: str, results: list[str]) -> str:
    if len(network.shape(x)) < 2:
        return network.elementwise(x)
    kinds = ["matmul"] * 3 + ["product", "attend", "normalise", "concatenate", "diagonal"]
    kind = draw(st.sampled_from(kinds))
    if kind == "attend":
        return network.attend(x, draw(st.integers(1, 6)), draw(st.integers(1, 4)))
    if kind == "product":
        columns = network.shape(x)[1]
        others = [n for n in results if len(s := network.shape(n)) == 2 and s[1] == columns]
        return network.product(x, draw(st.sampled_from(others)))
    if kind == "normalise":
        return network.normalise(x)
    if kind == "concatenate":
        return _concatenate(draw, network, x, results)
    if kind == "diagonal":
        return network.diagonal(x)
    return network.matmul(x, draw(st.integers(1, 6)))


def graphs(most_operators: int = 5, most_rows: int = 8) -> st.SearchStrategy[Graph]:
    images = image_graphs(most_operators, most_rows)
    return st.one_of(images, images, images, matrix_graphs(min(most_operators, 4)))


@st.composite
def networks(draw: st.DrawFn, most_operators: int = 5, most_rows: int = 8) -> Graph:
    """A graph of which more than the last results may be wanted."""
    graph = draw(graphs(most_operators, most_rows))
    results = [operator.write.tensor for operator in graph.operators]
    middle = [name for name in results if name not in graph.outputs]
    wanted = draw(st.sets(st.sampled_from(middle), max_size=2)) if middle else set[str]()
    outputs = tuple(name for name in results if name in wanted or name in graph.outputs)
    return replace(graph, outputs=outputs)
