"""The button that copies a whole table in one of several formats; keys and the context menu copy as well."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView, QToolButton


class CopyButton(QToolButton):
    """A menu of formats, which the context menu of the table has too. Ctrl+C in the table copies what is selected.

    Parameters
    ----------
    copies
        The functions that copy all rows, by the name of their format.
    copy_selected
        Copies the selected rows as TSV.
    """

    def __init__(
        self, table: QTableView, copies: Mapping[str, Callable[[], object]], copy_selected: Callable[[], object]
    ) -> None:
        super().__init__()
        rows = "row" if table.selectionMode() == QAbstractItemView.SelectionMode.SingleSelection else "rows"
        menu = QMenu(self)
        for title, copy in copies.items():
            action = QAction(f"Copy as {title}", menu)
            action.triggered.connect(copy)
            menu.addAction(action)
            table.addAction(action)
        self.setText("Copy table")
        self.setToolTip(f"Copy the whole table; Ctrl+C in the table copies the selected {rows}")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(menu)
        copy_action = QAction(f"Copy selected {rows} as TSV", table)
        copy_action.setShortcut(QKeySequence.StandardKey.Copy)
        copy_action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy_action.triggered.connect(copy_selected)
        table.addAction(copy_action)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
