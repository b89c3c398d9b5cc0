"""The row of the form that says which part of the photo is used."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from engine.network.input_specs import ImageInput
from gui.state.crop import Crop, aspect_of, crop_text
from gui.widgets.texts import make_note


class CropRow(QWidget):
    """The crop in words, and a button to leave it out."""

    cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.text, self.button = make_note(), QPushButton("Largest")
        self.button.setToolTip("Use the largest part in the middle with the aspect ratio of the size")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        self.setFocusProxy(self.button)
        self.button.clicked.connect(self.cleared)

    def show_crop(self, spec: ImageInput) -> None:
        words = crop_text(Crop(*spec.crop), aspect_of(spec)) if spec.crop else "the largest part in the middle"
        self.text.setText(words)
        self.button.setEnabled(bool(spec.crop))
