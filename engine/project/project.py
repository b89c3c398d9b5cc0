"""A project as a value: one input, an optional stem, and designs side by side."""

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

from engine.blocks import Block
from engine.network.graph import Network, Node
from engine.network.input_specs import Input, relocate_input
from engine.network.weight_specs import relocate_weights, rename_seed
from engine.text.printed_figures import amount_of
from engine.text.problems import STEM

FORMAT = 1


class Design(Struct, frozen=True):
    """A network with a name, to be compared with others on the same input."""

    name: str
    network: Network


class Note(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a person should know: of a node, of a design, or of all. A node without a design is the stem's."""

    text: str
    design: str = ""
    node: str = ""


class Published(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a source prints about a node (a layer or a block), as it prints it: "159K", "128M"; "" for nothing.

    A node that is not there is no mistake: a figure must never stand in the way of an edit.
    """

    design: str
    node: str
    row: str = ""
    """What the source calls it."""
    params: str = ""
    """Weights without biases."""
    ops: str = ""
    """Multiply-accumulates."""
    note: str = ""

    def __post_init__(self) -> None:
        for setting, figure in (("params", self.params), ("ops", self.ops)):
            if figure and amount_of(figure) is None:
                raise ValueError(
                    f"{setting} {figure!r} is no figure that can be compared; write it as 159K, 2.7M or 1024"
                )


class Project(Struct, frozen=True):
    """All that is saved. Paths of files are absolute, or begin with "resources:" for what is bundled."""

    input: Input
    designs: tuple[Design, ...] = ()
    stem: Network | None = None
    title: str = ""
    seed: int = 0
    source: str = ""
    """Where published figures come from."""
    notes: tuple[Note, ...] = ()
    published: tuple[Published, ...] = ()

    def design(self, name: str) -> Design:
        for design in self.designs:
            if design.name == name:
                return design
        raise KeyError(name)

    def network(self, name: str) -> Network:
        """The network of a design, or of the stem under the name STEM; KeyError where there is none."""
        if name != STEM:
            return self.design(name).network
        if self.stem is None:
            raise KeyError(name)
        return self.stem

    def networks(self) -> tuple[tuple[str, Network], ...]:
        """(name, network) of the stem, if any, then of each design: the order in which they run."""
        stem = () if self.stem is None else ((STEM, self.stem),)
        return (*stem, *((design.name, design.network) for design in self.designs))

    def with_network(self, name: str, network: Network) -> "Project":
        if name == STEM:
            return replace(self, stem=network)
        return self.with_designs(replace(d, network=network) if d.name == name else d for d in self.designs)

    def with_node_renamed(self, design: str, node: str, name: str) -> "Project":
        """A node under another name; notes and published figures go with it."""
        place = design, node
        moved = self.with_network(design, self.network(design).with_node_renamed(node, name))
        return replace(
            _with_seeds_named(moved, place, (design, name), self.network(design).node(node)),
            notes=tuple(replace(n, node=name) if (n.design, n.node) == place else n for n in self.notes),
            published=tuple(replace(p, node=name) if (p.design, p.node) == place else p for p in self.published),
        )

    def with_design_renamed(self, design: str, name: str) -> "Project":
        """A design under another name; notes and published figures go with it."""
        moved = self.with_designs(replace(d, name=name) if d.name == design else d for d in self.designs)
        for node in self.design(design).network.nodes:
            moved = _with_seeds_named(moved, (design, node.name), (name, node.name), node)
        return replace(
            moved,
            notes=tuple(replace(n, design=name) if n.design == design else n for n in self.notes),
            published=tuple(replace(p, design=name) if p.design == design else p for p in self.published),
        )

    def with_designs(self, designs: Iterable[Design]) -> "Project":
        return replace(self, designs=tuple(designs))


def _with_seeds_named(project: Project, place: tuple[str, str], new_place: tuple[str, str], node: Node) -> Project:
    """The project where weights that are as those of a node by its name follow it to another name."""
    parts = isinstance(node.layer, Block)

    def moved(network: Network) -> Network:
        nodes = (replace(n, weights=rename_seed(n.weights, place, new_place, parts=parts)) for n in network.nodes)
        return Network(tuple(nodes))

    stem = None if project.stem is None else moved(project.stem)
    designs = (replace(design, network=moved(design.network)) for design in project.designs)
    return replace(project, stem=stem).with_designs(designs)


def relocate(project: Project, move: Callable[[str], str]) -> Project:
    """The project with `move` applied to every path in it."""

    def moved(network: Network) -> Network:
        return Network(
            tuple(
                node if node.weights is None else replace(node, weights=relocate_weights(node.weights, move))
                for node in network.nodes
            )
        )

    return replace(
        project,
        input=relocate_input(project.input, move),
        stem=None if project.stem is None else moved(project.stem),
        designs=tuple(replace(design, network=moved(design.network)) for design in project.designs),
    )
