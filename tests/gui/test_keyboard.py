"""Everything by keyboard: panels, tabs, toolbar and menus; shortcuts are listed; the focus is visible and named."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QMenu,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.catalogue.workspaces import WORKSPACES
from gui.state.cameras import CAMERA_VIEWS
from gui.views.volumes import VolumesView
from gui.widgets.about import AboutBox
from gui.widgets.focus_mark import FocusMark
from gui.widgets.shortcut_list import ShortcutList
from gui.window.actions import ACTIONS
from gui.window.main_window import MainWindow
from gui.window.mnemonics import plain_text
from tests.gui.window_input import activate, menu_entries, run

KEYS = Qt.Key
ARRIVES = Qt.FocusReason.TabFocusReason


def press(window: MainWindow, qtbot: QtBot, key: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> QWidget:
    """Press a key where the focus is; returns where it is then."""
    qtbot.keyClick(QApplication.focusWidget() or window, key, modifier)
    QApplication.processEvents()
    return QApplication.focusWidget()


def place(window: MainWindow, widget: QWidget) -> str:
    """The panel or view that contains a widget, or the tabs or the toolbar that it is."""
    if isinstance(widget, QTabBar):
        return f"tabs {widget.tabText(0)}"
    return "toolbar" if window.toolbar.isAncestorOf(widget) else window.docks.part_of(widget)


def test_f6_goes_from_panel_to_panel_to_tabs_and_to_the_toolbar_and_shift_f6_back(
    window: MainWindow, qtbot: QtBot
) -> None:
    activate(window, qtbot)
    window.docks.bring_forward("input")
    window.docks.bring_forward("bottleneck")
    window.docks.bring_forward("volumes")
    QApplication.processEvents()
    window.designs.tree.setFocus()
    places = []
    while not places or places[-1] != "designs":
        places.append(place(window, press(window, qtbot, KEYS.Key_F6)))
    assert places == [
        *("input", "tabs Layer", "tabs Volumes", "volumes", "bars", "filters", "toolbar", "designs"),
    ]
    back = [place(window, press(window, qtbot, KEYS.Key_F6, Qt.KeyboardModifier.ShiftModifier)) for _ in places]
    assert back == [*reversed(places[:-1]), "designs"]


def test_f6_returns_to_what_had_the_focus_in_a_panel(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    count = window.views["bars"].findChild(QComboBox)
    count.setFocus()
    press(window, qtbot, KEYS.Key_F6)
    assert press(window, qtbot, KEYS.Key_F6, Qt.KeyboardModifier.ShiftModifier) is count


def test_arrows_change_the_tabs_of_panels_and_the_focus_stays_on_them(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    window.docks.bring_forward("input")
    QApplication.processEvents()
    (bar,) = window.docks.frame.tab_bars
    bar.setFocus(ARRIVES)
    assert press(window, qtbot, KEYS.Key_Left) is bar
    assert window.docks.is_in_front("layer")
    assert press(window, qtbot, KEYS.Key_Right) is bar
    assert window.docks.is_in_front("input")


def test_tab_reaches_the_tabs_of_panels_and_the_toolbar_and_comes_round(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    window.workspaces.switch_to("inspect")
    QApplication.processEvents()
    window.designs.tree.setFocus()
    visited: list[QWidget] = []
    while (focused := QApplication.focusWidget()) not in visited:
        visited.append(focused)
        press(window, qtbot, KEYS.Key_Tab)
    places = [place(window, widget) for widget in visited]
    assert {"designs", "tabs Designs", "volumes", "filters", "inspector", "toolbar"} <= set(places)
    assert places.count("toolbar") == 1
    assert focused is window.designs.tree


def test_tab_goes_through_the_page_of_the_bottleneck_view_in_reading_order(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    window.docks.bring_forward("bottleneck")
    view = window.views["bottleneck"]
    view.tabs.tabBar().setFocus(ARRIVES)
    reached = [press(window, qtbot, KEYS.Key_Tab) for _ in range(12)]
    page = view.layer
    expected = [page.search_button, page.form, page.photos, page.chart, page.error.edit, page.budget.edit, page.refit]
    assert [widget for widget in reached if widget in expected] == expected


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
def test_arrows_go_through_the_toolbar_and_return_triggers_or_opens(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    window.toolbar.entry.setFocus(ARRIVES)
    usable = [button for button in window.toolbar.buttons if button.isEnabled()]
    visited = [QApplication.focusWidget()]
    while len(visited) <= len(usable):
        visited.append(press(window, qtbot, KEYS.Key_Right))
    assert visited == [*usable, usable[0]]
    assert press(window, qtbot, KEYS.Key_Left) is usable[-1]
    button = next(button for button in usable if button.defaultAction() is window.actions_by_id["workspace_count"])
    button.setFocus(ARRIVES)
    qtbot.keyClick(button, KEYS.Key_Return)
    assert window.workspaces.present.id == "count"
    samples = next(button for button in window.toolbar.buttons if button.menu() is window.menus.dynamic["samples"])
    qtbot.keyClick(samples, KEYS.Key_Down)
    assert samples.menu().isVisible()
    assert samples.menu().activeAction() is samples.menu().actions()[0]
    samples.menu().close()


def test_an_entry_of_panels_opens_raises_and_focuses_and_never_hides(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    for title, part in (("Input", "input"), ("Input", "input"), ("Filters", "filters"), ("Mistakes", "problems")):
        menu_entries(window, "panels")[title].trigger()
        QApplication.processEvents()
        assert window.docks.is_in_front(part)
        if part != "problems":  # without mistakes there is nothing to focus
            assert place(window, QApplication.focusWidget()) == part
    popup = window.createPopupMenu()
    assert {"Input", "Filters", "Volumes"} <= {plain_text(action.text()) for action in popup.actions()}
    popup.deleteLater()


# A panel that was raised for a reason


def fail(window: MainWindow, qtbot: QtBot) -> None:
    """Run with an input that is too large."""
    run(window, qtbot)
    QApplication.processEvents()
    assert window.workbench.state.run.problems
    assert window.docks.is_in_front("problems")


@pytest.fixture
def failing_window(open_window: Callable[[Project], MainWindow]) -> MainWindow:
    network = Network((Node("conv", Conv2d(1000, 1)),))
    return open_window(Project(NoiseInput((1000, 100_000, 10_000)), (Design("big", network),)))


def mend(window: MainWindow) -> None:
    project = window.workbench.state.project
    window.workbench.edit("Use noise", replace(project, input=NoiseInput((3, 8, 8))))
    QApplication.processEvents()


def test_the_raised_mistakes_go_back_when_their_reason_is_gone(failing_window: MainWindow, qtbot: QtBot) -> None:
    window = failing_window
    window.docks.bring_forward("input")
    QApplication.processEvents()
    fail(window, qtbot)
    mend(window)
    assert window.docks.is_in_front("input")
    assert not window.docks.is_open("problems")


def test_mistakes_that_a_person_has_asked_for_stay(failing_window: MainWindow, qtbot: QtBot) -> None:
    window = failing_window
    fail(window, qtbot)
    window.actions_by_id["show_mistakes"].trigger()
    mend(window)
    assert window.docks.is_in_front("problems")


def test_another_tab_chosen_since_stays_in_front(failing_window: MainWindow, qtbot: QtBot) -> None:
    window = failing_window
    window.docks.bring_forward("input")
    fail(window, qtbot)
    window.docks.bring_forward("layer")
    QApplication.processEvents()
    mend(window)
    assert window.docks.is_in_front("layer")
    assert not window.docks.is_open("problems")


# Menus and shortcuts


def menu_actions(menu: QMenu) -> Iterator[object]:
    for action in menu.actions():
        yield action
        if isinstance(action.menu(), QMenu):
            yield from menu_actions(action.menu())


def test_every_command_is_in_a_menu_of_the_menu_bar(window: MainWindow) -> None:
    in_menus = {action for top in window.menuBar().actions() for action in menu_actions(top.menu())}
    missing = [action.id for action in ACTIONS if window.actions_by_id[action.id] not in in_menus]
    assert missing == []


def test_camera_and_edges_are_commands_that_show_the_present_choice(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VolumesView, "turn_milliseconds", 0)
    window.workspaces.switch_to("count")
    for name, angles in CAMERA_VIEWS.items():
        window.actions_by_id[f"camera_{name.lower()}"].trigger()
        look = window.workbench.state.look
        assert (look.yaw, look.pitch) == angles
        assert window.actions_by_id[f"camera_{name.lower()}"].isChecked()
    assert window.docks.is_open("volumes"), "a command that needs a view opens it"
    for scale in ("true", "log", "sqrt"):
        window.actions_by_id[f"edges_{scale}"].trigger()
        assert window.workbench.state.look.scale == scale
        assert window.actions_by_id[f"edges_{scale}"].isChecked()


@pytest.fixture
def shortcut_list(window: MainWindow) -> Iterator[ShortcutList]:
    window.actions_by_id["shortcuts"].trigger()
    (dialog,) = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, ShortcutList))
    yield dialog
    dialog.close()


def test_the_list_of_shortcuts_has_every_key_of_a_command_and_those_of_drawings(
    window: MainWindow, shortcut_list: ShortcutList
) -> None:
    listed = shortcut_list.visible_shortcuts()
    keys = {key for shortcut in listed for key in shortcut.keys.split(", ")}
    assert {key.toString() for action in window.actions_by_id.values() for key in action.shortcuts()} <= keys
    assert ("View › Workspaces › Inspect", "Everywhere") in [
        (shortcut.effect, shortcut.place) for shortcut in listed if shortcut.keys == "Ctrl+2"
    ]
    assert [one.effect for one in listed if one.place == "Volumes" and one.keys == "1, 3"] == ["3-D view"]
    assert "List of designs, Volumes" in {one.place for one in listed if "Del" in one.keys}


def test_the_list_of_shortcuts_is_searched_and_copied(shortcut_list: ShortcutList, qtbot: QtBot) -> None:
    qtbot.keyClicks(shortcut_list.line, "run all")
    assert shortcut_list.visible_shortcuts() == []
    shortcut_list.line.clear()
    qtbot.keyClicks(shortcut_list.line, "f6")
    assert [shortcut.effect for shortcut in shortcut_list.visible_shortcuts()] == [
        "View › Next panel",
        "View › Previous panel",
    ]
    shortcut_list.copy.click()
    assert QGuiApplication.clipboard().text().splitlines()[0] == "F6\tView › Next panel\tEverywhere"


def test_about_copies_versions_and_platform_and_opens_the_folder_of_the_log(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    window.actions_by_id["about"].trigger()
    (box,) = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, AboutBox))
    box.copy.click()
    lines = dict(line.split(": ", 1) for line in QGuiApplication.clipboard().text().splitlines())
    assert {"Convolume", "Python", "Qt", "PySide6", "NumPy", "pyqtgraph", "Platform", "Screen", "Log"} == set(lines)
    assert lines["Python"][0].isdigit()
    assert "offscreen" in lines["Platform"]
    assert lines["Log"].endswith("convolume.log")
    box.open_folder.setEnabled(True)
    box.open_folder.click()
    assert opened == [lines["Log"].removesuffix("/convolume.log")]
    box.close()


# The focus is visible, and has a name


def focusable(window: QWidget) -> Iterator[QWidget]:
    """Everything that the Tab key can reach, visible or not, without the inner parts of fields."""
    for widget in window.findChildren(QWidget):
        parent = widget.parentWidget()
        is_inner = isinstance(parent, QAbstractSpinBox | QComboBox) or widget.objectName().startswith("qt_")
        is_popup = widget.window() is not window  # the list of a combo box
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not (is_inner or is_popup or widget.focusProxy()):
            yield widget


def name_of(widget: QWidget) -> str:
    text = getattr(widget, "text", str)
    return widget.accessibleName() or str(text())


def test_every_widget_that_takes_the_focus_has_a_name_for_screen_readers(window: MainWindow) -> None:
    window.docks.bring_forward("input")
    window.workspaces.switch_to("count")
    QApplication.processEvents()
    nameless = [f"{widget} in {widget.parentWidget()}" for widget in focusable(window) if not name_of(widget)]
    nameless += [f"button {button}" for button in window.toolbar.buttons if not name_of(button)]
    assert nameless == []


def picture(window: MainWindow, widget: QWidget) -> QImage:
    """What is seen of a widget and a few pixels around it."""
    around = QRect(widget.mapTo(window, widget.rect().topLeft()), widget.size()).adjusted(-3, -3, 3, 3)
    return window.grab(around).toImage()


def values(image: QImage) -> np.ndarray:
    """Height × width × (blue, green, red), -128…127."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return flat[:, : image.width(), :3].astype(int)


def differs_visibly(before: QImage, after: QImage) -> bool:
    """Whether at least a few pixels differ clearly in brightness or colour."""
    return bool((abs(values(before) - values(after)).max(axis=2) > 40).sum() >= 8)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_the_focus_is_visible_on_every_widget(window: MainWindow, qtbot: QtBot, theme: str) -> None:
    menu_entries(window, "theme")[theme].trigger()
    activate(window, qtbot)
    press(window, qtbot, KEYS.Key_F6)  # from now on the focus is marked
    invisible = set()
    for row in WORKSPACES if theme == "Light" else WORKSPACES[:1]:
        window.workspaces.switch_to(row.id)
        QApplication.processEvents()
        for widget in [*focusable(window), *window.docks.tab_bars]:
            surface = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
            if not widget.isEnabled() or surface.visibleRegion().isEmpty():
                continue
            away = window.designs.tree if widget is not window.designs.tree else window.views["volumes"]
            away.setFocus(ARRIVES)
            before = picture(window, widget)
            widget.setFocus(ARRIVES)
            if QApplication.focusWidget() is widget and not differs_visibly(before, picture(window, widget)):
                invisible.add(f"{type(widget).__name__} {name_of(widget)}")
    assert invisible == set()


def test_the_mark_of_the_focus_follows_keys_and_not_clicks(window: MainWindow, qtbot: QtBot) -> None:
    activate(window, qtbot)
    mark = window.findChild(FocusMark)
    box = window.views["bars"].findChild(QComboBox)
    assert not mark.isVisible()
    window.designs.tree.setFocus()
    press(window, qtbot, KEYS.Key_F6)
    assert mark.isVisible()
    box.setFocus(ARRIVES)
    assert mark.geometry().contains(QRect(box.mapTo(window, QPoint(0, 0)), box.size()))
    window.resize(1300, 800)
    QApplication.processEvents()
    assert mark.geometry().contains(QRect(box.mapTo(window, QPoint(0, 0)), box.size()))
    window.workspaces.switch_to("count")
    QApplication.processEvents()
    assert not mark.isVisible() or not box.isVisible()


def test_the_list_of_designs_has_the_focus_at_first(window: MainWindow) -> None:
    assert window.focusWidget() is window.designs.tree
