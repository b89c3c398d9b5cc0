"""The button "Sweep…" beside a setting, with the same commands in the context menu of its title and control."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QMenu, QSpinBox, QWidget

from gui.widgets.fields import Field
from gui.widgets.glyphs import GlyphButton

_TIP = "Sweep… (add an axis with values of this setting to the view Sweep)"
_WITH_MENU = QSpinBox, QLineEdit, QComboBox
"""Widgets that do not leave the context menu to what they are in."""


class SweepButton(GlyphButton):
    """Asks for an axis; a field of several settings asks which."""

    chosen = Signal(str, bool)
    """(setting, whether in all layers of the design that have it)."""

    def __init__(self, field: Field, settings: Sequence[tuple[str, str]], *, of_node: bool) -> None:
        super().__init__("axis", _TIP)
        self._widgets = (field.title, field.widget, self)
        self._settings, self._of_node = tuple(settings), of_node
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # a stop per row would double the way of the Tab key
        self.setAccessibleName(f"Sweep {field.title.text()}")
        boxes = [box for kind in _WITH_MENU for box in field.widget.findChildren(kind)]
        for part in dict.fromkeys((*self._widgets, *boxes)):
            part.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            part.customContextMenuRequested.connect(partial(self._open_context_menu, part))
        self.clicked.connect(self.choose)
        field.show_aside(self)

    def sizeHint(self) -> QSize:
        return QSize(self.minimumWidth(), super().sizeHint().height())  # the field decides how wide it is

    @property
    def entries(self) -> dict[str, tuple[str, bool]]:
        """What can be chosen, by the words of a menu."""
        several = len(self._settings) > 1
        entries = {}
        for setting, title in self._settings:
            entries[f"Sweep {title.lower()}…" if several else "Sweep…"] = setting, False
            if self._of_node and not several:
                entries["Sweep in all layers of the design…"] = setting, True
        return entries

    def is_of(self, widget: QWidget | None) -> bool:
        """Whether a widget is the control of the setting, or a part of it, and can be swept now."""
        is_usable = self.isVisible() and self.isEnabled()
        return widget is not None and is_usable and any(p is widget or p.isAncestorOf(widget) for p in self._widgets)

    def choose(self) -> None:
        """Ask for the axis, or show which there are."""
        if len(self._settings) > 1:
            self._open_menu(QMenu(self), self.mapToGlobal(self.rect().bottomLeft()))
        else:
            self.chosen.emit(self._settings[0][0], False)

    def _open_context_menu(self, widget: QWidget, at: QPoint) -> None:
        """Open the context menu of a part of the setting, also by the menu key: its own commands, then ours."""
        line = widget.lineEdit() if isinstance(widget, QSpinBox) else widget
        menu = line.createStandardContextMenu() if isinstance(line, QLineEdit) else QMenu()
        menu.setParent(self, menu.windowFlags())
        self._open_menu(menu, widget.mapToGlobal(at))

    def _open_menu(self, menu: QMenu, at: QPoint) -> None:
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if menu.actions():
            menu.addSeparator()
        for words, (setting, everywhere) in self.entries.items():
            menu.addAction(words).triggered.connect(partial(self.chosen.emit, setting, everywhere))
        menu.popup(at)
