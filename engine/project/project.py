"""A project as a value: one input, an optional stem, and designs side by side."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import force_setattr, replace

from engine.blocks import Block
from engine.layers.settings import settings_text
from engine.network.graph import Network, Node
from engine.network.input_specs import Input, relocate_input
from engine.network.node_ref import STEM, NodeRef
from engine.network.weight_specs import LowRankWeights, relocate_weights, rename_seed_node
from engine.text.messages import value_text
from engine.text.printed_figures import amount_of

FORMAT = 1
DESIGN_COLOURS = 7
"""Number of colours of designs."""
Colour = Annotated[int, Meta(ge=1, le=DESIGN_COLOURS)]
"""Number of a colour of designs, from 1 on."""

MAX_LAYERS = 7500
"""Designs and layers of a project, those of blocks included; every command answers within seconds up to that number."""


class Design(Struct, frozen=True):
    """A named network, to be compared with others on the same input."""

    name: str
    network: Network
    colour: int = 0
    """A `Colour`; 0 until a project gives it one."""


class Note(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A remark about a node, a design, or the whole project. A node without a design is in the stem."""

    text: str
    design: str = ""
    node: str = ""


class Published(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The figures of a node (a layer or a block) as a source prints them: "159K", "128M"; "" for none.

    A missing node is not a mistake, since a figure must never prevent an edit.
    """

    design: str
    node: str
    row: str = ""
    """Name of the node in the source."""
    params: str = ""
    """Weights without biases."""
    ops: str = ""
    """Multiply-accumulates."""
    note: str = ""
    settings: str = ""
    """The settings to which the figures of a copy belong, see `settings_text`; "": they stay beside any settings."""

    def __post_init__(self) -> None:
        for setting, figure in (("params", self.params), ("ops", self.ops)):
            if figure and amount_of(figure) is None:
                raise ValueError(
                    f"{setting} {value_text(figure)} cannot be compared; write a figure like 159K, 2.7M or 1024"
                )


class SweepSettings(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A sweep as a file or a command states it; what its texts mean depends on the project, see `engine.sweep`."""

    axes: tuple[str, ...]
    """Settings and their values: "bottleneck/reduce.filters=4..64..4"."""
    where: tuple[str, ...] = ()
    """Conditions: "macs < 20e6"."""
    design: str = ""
    """The design whose costs count; "": the one that the axes change."""
    count: str = "macs"
    """The id of the counting rule."""
    measure: tuple[str, ...] = ()
    """What is measured besides: error, agreement, ms."""
    against: str = ""
    """The design whose last volume points are compared with; "": the first other one."""
    photos: str = ""
    """The folder of the photos on which errors are measured; "": the project's own and the bundled ones."""


class Project(Struct, frozen=True):
    """Everything that is saved. File paths are absolute, or begin with "resources:" for bundled files."""

    input: Input
    designs: tuple[Design, ...] = ()
    stem: Network | None = None
    title: str = ""
    seed: int = 0
    source: str = ""
    """Source of the published figures."""
    notes: tuple[Note, ...] = ()
    published: tuple[Published, ...] = ()
    labels: str = ""
    """Path of a list of the classes of classifiers, a class per line; "" for none."""
    sweep: SweepSettings | None = None

    def __post_init__(self) -> None:
        """Give each design a colour that stays its own, whatever is inserted, moved or removed beside it."""
        if not all(design.colour for design in self.designs):
            force_setattr(self, "designs", with_colours(self.designs))

    def design(self, name: str) -> Design:
        for design in self.designs:
            if design.name == name:
                return design
        raise KeyError(name)

    def network(self, name: str) -> Network:
        """The network of a design, or of the stem under the name STEM; KeyError if there is none."""
        if name != STEM:
            return self.design(name).network
        if self.stem is None:
            raise KeyError(name)
        return self.stem

    def networks(self) -> tuple[tuple[str, Network], ...]:
        """(name, network) of the stem, if any, then of each design, in execution order."""
        stem = () if self.stem is None else ((STEM, self.stem),)
        return (*stem, *((design.name, design.network) for design in self.designs))

    def with_network(self, name: str, network: Network) -> "Project":
        if name == STEM:
            return replace(self, stem=network)
        return self.with_designs(replace(d, network=network) if d.name == name else d for d in self.designs)

    def with_node_renamed(self, design: str, node: str, name: str) -> "Project":
        """Rename a node; notes and published figures follow."""
        ref = design, node
        project = self.with_network(design, self.network(design).with_node_renamed(node, name))
        return replace(
            _with_seeds_renamed(project, ref, (design, name), self.network(design).node(node)),
            notes=tuple(replace(n, node=name) if (n.design, n.node) == ref else n for n in self.notes),
            published=tuple(replace(p, node=name) if (p.design, p.node) == ref else p for p in self.published),
        )

    def with_design_renamed(self, design: str, name: str) -> "Project":
        """Rename a design; notes and published figures follow."""
        project = self.with_designs(replace(d, name=name) if d.name == design else d for d in self.designs)
        for node in self.design(design).network.nodes:
            project = _with_seeds_renamed(project, (design, node.name), (name, node.name), node)
        return replace(
            project,
            notes=tuple(replace(n, design=name) if n.design == design else n for n in self.notes),
            published=tuple(replace(p, design=name) if p.design == design else p for p in self.published),
        )

    def with_remarks_copied(
        self, copies: Mapping[NodeRef, NodeRef], notes: Iterable[Note], published: Iterable[Published]
    ) -> "Project":
        """Give copies the notes of their originals, and the published figures as long as they keep the settings.

        Parameters
        ----------
        copies
            The reference of each copy, a node or with the node "" a design, by that of its original.
        notes, published
            Those of the originals, which may be in another project; further ones are ignored.
        """
        new_notes = [
            replace(note, design=copies[ref][0], node=copies[ref][1])
            for note in notes
            if (ref := (note.design, note.node)) in copies
        ]
        own_notes = tuple(note for note in dict.fromkeys(new_notes) if note not in self.notes)
        figures = []
        for entry in published:
            design, node = copies.get((entry.design, entry.node), (STEM, ""))
            if node:
                settings = settings_text(self.network(design).node(node).layer)
                if entry.settings in ("", settings):
                    figures.append(replace(entry, design=design, node=node, settings=settings))
        new_refs = set(copies.values())
        others = tuple(entry for entry in self.published if (entry.design, entry.node) not in new_refs)
        all_figures = (*others, *figures) if figures else self.published
        return replace(self, notes=(*self.notes, *own_notes), published=all_figures)

    def with_designs(self, designs: Iterable[Design]) -> "Project":
        return replace(self, designs=tuple(designs))


def with_colours(designs: Sequence[Design]) -> tuple[Design, ...]:
    """The designs, those without a colour in the first of the colours that the fewest others have."""
    uses = Counter(design.colour for design in designs)
    coloured = []
    for design in designs:
        if not design.colour:
            colour = min(range(1, DESIGN_COLOURS + 1), key=lambda number: uses[number])
            uses[colour] += 1
            design = replace(design, colour=colour)
        coloured.append(design)
    return tuple(coloured)


def _with_seeds_renamed(project: Project, ref: NodeRef, new_ref: NodeRef, node: Node) -> Project:
    """The project after the renaming of a node whose seed other weights use."""
    parts = isinstance(node.layer, Block)

    def renamed(network: Network) -> Network:
        nodes = (replace(n, weights=rename_seed_node(n.weights, ref, new_ref, parts=parts)) for n in network.nodes)
        return Network(tuple(nodes))

    stem = None if project.stem is None else renamed(project.stem)
    designs = (replace(design, network=renamed(design.network)) for design in project.designs)
    return replace(project, stem=stem).with_designs(designs)


def with_inputs(project: Project, change: Callable[[Input], Input]) -> Project:
    """The project with `change` applied to its input and to those of its recipes for weights."""

    def changed(node: Node) -> Node:
        recipe = node.weights
        if not isinstance(recipe, LowRankWeights) or not recipe.calibration:
            return node
        return replace(node, weights=replace(recipe, calibration=tuple(map(change, recipe.calibration))))

    def with_changes(network: Network) -> Network:
        return Network(tuple(map(changed, network.nodes)))

    return replace(
        project,
        input=change(project.input),
        stem=None if project.stem is None else with_changes(project.stem),
        designs=tuple(replace(design, network=with_changes(design.network)) for design in project.designs),
    )


def relocate(project: Project, move: Callable[[str], str]) -> Project:
    """The project with `move` applied to all paths."""

    def relocated(network: Network) -> Network:
        return Network(
            tuple(
                node if node.weights is None else replace(node, weights=relocate_weights(node.weights, move))
                for node in network.nodes
            )
        )

    sweep = project.sweep
    return replace(
        project,
        input=relocate_input(project.input, move),
        sweep=replace(sweep, photos=move(sweep.photos)) if sweep is not None and sweep.photos else sweep,
        stem=None if project.stem is None else relocated(project.stem),
        designs=tuple(replace(design, network=relocated(design.network)) for design in project.designs),
        labels=move(project.labels) if project.labels else "",
    )


def has_too_many_layers(project: Project) -> bool:
    """Whether a project has more than `MAX_LAYERS`; counts no further, since a block may have thousands."""

    def counted() -> Iterator[object]:
        for design, network in project.networks():
            yield design
            for node in network.nodes:
                yield from node.layer.expand(1) if isinstance(node.layer, Block) else (node,)

    return next(islice(counted(), MAX_LAYERS, None), None) is not None
