"""Switches a row of GoogLeNet's table between a full and a separable convolution."""

from msgspec import Struct
from msgspec.structs import replace

from engine.blocks import Block
from engine.blocks.separable import convolution_form
from engine.layers import Layer
from engine.network.analysis import analyze
from engine.network.graph import Network, Node
from engine.network.separable import make_full, make_separable, separable_refusal
from engine.project.project import Project
from engine.reports.googlenet_table import PaperRow
from engine.reports.recount import recount

_MULTIPLIERS = range(1, 9)
"""Depth multipliers to try for published figures, the plain one first."""


class FormSwitch(Struct, frozen=True):
    """The change of a row's convolution to the other form, full or separable."""

    text: str
    words: str
    """The new layer and its costs."""
    network: Network


def switch_form(project: Project, row: PaperRow) -> FormSwitch | str:
    """The change of a row's convolution to the other form; if there is none, a sentence that says why.

    A separable one gets the depth multiplier with which the figures agree with the published ones, else 1.
    """
    if row.is_total:
        return "Select a convolution larger than 1×1, or a separable one"
    network = project.network(row.design)
    reason = separable_refusal(network, row.node)
    if reason:
        return reason
    if row.layer is not None and convolution_form(row.layer) == "separable":
        return _switch(row, "dense", make_full(network, row.node))
    network = make_separable(network, row.node)
    plain = network.node(row.node).layer
    if any(figure.published for figure in row.figures):
        layers = (replace(plain, depth_multiplier=multiplier) for multiplier in _MULTIPLIERS)
        published = (layer for layer in layers if all(figure.agrees for figure in _with_layer(row, layer).figures))
        network = network.with_layer(row.node, next(published, plain))
    return _switch(row, "separable", network)


def _switch(row: PaperRow, name: str, network: Network) -> FormSwitch:
    layer = network.node(row.node).layer
    new_row = _with_layer(row, layer)
    costs = [f"{new_row.formula(f).partition(' = ')[0]} = {f.words}" for f in new_row.figures if f.count]
    label = layer.label()
    return FormSwitch(f"Make {row.node} {name}", "\n".join((label[:1].upper() + label[1:], *costs)), network)


def _with_layer(row: PaperRow, layer: Layer | Block) -> PaperRow:
    """The row with that layer instead."""
    shape = row.parts[0].input_shapes[0] if row.parts[0].input_shapes else None
    parts = analyze(Network((Node(row.node, layer),)), shape).reports
    params, ops = recount(parts, row.params.published, row.ops.published)
    return replace(row, layer=layer, parts=parts, params=params, ops=ops)
