"""Sweeps by hand: a click beside a setting adds its axis, the view ties and removes axes, and the points come out."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from engine.files.paths import RESOURCES
from engine.network.graph import INPUT
from engine.network.node_ref import STEM
from engine.project.file import load_project
from engine.project.project import SweepSettings
from gui.panels.input_panel import InputPanel
from gui.panels.layer_form import LayerForm
from gui.panels.sweep_button import SweepButton
from gui.state.focus import Focus
from gui.views.sweep import SweepView
from gui.workbench.workbench import Workbench
from tests.engine.mobilenet_figures import MISPRINTS, differing_counts
from tests.gui.conftest import PROJECT
from tests.gui.window_input import activate, filters_box
from tests.test_sweep_command import vgg_trunk


def bundled(name):
    return load_project(RESOURCES / "projects" / f"{name}.toml").project


def open_menu(widget, button):
    """Press the menu key on a widget, which opens a menu of the button of its setting."""
    at = QPoint(2, 2)
    QApplication.sendEvent(widget, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, widget.mapToGlobal(at)))
    return button.findChildren(QMenu)[-1]


class Sweeper:
    """A person who clicks beside settings and types values, at a form and a view side by side."""

    def __init__(self, workbench, form, view, qtbot):
        self.workbench, self.form, self.view, self.qtbot = workbench, form, view, qtbot

    @property
    def axes(self):
        return tuple(self.view.axes.toPlainText().splitlines())

    @property
    def rows(self):
        return self.workbench.state.sweep.rows

    def button(self, title):
        (button,) = (
            button
            for button in self.form.findChildren(SweepButton)
            if button.isVisible() and button.accessibleName() == f"Sweep {title}"
        )
        return button

    def sweep(self, design, node, title, values="", entry=""):
        """Select a node, choose "Sweep…" beside a setting, perhaps an entry of its menu, and type values."""
        self.workbench.set_focus(Focus(design, node))
        button = self.button(title)
        if entry:
            self.choose(open_menu(button, button), entry)
        else:
            self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        if values:
            self.type(values)

    def choose(self, menu, entry):
        next(action for action in menu.actions() if action.text() == entry).trigger()
        menu.close()

    def type(self, text):
        assert self.view.axes.textCursor().selectedText(), "the values are selected"
        self.qtbot.keyClicks(self.view.axes, text)

    def tie(self, entry):
        self.view.texts.tie.menu().aboutToShow.emit()
        self.choose(self.view.texts.tie.menu(), entry)

    def run(self):
        self.qtbot.mouseClick(self.view.start, Qt.MouseButton.LeftButton)
        self.qtbot.waitUntil(lambda: not self.workbench.state.sweep.is_busy, timeout=30_000)
        assert not self.workbench.state.sweep.problems
        assert self.rows
        assert not any(row.get("problem") for row in self.rows)


MENUS = pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
"""Menus are opened, for which the offscreen platform has no keyboard to grab."""


@pytest.fixture
def make_sweeper(qtbot):
    """Make a person at a panel of a project and at the view; the window does the same, see the first test."""
    workbenches = []

    def make(project=PROJECT, panel=LayerForm):
        workbench = Workbench(project)
        workbenches.append(workbench)
        form, view = panel(workbench.state), SweepView(workbench.state)
        for part in (form, view):
            qtbot.addWidget(part, before_close_func=lambda part: part.close_down())
            workbench.changed.connect(part.show_state)
            part.edit_proposed.connect(lambda edit: workbench.edit(edit.text, edit.project, edit.merge, edit.focus))
            part.show()
        form.sweep_requested.connect(lambda ref, name, everywhere: view.sweep_setting(ref, name, everywhere=everywhere))
        view.requested.connect(workbench.answer)
        return Sweeper(workbench, form, view, qtbot)

    yield make
    for workbench in workbenches:
        workbench.close()


@MENUS
def test_in_the_window_a_click_or_a_key_adds_an_axis_once_and_undo_takes_it_back(qtbot, open_window):
    window = open_window(PROJECT)
    activate(window, qtbot)
    window.workbench.set_focus(Focus("naive", "conv5x5"))
    person = Sweeper(window.workbench, window.form, None, qtbot)
    qtbot.mouseClick(person.button("Filters"), Qt.MouseButton.LeftButton)
    person.view = window.views["sweep"]
    assert window.workbench.state.project.sweep == SweepSettings(("naive/conv5x5.filters=1..12..1",))
    assert person.view.isVisible()
    assert person.view.axes.hasFocus()
    person.type("2, 4")
    person.sweep("naive", "conv5x5", "Kernel")
    assert person.axes == ("naive/conv5x5.filters=2, 4", "naive/conv5x5.kernel=1..9..2"), "what is typed stays"
    box = filters_box(window)
    box.setFocus()
    window.actions_by_id["sweep_setting"].trigger()
    assert len(person.axes) == 2, "the setting has an axis, which is shown"
    assert person.view.axes.textCursor().selectedText() == "2, 4"
    menu = open_menu(box, person.button("Filters"))
    assert {"Sweep…", "Sweep in all layers of the design…"} < {action.text() for action in menu.actions()}
    assert len(menu.actions()) > 3, "the commands of the field are there as well"
    menu.close()
    bias = window.form.visible_field("bias")
    for part in (bias.title, bias.widget.box):
        menu = open_menu(part, person.button("Bias"))
        assert [action.text() for action in menu.actions()] == ["Sweep…", "Sweep in all layers of the design…"]
        menu.close()
    window.workbench.document.undo_stack.undo()
    window.workbench.document.undo_stack.undo()
    assert window.workbench.state.project.sweep is None


def test_axes_are_tied_taken_apart_and_removed_by_buttons(make_sweeper):
    person = make_sweeper()
    person.sweep("bottleneck", "reduce", "Filters", "2, 4")
    person.sweep("bottleneck", "conv5x5", "Filters")
    person.tie("Tie to bottleneck/reduce.filters")
    assert person.axes == ("bottleneck/reduce.filters + bottleneck/conv5x5.filters=2, 4",)
    person.type("x0.5, x1")
    person.run()
    assert [next(iter(row.values())) for row in person.rows] == [0.5, 1]
    person.tie("An axis for each setting")
    assert person.axes == ("bottleneck/reduce.filters=x0.5, x1", "bottleneck/conv5x5.filters=x0.5, x1")
    person.view.texts.remove.click()
    assert person.axes == ("bottleneck/conv5x5.filters=x0.5, x1",)
    condition = person.view.texts.condition.menu()
    condition.aboutToShow.emit()
    macs = next(action.text() for action in condition.actions() if action.text().startswith("macs"))
    person.choose(condition, macs)
    assert person.workbench.state.project.sweep.where == (macs,)
    person.view.texts.remove.click()
    person.view.where.setPlainText("")
    assert person.axes == ()
    assert not person.view.texts.tie.isEnabled()


@MENUS
def test_the_start_project_is_swept_by_reduction_and_form(make_sweeper):
    person = make_sweeper(bundled("inception_3a_5x5_branch"))
    person.sweep("bottleneck", "reduce", "low-rank convolutions…", entry="Sweep rank…", values="8, 16, 32")
    person.sweep("bottleneck", "reduce", "low-rank convolutions…", entry="Sweep form…")
    assert person.axes == (
        "bottleneck/reduce.low_rank.rank=8, 16, 32",
        "bottleneck/reduce.low_rank.form=1x1+kxk, 1x1+kxk+1x1, kxk+1x1",
    )
    person.run()
    assert len(person.rows) == 9
    present = person.workbench.state.check.analyses["bottleneck"].macs
    as_now = [row for row in person.rows if list(row.values())[:2] == [16, "1x1+kxk"]]
    assert [row["macs"] for row in as_now] == [present]


def test_five_widths_of_inception_3a_are_swept(make_sweeper):
    person = make_sweeper(bundled("inception_3a_192"))
    present = person.workbench.state.check.analyses["with reductions"].macs
    widths = {"1×1": 64, "3×3 reduce": 96, "3×3": 128, "5×5 reduce": 16, "Pool projection": 32}
    for title, width in widths.items():
        person.sweep("with reductions", "inception_3a", title, f"{width // 2}, {width}")
    assert len(person.axes) == 5
    person.run()
    assert len(person.rows) == 32
    assert max(row["macs"] for row in person.rows) == present == person.rows[-1]["macs"]


@MENUS
def test_densenet_is_swept_by_growth_and_layers(make_sweeper):
    person = make_sweeper(bundled("densenet121"))
    everywhere = "Sweep in all layers of the design…"
    person.sweep("DenseNet-121", "dense1", "Growth", entry=everywhere, values="16, 32")
    person.sweep("DenseNet-121", "dense1", "Layers", entry=everywhere, values="x0.5, x1")
    person.run()
    analyses = person.workbench.state.check.analyses
    counted = {tuple(row.values())[:2]: row["macs"] for row in person.rows}
    assert counted[32, 1] == analyses["DenseNet-121"].macs
    assert counted[16, 0.5] < counted[16, 1] < counted[32, 1]


@MENUS
def test_mobilenets_of_four_widths_and_sizes_have_the_printed_costs(make_sweeper):
    person = make_sweeper(bundled("mobilenet_v1"))
    person.sweep("MobileNet v1", "conv1", "Filters", entry="Sweep in all layers of the design…")
    assert person.axes == ("MobileNet v1/*.filters=x0.25, x0.5, x0.75, x1",)
    typed = person.workbench.state.project
    person = make_sweeper(typed, InputPanel)
    person.sweep(STEM, INPUT, "Size", "224, 192, 160, 128")
    person.run()
    assert len(person.rows) == 16
    counted = {tuple(row.values())[:2]: row["macs"] for row in person.rows}
    assert differing_counts(counted) == MISPRINTS


@MENUS
def test_two_ranks_of_vggs_trunk_are_measured(make_sweeper):
    person = make_sweeper(vgg_trunk())
    for node in ("conv3_2", "conv3_3"):
        person.sweep("ranks", node, "low-rank convolutions…", entry="Sweep rank…", values="16, 128")
    person.view.measures["error"].click()
    person.run()
    errors = [row["error_fitted"] for row in person.rows]
    assert len(errors) == 4
    assert errors[0] > max(errors[1:3])
    assert min(errors[1:3]) > errors[3] > 0
