"""Random schedules: any tiles, keeps, blocks and rereads of a graph."""

from hypothesis import strategies as st
from networks import networks

from optimus_mlir.cost import Block, Keep, Reread, Schedule, Tile
from optimus_mlir.workload import Graph


@st.composite
def schedules(draw: st.DrawFn, graph: Graph) -> Schedule:
    """Any tiles, keeps and blocks; not all of them make sense."""
    shape = graph.tensors[graph.operators[-1].write.tensor].shape
    dimensions = draw(st.lists(st.sampled_from(range(len(shape))), unique=True, max_size=3))
    tiles = tuple(Tile(d, draw(st.integers(1, shape[d]))) for d in dimensions)
    return Schedule(tiles, draw(_keeps(graph)), draw(_blocks(graph)), draw(_rereads(graph)))


@st.composite
def _keeps(draw: st.DrawFn, graph: Graph) -> tuple[Keep, ...]:
    """All tensors at one depth, none, or some at any."""
    names = sorted(graph.tensors)
    if draw(st.booleans()):
        depth = draw(st.integers(0, 3))
        return tuple(Keep(name, depth) for name in names)
    some = draw(st.lists(st.sampled_from(names), unique=True))
    return tuple(Keep(name, draw(st.integers(0, 4))) for name in some)


@st.composite
def _rereads(draw: st.DrawFn, graph: Graph) -> tuple[Reread, ...]:
    """Some readers of live-ins by themselves, mostly of such as have several."""
    pairs = [(name, o.name) for name in graph.live_ins for o in graph.consumers[name]]
    several = [pair for pair in pairs if len(graph.consumers[pair[0]]) > 1]
    some = draw(st.lists(st.sampled_from(several or pairs), unique=True, max_size=3))
    depths = st.none() | st.integers(0, 3)
    return tuple(Reread(tensor, operator, draw(depths)) for tensor, operator in some)


@st.composite
def _blocks(draw: st.DrawFn, graph: Graph) -> tuple[Block, ...]:
    """Loops of some operators, in any order."""
    loops = [(o, loop) for o in graph.operators for loop, n in enumerate(o.extents) if n > 1]
    if not loops:
        return ()
    useful = [(o, i) for o, i in loops if not o.reduction[i] or o.splits(i)]
    chosen = draw(st.lists(st.sampled_from(useful or loops), unique=True, max_size=4))
    return tuple(
        Block(o.name, loop, draw(st.integers(1, o.extents[loop] - 1))) for o, loop in chosen
    )


@st.composite
def scheduled(draw: st.DrawFn, most_operators: int = 5) -> tuple[Graph, Schedule]:
    graph = draw(networks(most_operators))
    return graph, draw(schedules(graph))
