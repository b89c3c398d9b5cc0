"""Parts of the start page: a recent file, and texts."""

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from engine.text.moments import moment_text
from gui.widgets.glyphs import GlyphButton
from gui.widgets.picture_card import CardForm, PictureCard

_RECENT = CardForm((6.4, 3.8), 1, 3, beside=12.0, fills=True)


class RecentRow(QWidget):
    """A recent file: its card, and a button to remove it from the list if it is missing."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._folder = str(path.parent)
        self.card = PictureCard(_RECENT, path.name, (self._folder,))
        self.remove = GlyphButton("remove", f"Remove {path.name} from the list")
        self.remove.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.card, 1)
        row.addWidget(self.remove)

    def show_modified(self, modified: float | None) -> None:
        """Show when the file was written; None if it is missing."""
        when = "missing" if modified is None else moment_text(datetime.fromtimestamp(modified), datetime.now())
        self.card.set_details((self._folder, when))
        self.card.setEnabled(modified is not None)
        self.remove.setVisible(modified is None)


def make_text(text: str) -> QLabel:
    """A muted text, as high as its lines."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    label.setWordWrap(True)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    return label


def make_heading(text: str, size: float = 1.1) -> QLabel:
    label = make_text(text)
    label.setForegroundRole(QPalette.ColorRole.WindowText)
    font = label.font()
    font.setBold(True)
    if font.pixelSize() > 0:
        font.setPixelSize(round(size * font.pixelSize()))
    else:
        font.setPointSizeF(size * font.pointSizeF())
    label.setFont(font)
    return label
