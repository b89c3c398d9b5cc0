"""Controls for choices: one of several, yes or no, some of many, a value or none."""

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyleOptionComboBox,
    QVBoxLayout,
    QWidget,
)

from engine.text.short_names import shorten_names
from gui.widgets.control import Control
from gui.widgets.plain_text import plain_tip
from gui.widgets.tables import FittingDelegate

_FLAGS = Qt.ItemDataRole.UserRole - 1
"""The role under which a combo box stores the item flags of an option."""
_TEXT_MARGIN = 1
"""Pixels between the text of a combo box and its frame, in Fusion."""


class ChoiceBox(QComboBox):
    """A combo box of (value, text) pairs. The wheel needs the focus."""

    chosen = Signal(object)

    def __init__(self, options: Iterable[tuple[Any, str]] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._options: tuple[tuple[Any, str], ...] = ()
        self.set_options(options)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumContentsLength(4)
        self.activated.connect(lambda index: self.chosen.emit(self._options[index][0]))

    @property
    def options(self) -> tuple[tuple[Any, str], ...]:
        """The pairs of value and text."""
        return self._options

    def set_options(self, options: Iterable[tuple[Any, str]]) -> None:
        """Replace the options; the current value stays current if it is among them.

        An option without a text is a separator.
        """
        new = tuple(options)
        if new == self._options:
            return
        value = self.value()
        self._options = new
        with QSignalBlocker(self):
            self.clear()
            self.addItems([text for _, text in new])
            for index in (index for index, (_, text) in enumerate(new) if not text):
                self.setItemData(index, "separator", Qt.ItemDataRole.AccessibleDescriptionRole)
                self.setItemData(index, Qt.ItemFlag.NoItemFlags.value, _FLAGS)
        self.show_value(value)

    def set_help(self, texts: Iterable[str]) -> None:
        """Set a tool tip per option."""
        for index, text in enumerate(texts):
            self.setItemData(index, plain_tip(text), Qt.ItemDataRole.ToolTipRole)

    def disable(self, values: Iterable[Any], reason: str) -> None:
        """Disable some options, with the reason as their tool tip, and enable the others."""
        disabled = set(values)
        model = self.model()
        for index, (value, _) in enumerate(self._options):
            flags = None if value not in disabled else Qt.ItemFlag.NoItemFlags.value
            self.setItemData(index, flags, _FLAGS)
            model.setData(model.index(index, 0), reason if value in disabled else None, Qt.ItemDataRole.ToolTipRole)

    def value(self) -> Any:
        index = self.currentIndex()
        return self._options[index][0] if 0 <= index < len(self._options) else None

    def show_value(self, value: Any) -> None:
        index = next((i for i, option in enumerate(self._options) if option[0] == value), -1)
        with QSignalBlocker(self):
            self.setCurrentIndex(index)

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """Shorten the current text so that it is not that of another option; Qt cuts it anywhere."""
        super().initStyleOption(option)
        style, metrics = self.style(), self.fontMetrics()
        part = QStyle.SubControl.SC_ComboBoxEditField
        width = style.subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self).width() - 2 * _TEXT_MARGIN
        if metrics.horizontalAdvance(option.currentText) > width:
            texts = [text for _, text in self._options]
            short = shorten_names(texts, lambda text: metrics.horizontalAdvance(text) <= width)
            option.currentText = short.get(option.currentText, option.currentText)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceControl(Control):
    """One of several values."""

    def __init__(self, options: Iterable[tuple[Any, str]]) -> None:
        super().__init__()
        self.choice = ChoiceBox(options, self)
        _fill_layout(self, self.choice)
        self.choice.chosen.connect(self.changed)

    def value(self) -> Any:
        return self.choice.value()

    def show_value(self, value: Any, *, reset: bool = False) -> None:
        self.choice.show_value(value)

    def set_title(self, title: str) -> None:
        self.choice.setAccessibleName(title)


class CheckControl(Control):
    """Yes or no; the words beside the box say what yes means."""

    def __init__(self, words: str = "") -> None:
        super().__init__()
        self.box = QCheckBox(words, self)
        _fill_layout(self, self.box)
        self.box.toggled.connect(self.changed.emit)

    def value(self) -> bool:
        return self.box.isChecked()

    def show_value(self, value: Any, *, reset: bool = False) -> None:
        with QSignalBlocker(self.box):
            self.box.setChecked(value)

    def set_title(self, title: str) -> None:
        self.box.setAccessibleName(title)


class OptionalControl(Control):
    """A value or None: a check box says what None means; if it is unchecked, `control` edits the value."""

    def __init__(self, control: Control, none_words: str) -> None:
        super().__init__()
        self.control = control
        self.none_box = QCheckBox(none_words, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.none_box)
        column.addWidget(control)
        self.setFocusProxy(self.none_box)
        self.none_box.toggled.connect(self._on_none_toggled)
        control.changed.connect(self.changed)

    def value(self) -> Any:
        return None if self.none_box.isChecked() else self.control.value()

    def show_value(self, value: Any, *, reset: bool = False) -> None:
        with QSignalBlocker(self.none_box):
            self.none_box.setChecked(value is None)
        self.control.setVisible(value is not None)
        if value is not None:
            self.control.show_value(value, reset=reset)

    def show_none_value(self, value: Any) -> None:
        """Set the value that None stands for; editing starts from it."""
        if self.none_box.isChecked():
            self.control.show_value(value, reset=True)

    def set_title(self, title: str) -> None:
        self.none_box.setAccessibleName(f"{title}: {self.none_box.text()}")
        self.control.set_title(title)

    def _on_none_toggled(self, none: bool) -> None:
        self.control.setVisible(not none)
        self.changed.emit(self.value())


class Checklist(Control):
    """Some of many values, numbered in the order in which they were checked; at least one.

    The context menu and the keys + and − add a value once more, or once less: a sum may receive a volume twice.
    """

    rows = 8

    def __init__(self) -> None:
        super().__init__()
        self.list = QListWidget(self)
        self.list.setUniformItemSizes(True)
        self.list.setItemDelegate(FittingDelegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        _fill_layout(self, self.list)
        self._options: tuple[tuple[str, str, bool], ...] = ()
        self._value: tuple[str, ...] = ()
        self.list.itemChanged.connect(self._on_item_changed)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.once_more, self.once_less = QAction("Once more", self), QAction("Once less", self)
        for action, key, change in ((self.once_more, "+", self._add), (self.once_less, "-", self._remove)):
            action.setShortcut(key)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _, change=change: self._change_current(change))
            self.list.addAction(action)

    def set_options(self, options: Iterable[tuple[str, str, bool]]) -> None:
        """Set value, text and whether it can be checked for each row."""
        new = tuple(options)
        if new == self._options:
            return
        self._options = new
        with QSignalBlocker(self.list):
            while self.list.count() > len(new):
                self.list.takeItem(self.list.count() - 1)
            while self.list.count() < len(new):
                self.list.addItem(QListWidgetItem())
        height = self.list.sizeHintForRow(0) * min(max(len(new), 1), self.rows) + 2 * self.list.frameWidth()
        self.list.setFixedHeight(height)
        self._show()

    def value(self) -> tuple[str, ...]:
        return self._value

    def show_value(self, value: Any, *, reset: bool = False) -> None:
        self._value = tuple(value)
        self._show()

    def set_title(self, title: str) -> None:
        self.list.setAccessibleName(title)

    def _show(self) -> None:
        with QSignalBlocker(self.list):
            for row, (value, text, possible) in enumerate(self._options):
                item = self.list.item(row)
                checked = value in self._value
                numbers = [f"{number}." for number, other in enumerate(self._value, 1) if other == value]
                item.setText(" ".join([*numbers, text]))
                item.setToolTip("" if possible else "depends on this layer")
                item.setCheckState(Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)
                # A checked row can always be unchecked.
                item.setFlags(
                    Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled
                    if possible or checked
                    else Qt.ItemFlag.NoItemFlags
                )

    def _on_item_changed(self, item: QListWidgetItem) -> None:
        value = self._options[self.list.row(item)][0]
        rest = tuple(name for name in self._value if name != value)
        self._set(self._add(value) if item.checkState() == Qt.CheckState.Checked else rest)

    def _change_current(self, change: Callable[[str], tuple[str, ...]]) -> None:
        row = self.list.currentRow()
        if row >= 0:
            value, _, possible = self._options[row]
            if possible or value in self._value:
                self._set(change(value))

    def _add(self, value: str) -> tuple[str, ...]:
        return (*self._value, value)

    def _remove(self, value: str) -> tuple[str, ...]:
        """The value without the last of these."""
        last = max((index for index, other in enumerate(self._value) if other == value), default=len(self._value))
        return (*self._value[:last], *self._value[last + 1 :])

    def _set(self, new: tuple[str, ...]) -> None:
        changed = bool(new) and new != self._value
        if changed:
            self._value = new
        self._show()
        if changed:
            self.changed.emit(new)


def _fill_layout(control: Control, widget: QWidget) -> None:
    column = QVBoxLayout(control)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(widget)
    control.setFocusProxy(widget)
