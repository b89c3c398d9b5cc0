"""The About dialog: what the program is and where its data comes from."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QTextBrowser, QVBoxLayout, QWidget

from engine.files.paths import RESOURCES


class AboutBox(QDialog):
    """One sentence and the credits, as text with links."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Convolume")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(640, 420)
        summary = QLabel("<b>Convolume</b> shows what convolutions do and cost.")
        self.credits = QTextBrowser()
        self.credits.setAccessibleName("Credits")
        self.credits.setOpenExternalLinks(True)
        self.credits.setMarkdown((RESOURCES / "CREDITS.md").read_text(encoding="utf-8"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (summary, self.credits, buttons):
            column.addWidget(widget)
