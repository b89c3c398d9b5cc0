"""A project as a value: one input, an optional stem, and designs side by side."""

from collections.abc import Callable, Iterable
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from engine.network import FileWeights, Network
from engine.problems import STEM
from engine.published import amount_of
from engine.shapes import Shape

FORMAT = 1

Extent = Annotated[int, Meta(ge=1, le=100_000)]
Finite = Annotated[float, Meta(ge=-1e30, le=1e30)]
Seed = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class ImageInput(Struct, frozen=True, tag="image", tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """A photo: centre-cropped to the aspect of `size`, resized, channels ordered, then (value·scale − mean) / std."""

    path: str
    size: Annotated[tuple[Extent, ...], Meta(min_length=2, max_length=2)] = (224, 224)
    channels: Literal["rgb", "bgr", "gray"] = "rgb"
    scale: Finite = 1 / 255
    mean: tuple[Finite, ...] = ()
    std: tuple[Finite, ...] = ()

    @property
    def shape(self) -> Shape:
        return Shape(1 if self.channels == "gray" else 3, self.size[0], self.size[1])


class ArrayInput(Struct, frozen=True, tag="array", tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """A volume from a .npy, .npz or .safetensors file; `key` names the array where the file holds several."""

    path: str
    key: str = ""


class NoiseInput(Struct, frozen=True, tag="noise", tag_field="kind", forbid_unknown_fields=True, omit_defaults=True):
    """Standard normal values."""

    shape: Annotated[tuple[Annotated[int, Meta(ge=1, le=1_000_000_000)], ...], Meta(min_length=3, max_length=3)]
    seed: Seed = 0


Input = ImageInput | ArrayInput | NoiseInput


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
        return replace(
            self.with_network(design, self.network(design).renamed(node, name)),
            notes=tuple(replace(n, node=name) if (n.design, n.node) == place else n for n in self.notes),
            published=tuple(replace(p, node=name) if (p.design, p.node) == place else p for p in self.published),
        )

    def with_design_renamed(self, design: str, name: str) -> "Project":
        """A design under another name; notes and published figures go with it."""
        return replace(
            self.with_designs(replace(d, name=name) if d.name == design else d for d in self.designs),
            notes=tuple(replace(n, design=name) if n.design == design else n for n in self.notes),
            published=tuple(replace(p, design=name) if p.design == design else p for p in self.published),
        )

    def with_designs(self, designs: Iterable[Design]) -> "Project":
        return replace(self, designs=tuple(designs))


def relocated(project: Project, move: Callable[[str], str]) -> Project:
    """The project with `move` applied to every path in it."""

    def moved(network: Network) -> Network:
        return Network(
            tuple(
                replace(node, weights=replace(node.weights, path=move(node.weights.path)))
                if isinstance(node.weights, FileWeights)
                else node
                for node in network.nodes
            )
        )

    spec = project.input
    return replace(
        project,
        input=spec if isinstance(spec, NoiseInput) else replace(spec, path=move(spec.path)),
        stem=None if project.stem is None else moved(project.stem),
        designs=tuple(replace(design, network=moved(design.network)) for design in project.designs),
    )
