"""The pictures of the panel Input: the photo with its crop, and what the network receives, loaded in a thread."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QHideEvent, QImage, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.files.paths import FileFault, Stamp
from engine.files.photo_headers import photo_size
from engine.kernels import Checkpoint
from engine.network.input_specs import ImageInput, Input
from engine.run.input_pictures import bounded, photo_pixels
from engine.run.inputs import load_input
from engine.text.units import byte_size
from gui.paint.basics.colours import colour_map_name, photo_image, value_image
from gui.paint.maps.map_measures import volume_range
from gui.paint.volumes.faces import most_varied_channel
from gui.panels.crop_frame import CropFrame
from gui.state.crop import Crop, aspect_of, current_crop
from gui.state.look import Look
from gui.state.view_state import ViewState
from gui.widgets.picture_box import PictureBox
from gui.widgets.texts import make_note, show_note
from gui.worker import Worker

_LONGEST = 1024
"""Pixels per side of the picture of a photo."""
_RECEIVED = 512
"""The same of what the network receives."""
_MOST_BYTES = 2**30
"""Memory that reading an input may take for a picture of it."""


class _Wanted(Struct, frozen=True):
    """What the pictures show: they are loaded again if it changes."""

    spec: Input
    stamp: Stamp | FileFault | None
    colour_map: str
    zero_centred: bool


class _WholePhoto(Struct, frozen=True, eq=False):
    image: QImage
    size: tuple[int, int]


class _Received(Struct, frozen=True, eq=False):
    image: QImage
    note: str


class InputPictures(QWidget):
    """The photo with its crop, and beside a text what the network receives."""

    crop_changed = Signal(Crop)
    crop_cleared = Signal()

    def __init__(self, text: QLabel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frame, self.received = CropFrame(), PictureBox("What the network receives")
        self.caption, self.fault = make_note(), make_note()
        self._text = text
        self._state: ViewState | None = None
        self._wanted: _Wanted | None = None
        """What is shown, or being loaded; None if it has to be loaded."""
        self._photo: tuple[object, ...] = ()
        """Path and stamp of the photo in the frame."""
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)
        self.frame.changed.connect(self.crop_changed)
        self.frame.cleared.connect(self.crop_cleared)
        self._lay_out()

    def _lay_out(self) -> None:
        texts = QVBoxLayout()
        for label in (self.caption, self._text, self.fault):
            texts.addWidget(label)
        texts.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.received, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.frame)
        column.addLayout(row)

    def show_state(self, state: ViewState) -> None:
        """Show the input of a state; what has to be loaded is loaded when the pictures are visible."""
        self._state = state
        spec = state.project.input
        if isinstance(spec, ImageInput):
            photo = full_size(spec.path)
            if photo is not None:
                self.frame.show_crop(current_crop(spec, photo), aspect_of(spec))
            self.frame.setVisible(photo is not None)
        else:
            self.frame.hide()
        if self.isVisible():
            self._load()

    def close_down(self) -> None:
        self._worker.close()

    def _load(self) -> None:
        """Load the pictures if others are shown."""
        state = self._state
        if state is None:
            return
        spec, look = state.project.input, state.look
        path = getattr(spec, "path", "")
        request = _Wanted(spec, state.check.files.get(path), colour_map_name(look), look.zero_centred)
        if request == self._wanted:
            return
        before, self._wanted = self._wanted, request
        photo = (path, request.stamp)
        is_new = photo != self._photo
        if is_new:
            self._photo = ()
            self.frame.show_photo(QImage(), (isinstance(spec, ImageInput) and full_size(path)) or (1, 1))
        show_note(self.fault, "")
        obstacle = _obstacle(state)
        is_received = state.check.input_shape is not None and not obstacle
        if not is_received:
            self.received.show_image(QImage())
            show_note(self.caption, "")
            show_note(self.fault, obstacle)
        elif not is_new and before is not None and isinstance(spec, ImageInput):
            self.received.show_image(_preview(self.frame.part(), spec))  # at once; the exact one follows
        # The photo is also shown to mend its crop.
        photo_path = path if is_new and not obstacle and not self.frame.isHidden() else ""
        self._worker.start(partial(_load_pictures, spec, look, photo_path, is_received))

    def _on_worker_reported(self, loaded: _WholePhoto | _Received) -> None:
        if isinstance(loaded, _WholePhoto):
            assert self._wanted is not None
            self._photo = (getattr(self._wanted.spec, "path", ""), self._wanted.stamp)
            self.frame.show_photo(loaded.image, loaded.size)
        else:
            self.received.show_image(loaded.image)
            show_note(self.caption, loaded.note)

    def _on_worker_ended(self, error: Exception | None) -> None:
        if isinstance(error, FileFault | MemoryError):
            self.received.show_image(QImage())
            show_note(self.fault, f"No picture: {error}" if str(error) else "No picture: not enough memory")
        elif error is not None:
            raise error

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._load()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._worker.busy:
            self._worker.cancel()
            self._wanted = None  # it is loaded when the pictures are visible again

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.frame.updateGeometry()
            self.received.updateGeometry()


def full_size(path: str) -> tuple[int, int] | None:
    """Height and width of a photo, from its header; None if it cannot be read."""
    try:
        return photo_size(path)
    except FileFault:
        return None


def _obstacle(state: ViewState) -> str:
    """Why no picture is loaded of an input without mistakes; "" if it is."""
    shape = state.check.input_shape
    needed = state.check.reading_bytes + (shape.bytes if shape is not None else 0)
    return "" if needed <= _MOST_BYTES else f"No picture: reading it takes {byte_size(needed)}"


def _load_pictures(
    spec: Input, look: Look, photo_path: str, is_received: bool, checkpoint: Checkpoint
) -> Iterator[_WholePhoto | _Received]:
    """Load the photo of that path, if any, and what the network receives, if it does."""
    if photo_path:
        pixels = photo_pixels(photo_path, _LONGEST, checkpoint)
        yield _WholePhoto(_rgb_image(pixels), photo_size(photo_path))
    if not is_received:
        return
    volume = load_input(bounded(spec, _RECEIVED), checkpoint)
    checkpoint()
    if isinstance(spec, ImageInput):
        yield _Received(photo_image(volume, spec), "What the network receives:")
        return
    channel = most_varied_channel(volume)
    ends = volume_range(volume, zero_centred=look.zero_centred)
    image = value_image(_thinned(volume[channel]), *ends, colour_map_name(look))
    of_several = f", channel {channel} of {len(volume):,}" if len(volume) > 1 else ""
    yield _Received(image, f"What the network receives{of_several}:")


def _thinned(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Every second, third … row and column of a large map."""
    step = -(-max(values.shape) // _RECEIVED)
    return values[::step, ::step]


def _rgb_image(pixels: NDArray[np.uint8]) -> QImage:
    rows = np.ascontiguousarray(pixels)
    height, width, _ = rows.shape
    return QImage(rows.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _preview(part: QImage, spec: ImageInput) -> QImage:
    """About what the network receives of a part of the photo, while it is dragged."""
    small = bounded(spec, _RECEIVED)
    assert isinstance(small, ImageInput)
    height, width = small.size
    image = part.scaled(width, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    return image.convertToFormat(QImage.Format.Format_Grayscale8) if spec.channels == "gray" else image
