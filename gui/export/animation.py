"""The camera's turn from 3-D to top and back as an animated GIF with one palette, painted like figures."""

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QEasingCurve, QObject, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter

from engine.kernels import Checkpoint
from gui.paint.basics.page import Page
from gui.state.cameras import CAMERA_VIEWS
from gui.state.view_state import ViewState
from gui.theme import Theme
from gui.worker import Worker

_TURN_STEPS = 16
"""Frames from one end to the other."""
_STEP_MS, _HOLD_MS = 50, 1600
"""Duration of a frame of the turn, and of one at an end."""
_COLOURS = 255
_SAMPLE_STEP = 4
"""One of so many frames is a sample for the palette."""


def paint_turn_frames(state: ViewState, page: Page, theme: Theme) -> Iterator[QImage]:
    """The frames from 3-D to top, slow at both ends; each is painted on request.

    Raises
    ------
    ProjectError
        There is nothing to draw.
    """
    # The window loads this file at its start, and few people ask for a turn.
    from gui.paint.figures import from_above
    from gui.paint.figures.panels_figure import turn_panels
    from gui.paint.volumes.camera import make_camera

    layout, ease = from_above.lay_out_turn(state, page), QEasingCurve(QEasingCurve.Type.InOutQuad)
    for step in range(_TURN_STEPS + 1):
        share = ease.valueForProgress(step / _TURN_STEPS)
        start, end = CAMERA_VIEWS["3-D"], CAMERA_VIEWS["Top"]
        yaw, pitch = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        image = QImage(page.width, page.height or round(layout.height), QImage.Format.Format_RGB888)
        image.fill(QColor(theme.base))
        painter = QPainter(image)
        turn_panels(layout, make_camera(yaw, pitch)).paint(painter, theme)
        painter.end()
        yield image


def encode_gif(images: Sequence[QImage]) -> bytes:
    """Frames there and back, in an endless loop, as the content of a GIF file.

    All frames share a palette from several samples, without dithering, so that nothing flickers.
    """
    pictures = [_to_pillow(image) for image in images]
    width, height = pictures[0].size
    samples = [*pictures[:-1:_SAMPLE_STEP], pictures[-1]]
    together = Image.new("RGB", (width, height * len(samples)))
    for index, picture in enumerate(samples):
        together.paste(picture, (0, index * height))
    palette = together.quantize(_COLOURS, Image.Quantize.MEDIANCUT)
    forward = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    first, *others = [*forward, *forward[-2:0:-1]]
    times = [_STEP_MS] * (len(others) + 1)
    times[0] = times[len(forward) - 1] = _HOLD_MS
    content = BytesIO()
    first.save(content, "GIF", save_all=True, append_images=others, duration=times, loop=0, optimize=False)
    return content.getvalue()


class TurnWriter(QObject):
    """Writes the animation while the window stays usable: paints frames between events, encodes them on a thread.

    A new start cancels the previous one.
    """

    ended = Signal(object, object)
    """The path of the file, and None if it is written, else the exception."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._worker = Worker(self)
        self._worker.ended.connect(self._on_worker_ended)
        self._pause = QTimer(self, singleShot=True, interval=0)
        self._pause.timeout.connect(self._paint_next)
        self._left: Iterator[QImage] = iter(())
        self._painted: list[QImage] = []
        self._path = Path()
        self._write: Callable[[Path, bytes], None]

    def start(self, path: Path, images: Iterator[QImage], write: Callable[[Path, bytes], None]) -> None:
        """Encode the frames and pass them to `write`; emits its errors, but raises one of the first frame."""
        self.close()
        self._path, self._left, self._write = path, images, write
        self._painted = [next(images)]
        self._pause.start()

    def close(self) -> None:
        """Cancel an unfinished file."""
        self._pause.stop()
        self._worker.close()

    def _paint_next(self) -> None:
        image = next(self._left, None)
        if image is not None:
            self._painted.append(image)
            self._pause.start()
            return
        path, painted, write = self._path, self._painted, self._write

        def task(checkpoint: Checkpoint) -> Iterator[object]:
            content = encode_gif(painted)
            checkpoint()
            write(path, content)
            yield from ()

        self._worker.start(task)

    def _on_worker_ended(self, error: Exception | None) -> None:
        self._painted = []
        self.ended.emit(self._path, error)


def _to_pillow(image: QImage) -> Image.Image:
    rows = bytes(image.constBits())
    return Image.frombuffer("RGB", (image.width(), image.height()), rows, "raw", "RGB", image.bytesPerLine(), 1)
