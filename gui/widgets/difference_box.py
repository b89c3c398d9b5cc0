"""A dialog that shows what differs between two texts, line by line; the window stays usable."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QSyntaxHighlighter, QTextCharFormat, QTextDocument
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget


class DifferenceBox(QDialog):
    """Lines that begin with "-" are in the first text only, those with "+" in the second.

    Parameters
    ----------
    colours
        Those of lines by their first character.
    """

    def __init__(
        self, parent: QWidget, title: str, legend: str, lines: Iterable[str], colours: Mapping[str, str]
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(760, 520)
        label = QLabel(legend)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        self.text = QPlainTextEdit("\n".join(lines))
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName("Lines that differ")
        font = QFont("monospace")
        font.setStyleHint(QFont.StyleHint.Monospace)
        self.text.setFont(font)
        self._colours = _Colours(self.text.document(), colours)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.toPlainText()))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (label, self.text, buttons):
            column.addWidget(widget)


class _Colours(QSyntaxHighlighter):
    """Colours lines by their first letter."""

    def __init__(self, document: QTextDocument, colours: Mapping[str, str]) -> None:
        super().__init__(document)
        self._colours = colours

    def highlightBlock(self, text: str) -> None:
        colour = self._colours.get(text[:1])
        if colour is not None:
            line_format = QTextCharFormat()
            line_format.setForeground(QColor(colour))
            self.setFormat(0, len(text), line_format)
