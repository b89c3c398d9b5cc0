"""Projects whose tables are stored as golden texts; the tests of views draw them too."""

from engine.layers import Activation, Add, BatchNorm, Concat, Conv2d, Dense, Dropout, GlobalAvgPool2d, MaxPool2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project


def start() -> Project:
    """Naive 5×5 against 1×1 then 5×5, on 256×28×28."""
    naive = Network((Node("conv5x5", Conv2d(filters=32, kernel=5)),))
    bottleneck = Network((Node("reduce", Conv2d(filters=16, kernel=1)), Node("conv5x5", Conv2d(filters=32, kernel=5))))
    designs = (Design("naive", naive), Design("bottleneck", bottleneck))
    return Project(NoiseInput((256, 28, 28)), designs, title="1×1 before 5×5")


def with_stem() -> Project:
    """The same designs behind a stem that costs far more than they do."""
    layers = (
        Conv2d(filters=64, kernel=3),
        Conv2d(filters=64, kernel=3),
        MaxPool2d(kernel=2),
        Conv2d(filters=256, kernel=3, stride=4),
        Activation(function="relu"),
    )
    stem = Network(tuple(Node(f"trunk{number}", layer) for number, layer in enumerate(layers, 1)))
    return Project(NoiseInput((3, 224, 224)), start().designs, stem, "With a stem")


def inception() -> Project:
    """Four branches into a concatenation: with reductions, and without."""
    pool = MaxPool2d(kernel=3, stride=1, padding=1)
    naive = (
        Node("1x1", Conv2d(filters=64, kernel=1), ("input",)),
        Node("3x3", Conv2d(filters=128, kernel=3), ("input",)),
        Node("5x5", Conv2d(filters=32, kernel=5), ("input",)),
        Node("pool", pool, ("input",)),
        Node("concat", Concat(), ("1x1", "3x3", "5x5", "pool")),
    )
    reduced = (
        Node("1x1", Conv2d(filters=64, kernel=1), ("input",)),
        Node("3x3_reduce", Conv2d(filters=96, kernel=1), ("input",)),
        Node("3x3", Conv2d(filters=128, kernel=3)),
        Node("5x5_reduce", Conv2d(filters=16, kernel=1), ("input",)),
        Node("5x5", Conv2d(filters=32, kernel=5)),
        Node("pool", pool, ("input",)),
        Node("pool_proj", Conv2d(filters=32, kernel=1)),
        Node("concat", Concat(), ("1x1", "3x3", "5x5", "pool_proj")),
    )
    designs = (Design("naive", Network(naive)), Design("with reductions", Network(reduced)))
    return Project(NoiseInput((192, 28, 28)), designs, title="Inception 3a")


def three_designs() -> Project:
    """Residual blocks: plain, bottleneck, depthwise separable; batch norm, add and a dense head."""

    def block(name: str, *convolutions: Conv2d) -> Design:
        nodes: list[Node] = []
        for number, convolution in enumerate(convolutions, 1):
            nodes += [Node(f"conv{number}", convolution), Node(f"norm{number}", BatchNorm())]
        nodes += [Node("add", Add(), ("input", nodes[-1].name)), Node("relu", Activation(function="relu"))]
        nodes += [Node("mean", GlobalAvgPool2d()), Node("drop", Dropout()), Node("scores", Dense(units=10))]
        return Design(name, Network(tuple(nodes)))

    separable = (Conv2d(filters=256, kernel=3, groups=256, bias=False), Conv2d(filters=256, kernel=1, bias=False))
    return Project(
        NoiseInput((256, 56, 56)),
        (
            block("plain", Conv2d(filters=256, kernel=3), Conv2d(filters=256, kernel=3)),
            block("narrow", Conv2d(filters=64, kernel=1), Conv2d(filters=64, kernel=3), Conv2d(filters=256, kernel=1)),
            block("separable", *separable),
        ),
        title="Three residual blocks",
    )


def chain(length: int = 100) -> Project:
    """A plain chain of `length` nodes, every second one a ReLU, beside one of half the width."""

    def network(width: int) -> Network:
        nodes = []
        for number in range(length // 2):
            filters = width << min(number // 12, 3)
            stride = 2 if number and number % 12 == 0 and number < 48 else 1
            nodes.append(Node(f"conv{number}", Conv2d(filters=filters, kernel=3, stride=stride)))
            nodes.append(Node(f"relu{number}", Activation(function="relu")))
        return Network(tuple(nodes))

    designs = (Design("wide", network(64)), Design("half as wide", network(32)))
    return Project(NoiseInput((3, 112, 112)), designs, title=f"{length} layers")


def mistaken() -> Project:
    """A kernel larger than its input, and a node behind it, so that its cost is unknown."""
    nodes = (
        Node("reduce", Conv2d(filters=16, kernel=1)),
        Node("huge", Conv2d(filters=32, kernel=31, padding="valid")),
        Node("after", Conv2d(filters=8, kernel=3)),
    )
    designs = (start().designs[0], Design("bottleneck", Network(nodes)))
    return Project(NoiseInput((256, 28, 28)), designs, title="With a mistake")


PROJECTS = {
    "start": start(),
    "with_stem": with_stem(),
    "inception": inception(),
    "three_designs": three_designs(),
    "mistaken": mistaken(),
}
