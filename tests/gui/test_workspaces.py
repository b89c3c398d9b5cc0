"""Workspaces: what each shows, that switching keeps what a person has done, and that layouts are stored at once."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QInputDialog,
    QMessageBox,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.catalogue.panels import PANELS
from gui.catalogue.views import VIEWS
from gui.catalogue.workspaces import WORKSPACES, Arrangement, WorkspaceRow
from gui.state.focus import Focus
from gui.theme import THEMES
from gui.widgets.maximised_page import MaximisedPage
from gui.widgets.tab_order import focusable_in_reading_order
from gui.window.main_window import MainWindow
from gui.window.settings import Settings
from gui.window.theme_choice import first_theme
from tests.gui.window_input import activate, menu_entries, run

BY_ID = pytest.mark.parametrize("row", WORKSPACES, ids=lambda row: row.id)
WIDE, NARROW = (1400, 900), (1024, 700)


def open_parts(window: MainWindow) -> set[str]:
    """Panels and views that are open, those behind other tabs as well."""
    return {*window.docks.visible_ids, *window.docks.centre_ids}


def parts(arrangement: Arrangement) -> set[str]:
    return {tab for place in arrangement.places for tab in place.tabs}


def front_parts(window: MainWindow) -> set[str]:
    """Panels and views of which something can be seen."""
    return {
        part_id
        for part_id, part in window.docks.contents.items()
        if any(not widget.visibleRegion().isEmpty() for widget in (part, *part.findChildren(QWidget)))
    }


def resize(window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    QApplication.processEvents()


@pytest.mark.parametrize("arrangement", [a for row in WORKSPACES for a in (row.wide, row.narrow)])
def test_the_rows_name_panels_and_views_once_each_in_an_area_that_they_can_be_in(arrangement: Arrangement) -> None:
    areas = {row.id: row.area for row in (*PANELS, *VIEWS)}
    tabs = [tab for place in arrangement.places for tab in place.tabs]
    assert len(tabs) == len(set(tabs))
    assert all(
        (areas[tab] == "centre") == (place.area == "centre") for place in arrangement.places for tab in place.tabs
    )
    for area in ("left", "right", "bottom"):
        assert sum(place.share for place in arrangement.places if place.area == area) in (0, 100)


def test_the_window_opens_in_compare_with_designs_form_volumes_filters_and_operations(window: MainWindow) -> None:
    assert front_parts(window) == {"designs", "layer", "volumes", "filters", "bars"} == open_parts(window)


@BY_ID
@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_workspace_shows_its_parts_and_one_tab_bar_per_place_with_tabs(
    window: MainWindow, row: WorkspaceRow, size: tuple[int, int]
) -> None:
    resize(window, size)
    arrangement = row.wide if size == WIDE else row.narrow
    for command in (f"workspace_{row.id}", "reset_layout"):
        window.actions_by_id[command].trigger()
        QApplication.processEvents()
        assert open_parts(window) == parts(arrangement)
        assert front_parts(window) == {place.tabs[0] for place in arrangement.places}
        bars = [bar for bar in window.docks.frame.findChildren(QTabBar) if bar.parent() is window.docks.frame]
        visible = [{bar.tabText(at).split(" (")[0] for at in range(bar.count())} for bar in bars if bar.isVisible()]
        titles = {row.id: row.title for row in (*PANELS, *VIEWS)}
        places = [place for place in arrangement.places if place.area != "centre" and len(place.tabs) > 1]
        assert sorted(visible, key=sorted) == sorted(({titles[tab] for tab in p.tabs} for p in places), key=sorted)


def test_switching_keeps_selection_zoom_and_widgets_and_leaves_none_behind(window: MainWindow, qtbot: QtBot) -> None:
    run(window, qtbot)
    window.workbench.set_focus(Focus("bottleneck", "reduce", 1, (3, 4)))
    canvas = window.views["volumes"].canvas
    canvas.zoom_in()
    zoom, focus, contents = canvas.zoom_box.zoom, window.workbench.state.focus, dict(window.docks.contents)

    def visit_all() -> int:
        for row in (*WORKSPACES[1:], WORKSPACES[0]):
            window.actions_by_id[f"workspace_{row.id}"].trigger()
            QApplication.processEvents()
        QApplication.sendPostedEvents(None, 52)  # deferred deletions
        return len(window.findChildren(QWidget))

    before = visit_all()
    assert visit_all() == before
    assert window.docks.contents == contents
    assert (canvas.zoom_box.zoom, window.workbench.state.focus) == (zoom, focus)


def test_keys_switch_and_the_menu_and_the_toolbar_show_the_present_workspace(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    for number, row in enumerate(WORKSPACES, start=1):
        qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.ControlModifier)
        assert window.workspaces.present.id == row.id
        checked = [action for action in window.menus.by_name["Workspaces"].actions() if action.isChecked()]
        assert checked == [window.actions_by_id[f"workspace_{row.id}"]]
        buttons = window.toolbar.workspace_buttons
        assert [button.text() for button in buttons if button.isChecked()] == [row.title]
        assert all(button.isVisible() for button in buttons)


def test_a_narrow_toolbar_has_one_button_with_the_menu_of_workspaces(window: MainWindow) -> None:
    assert not window.toolbar.workspace_button.isVisible()
    resize(window, (700, 600))
    assert window.toolbar.workspace_button.isVisible()
    assert not any(button.isVisible() for button in window.toolbar.workspace_buttons)
    window.workspaces.switch_to("inspect")
    assert window.toolbar.workspace_button.text() == "Inspect"
    assert window.toolbar.workspace_button.menu() is window.menus.by_name["Workspaces"]


def test_a_workspace_keeps_the_layout_that_a_person_gives_it_until_it_is_reset(window: MainWindow) -> None:
    docks, frame = window.docks, window.docks.frame
    frame.splitDockWidget(docks["filters"], docks["bars"], Qt.Orientation.Vertical)  # as a drag does
    frame.resizeDocks([docks["designs"]], [330], Qt.Orientation.Horizontal)
    QApplication.processEvents()
    menu_entries(window, "panels")["Notes"].trigger()
    window.workspaces.switch_to("count")
    assert open_parts(window) == parts(WORKSPACES[2].wide)
    window.workspaces.switch_to("compare")
    assert docks.frame.dockWidgetArea(docks["bars"]) == Qt.DockWidgetArea.RightDockWidgetArea
    assert docks["designs"].width() == 330
    assert docks.is_open("notes")
    window.actions_by_id["reset_layout"].trigger()
    assert docks.frame.dockWidgetArea(docks["bars"]) == Qt.DockWidgetArea.BottomDockWidgetArea
    assert open_parts(window) == parts(WORKSPACES[0].wide)


def test_places_become_tabs_in_a_narrow_window_and_back_and_what_was_opened_or_closed_stays_so(
    window: MainWindow,
) -> None:
    window.docks["bars"].close()
    window.docks.bring_forward("input")
    resize(window, NARROW)
    assert window.docks.frame.dockWidgetArea(window.docks["filters"]) == Qt.DockWidgetArea.BottomDockWidgetArea
    resize(window, WIDE)
    assert window.docks.frame.dockWidgetArea(window.docks["filters"]) == Qt.DockWidgetArea.RightDockWidgetArea
    assert open_parts(window) == (parts(WORKSPACES[0].wide) | {"input"}) - {"bars"}


def test_a_layout_of_a_persons_own_is_not_rearranged_in_a_narrow_window(window: MainWindow) -> None:
    docks = window.docks
    docks.frame.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["bars"])
    resize(window, NARROW)
    assert docks.frame.dockWidgetArea(docks["bars"]) == Qt.DockWidgetArea.LeftDockWidgetArea
    assert docks.frame.dockWidgetArea(docks["filters"]) == Qt.DockWidgetArea.RightDockWidgetArea


@pytest.mark.parametrize(
    ("command", "workspace", "part"),
    [
        ("search_ranks", "bottleneck", "bottleneck"),
        ("inspect", "inspect", "inspector"),
        ("counting", "count", "counting"),
        ("show_mistakes", "compare", "problems"),
    ],
)
def test_a_command_that_needs_a_view_switches_to_its_workspace_or_opens_a_panel_in_place(
    window: MainWindow, qtbot: QtBot, command: str, workspace: str, part: str
) -> None:
    window.actions_by_id[command].trigger()
    assert window.workspaces.present.id == workspace
    assert part in front_parts(window)
    window.actions_by_id["cancel"].trigger()
    qtbot.waitUntil(lambda: not window.workbench.state.rank_search.busy_text)


def test_a_command_does_not_leave_a_workspace_in_which_its_view_is_open(window: MainWindow) -> None:
    menu_entries(window, "panels")["Inspector"].trigger()
    assert window.workspaces.present.id == "compare"
    window.docks.bring_forward("filters")
    window.actions_by_id["inspect"].trigger()
    assert window.workspaces.present.id == "compare"
    assert "inspector" in front_parts(window)


def dialog(window: MainWindow) -> QInputDialog:
    return next(box for box in window.findChildren(QInputDialog) if box.isVisible())


def save_workspace(window: MainWindow, name: str) -> None:
    window.actions_by_id["save_workspace"].trigger()
    box = dialog(window)
    box.setTextValue(name)
    box.accept()


def test_a_layout_is_saved_under_a_name_renamed_and_removed(
    open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    window.docks.bring_forward("table")
    assert not window.actions_by_id["rename_workspace"].isEnabled()
    save_workspace(window, "My tables")
    assert [workspace.title for workspace in window.workspaces.all()][-1] == "My tables"
    window.workspaces.switch_to("compare")
    window.actions_by_id["reset_layout"].trigger()
    activate(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    assert window.workspaces.present.title == "My tables"
    assert "table" in front_parts(window)
    window.docks["table"].close()
    window.actions_by_id["reset_layout"].trigger()
    assert "table" in front_parts(window), "it is reset to what was saved"
    window.actions_by_id["rename_workspace"].trigger()
    dialog(window).setTextValue("Tables & bars")
    dialog(window).accept()
    window.close()
    second = open_window()
    assert second.workspaces.present.title == "Tables & bars"
    assert "table" in front_parts(second)
    second.actions_by_id["remove_workspace"].trigger()
    (box,) = (box for box in second.findChildren(QMessageBox) if box.isVisible())
    next(button for button in box.buttons() if button.text() == "Remove").click()
    assert second.workspaces.present.id == "compare"
    assert [workspace.is_saved for workspace in second.workspaces.all()] == [False] * len(WORKSPACES)


@pytest.mark.parametrize("name", ["", "  ", "compare", "Mine"])
def test_a_name_that_is_empty_or_taken_is_refused_with_the_reason_and_asked_for_again(
    window: MainWindow, name: str
) -> None:
    save_workspace(window, "Mine")
    save_workspace(window, name)
    assert "name" in dialog(window).labelText()
    dialog(window).setTextValue("Another")
    dialog(window).accept()
    assert [workspace.title for workspace in window.workspaces.all()][-2:] == ["Mine", "Another"]


def test_workspaces_and_layouts_are_in_the_file_before_the_window_closes(
    window: MainWindow, settings: QSettings, qtbot: QtBot
) -> None:
    def stored() -> QSettings:
        settings.sync()
        return QSettings(settings.fileName(), QSettings.Format.IniFormat)

    save_workspace(window, "Mine")
    assert stored().value("workspaces/saved") == "saved1=Mine"
    window.actions_by_id["workspace_count"].trigger()
    assert stored().value("workspaces/present") == "count"
    before = stored().value("workspaces/count/places")
    window.docks["table"].close()
    qtbot.waitUntil(lambda: stored().value("workspaces/count/places") != before)
    before = stored().value("window/geometry")
    window.resize(1300, 800)
    qtbot.waitUntil(lambda: stored().value("window/geometry") != before)


def test_patch_and_filter_are_visible_in_inspect_without_scrolling(
    open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    naive = Network((Node("conv5x5", Conv2d(4, 5)),))
    window = open_window(Project(NoiseInput((256, 14, 14)), (Design("naive", naive),)))
    run(window, qtbot)
    window.workbench.set_focus(Focus("naive", "conv5x5", 2, (9, 9)))
    window.actions_by_id["inspect"].trigger()
    inspector = window.views["inspector"]
    qtbot.waitUntil(lambda: inspector.content.explanation is not None)
    for size in ((1280, 720), (1024, 700), (1600, 1000), (2560, 1440)):
        resize(window, size)
        layout = inspector.canvas.layout_for(inspector.canvas.width())
        patch = next(rect for part, rect in layout.part_rects if part.height.__name__ == "patch_height")
        assert inspector.scroll_area.verticalScrollBar().value() == 0
        assert patch.bottom() <= inspector.scroll_area.viewport().height()
        assert patch.width() >= 350


def test_a_view_opened_beside_a_selected_value_of_a_new_project_explains_it(window: MainWindow, qtbot: QtBot) -> None:
    window.workbench.show_project(window.workbench.state.project)
    run(window, qtbot)
    window.workbench.set_focus(Focus("naive", "conv5x5", 1, (2, 2)))
    window.workspaces.switch_to("inspect")
    assert window.views["inspector"].content.explanation is not None


def test_a_tab_of_the_middle_that_is_brought_forward_in_count_is_visible(window: MainWindow) -> None:
    window.workspaces.switch_to("count")
    assert window.docks.centre_ids == ()
    window.docks.bring_forward("volumes")
    QApplication.processEvents()
    assert "volumes" in front_parts(window)
    assert window.views["volumes"].isEnabled()


# One part in the whole window


def double_click(widget: QWidget, at: QPoint) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(widget, Qt.MouseButton.LeftButton, pos=at)
    # The widget has gone to another place with the button down, which the marks of later tests would heed.
    QTest.mouseRelease(widget.window(), Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("part", ["filters", "volumes", "layer", "input"])
def test_f11_gives_a_part_the_whole_window_and_back_to_the_same_layout(
    window: MainWindow, qtbot: QtBot, part: str
) -> None:
    activate(window, qtbot)
    window.docks.bring_forward("input")
    window.docks.bring_forward(part)
    QApplication.processEvents()

    def layout() -> dict[str, tuple[int, ...]]:
        return {name: widget.size().toTuple() for name, widget in window.docks.contents.items()}

    before, front = layout(), front_parts(window)
    next(widget for widget in focusable_in_reading_order(window.docks.contents[part]) if widget.isVisible()).setFocus()
    focused = QApplication.focusWidget()
    qtbot.keyClick(focused, Qt.Key.Key_F11)
    QApplication.processEvents()
    assert front_parts(window) == {part}
    assert {name for name, widget in window.docks.contents.items() if widget.isEnabled()} == {part}
    assert window.docks.contents[part].width() == window.width()
    assert QApplication.focusWidget() is focused
    qtbot.keyClick(focused, Qt.Key.Key_F11)
    QApplication.processEvents()
    assert front_parts(window) == front
    assert layout() == before
    assert QApplication.focusWidget() is focused


def test_a_double_click_on_a_title_or_tab_maximises_and_the_button_goes_back(window: MainWindow) -> None:
    bring_input = menu_entries(window, "panels")["Input"]
    bring_input.trigger()
    QApplication.processEvents()
    (bar,) = (bar for bar in window.docks.frame.tab_bars if bar.isVisible())
    tabs = {bar.tabText(index): bar.tabRect(index).center() for index in range(bar.count())}
    centre = window.docks.centre.tabBar()
    for widget, at, part in (
        (window.docks["filters"], QPoint(40, 8), "filters"),
        (bar, tabs["Input"], "input"),
        (centre, centre.tabRect(0).center(), "volumes"),
    ):
        double_click(widget, at)
        QApplication.processEvents()
        assert front_parts(window) == {part}
        assert not any(dock.isFloating() for dock in window.docks.values())
        page = window.findChild(MaximisedPage)
        page.back.click()
        QApplication.processEvents()
        assert {"designs", "volumes", "filters"} <= front_parts(window)


@pytest.mark.parametrize("command", ["workspace_count", "reset_layout", "show_mistakes"])
def test_another_layout_or_panel_ends_the_maximised_part(window: MainWindow, command: str) -> None:
    window.docks.maximise("filters")
    window.actions_by_id[command].trigger()
    QApplication.processEvents()
    assert window.docks.maximised == ""
    assert len(front_parts(window)) > 2


def test_a_window_closed_with_a_maximised_part_opens_with_the_layout_before(
    open_window: Callable[[], MainWindow],
) -> None:
    first = open_window()
    before = front_parts(first)
    first.docks.maximise("filters")
    first.close()
    assert front_parts(open_window()) == before


def test_a_panel_is_closed_by_its_command_and_the_last_view_of_the_middle_stays(window: MainWindow) -> None:
    window.views["filters"].canvas.setFocus()
    window.actions_by_id["close_panel"].trigger()
    assert not window.docks.is_open("filters")
    window.docks.bring_forward("bottleneck")
    for remaining in (("volumes",), ("volumes",)):
        window.docks.close_part(window.docks.centre_ids[0])
        assert window.docks.centre_ids == remaining


# The theme


def theme(window: MainWindow) -> str:
    return window.workbench.state.look.theme


def test_the_theme_follows_the_desktop_until_a_person_chooses_one_and_again_as_the_system(
    window: MainWindow, settings: QSettings
) -> None:
    def desktop_changes(scheme: Qt.ColorScheme) -> None:
        QApplication.styleHints().colorSchemeChanged.emit(scheme)

    for scheme, expected in ((Qt.ColorScheme.Dark, "dark"), (Qt.ColorScheme.Light, "light")):
        desktop_changes(scheme)
        assert theme(window) == expected
        assert QApplication.palette().window().color().name() == THEMES[expected].window
    menu_entries(window, "theme")["Dark"].trigger()
    assert settings.value("look/theme") == "dark"
    assert [entry for entry, action in menu_entries(window, "theme").items() if action.isChecked()] == ["Dark"]
    desktop_changes(Qt.ColorScheme.Light)
    assert theme(window) == "dark"
    menu_entries(window, "theme")["As the system"].trigger()
    assert theme(window) == "light"
    desktop_changes(Qt.ColorScheme.Dark)
    assert theme(window) == "dark"
    desktop_changes(Qt.ColorScheme.Light)


@pytest.mark.parametrize(("stored", "expected"), [("", "light"), ("system", "light"), ("dark", "dark")])
def test_the_first_theme_is_the_chosen_one_or_that_of_the_desktop(
    settings: QSettings, stored: str, expected: str
) -> None:
    if stored:
        settings.setValue("look/theme", stored)
    assert first_theme(Settings(settings)) == expected
