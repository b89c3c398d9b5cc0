"""The view of what differs, with real widgets: its rows, the pair of designs, errors after a run, copying."""

import json

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from engine.blocks import Fire
from engine.layers import Activation, Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.weight_specs import PresetWeights
from engine.project.project import Design, Project
from engine.run.check import check
from engine.run.execute import run_all
from engine.run.request import RunRequest
from gui.export.pictures import missing_content, render_view
from gui.paint.differences.chart_layout import axis_names
from gui.paint.differences.content import build_differences, compute_errors
from gui.state.comparison import compared_pair
from gui.state.focus import Focus
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult
from gui.views.differences import DifferencesView
from gui.views.report_model import NO_PARENT
from tests.gui.user_input import select_option
from tests.gui.view_harness import ViewHarness, state_of

BOX = Node("blur", Conv2d(3, 3), weights=PresetWeights("box"))
SHARP = replace(BOX, weights=PresetWeights("sharpen"))
RELU = Node("relu", Activation("relu"))
LAST = Node("last", Conv2d(3, 3), weights=PresetWeights("box"))
PROJECT = Project(
    NoiseInput((3, 8, 8)),
    (
        Design("a", Network((BOX, LAST))),
        Design("b", Network((SHARP, RELU, LAST))),
        Design("c", Network((BOX, LAST, RELU))),
    ),
)


def after_run(state: ViewState) -> ViewState:
    done = run_all(RunRequest.of(state.project), lambda _: None)
    results = {ref: VolumeResult(event.key, event.volume) for ref, event in done.items()}
    return replace(state, run=RunView(results))


def open_view(qtbot: QtBot, state: ViewState, size: tuple[int, int] = (900, 300)) -> ViewHarness[DifferencesView]:
    harness = ViewHarness(qtbot, DifferencesView, state, size)
    harness.view.look_requested.connect(lambda _: None)
    return harness


def rows(view: DifferencesView) -> list[list[str]]:
    model = view.table.model()
    columns = range(model.columnCount())
    return [[str(model.index(row, column).data() or "") for column in columns] for row in range(model.rowCount())]


def wait_for_errors(qtbot: QtBot, view: DifferencesView) -> None:
    qtbot.waitUntil(lambda: "…" not in [row[3] for row in rows(view)])


@pytest.fixture
def view(qtbot: QtBot):
    harness = open_view(qtbot, state_of(PROJECT))
    yield harness
    harness.view.close_down()


def test_rows_list_what_differs_with_costs_and_end_with_the_sum(view: ViewHarness[DifferencesView]) -> None:
    assert rows(view.view) == [
        ["blur", "weights preset box → preset sharpen", "0", "–", "0", "0"],
        ["relu", "only in b: relu", "0", "–", "0", "+768 bytes"],
        ["total", "", "0", "", "0", "+768 bytes"],
    ]


def test_a_metric_that_is_counted_has_a_column_too(view: ViewHarness[DifferencesView]) -> None:
    look = replace(view.state.look, metric="param_bytes")
    view.show(replace(view.state, look=look))
    assert view.view.model.columns[-1].split() == ["Parameter", "memory", "±"]


def test_all_layers_lists_those_that_do_not_differ(qtbot: QtBot, view: ViewHarness[DifferencesView]) -> None:
    qtbot.mouseClick(view.view.every_layer, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert [row[:2] for row in rows(view.view)][2] == ["last", "the same"]


def test_the_designs_are_chosen_and_choosing_the_other_one_swaps_them(
    qtbot: QtBot, view: ViewHarness[DifferencesView]
) -> None:
    select_option(qtbot, view.view.second, "c")
    assert compared_pair(view.state) == ("a", "c")
    assert rows(view.view)[0][:2] == ["relu", "only in c: relu"]
    select_option(qtbot, view.view.first, "b")
    assert compared_pair(view.state) == ("b", "c")
    view.view.swap.click()
    assert compared_pair(view.state) == ("c", "b")
    assert (view.view.first.value(), view.view.second.value()) == ("c", "b")
    view.view.first.chosen.emit("b")
    assert compared_pair(view.state) == ("b", "c")


def test_a_pair_whose_design_is_gone_gives_way_to_the_first_two(view: ViewHarness[DifferencesView]) -> None:
    view.show(replace(view.state, look=replace(view.state.look, pair=("a", "gone"))))
    assert compared_pair(view.state) == ("a", "b")
    assert view.view.second.value() == "b"


def test_a_row_leads_to_its_layer_in_the_design_of_the_selection(
    qtbot: QtBot, view: ViewHarness[DifferencesView]
) -> None:
    table = view.view.table
    rect = table.visualRect(view.view.model.index(1, 0))
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert view.focuses == [Focus("b", "relu")]
    qtbot.keyClick(table, Qt.Key.Key_Up)
    assert view.focuses[-1] == Focus("b", "blur")
    view.show(replace(view.state, focus=Focus("a", "blur")))
    assert table.selectionModel().isRowSelected(0, NO_PARENT)
    view.show(replace(view.state, focus=Focus("a", INPUT)))
    assert not table.selectionModel().hasSelection()


def test_equal_designs_and_a_single_design_have_a_hint_instead_of_rows(qtbot: QtBot) -> None:
    twins = replace(PROJECT, designs=(PROJECT.designs[0], replace(PROJECT.designs[0], name="twin", colour=2)))
    equal = open_view(qtbot, state_of(twins)).view
    assert equal.hint.isVisible()
    assert equal.hint.text() == "a and twin: nothing differs"
    single = open_view(qtbot, state_of(replace(PROJECT, designs=PROJECT.designs[:1]))).view
    assert "add one with + Design" in single.hint.text()
    assert not single.splitter.isVisible()
    assert not single.copy_button.isEnabled()
    assert missing_content(single._state, "differences")


# Errors


def relative_error(first: np.ndarray, second: np.ndarray) -> float:
    """The oracle: in double precision, without blocks."""
    a, b = first.astype(float), second.astype(float)
    return float(np.sqrt(((a - b) ** 2).sum() / (a**2).sum()))


def test_errors_appear_after_a_run_for_outputs_of_equal_shape(qtbot: QtBot, view: ViewHarness[DifferencesView]) -> None:
    view.view.every_layer.click()
    view.show(after_run(view.state))
    wait_for_errors(qtbot, view.view)
    volumes = {ref: result.volume for ref, result in view.state.run.results.items()}
    expected = [relative_error(volumes["a", name], volumes["b", name]) for name in ("blur", "last")]
    shown = [row[3] for row in rows(view.view)]
    assert shown == [f"{100 * expected[0]:.3g} %", "–", f"{100 * expected[1]:.3g} %", ""]
    chart = view.view.canvas.visible_chart
    assert chart is not None
    assert chart.whole.bottom() >= max(expected)


def test_an_edit_takes_stale_errors_away(qtbot: QtBot, view: ViewHarness[DifferencesView]) -> None:
    view.show(after_run(view.state))
    wait_for_errors(qtbot, view.view)
    changed = PROJECT.with_network("a", PROJECT.network("a").with_layer("last", Conv2d(3, 5)))
    changed = changed.with_network("a", changed.network("a").with_node_replaced("last", Node("last", Conv2d(3, 1))))
    view.show(replace(view.state, project=changed, check=check(changed)))
    assert rows(view.view)[2][:4] == ["last", "kernel 1 → 3, weights random → preset box", "+4.608 K", "–"]


def test_lines_join_errors_along_the_connections() -> None:
    left, right = Node("left", Conv2d(3, 1), (INPUT,)), Node("right", Conv2d(3, 3), (INPUT,))
    end = Node("end", Activation("relu"), ("right",))
    design = Design("a", Network((left, right, end)))
    project = replace(PROJECT, designs=(design, replace(design, name="b", colour=2)))
    content = build_differences(after_run(state_of(project)))
    assert content.links == ()  # nothing is computed while the window waits
    state = after_run(state_of(project))
    assert len(list(compute_errors(state))) == 3
    assert build_differences(state).links == ((1, 2),)


def test_a_click_and_keys_in_the_chart_select_layers(qtbot: QtBot, view: ViewHarness[DifferencesView]) -> None:
    view.show(after_run(view.state))
    wait_for_errors(qtbot, view.view)
    canvas = view.view.canvas
    chart = canvas.visible_chart
    assert chart is not None
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=chart.column(2).center().toPoint())
    assert view.focuses[-1] == Focus("b", "last")
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert view.focuses[-1] == Focus("b", "relu")
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    assert view.focuses[-1] == Focus("b", "blur")
    assert canvas.describe(chart.column(1).center()) == "relu: only in b: relu · only one design has this layer"


SEEDED = Project(
    NoiseInput((3, 8, 8)),
    (
        Design("a", Network((Node("first", Conv2d(4, 3)), Node("fire", Fire(2, 4, 4)), Node("last", Conv2d(4, 1))))),
        Design("b", Network((Node("first", Conv2d(4, 3)), Node("fire", Fire(2, 4, 4)), Node("last", Conv2d(4, 3))))),
    ),
)
GROUPED = SEEDED.with_designs(
    replace(
        design,
        network=Network(
            tuple(replace(node, group="" if node.name == "last" else "both") for node in design.network.nodes)
        ),
    )
    for design in SEEDED.designs
)


@pytest.mark.parametrize("project", [SEEDED, GROUPED])
@pytest.mark.parametrize("blocks", ["open", "closed"])
def test_with_the_random_weights_of_the_first_design_equal_layers_have_no_error(
    qtbot: QtBot, blocks: str, project: Project
) -> None:
    harness = open_view(qtbot, state_of(project, blocks=blocks))
    view, proposals = harness.view, []
    view.edit_proposed.connect(proposals.append)
    view.every_layer.click()
    assert "random weights" in view.note.text()
    assert view.share.text() == "Use those of a"
    view.share.click()
    (edit,) = proposals
    assert edit.text == "Use the random weights of a in b"
    harness.show(after_run(replace(harness.state, project=edit.project, check=check(edit.project))))
    wait_for_errors(qtbot, view)
    shown = {row[0]: row[3] for row in rows(view)}
    assert {name: error for name, error in shown.items() if name not in ("last", "total")} == dict.fromkeys(
        set(shown) - {"last", "total"}, "0 %"
    )
    assert shown["last"] not in ("0 %", "–")
    assert not view.share.isVisible()
    view.close_down()


# Copies and files


def test_the_table_is_copied_as_text(qtbot: QtBot, view: ViewHarness[DifferencesView]) -> None:
    actions = {action.text(): action for action in view.view.copy_button.menu().actions()}
    actions["Copy as Markdown"].trigger()
    assert "| relu | only in b: relu | 0 | 0 | +768 |" in QGuiApplication.clipboard().text()
    view.show(replace(view.state, focus=Focus("b", "relu")))
    view.view.table.setFocus()
    qtbot.keyClick(view.view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 2
    assert lines[1].split("\t")[:3] == ["", "relu", "only in b: relu"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_file_has_the_table_with_its_sums_and_the_chart(qtbot: QtBot, theme: str) -> None:
    state = after_run(state_of(PROJECT, theme=theme))
    text = render_view(state, "differences", "svg").decode()
    for words in ("only in b: relu", "+768", "total", "relative error", "0 %"):
        assert words in text
    assert json.dumps(missing_content(state, "differences")) == '""'


@pytest.mark.parametrize(
    ("names", "below"),
    [
        (["a/b/c", "a/b/d"], ["c", "d"]),
        (["a/b/c", "a/d"], ["b/c", "d"]),
        (["a/b", "ab/c"], ["a/b", "ab/c"]),
        (["conv"], ["conv"]),
        ([], []),
    ],
)
def test_names_below_the_chart_leave_out_the_block_of_all(names: list[str], below: list[str]) -> None:
    assert axis_names(names) == below


def test_a_long_difference_wraps_in_a_narrow_table(qtbot: QtBot) -> None:
    longer = Conv2d(64, (1, 5), stride=2, padding=(0, 2), dilation=(1, 2), groups=3, bias=False)
    designs = Design("a", Network((BOX, LAST))), Design("b", Network((BOX, replace(LAST, layer=longer, weights=None))))
    harness = open_view(qtbot, state_of(Project(NoiseInput((3, 8, 8)), designs)), (500, 400))
    table = harness.view.table
    text, metrics = str(table.model().index(0, 1).data()), table.fontMetrics()
    line = metrics.height()
    assert metrics.horizontalAdvance(text) > 2 * table.columnWidth(1)
    assert table.rowHeight(0) >= 3 * line
    assert table.rowHeight(1) < 2 * line
    harness.view.resize(2400, 400)
    assert table.rowHeight(0) < 2 * line
    harness.view.close_down()


def test_the_texts_of_the_selected_row_are_as_clear_with_the_keyboard_focus_as_without(qtbot: QtBot) -> None:
    harness = open_view(qtbot, state_of(PROJECT))
    table = harness.view.table
    with qtbot.waitActive(harness.view):
        harness.view.activateWindow()
    table.setFocus()
    table.selectRow(0)
    focused = table.viewport().grab(table.visualRect(table.model().index(0, 0))).toImage()
    table.clearFocus()
    assert table.viewport().grab(table.visualRect(table.model().index(0, 0))).toImage() == focused
    harness.view.close_down()
