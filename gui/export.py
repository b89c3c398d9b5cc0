"""Figures as files: the same painting as on the screen, into PNG, SVG and PDF; and the table as text."""

from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSize, QSizeF
from PySide6.QtGui import QColor, QImage, QImageWriter, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from engine import tables
from engine.problems import Problem, ProjectError
from engine.writing import write_atomically, written_whole
from gui.paint import bars, mosaic, table, volumes
from gui.state import ViewState
from gui.theme import THEMES, Theme

Paint = Callable[[QPainter, QRectF, ViewState, Theme], None]
PDF_RESOLUTION = 1200
POINTS_PER_INCH = 72


class Figure(Struct, frozen=True):
    """How a view is painted, and the size in pixels of its picture where no screen gives one."""

    paint: Paint
    size: Callable[[ViewState], tuple[int, int]]


FIGURES: dict[str, Figure] = {
    "volumes": Figure(volumes.paint, lambda state: (1600, 900)),
    "filters": Figure(mosaic.paint, lambda state: (1200, 800)),
    "bars": Figure(bars.paint, lambda state: (1200, 700)),
    "table": Figure(table.paint, table.natural_size),
}
TEXTS: dict[str, Callable[..., str]] = {"csv": tables.to_csv, "md": tables.to_markdown}


def _png(draw: Callable[[QPainter], None], size: QSize, scale: float, title: str) -> bytes:
    image = QImage(size * scale, QImage.Format.Format_RGB32)
    image.setText("Title", title)
    painter = QPainter(image)
    painter.scale(scale, scale)
    draw(painter)
    painter.end()
    return png_bytes(image)


def _svg(draw: Callable[[QPainter], None], size: QSize, scale: float, title: str) -> bytes:
    buffer = _buffer()
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)  # the default version drops clipping
    generator.setOutputDevice(buffer)
    generator.setSize(size * scale)
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setResolution(96)
    generator.setTitle(title)
    painter = QPainter(generator)
    draw(painter)
    painter.end()
    return bytes(buffer.data().data())


def _pdf(draw: Callable[[QPainter], None], size: QSize, scale: float, title: str) -> bytes:
    buffer = _buffer()
    writer = QPdfWriter(buffer)
    writer.setResolution(PDF_RESOLUTION)
    page = QSizeF(size.width() * scale, size.height() * scale)
    writer.setPageSize(QPageSize(page, QPageSize.Unit.Point, title, QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF(), QPageLayout.Unit.Point)
    writer.setTitle(title)
    writer.setCreator("Convolume")
    painter = QPainter(writer)
    painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)  # else maps become JPEG
    pixel = scale * PDF_RESOLUTION / POINTS_PER_INCH
    painter.scale(pixel, pixel)
    draw(painter)
    painter.end()
    return bytes(buffer.data().data())


def png_bytes(image: QImage) -> bytes:
    """A picture as the content of a PNG file."""
    buffer = _buffer()
    writer = QImageWriter(buffer, QByteArray(b"png"))
    if not writer.write(image):
        raise OSError(writer.errorString())
    return bytes(buffer.data().data())


EXPORTERS: dict[str, Callable[[Callable[[QPainter], None], QSize, float, str], bytes]] = {
    "png": _png,
    "svg": _svg,
    "pdf": _pdf,
}


def figure(state: ViewState, view: str, format: str, scale: float = 1.0, size: QSize | None = None) -> bytes:
    """A view's picture as the content of a file; `size` in pixels before scaling."""
    shown, theme = FIGURES[view], THEMES[state.look.theme]
    area = size or QSize(*shown.size(state))
    rect = QRectF(0, 0, area.width(), area.height())

    def draw(painter: QPainter) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.fillRect(rect, QColor(theme.base))
        shown.paint(painter, rect, state, theme)

    return EXPORTERS[format](draw, area, scale, f"{state.project.title} · {view}")


def export(
    state: ViewState,
    folder: Path,
    views: Iterable[str],
    formats: Iterable[str],
    scale: float,
    size: tuple[int, int] | None = None,
) -> list[Path]:
    """Write `<view>.<format>` for every pair, and the table as text too; returns what was written.

    `size` in pixels before scaling, else each figure's own.

    Raises
    ------
    ProjectError
        The folder cannot be made or written to; nothing is left there then.
    """
    formats = tuple(formats)
    with written_whole(folder) as unfinished:
        for view in views:
            for format in formats:
                content = figure(state, view, format, scale, size and QSize(*size))
                (unfinished / f"{view}.{format}").write_bytes(content)
            if view == "table":
                rows = tables.rows(state.project, state.ledger)
                for suffix, text in TEXTS.items():
                    (unfinished / f"table.{suffix}").write_bytes(text(rows).encode())
        names = [file.name for file in sorted(unfinished.iterdir())]
    return [folder / name for name in names]


def write(path: Path, content: bytes) -> None:
    """Write a file whole, its folder with it; ProjectError says why not."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    except OSError as error:
        raise ProjectError(
            [Problem(f"cannot be written: {error.strerror or error}; choose another place", "")], path
        ) from None


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.ReadWrite)
    return buffer
