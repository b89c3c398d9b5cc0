"""A message whose text can be selected and copied; Esc and Return close it, and the window stays usable."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

_SELECTABLE = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard


class Message(QMessageBox):
    """A message with the button Copy.

    Parameters
    ----------
    copied
        What Copy puts on the clipboard; "" for the title and the details.
    copy_text
        The text of that button.
    """

    def __init__(self, parent: QWidget, title: str, details: str, copied: str = "", copy_text: str = "Copy") -> None:
        icon, button = QMessageBox.Icon.Warning, QMessageBox.StandardButton.Ok
        super().__init__(icon, title, title, button, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setInformativeText(details)
        self.setTextInteractionFlags(_SELECTABLE)
        self.copied = copied or f"{title}\n{details}"
        copy = self.addButton(copy_text, QMessageBox.ButtonRole.ActionRole)
        copy.clicked.disconnect()  # Qt would close the box with it
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.copied))
        self.setDefaultButton(button)
        self.setEscapeButton(button)  # with two buttons Qt finds none by itself, and Esc does nothing
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
