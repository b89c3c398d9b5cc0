"""After a mistake the last valid picture stays, greyed, until it is corrected; another project begins without one."""

from msgspec.structs import replace
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from engine.cost.metrics import metric_by_id
from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.shapes import Shape
from gui.paint.bars.content import build_bars_content
from gui.paint.volumes.drawing import paint_volumes
from gui.state import edits
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.views.table import TableView
from gui.views.table_model import OperationsModel
from gui.workbench.workbench import Workbench
from tests.gui.view_harness import svg

CONV, REF = Node("conv", Conv2d(8, 3)), ("d", "conv")
PROJECT = Project(NoiseInput((4, 8, 8)), (Design("d", Network((CONV, Node("last", Conv2d(4, 1))))),))
MACS = metric_by_id("macs")


def with_setting(bench: Workbench, setting: str, value: object) -> ViewState:
    edit = edits.set_setting(bench.state.project, REF, setting, value)
    bench.edit(edit.text, edit.project)
    return bench.state


def test_shapes_and_amounts_of_before_a_mistake_stay_until_it_is_corrected(qtbot: QtBot):
    bench = Workbench(PROJECT)
    with_setting(bench, "filters", 16)
    state = with_setting(bench, "groups", 5)
    assert state.report(REF).output_shape is None
    assert state.earlier_shape(REF) == Shape(16, 8, 8)
    assert state.earlier_shape(("d", "last")) == Shape(4, 8, 8)
    assert state.earlier_amount(MACS, "d", "conv") == 8 * 8 * 16 * 9 * 4
    state = with_setting(bench, "kernel", 7)
    assert state.earlier_amount(MACS, "d", "conv") == 8 * 8 * 16 * 9 * 4
    state = with_setting(bench, "groups", 2)
    assert state.earlier == {}
    assert state.earlier_shape(REF) is None
    bench.close()


def test_volumes_bars_and_table_show_what_was_valid_and_say_so(qtbot: QtBot):
    bench = Workbench(PROJECT)
    state = with_setting(bench, "groups", 5)
    forgotten = replace(state, earlier={})
    assert svg(paint_volumes, state).count("for earlier settings") == 1
    assert "for earlier settings" not in svg(paint_volumes, forgotten)
    content = build_bars_content(state)
    assert [line.value_text for line in content.totals] == ["was 20.48 K"]
    assert [line.value_text for line in content.groups[0][1:]] == ["was 18.43 K", "was 2.048 K"]
    assert content.headline == "unknown"
    assert [line.value_text for line in build_bars_content(forgotten).totals] == ["unknown"]
    model = OperationsModel(state)
    column = next(number for number, column in enumerate(model.columns) if column.metric is MACS)
    assert [model.index(row, column).data() for row in range(3)] == ["was 18,432", "was 2,048", "was 20,480"]
    output = next(number for number, column in enumerate(model.columns) if column.title.startswith("Output"))
    assert [model.index(row, output).data() for row in range(3)] == ["was 8×8×8", "was 4×8×8", ""]
    assert OperationsModel(forgotten).index(0, output).data() == "unknown"
    bench.close()


def test_the_columns_of_the_table_are_wide_enough_for_what_was_valid(qtbot: QtBot):
    bench = Workbench(replace(PROJECT, input=NoiseInput((64, 224, 224))))
    view = TableView(bench.state)
    qtbot.addWidget(view)
    before = bench.state
    view.show_state(before, with_setting(bench, "groups", 5))
    table, metrics = view.table, QFontMetrics(view.table.font())
    narrow = {
        text
        for row in range(view.model.rowCount())
        for column in range(view.model.columnCount())
        if (text := view.model.index(row, column).data()).startswith("was ")
        and table.columnWidth(column) < metrics.horizontalAdvance(text)
    }
    assert not narrow
    bench.close()


def test_a_layer_renamed_by_the_mistake_has_the_shape_of_before(qtbot: QtBot):
    bench = Workbench(replace(PROJECT, designs=(Design("d", Network((Node("conv3x3", Conv2d(8, 3, padding=0)),))),)))
    edit = edits.set_setting(bench.state.project, ("d", "conv3x3"), "kernel", 9)
    bench.edit(edit.text, edit.project)
    assert bench.state.earlier_shape(("d", "conv9x9")) == Shape(8, 6, 6)
    edit = edits.set_setting(bench.state.project, ("d", "conv9x9"), "kernel", 11)
    bench.edit(edit.text, edit.project)
    assert bench.state.earlier_shape(("d", "conv11x11")) == Shape(8, 6, 6)
    bench.close()


def test_another_project_with_a_design_of_the_same_name_has_nothing_earlier(qtbot: QtBot):
    bench = Workbench(PROJECT)
    wrong = edits.set_setting(PROJECT, REF, "groups", 5).project
    bench.show_project(wrong)
    assert bench.state.earlier == {}
    assert bench.state.earlier_shape(REF) is None
    assert Focus("d", "last").ref in bench.state.check
    bench.close()
