"""Names of layers and designs: those of new ones, and why a name is refused."""

import re
from collections.abc import Sequence

from engine.blocks import Block
from engine.layers import Kind
from engine.layers.windows import pair, size_text
from engine.network.graph import INPUT, Network
from engine.network.node_ref import STEM, NodeRef
from engine.project.project import Project
from engine.text.names import MAX_DESIGN_NAME, name_fault
from engine.text.names import unique_name as unique_name


def default_name(layer: Kind) -> str:
    """Name of a new layer: "conv3x3", "max_pool2x2", "relu", "batch_norm"."""
    base = layer.kind.removesuffix("2d")
    kernel = getattr(layer, "kernel", None)
    if kernel is not None:
        return base + size_text(pair(kernel)).replace("×", "x")
    return str(getattr(layer, "function", base))


def is_automatic(name: str, layer: Kind) -> bool:
    """Whether a name is that of a new layer with these settings, perhaps numbered; it follows the settings."""
    return re.fullmatch(re.escape(default_name(layer)) + r"(_\d+)?", name) is not None


def names_text(names: Sequence[str]) -> str:
    """``relu``, ``relu and pool``, ``3 layers``."""
    return " and ".join(names) if len(names) < 3 else f"{len(names)} layers"


def node_names(network: Network, but: str | None = None) -> set[str]:
    """Names that a new node, or the one called `but`, cannot have: block names are also the prefixes of their parts."""
    return network.taken_names(but)


def name_refusal(project: Project, ref: NodeRef, name: str) -> str:
    """Why a node, or a design if the node is INPUT, cannot have this name; "" if it can."""
    design, node = ref
    if node == INPUT:
        if fault := name_fault(name, MAX_DESIGN_NAME):
            return fault
        is_taken = name != design and any(other.name == name for other in project.designs)
        return f"there is already a design {name!r}" if is_taken else ""
    if fault := name_fault(name):
        return fault
    if name == INPUT:
        return f"{INPUT!r} is the name of the design's input"
    network = project.network(design)
    if name != node and any(other.name == name for other in network.nodes):
        return f"there is already a layer {name!r}"
    if any(other.group == name for other in network.nodes):
        return f"there is already a group {name!r}"
    return _prefix_refusal(network, node, name)


def _prefix_refusal(network: Network, node: str, name: str) -> str:
    """Why a name would confuse the parts of a block, named ``block/part``, with other nodes; "" if it would not."""
    others = [other for other in network.nodes if other.name != node]
    around = next((o.name for o in others if isinstance(o.layer, Block) and name.startswith(f"{o.name}/")), None)
    if around is not None:
        return f"names that begin with '{around}/' belong to the layers of block {around!r}"
    within = next((o.name for o in others if o.name.startswith(f"{name}/")), None)
    if within is not None and any(o.name == node and isinstance(o.layer, Block) for o in network.nodes):
        return f"the names of its layers would begin with '{name}/', like {within!r}"
    return ""


def describe_design(design: str) -> str:
    return "the stem" if design == STEM else design
