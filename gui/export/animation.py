"""The camera's turn from 3-D to top and back as an animated GIF: painted as figures are, with one palette."""

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QEasingCurve, QObject, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter

from engine.kernels import Checkpoint
from gui.paint.basics.page import Page
from gui.paint.figures import from_above
from gui.paint.figures.catalogue import paint_panels
from gui.paint.figures.panels_figure import turn_panels
from gui.paint.volumes.camera import CAMERA_VIEWS, make_camera
from gui.state.view_state import ViewState
from gui.theme import Theme
from gui.worker import Worker

STEPS = 16
"""Frames from one end to the other."""
_STEP_MS, HOLD_MS = 50, 1600
"""How long a frame of the turn is shown, and one at an end."""
_COLOURS = 255
_SAMPLED = 4
"""Of so many frames one is looked at to choose the colours."""


def paint_turn_frames(state: ViewState, page: Page, theme: Theme) -> Iterator[QImage]:
    """From 3-D to top, slow at both ends; painted one at a time, each when it is asked for.

    Raises
    ------
    ProjectError
        There is nothing to draw.
    """
    made, ease = from_above.lay_out_turn(state, page), QEasingCurve(QEasingCurve.Type.InOutQuad)
    for step in range(STEPS + 1):
        share = ease.valueForProgress(step / STEPS)
        start, end = CAMERA_VIEWS["3-D"], CAMERA_VIEWS["Top"]
        yaw, pitch = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        image = QImage(page.width, page.height or round(made.height), QImage.Format.Format_RGB888)
        image.fill(QColor(theme.base))
        painter = QPainter(image)
        paint_panels(painter, theme, turn_panels(made, make_camera(yaw, pitch)))
        painter.end()
        yield image


def encode_gif(images: Sequence[QImage]) -> bytes:
    """Frames there and back, over and over, as the content of a GIF file.

    The colours are chosen once from several frames, and nothing is dithered: what does not move does not flicker.
    """
    pictures = [_to_pillow(image) for image in images]
    width, height = pictures[0].size
    sampled = [*pictures[:-1:_SAMPLED], pictures[-1]]
    together = Image.new("RGB", (width, height * len(sampled)))
    for index, picture in enumerate(sampled):
        together.paste(picture, (0, index * height))
    palette = together.quantize(_COLOURS, Image.Quantize.MEDIANCUT)
    there = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    first, *others = [*there, *there[-2:0:-1]]
    times = [_STEP_MS] * (len(others) + 1)
    times[0] = times[len(there) - 1] = HOLD_MS
    content = BytesIO()
    first.save(content, "GIF", save_all=True, append_images=others, duration=times, loop=0, optimize=False)
    return content.getvalue()


class TurnWriter(QObject):
    """Makes the animation while the window stays usable: frames are painted between events, colours chosen on a thread.

    The latest one wins.
    """

    ended = Signal(object, object)
    """The path of a file that is written, or was to be; None, or the exception that says why it is not."""

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
        """Make a file of the frames, which `write` writes; its errors are told, one of the first frame is raised."""
        self.close()
        self._path, self._left, self._write = path, images, write
        self._painted = [next(images)]
        self._pause.start()

    def close(self) -> None:
        """Give up what is not written."""
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
