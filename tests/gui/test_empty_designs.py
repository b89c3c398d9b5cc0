"""A design without layers is compared with nothing: it costs nothing because there is nothing yet."""

import pytest

from engine.cost.metrics import Costs, metric_by_id
from engine.layers import Activation, Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.reports.tables import comparisons, table_rows
from engine.run.check import check
from gui.paint.bars.content import build_bars_content
from gui.paint.volumes.drawing import paint_volumes
from gui.state.focus import Focus
from tests.gui.view_harness import state_of, svg

EMPTY = Design("empty", Network())
FULL = Design("full", Network((Node("conv", Conv2d(4, 3)),)))
LARGER = Design("larger", Network((Node("conv", Conv2d(8, 3)),)))
FREE = Design("free", Network((Node("relu", Activation("relu")),)))


def project(*designs):
    return Project(NoiseInput((3, 8, 8)), designs)


def texts_of(*designs):
    """What table, bars and volumes say about the comparison."""
    state = state_of(project(*designs), Focus("", "in"))
    rows = table_rows(state.project, Costs(check(state.project)))
    bars = build_bars_content(state)
    lines = [text for line in bars.totals for text in (line.tip, line.ratio_text)]
    return [*comparisons(rows, metric_by_id("macs")), bars.headline, bars.subject, *lines, svg(paint_volumes, state)]


@pytest.mark.parametrize("designs", [(FULL, EMPTY), (EMPTY, FULL), (EMPTY, EMPTY), (EMPTY, FULL, LARGER)])
def test_an_empty_design_is_neither_compared_nor_compared_with(designs, qapp):
    renamed = [Design(f"{design.name} {i}", design.network) for i, design in enumerate(designs)]
    texts = texts_of(*renamed)
    assert not [text for text in texts if "instead of" in text or "compared with empty" in text or "than empty" in text]


def test_the_reference_is_the_first_design_with_layers(qapp):
    texts = texts_of(EMPTY, FULL, LARGER)
    assert texts[0] == "larger: 2.0× as many multiply-accumulates as full"
    assert "larger, compared with full" in texts


def test_a_design_whose_layers_cost_nothing_is_compared(qapp):
    assert texts_of(FULL, FREE)[0] == "free: no multiply-accumulates instead of 6,912 in full"
