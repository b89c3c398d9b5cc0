"""Pictures as the content of files: PNG, SVG and PDF, painted as on the screen."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from math import ceil
from pkgutil import resolve_name

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSize, QSizeF
from PySide6.QtGui import QColor, QImage, QImageWriter, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from engine.text.problems import Problem, ProjectError
from gui.catalogue.figures import figure_row
from gui.catalogue.pictures import ANIMATION_FORMAT
from gui.catalogue.views import view_row
from gui.export.animation import encode_gif, paint_turn_frames
from gui.export.banded_painter import BandedPainter
from gui.paint.basics.page import ANIMATION, Page, page_for_format
from gui.paint.figures.base import PaperFigure
from gui.state.view_state import ViewState
from gui.theme import THEMES, Theme

_PaintView = Callable[[QPainter, QRectF, ViewState, Theme], None]
_Draw = Callable[[QPainter], None]
_PDF_RESOLUTION = 1200
_POINTS_PER_INCH = 72
_SVG_DPI = 96
_FORBIDDEN_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class ViewFigure(Struct, frozen=True):
    """The function that paints a view, and the default size of its picture in pixels."""

    paint: _PaintView
    default_size: Callable[[ViewState], tuple[int, int]]


@cache
def figure_of(view: str) -> ViewFigure:
    """The functions that the view's row names, imported."""
    picture = view_row(view).picture
    size = picture.size
    return ViewFigure(resolve_name(picture.paint), resolve_name(size) if isinstance(size, str) else lambda state: size)


def _png(draw: _Draw, size: QSize, scale: float, title: str) -> bytes:
    image = QImage(size * scale, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)  # a fraction of a pixel may stay unpainted at the border
    image.setText("Title", title)
    painter = QPainter(image)
    painter.scale(scale, scale)
    draw(painter)
    painter.end()
    return png_bytes(image)


def _svg(draw: _Draw, size: QSize, scale: float, title: str) -> bytes:
    buffer = _buffer()
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)  # the default version drops clipping
    generator.setOutputDevice(buffer)
    generator.setSize(size * scale)
    generator.setViewBox(QRectF(0, 0, size.width(), size.height()))
    generator.setResolution(_SVG_DPI)
    generator.setTitle(title)
    painter = BandedPainter(generator)
    draw(painter)
    painter.end()
    return well_formed(bytes(buffer.data().data()))


def well_formed(svg: bytes) -> bytes:
    """The file without characters that XML 1.0 forbids, which Qt writes as they are; names of files may have them."""
    text = svg.decode("utf-8", "replace")
    return _FORBIDDEN_IN_XML.sub("\ufffd", text).encode("utf-8", "replace")


def _pdf(draw: _Draw, size: QSize, scale: float, title: str) -> bytes:
    buffer = _buffer()
    writer = QPdfWriter(buffer)
    writer.setResolution(_PDF_RESOLUTION)
    page = QSizeF(size.width() * scale, size.height() * scale)
    writer.setPageSize(QPageSize(page, QPageSize.Unit.Point, title, QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF(), QPageLayout.Unit.Point)
    writer.setTitle(title)
    writer.setCreator("Convolume")
    painter = BandedPainter(writer)
    painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)  # else maps become JPEG
    pixel = scale * _PDF_RESOLUTION / _POINTS_PER_INCH
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


EXPORTERS: dict[str, Callable[[_Draw, QSize, float, str], bytes]] = {
    "png": _png,
    "svg": _svg,
    "pdf": _pdf,
}


def prepare_view(state: ViewState, view: str) -> ViewState:
    """The state with everything computed that the view shows; may take long, and raise ProjectError."""
    prepare = view_row(view).picture.prepare
    prepared: ViewState = resolve_name(prepare)(state) if prepare else state
    return prepared


def missing_content(state: ViewState, view: str) -> str:
    """What is missing before a view's picture shows anything; "" if nothing is."""
    text: str = resolve_name(view_row(view).picture.missing)(state)
    return text


def render_view(state: ViewState, view: str, file_format: str, scale: float = 1.0, size: QSize | None = None) -> bytes:
    """A view's picture as the content of a file; `size` is in pixels before scaling."""
    figure, theme = figure_of(view), THEMES[state.look.theme]
    area = size or QSize(*figure.default_size(state))
    rect = QRectF(0, 0, area.width(), area.height())

    def draw(painter: QPainter) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.fillRect(rect, QColor(theme.base))
        figure.paint(painter, rect, state, theme)

    return EXPORTERS[file_format](draw, area, scale, f"{state.project.title} · {view}")


def render_paper_figure(
    state: ViewState, name: str, file_format: str, page: Page | None = None, scale: float = 1.0
) -> bytes:
    """A figure for papers and slides as the content of a file; without a page, on the default one of its format.

    Raises
    ------
    ProjectError
        There is nothing to draw.
    """
    theme = paper_theme(state)
    if file_format == ANIMATION_FORMAT:
        return encode_gif(tuple(paint_turn_frames(state, page or ANIMATION, theme)))
    figure_page = page or best_page(state, name, file_format)
    figure: PaperFigure = resolve_name(figure_row(name).lay_out)(state, figure_page)
    area = QSize(ceil(figure.width), ceil(figure.height))

    def draw(painter: QPainter) -> None:
        # Files round sizes up.
        painter.fillRect(QRectF(0, 0, 1.1 * area.width(), 1.1 * area.height()), QColor(theme.base))
        figure.paint(painter, theme)

    unit = {"svg": _SVG_DPI, "png": figure_page.dpi}.get(file_format, _POINTS_PER_INCH) / _POINTS_PER_INCH
    title = f"{state.project.title} · {figure_row(name).title}"
    return EXPORTERS[file_format](draw, area, scale * unit * figure_page.points_per_unit, title)


def missing_figure(state: ViewState, name: str, formats: Iterable[str], page: Page | None) -> tuple[Problem, ...]:
    """Why a figure cannot be drawn in some of these formats; () if it can be."""
    for file_format in formats:
        is_animation = file_format == ANIMATION_FORMAT
        try:
            figure_page = page or (ANIMATION if is_animation else best_page(state, name, file_format))
            resolve_name(figure_row(name).lay_out)(state, figure_page)
        except ProjectError as error:
            return error.problems
    return ()


def best_page(state: ViewState, name: str, file_format: str) -> Page:
    """The best page of a figure for a file format."""
    choose_page = figure_row(name).choose_page
    page: Page = resolve_name(choose_page)(state, file_format) if choose_page else page_for_format(file_format)
    return page


def paper_theme(state: ViewState) -> Theme:
    """The theme of figures: the light one with a white background, like paper."""
    theme = THEMES[state.look.theme]
    return replace(theme, base=theme.raised) if theme is THEMES["light"] else theme


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.ReadWrite)
    return buffer
