"""Figures as files: the same painting as on the screen, into PNG, SVG and PDF; and the table as text."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSize, QSizeF
from PySide6.QtGui import QColor, QImage, QImageWriter, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

from engine.cost.metrics import metric
from engine.files.atomic_write import file_name, write_atomically, written_whole
from engine.reports import tables
from engine.reports.attachments import ATTACHMENTS
from engine.reports.summary import summary
from engine.text.problems import STEM, Problem, ProjectError
from gui.export.animation import frames, gif
from gui.paint.bars import bars
from gui.paint.basics.page import ANIMATION, Page
from gui.paint.bottleneck import bottleneck
from gui.paint.figures import figures
from gui.paint.inspector import inspector
from gui.paint.maps import mosaic
from gui.paint.tables import googlenet_table, operations_table
from gui.paint.volumes import volumes
from gui.state.view_state import ViewState
from gui.theme import THEMES, Theme

Paint = Callable[[QPainter, QRectF, ViewState, Theme], None]
PDF_RESOLUTION = 1200
POINTS_PER_INCH = 72
SVG_DPI = 96
GIF = "gif"


class Figure(Struct, frozen=True):
    """How a view is painted, and the size in pixels of its picture where no screen gives one."""

    paint: Paint
    size: Callable[[ViewState], tuple[int, int]]


FIGURES: dict[str, Figure] = {
    "volumes": Figure(volumes.paint, lambda state: (1600, 900)),
    "filters": Figure(mosaic.paint, lambda state: (1200, 800)),
    "inspector": Figure(inspector.paint, inspector.natural_size),
    "bars": Figure(bars.paint, lambda state: (1200, 700)),
    "table": Figure(operations_table.paint, operations_table.natural_size),
    "paper": Figure(googlenet_table.paint, googlenet_table.natural_size),
    "bottleneck": Figure(bottleneck.paint, lambda state: (1600, 800)),
}
TEXTS: dict[str, Callable[..., str]] = {
    ".csv": tables.to_csv,
    ".tsv": tables.to_tsv,
    ".md": tables.to_markdown,
    ".tex": tables.to_latex,
}
FOR_PROGRAMS = (".csv", ".tsv")
JSON = ".json"
ENDINGS = {f".{format}.json": format for format in ATTACHMENTS}
"""Of attachments for model viewers."""
TEXT_TITLES = {
    ".csv": "CSV",
    ".tsv": "TSV",
    ".md": "Markdown",
    ".tex": "LaTeX",
    JSON: "JSON",
    ".netron.json": "Attachment for Netron",
    ".model-explorer.json": "Node data for Model Explorer",
}
"""How the table can be written, by the ending of a file's name."""


def _png(draw: Callable[[QPainter], None], size: QSize, scale: float, title: str) -> bytes:
    image = QImage(size * scale, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)  # a fraction of a pixel may stay at the border
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
    generator.setResolution(SVG_DPI)
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


def printed(state: ViewState, name: str, format: str, page: Page | None = None, scale: float = 1.0) -> bytes:
    """A figure for papers and slides as the content of a file; without a page on that of its format.

    Raises
    ------
    ProjectError
        There is nothing to draw.
    """
    theme = paper_theme(state)
    if format == GIF:
        return gif(tuple(frames(state, page or ANIMATION, theme)))
    chosen = page or figures.PRINTED[name].page(state, format)
    made = figures.PRINTED[name].lay_out(state, chosen)

    def draw(painter: QPainter) -> None:
        painter.fillRect(QRectF(0, 0, 1.1 * made.width, 1.1 * made.height), QColor(theme.base))  # files round sizes up
        made.paint(painter, theme)

    unit = {"svg": SVG_DPI, "png": chosen.dpi}.get(format, POINTS_PER_INCH) / POINTS_PER_INCH
    title = f"{state.project.title} · {figures.PRINTED[name].title}"
    return EXPORTERS[format](draw, QSize(made.width, made.height), scale * unit * chosen.points, title)


def paper_theme(state: ViewState) -> Theme:
    """The theme of figures: a light one is on white, as paper is."""
    theme = THEMES[state.look.theme]
    return replace(theme, base=theme.raised) if theme is THEMES["light"] else theme


def export(
    state: ViewState,
    folder: Path,
    views: Iterable[str],
    formats: Iterable[str],
    scale: float,
    size: tuple[int, int] | None = None,
    names: Iterable[str] = (),
    page: Page | None = None,
) -> list[Path]:
    """Write `<view>.<format>` for every pair, and the table as text too; returns what was written.

    `size` in pixels before scaling, else each view's own. The figures in `names` go with them, on a page of their own.

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
                for file, text in texts(state).items():
                    (unfinished / file).write_bytes(text.encode())
        for name in names:
            for format in formats:
                (unfinished / f"{name}.{format}").write_bytes(printed(state, name, format, page, scale))
        written = [file.name for file in sorted(unfinished.iterdir())]
    return [folder / name for name in written]


def texts(state: ViewState) -> dict[str, str]:
    """The table in every format by the name of its file, and each design's attachments for model viewers.

    Tables for programs have a row a layer, those for readers show blocks as the window does.
    """
    written = {f"table{ending}": _text(state, ending, STEM) for ending in (*TEXTS, JSON)}
    attached = {
        f"{file_name(design.name)}{ending}": _text(state, ending, design.name)
        for design in state.project.designs
        for ending in ENDINGS
    }
    return written | attached


def text_for(state: ViewState, name: str) -> str | None:
    """What a file of that name holds: the table, or attachments of the chosen design; None for other endings.

    Raises
    ------
    ProjectError
        Attachments are asked for, and the project has neither a design nor a stem.
    """
    ending = max((known for known in TEXT_TITLES if name.lower().endswith(known)), key=len, default=None)
    design = state.focus.design or next((design.name for design in state.project.designs), STEM)
    if ending in ENDINGS and design not in state.check.analyses:
        raise ProjectError([Problem(f"{TEXT_TITLES[ending]} tells of a design; the project has none: add one", "")])
    return None if ending is None else _text(state, ending, design)


def _text(state: ViewState, ending: str, design: str) -> str:
    if ending == JSON:
        told = summary(state.project, state.check, convention=state.look.convention)
        return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    if ending in ENDINGS:
        return ATTACHMENTS[ENDINGS[ending]](state.ledger, design, metric(state.look.metric))
    analyses = None if ending in FOR_PROGRAMS else state.shown_analyses
    return TEXTS[ending](tables.rows(state.project, state.ledger, analyses), state.look.metric)


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
