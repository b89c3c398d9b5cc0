"""The axes and conditions of a sweep as texts, one per line, with commands on the axis of the cursor."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QTextBlock, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from engine.network.node_ref import NodeRef
from engine.project.project import SweepSettings
from engine.text.short_names import shorten_middle
from gui.state import edits
from gui.state.edit import Edit
from gui.state.view_state import ViewState
from gui.widgets.glyphs import GlyphButton

_LEAST_LINES, _LINES, _MOST_LINES = 2, 3, 6
"""Lines of each text field: in small windows, else, and with many axes."""
_HINT = "Axes, one per line: a setting and its values, as net/conv.filters=4..64..4"
_LONGEST = 60
"""Characters of an entry of a menu."""


class SweepAxes(QWidget):
    """Proposes edits of the sweep, which begin with what is typed."""

    changed = Signal()
    """Something is typed."""
    edit_proposed = Signal(Edit)

    def __init__(self, state: ViewState, settings: Callable[[], SweepSettings], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._settings = state, settings
        self.axes, self.where = QPlainTextEdit(self), QPlainTextEdit(self)
        self.tie = GlyphButton("link", "Tie the axis of the cursor to another one, or take it apart", self)
        self.remove = GlyphButton("remove", "Remove the axis of the cursor", self)
        self.condition = GlyphButton("plus", "Add a condition", self)
        self._describe()
        self._compose()
        self._connect()

    def _describe(self) -> None:
        for field, name, hint in (
            (self.axes, "Axes", _HINT),
            (self.where, "Conditions", "Conditions, one per line: macs < 20e6"),
        ):
            field.setAccessibleName(name)
            field.setPlaceholderText(hint)
            field.setToolTip(hint)
            field.setTabChangesFocus(True)
            field.setMinimumHeight(self._height_of(_LEAST_LINES))
        self._fit_heights()
        for button, fill in ((self.tie, self._fill_tie_menu), (self.condition, self._fill_condition_menu)):
            menu = QMenu(button)
            menu.aboutToShow.connect(partial(fill, menu))
            button.setMenu(menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)

    def _compose(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        parts = (("Axes", self.axes, (self.tie, self.remove), 3), ("Conditions", self.where, (self.condition,), 2))
        for title, field, buttons, share in parts:
            label = QLabel(title, self)
            label.setBuddy(field)
            head = QHBoxLayout()
            head.setSpacing(2)
            head.addWidget(label)
            head.addStretch(1)
            for button in buttons:
                head.addWidget(button)
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addLayout(head)
            column.addWidget(field)
            row.addLayout(column, share)
        self.setFocusProxy(self.axes)

    def _connect(self) -> None:
        for field in (self.axes, self.where):
            field.textChanged.connect(self.changed)
            field.textChanged.connect(self._fit_heights)
        self.axes.textChanged.connect(self._enable)
        self.axes.cursorPositionChanged.connect(self._enable)
        self.remove.clicked.connect(self._remove)
        self._enable()

    def _height_of(self, lines: int) -> int:
        return self.axes.fontMetrics().lineSpacing() * lines + 12

    def _fit_heights(self) -> None:
        """Make room for more lines than are usual."""
        lines = max(field.document().blockCount() for field in (self.axes, self.where))
        for field in (self.axes, self.where):
            field.setMaximumHeight(self._height_of(min(max(lines, _LINES), _MOST_LINES)))

    # State → widgets

    def show_state(self, state: ViewState) -> None:
        self._state = state

    def show_settings(self, settings: SweepSettings) -> None:
        """Show axes and conditions; a text that says so already keeps its cursor."""
        for field, texts in ((self.axes, settings.axes), (self.where, settings.where)):
            if lines_of(field) != texts:
                field.setPlainText("\n".join(texts))

    def select_axis(self, index: int) -> None:
        """Select the values of an axis, so that others can be typed."""
        block = self._axis_blocks()[index]
        cursor = QTextCursor(block)
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        values = block.text().rpartition("=")[2]
        cursor.setPosition(cursor.position() - len(values.lstrip()), QTextCursor.MoveMode.KeepAnchor)
        self.axes.setTextCursor(cursor)
        self.axes.setFocus()

    def _axis_blocks(self) -> list[QTextBlock]:
        """The lines with an axis."""
        document = self.axes.document()
        blocks = [document.findBlockByNumber(number) for number in range(document.blockCount())]
        return [block for block in blocks if block.text().strip()]

    @property
    def current_axis(self) -> int | None:
        """The index of the axis of the cursor; None on an empty line."""
        number = self.axes.textCursor().blockNumber()
        numbers = [block.blockNumber() for block in self._axis_blocks()]
        return numbers.index(number) if number in numbers else None

    def _enable(self) -> None:
        for button in (self.tie, self.remove):
            button.setEnabled(self.current_axis is not None)

    # Widgets → edits

    def sweep_setting(self, ref: NodeRef, setting: str, *, everywhere: bool = False) -> None:
        """Propose an axis of a setting, unless it has one, and select its values."""
        edit = edits.add_axis(self._state.project, self._settings(), ref, setting, everywhere=everywhere)
        if edit is not None:
            self.edit_proposed.emit(edit)
        index = edits.axis_of(self._state.project, lines_of(self.axes), ref, setting)
        if index is not None:
            self.select_axis(index)

    def _propose(self, edit: Edit | None, index: int | None = None) -> None:
        if edit is None:
            return
        self.edit_proposed.emit(edit)
        if index is not None and index < len(self._axis_blocks()):
            self.select_axis(index)

    def _remove(self) -> None:
        index = self.current_axis
        if index is not None:
            self._propose(edits.remove_axis(self._state.project, self._settings(), index), max(0, index - 1))

    def _fill_tie_menu(self, menu: QMenu) -> None:
        menu.clear()
        project, settings, index = self._state.project, self._settings(), self.current_axis
        if index is None:
            return
        for other, text in enumerate(settings.axes):
            if other != index:
                entry = menu.addAction(f"Tie to {_entry_text(text.rpartition('=')[0].strip())}")
                entry.setData(other)
                edit = edits.tie_axes(project, settings, *sorted((index, other)))
                entry.setEnabled(edit is not None)
                entry.triggered.connect(partial(self._propose, edit, min(index, other)))
        edit = edits.separate_axis(project, settings, index)
        entry = menu.addAction("An axis for each setting")
        entry.setEnabled(edit is not None)
        entry.triggered.connect(partial(self._propose, edit, index))

    def _fill_condition_menu(self, menu: QMenu) -> None:
        menu.clear()
        settings = self._settings()
        for condition in edits.possible_conditions(self._state, settings):
            edit = edits.add_condition(self._state.project, settings, condition)
            entry = menu.addAction(_entry_text(condition))
            entry.setEnabled(edit is not None)
            entry.triggered.connect(partial(self._propose, edit))


def lines_of(field: QPlainTextEdit) -> tuple[str, ...]:
    """The lines of a field that are not empty."""
    return tuple(line.strip() for line in field.toPlainText().splitlines() if line.strip())


def _entry_text(text: str) -> str:
    """A text as that of a menu's entry, in which & would mark a key."""
    return shorten_middle(text, lambda short: len(short) <= _LONGEST).replace("&", "&&")
