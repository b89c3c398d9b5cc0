"""The bar above the list of designs that looks for layers, and goes from one to the next."""

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.state.view_state import ViewState
from gui.widgets.glyphs import GlyphButton
from gui.widgets.line_edit import LineEdit

_HINT = "conv  5x5  stride=2  groups>1  filters 64"
_TIP = (
    "Words of the name, of the kind or of the settings; all of them have to match.\n"
    "Kernels: 5x5. Settings: stride=2, groups>1, filters 64, padding=same, bias off.\n"
    "Enter goes to the next match, Shift+Enter to the previous one, Esc closes"
)


class FindBar(QWidget):
    """A line for the query, the number of matches, and buttons; hidden until it is opened."""

    query_changed = Signal(str)
    step_requested = Signal(int)
    """1 for the next match, −1 for the previous one."""
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edit = _FindEdit()
        self.edit.setPlaceholderText(_HINT)
        self.edit.setToolTip(_TIP)
        self.edit.setAccessibleName("Find layers")
        self.edit.setClearButtonEnabled(True)
        self.count = QLabel()
        self.previous = GlyphButton("up", "Previous match (Shift+F3)", self)
        self.next = GlyphButton("down", "Next match (F3)", self)
        self.close_button = GlyphButton("close", "Close (Esc)", self)
        self._lay_out()
        self.edit.textChanged.connect(self.query_changed)
        self.edit.step_requested.connect(self.step_requested)
        self.edit.closed.connect(self.close_find)
        self.next.clicked.connect(lambda: self.step_requested.emit(1))
        self.previous.clicked.connect(lambda: self.step_requested.emit(-1))
        self.close_button.clicked.connect(self.close_find)
        self.setFocusProxy(self.edit)
        self.hide()

    def _lay_out(self) -> None:
        below = QHBoxLayout()
        below.setSpacing(2)
        below.addWidget(self.count, 1)
        for button in (self.previous, self.next, self.close_button):
            below.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 2)
        column.setSpacing(2)
        column.addWidget(self.edit)
        column.addLayout(below)

    def open_find(self) -> None:
        """Show the bar with the last query, selected to be replaced."""
        self.show()
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.edit.selectAll()
        self.query_changed.emit(self.edit.text())

    def close_find(self) -> None:
        """Hide the bar and look for nothing; its text is there when it is opened again."""
        self.hide()
        self.query_changed.emit("")
        self.closed.emit()

    def show_state(self, state: ViewState) -> None:
        """Show the number of matches and which of them is selected."""
        found, ref = state.found, state.focus.ref
        words = f"{len(found)} found"
        if ref in found:
            words = f"{found.index(ref) + 1} of {len(found)}"
        self.count.setText(words if state.query.strip() else "")
        for button in (self.previous, self.next):
            button.setEnabled(bool(found))
        if state.query and state.query != self.edit.text():
            with QSignalBlocker(self.edit):
                self.edit.setText(state.query)


class _FindEdit(LineEdit):
    """Enter and Shift+Enter go on, Escape closes, also during a run, which it would cancel elsewhere."""

    step_requested = Signal(int)
    closed = Signal()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            if event.type() == QEvent.Type.KeyPress:
                self.closed.emit()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.step_requested.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        else:
            super().keyPressEvent(event)
