"""The About dialog: what the program is, its versions to copy, its log, and where its data comes from."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from engine.files.paths import RESOURCES

_SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard


class AboutBox(QDialog):
    """One sentence, the details, and the credits as text with links.

    Parameters
    ----------
    details
        Versions and the like, by name.
    log
        The log file.
    """

    def __init__(self, details: Mapping[str, str], log: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details = details
        self._log = log
        self.setWindowTitle("About Convolume")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        summary = QLabel("<b>Convolume</b> shows what convolutions do and cost.")
        self.credits = QTextBrowser()
        self.credits.setAccessibleName("Credits")
        self.credits.setOpenExternalLinks(True)
        self.credits.setMarkdown((RESOURCES / "CREDITS.md").read_text(encoding="utf-8"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy = buttons.addButton("Copy details", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.setToolTip("Copy versions, platform and the place of the log, for a report of a fault")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        self.open_folder = buttons.addButton("Open folder of the log", QDialogButtonBox.ButtonRole.ActionRole)
        self.open_folder.setEnabled(log.parent.is_dir())
        self.open_folder.clicked.connect(self._on_open_folder_clicked)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(summary)
        column.addLayout(self._detail_grid())
        for widget in (self.credits, buttons):
            column.addWidget(widget)
        em = self.fontMetrics().height()
        self.resize(46 * em, 40 * em)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        for button in buttons.findChildren(QPushButton):
            button.setAutoDefault(button is close)
        close.setFocus()

    def _detail_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate((*self._details.items(), ("Log", str(self._log)))):
            label = QLabel(value)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(_SELECTABLE)
            label.setWordWrap(True)
            label.setAccessibleName(f"{name}: {value}")
            grid.addWidget(QLabel(name), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label, row, 1)
        return grid

    def text(self) -> str:
        """All details, one per line."""
        return "\n".join(f"{name}: {value}" for name, value in (*self._details.items(), ("Log", str(self._log))))

    def _on_open_folder_clicked(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log.parent)))
