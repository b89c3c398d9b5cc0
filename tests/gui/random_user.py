"""A random user: edits through the model, and a hasty one of the widgets. What they do follows from a seed."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec
from PySide6.QtCore import QPoint, QSignalBlocker, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QCheckBox, QComboBox

from engine.network.graph import INPUT
from engine.project.file import project_content
from engine.project.project import Project
from engine.project.reader import ProjectReader
from engine.run.check import ProjectCheck, check
from gui.graphics.canvas import Canvas
from gui.state import edits
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.window.actions import ACTIONS
from gui.window.main_window import MainWindow
from gui.workbench.journal_format import JournalEncoder, decode_journal
from gui.workbench.workbench import Workbench
from tests.gui.user_input import move_mouse, turn_wheel

EDITS = [action for action in ACTIONS if action.edit is not None]
LOOKS = [action for action in ACTIONS if action.look is not None]
KEYS = [Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
        Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_0, Qt.Key.Key_Z, Qt.Key.Key_T,
        Qt.Key.Key_F, Qt.Key.Key_3]  # fmt: skip
LARGEST = 14
"""Layers in all designs from which on only removals are left: the test must end."""

PAINTED = 4
"""Every so many steps of the widgets are painted, which takes half of the time."""


class ModelUser:
    """Selects and edits anything, undoes and redoes; after each step everything that must hold is checked."""

    def __init__(self, workbench: Workbench, random: Random, folder: Path) -> None:
        self.workbench = workbench
        self.document = workbench.document
        self.start = workbench.document.project
        self._random = random
        self._path = folder / "step.toml"

    def step(self) -> None:
        """Do something, and check what must hold."""
        self.act()
        self.check_step()

    def act(self) -> None:
        stack = self.document.undo_stack
        match self._random.randrange(10):
            case 0 if stack.count():
                stack.setIndex(self._random.randint(0, stack.count()))
            case 1 | 2:
                self.set_anything()
            case _:
                self.select_anything()
                self.edit_anything()

    def select_anything(self) -> None:
        """Select a design, a layer, a block or a part of one."""
        analyses = self.workbench.state.check.analyses
        if not analyses:
            return
        design = self._random.choice(list(analyses))
        analysis = analyses[design]
        names = [INPUT, *(report.name for report in analysis.reports), *analysis.blocks]
        self.workbench.set_focus(Focus(design, self._random.choice(names)))

    def edit_anything(self) -> None:
        """Do one of the edits that are possible."""
        state = self.workbench.state
        size = sum(len(analysis.reports) for analysis in state.check.analyses.values())
        possible = [action for action in EDITS if size < LARGEST or action.id == "remove"]
        self._random.shuffle(possible)
        action = next((action for action in possible if action.enabled(state)), None)
        edit = None if action is None or action.edit is None else action.edit(state)
        if edit is not None:
            self.propose(edit)

    def set_anything(self) -> None:
        """Set a number of a layer to another one that may be wrong, as while it is typed."""
        project = self.workbench.state.project
        nodes = [(design, node) for design, network in project.networks() for node in network.nodes]
        if not nodes:
            return
        design, node = self._random.choice(nodes)
        numbers = [f.name for f in msgspec.structs.fields(node.layer) if type(getattr(node.layer, f.name)) is int]
        if numbers:
            setting, value = self._random.choice(numbers), self._random.randint(1, 9)
            self.propose(edits.set_setting(project, (design, node.name), setting, value))

    def propose(self, edit: Edit) -> None:
        self.workbench.edit(edit.text, edit.project, edit.merge and f"{edit.merge}#0", edit.focus)

    # What must hold

    def check_step(self) -> None:
        state = self.workbench.state
        assert state.project == self.document.project
        assert state.focus.ref in state.check
        again = self._round_trip(state.project)
        assert again == state.project
        assert summary(check(again)) == summary(state.check)
        self._check_ends()

    def _round_trip(self, project: Project) -> Project:
        text = project_content(project, self._path).decode()
        again = ProjectReader(self._path.parent).project(tomllib.loads(text))
        assert again is not None
        return again

    def _check_ends(self) -> None:
        """Undo to the start is the first project, redo the last, and nothing is lost on the way back."""
        stack, now, project = self.document.undo_stack, self.document.undo_stack.index(), self.document.project
        history = self.document.history(self.workbench.state.focus)
        blocker = QSignalBlocker(self.document)  # what follows an undo is checked at the end, with all of it
        stack.setIndex(0)
        assert self.document.project == self.start
        stack.setIndex(stack.count())
        assert not history.steps or self.document.project == history.steps[-1].after.project
        stack.setIndex(now)
        assert self.document.project == project
        blocker.unblock()

    def check_end(self) -> None:
        """The whole way with all that follows each step, and the history as the journal has it."""
        stack, last = self.document.undo_stack, self.document.history(self.workbench.state.focus)
        assert decode_journal([JournalEncoder().encode(last, 1.0)])[0] == last
        while stack.canUndo():
            stack.undo()
        assert self.workbench.state.project == self.start
        while stack.canRedo():
            stack.redo()
        assert summary(self.workbench.state.check) == summary(check(self.document.project))


def summary(project_check: ProjectCheck) -> tuple[object, ...]:
    """All that an analysis says."""
    reports = {ref: msgspec.structs.astuple(report) for ref, report in project_check.reports.items()}
    return reports, project_check.problems, project_check.keys, project_check.input_shape


class WidgetUser:
    """Uses the widgets of a window as a hasty user does."""

    def __init__(self, window: MainWindow, random: Random, folder: Path) -> None:
        self.window = window
        self.model = ModelUser(window.workbench, random, folder)
        self._random = random
        self._steps = 0
        self._uses: list[Callable[[], None]] = [
            self._click, self._turn_wheel, self._press_key, self._change_field, self._look, self._edit, self._undo
        ]  # fmt: skip

    def step(self) -> None:
        """Use a canvas, a field, a command that opens no dialog, or undo."""
        self._random.choice(self._uses)()
        self._steps += 1
        self.window.setUpdatesEnabled(self._steps % PAINTED == 0)
        QApplication.processEvents()
        if popup := QApplication.activePopupWidget():
            popup.close()
        self.model.check_step()

    @property
    def _canvas(self) -> Canvas:
        return self._random.choice([canvas for canvas in self.window.findChildren(Canvas) if canvas.isVisible()])

    def _point(self, canvas: Canvas) -> QPoint:
        return QPoint(self._random.randrange(canvas.width()), self._random.randrange(canvas.height()))

    def _click(self) -> None:
        canvas = self._canvas
        point = self._point(canvas)
        move_mouse(canvas.viewport(), point)
        QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=point)

    def _turn_wheel(self) -> None:
        canvas = self._canvas
        turn_wheel(canvas.viewport(), self._random.randrange(-4, 5), self._point(canvas))

    def _press_key(self) -> None:
        QTest.keyClick(self._canvas, self._random.choice(KEYS))

    def _change_field(self) -> None:
        kinds = QAbstractSpinBox, QComboBox, QCheckBox
        fields = [field for kind in kinds for field in self.window.form.findChildren(kind)]
        usable = [field for field in fields if field.isVisible() and field.isEnabled()]
        if usable:
            keys = Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Space
            QTest.keyClick(self._random.choice(usable), self._random.choice(keys))

    def _look(self) -> None:
        action = self.window.actions_by_id[self._random.choice(LOOKS).id]
        if action.isEnabled():
            action.trigger()

    def _edit(self) -> None:
        self.model.select_anything()
        self.model.edit_anything()

    def _undo(self) -> None:
        self.window.actions_by_id[self._random.choice(("undo", "undo", "redo"))].trigger()
