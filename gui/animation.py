"""The camera's turn from 3-D to top and back as an animated GIF: painted as figures are, with one palette."""

from collections.abc import Iterator, Sequence
from io import BytesIO

from PIL import Image
from PySide6.QtCore import QEasingCurve
from PySide6.QtGui import QColor, QImage, QPainter

from gui.paint.figures import from_above, paint_panels
from gui.paint.figures.page import Page
from gui.paint.figures.panels import turned
from gui.paint.scene.camera import VIEWS, camera
from gui.state import ViewState
from gui.theme import Theme

STEPS = 16
"""Frames from one end to the other."""
STEP_MS, HOLD_MS = 50, 1600
"""How long a frame of the turn is shown, and one at an end."""
COLOURS = 255
SAMPLED = 4
"""Of so many frames one is looked at to choose the colours."""


def frames(state: ViewState, page: Page, theme: Theme) -> Iterator[QImage]:
    """From 3-D to top, slow at both ends; painted one at a time, each when it is asked for.

    Raises
    ------
    ProjectError
        There is nothing to draw.
    """
    made, ease = from_above.turning(state, page), QEasingCurve(QEasingCurve.Type.InOutQuad)
    for step in range(STEPS + 1):
        share = ease.valueForProgress(step / STEPS)
        start, end = VIEWS["3-D"], VIEWS["Top"]
        yaw, pitch = (a + share * (b - a) for a, b in zip(start, end, strict=True))
        image = QImage(page.width, page.height or round(made.height), QImage.Format.Format_RGB888)
        image.fill(QColor(theme.base))
        painter = QPainter(image)
        paint_panels(painter, theme, turned(made, camera(yaw, pitch)))
        painter.end()
        yield image


def gif(images: Sequence[QImage]) -> bytes:
    """Frames there and back, over and over, as the content of a GIF file.

    The colours are chosen once from several frames, and nothing is dithered: what does not move does not flicker.
    """
    pictures = [_picture(image) for image in images]
    width, height = pictures[0].size
    sampled = [*pictures[:-1:SAMPLED], pictures[-1]]
    together = Image.new("RGB", (width, height * len(sampled)))
    for index, picture in enumerate(sampled):
        together.paste(picture, (0, index * height))
    palette = together.quantize(COLOURS, Image.Quantize.MEDIANCUT)
    there = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    first, *others = [*there, *there[-2:0:-1]]
    times = [STEP_MS] * (len(others) + 1)
    times[0] = times[len(there) - 1] = HOLD_MS
    content = BytesIO()
    first.save(content, "GIF", save_all=True, append_images=others, duration=times, loop=0, optimize=False)
    return content.getvalue()


def _picture(image: QImage) -> Image.Image:
    rows = bytes(image.constBits())
    return Image.frombuffer("RGB", (image.width(), image.height()), rows, "raw", "RGB", image.bytesPerLine(), 1)
