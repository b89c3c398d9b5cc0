"""Nothing is clipped, from small to large windows and with large text; the window fits its screen."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QRect, QSettings, Qt
from PySide6.QtGui import QFontInfo, QScreen
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.layers import Conv2d
from engine.network.weight_specs import FileWeights
from gui.app import set_theme
from gui.catalogue.workspaces import WORKSPACES
from gui.state.edits import set_setting, set_weights
from gui.window.main_window import MainWindow
from gui.window.settings import Settings
from gui.workbench.workbench import Workbench
from tests.gui.clipped_texts import clipped_widgets
from tests.gui.conftest import PROJECT
from tests.gui.window_input import run

SIZES = (1024, 700), (1280, 720), (1600, 1000), (2560, 1440)


@pytest.fixture(params=[1.0, 1.5], ids=["normal text", "large text"])
def text_scale(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    font = qapp.font()
    larger = qapp.font()
    larger.setPointSizeF(request.param * font.pointSizeF())
    qapp.setFont(larger)
    yield
    qapp.setFont(font)


def test_nothing_is_clipped_in_any_workspace(
    text_scale: float, open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    run(window, qtbot)
    faults = {}
    for size in SIZES:
        window.resize(*size)
        for row in WORKSPACES:
            window.workspaces.switch_to(row.id)
            QApplication.processEvents()
            assert (window.width(), window.height()) == size, "the window needs more space than there is"
            if clipped := list(clipped_widgets(window)):
                faults[size, row.id] = clipped
    assert not faults


@pytest.mark.usefixtures("text_scale")
def test_nothing_is_clipped_in_a_part_opened_in_a_small_window(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    run(window, qtbot)
    window.resize(*SIZES[0])
    faults = {}
    for part_id in window.docks.contents:
        window.actions_by_id["reset_layout"].trigger()
        window.docks.bring_forward(part_id)
        QApplication.processEvents()
        if clipped := list(clipped_widgets(window)):
            faults[part_id] = clipped
    assert not faults
    assert (window.width(), window.height()) == SIZES[0]


@pytest.mark.usefixtures("text_scale")
def test_the_form_of_weights_from_a_file_fits_into_its_dock(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    weights = FileWeights("resources:weights/efficientnet_lite0_fp16.safetensors", "stem.weight", layout="oihw")
    project = set_weights(window.workbench.state.project, ("naive", "conv5x5"), weights, "weights").project
    window.workbench.edit("Weights", project)
    QApplication.processEvents()
    assert window.form.minimumSizeHint().width() <= window.form.parentWidget().width(), "the scroll area cuts it off"


@pytest.mark.usefixtures("text_scale")
def test_no_form_of_padding_is_clipped_in_a_small_window(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    window.resize(*SIZES[0])
    for padding in ("same", "valid", 3, 100, (1, 2), (10, 20, 30, 100)):
        edit = set_setting(window.workbench.state.project, ("naive", "conv5x5"), "padding", padding)
        window.workbench.edit(edit.text, edit.project)
        QApplication.processEvents()
        assert not list(clipped_widgets(window.form)), padding
        control = window.form.settings[Conv2d].controls["padding"]
        right = control.mapTo(window.form, control.rect().topRight()).x()
        assert right < window.form.parentWidget().width(), f"the scroll area cuts off the form of padding {padding}"


@pytest.mark.usefixtures("text_scale")
def test_the_multiply_accumulates_of_the_table_are_visible_in_a_small_window(
    open_window: Callable[[], MainWindow],
) -> None:
    window = open_window()
    window.resize(*SIZES[0])
    window.workspaces.switch_to("count")
    QApplication.processEvents()
    table = window.views["table"].table
    titles = [
        table.model().headerData(column, Qt.Orientation.Horizontal) for column in range(table.model().columnCount())
    ]
    macs = titles.index("MACs")
    assert {"Output C×H×W", "Layer", "Inputs"} <= set(titles[macs:])
    right = table.columnViewportPosition(macs) + table.columnWidth(macs)
    assert right <= table.viewport().width()


@pytest.mark.usefixtures("text_scale")
@pytest.mark.parametrize("size", SIZES[:2])
def test_all_columns_of_what_differs_are_visible_in_a_small_window(
    open_window: Callable[[], MainWindow], size: tuple[int, int]
) -> None:
    window = open_window()
    window.resize(*size)
    window.workspaces.switch_to("count")
    window.docks.bring_forward("differences")
    QApplication.processEvents()
    assert window.views["differences"].table.horizontalScrollBar().maximum() == 0


@pytest.mark.parametrize("size", [(1024, 700), (1280, 720)])
def test_the_window_opens_within_the_screen_even_if_it_was_larger_on_another_one(
    open_window: Callable[[], MainWindow], settings: QSettings, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    first = open_window()
    first.resize(2560, 1440)
    first.move(1500, 900)
    QApplication.processEvents()
    first.close()
    assert settings.contains("window/geometry")
    available = QRect(0, 20, *size)
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _: available)
    settings.remove("workspaces")
    window = MainWindow(Workbench(PROJECT), Settings(settings), set_theme)
    window.show()
    QApplication.processEvents()
    frame = window.frameGeometry()
    window.close()
    window.deleteLater()
    assert available.contains(frame), frame


def test_texts_of_drawings_grow_with_the_font_of_the_window(
    text_scale: None, open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.resize(1920, 1080)
    run(window, qtbot)
    views, text = window.views, QFontInfo(QApplication.font()).pixelSize()
    inspector = views["inspector"].canvas
    sizes = (
        views["volumes"].canvas.current_layout().em,
        views["filters"].canvas.current_layout().text_size,
        inspector.layout_for(inspector.width()).em,
    )
    assert all(0.8 * text <= size <= 1.4 * text for size in sizes), sizes


@pytest.mark.parametrize(("workspace", "says_boxes"), [("compare", True), ("count", False), ("bottleneck", False)])
def test_the_status_bar_speaks_of_boxes_only_where_there_are_any(
    open_window: Callable[[], MainWindow], qtbot: QtBot, workspace: str, says_boxes: bool
) -> None:
    window = open_window()
    run(window, qtbot)
    window.workspaces.switch_to(workspace)
    QApplication.processEvents()
    assert ("box" in window.status.hover.text()) == says_boxes
