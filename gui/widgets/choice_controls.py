"""Controls for choices: one of several, yes or no, a value or none."""

from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QStyle,
    QStyleOptionComboBox,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from engine.text.short_names import shorten_middle, shorten_names
from engine.unchanged_items import differing
from gui.widgets.control import Control
from gui.widgets.plain_text import plain_tip

_FLAGS = Qt.ItemDataRole.UserRole - 1
"""The role under which a combo box stores the item flags of an option."""
_TEXT_MARGIN = 1
"""Pixels between the text of a combo box and its frame, in Fusion."""
_MOST_WIDTHS = 50_000
"""Number of texts whose widths a box remembers."""
_LONGEST = 13
"""Number of characters of the longest text that is never shortened ("height, width"), unless a box says otherwise."""


class ChoiceBox(QComboBox):
    """A combo box of (value, text) pairs. The wheel needs the focus.

    Parameters
    ----------
    longest
        Number of characters of the longest text that is never shortened: other widgets make room for it. With 0 the
        box becomes as narrow as can be.
    """

    chosen = Signal(object)

    def __init__(
        self, options: Iterable[tuple[Any, str]] = (), parent: QWidget | None = None, longest: int = _LONGEST
    ) -> None:
        super().__init__(parent)
        self._longest = longest
        self._options: tuple[tuple[Any, str], ...] = ()
        self._disabled: dict[int, str] = {}
        """The reason by the position of each disabled option."""
        self._measured_font, self._widths = self.font(), dict[str, int]()
        self._shortened: tuple[tuple[tuple[Any, str], ...], int, dict[str, str]] | None = None
        """Options and a width in pixels, with their texts shortened to it."""
        self.set_options(options)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumContentsLength(4 if longest else 2)
        self.activated.connect(lambda index: self.chosen.emit(self._options[index][0]))
        self.activated.connect(self.updateGeometry)

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
        value, old, text_before = self.value(), self._options, self.currentText()
        self._options = new
        if len(new) == len(old) and all(map(itemgetter(1), (*old, *new))):
            self._rename_options(old)
        else:
            self._replace_options()
        self.show_value(value)
        if self.currentText() != text_before:
            self.updateGeometry()

    def _replace_options(self) -> None:
        self._disabled = {}
        with QSignalBlocker(self):
            self.clear()
            self.addItems([text for _, text in self._options])
            for index in (index for index, (_, text) in enumerate(self._options) if not text):
                self.setItemData(index, "separator", Qt.ItemDataRole.AccessibleDescriptionRole)
                self.setItemData(index, Qt.ItemFlag.NoItemFlags.value, _FLAGS)

    def _rename_options(self, old: tuple[tuple[Any, str], ...]) -> None:
        """Change the texts that differ: two layers of a long network differ in few of their possible inputs."""
        with QSignalBlocker(self):
            for index in differing(self._options, old):
                (_, before), (_, text) = old[index], self._options[index]
                if before != text:
                    self.setItemText(index, text)
                    self.setItemData(index, self._disabled.get(index), Qt.ItemDataRole.ToolTipRole)

    def set_help(self, texts: Iterable[str]) -> None:
        """Set a tool tip per option."""
        for index, text in enumerate(texts):
            self.setItemData(index, plain_tip(text), Qt.ItemDataRole.ToolTipRole)

    def disable(self, values: Iterable[Any], reason: str) -> None:
        """Disable some options, with the reason as their tool tip, and enable the others."""
        values = set(values)
        disabled = {index: reason for index, (value, _) in enumerate(self._options) if value in values}
        changed = {index for index, _ in disabled.items() ^ self._disabled.items()}
        self._disabled = disabled
        for index in changed:
            self.setItemData(index, Qt.ItemFlag.NoItemFlags.value if index in disabled else None, _FLAGS)
            self.setItemData(index, disabled.get(index), Qt.ItemDataRole.ToolTipRole)

    def value(self) -> Any:
        index = self.currentIndex()
        return self._options[index][0] if 0 <= index < len(self._options) else None

    def show_value(self, value: Any) -> None:
        index = next((i for i, option in enumerate(self._options) if option[0] == value), -1)
        if index == self.currentIndex():
            return
        with QSignalBlocker(self):
            self.setCurrentIndex(index)
        self.updateGeometry()  # which lays out the whole window anew

    def minimumSizeHint(self) -> QSize:
        """Return a size in which the current text is complete, unless it is long."""
        smallest, text, metrics = super().minimumSizeHint(), self.currentText(), self.fontMetrics()
        if len(text) > self._longest:
            return smallest
        around = smallest.width() - self.minimumContentsLength() * metrics.horizontalAdvance("X")
        return QSize(max(smallest.width(), around + metrics.horizontalAdvance(text)), smallest.height())

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """Shorten the current text so that it is not that of another option; Qt cuts it anywhere."""
        super().initStyleOption(option)
        style, metrics = self.style(), self.fontMetrics()
        part = QStyle.SubControl.SC_ComboBoxEditField
        width = style.subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, self).width() - 2 * _TEXT_MARGIN
        if metrics.horizontalAdvance(option.currentText) > width:
            option.currentText = self._shorten(option.currentText, width)

    def _shorten(self, text: str, width: int) -> str:
        """The short form of a text; those of the other options are looked at only if they may be equal."""
        advance = self.fontMetrics().horizontalAdvance
        short = shorten_middle(text, lambda shorter: advance(shorter) <= width)
        start, _, end = short.partition("…")
        alike = [other for _, other in self._options if other.startswith(start) and other.endswith(end)]
        return short if alike == [text] else self._shorten_options(width).get(text, text)

    def _shorten_options(self, width: int) -> dict[str, str]:
        """The short forms of all texts; remembered, as the list of a long network is the same at most repaints."""
        if self.font() != self._measured_font or len(self._widths) > _MOST_WIDTHS:
            self._measured_font, self._widths, self._shortened = self.font(), {}, None
        if self._shortened is None or self._shortened[:2] != (self._options, width):
            widths, advance = self._widths, self.fontMetrics().horizontalAdvance

            def fits(text: str) -> bool:
                if text not in widths:
                    widths[text] = advance(text)
                return widths[text] <= width

            self._shortened = self._options, width, shorten_names([text for _, text in self._options], fits)
        return self._shortened[2]

    def event(self, event: QEvent) -> bool:
        """Show the complete text of an option that is shortened, before the tool tip of the box if that has one."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            option = QStyleOptionComboBox()
            self.initStyleOption(option)
            if option.currentText != self.currentText():
                text = "\n".join(filter(None, (self.currentText(), self.toolTip())))
                QToolTip.showText(event.globalPos(), plain_tip(text), self)
                return True
        return bool(super().event(event))

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


def _fill_layout(control: Control, widget: QWidget) -> None:
    column = QVBoxLayout(control)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(widget)
    control.setFocusProxy(widget)
