"""The small window that says what is in progress, with a button to cancel it, once it has taken a while."""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QProgressDialog, QWidget

_DELAY_MS = 400
"""Work that takes less shows no progress."""


class ProgressWindow(QObject):
    """Shows work in progress whose length is not known.

    Parameters
    ----------
    title
        Of the window.
    modality
        Whether the main window can be used meanwhile.
    """

    canceled = Signal()

    def __init__(self, title: str, modality: Qt.WindowModality, parent: QWidget) -> None:
        super().__init__(parent)
        self._title, self._modality, self._parent = title, modality, parent
        self.dialog: QProgressDialog | None = None

    def begin(self, text: str) -> None:
        """Show a text in place of the earlier one, after the delay."""
        self.end()
        dialog = QProgressDialog(text, "Cancel", 0, 0, self._parent)
        dialog.setWindowTitle(self._title)
        dialog.setWindowModality(self._modality)
        dialog.setMinimumDuration(_DELAY_MS)
        dialog.setValue(0)  # the delay begins
        dialog.canceled.connect(self.canceled)
        self.dialog = dialog

    def end(self) -> None:
        """Close the window, if there is one."""
        if self.dialog is not None:
            dialog, self.dialog = self.dialog, None
            dialog.canceled.disconnect()
            dialog.reset()  # else it appears after the delay over a question, whose event loop deletes nothing
            dialog.close()
            dialog.deleteLater()
