"""Pictures within web pages: in both themes, for wide and narrow screens, twice as fine as the page, as WebP."""

from base64 import b64encode
from bisect import bisect_left
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from math import ceil
from pkgutil import resolve_name

from msgspec.structs import replace
from PIL import Image
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from engine.network.node_ref import STEM
from gui.catalogue.views import view_row
from gui.export.html import Markup, element
from gui.export.pictures import figure_of
from gui.paint.bars.content import build_bars_content
from gui.paint.maps.mosaic import build_mosaic_content, lay_out_mosaics
from gui.paint.volumes.layout import lay_out_volumes
from gui.state.view_state import ViewState
from gui.theme import THEMES, Theme

_SCALE = 2
"""Pixels of a picture per pixel of the page."""
_LOSSLESS = {"lossless": True, "quality": 20, "method": 1}
"""A second for a picture of two megapixels; twice the time would save a tenth."""
_LARGE = 600_000
"""Bytes from which a picture is too large: hundreds of maps, which take megabytes without loss."""
_LOSSY = {"quality": 92, "method": 2}
"""A fourth of that; at twice the size of the page, the loss cannot be seen, and texts stay sharp."""
_SMALL = {"quality": 80, "method": 2}
"""For phones, whose pixels are so small that less would do."""
_DARK_THEME = "(prefers-color-scheme: dark)"
_NARROW = "screen and (max-width: 40rem)"
"""Screens of phones, on which a picture of the whole width of a page would be tiny, or have to be scrolled sideways."""
_WIDTH, _NARROW_WIDTH = 1040, 400
"""Pixels of the page across."""
_HEIGHTS: dict[str, Callable[[ViewState, int], int]] = {
    "volumes": lambda state, width: _volumes_height(state, width),
    "filters": lambda state, width: _filters_height(state, width),
    "bars": lambda state, width: _bars_height(state),
}
"""Of pictures that fill the width; others have their natural size."""
_BAR, _FEWEST_BARS, _MOST_BARS = 26, 6, 24
"""Pixels of a line of the bars, and how many lines have space."""

_BOXES, _LINE = 6, 130
"""Boxes of a line, and the height of a line."""
_LEAST_VOLUMES, _MOST_VOLUMES = 600, 1200
_NARROW_VOLUMES, _ENOUGH = range(300, 1201, 100), 0.97
"""Possible heights on narrow screens: the least of them at which boxes are nearly as large as at the last."""

_FILTERS = range(200, 601, 20)
"""Possible heights of maps: the least of them at which the maps are as large as at the last."""

_Paint = Callable[[QPainter, QRectF, ViewState, Theme], None]


def view_picture(state: ViewState, view: str, caption: str) -> Markup:
    """A view as in files, with a caption, and for screen readers in words."""
    alt: str = resolve_name(view_row(view).picture.describe)(state)
    sizes = view_size(state, view), view_size(state, view, _NARROW_WIDTH)
    return picture(state, figure_of(view).paint, sizes[0], alt, caption, sizes[1])


def view_size(state: ViewState, view: str, width: int = _WIDTH) -> tuple[int, int]:
    """Width and height of a view's picture, in pixels of the page."""
    if view in _HEIGHTS:
        return width, _HEIGHTS[view](state, width)
    natural_width, height = figure_of(view).default_size(state)
    return natural_width if width == _WIDTH else min(natural_width, width), height


def picture(
    state: ViewState,
    paint: _Paint,
    size: tuple[int, int],
    alt: str,
    caption: str,
    narrow_size: tuple[int, int] | None = None,
) -> Markup:
    """A figure that shows the picture of the theme that the reader's system has; print shows the light one.

    Parameters
    ----------
    narrow_size
        That on narrow screens; left out: as high as on others.
    """
    narrow = narrow_size or (_NARROW_WIDTH, size[1])
    themed = [replace(state, look=replace(state.look, theme=name)) for name in THEMES]
    light, dark = (_address(each, paint, size, _LOSSLESS) for each in themed)
    narrow_light, narrow_dark = (_address(each, paint, narrow, _SMALL) for each in themed)
    sources_of_media = (
        (f"{_NARROW} and {_DARK_THEME}", narrow_dark, narrow),
        (_NARROW, narrow_light, narrow),
        (f"screen and {_DARK_THEME}", dark, size),
    )
    sources = [
        element("source", media=condition, srcset=address, width=width, height=height)
        for condition, address, (width, height) in sources_of_media
    ]
    image = element("img", src=light, alt=alt or caption, width=size[0], height=size[1])
    return element("figure", element("picture", sources, image), element("figcaption", caption))


def _volumes_height(state: ViewState, width: int) -> int:
    """Higher for designs of so many layers that they take several lines; on narrow screens, what their boxes need."""
    if width < _WIDTH:
        largest = _box_size(state, width, _NARROW_VOLUMES[-1])
        enough = partial(_box_size, state, width)
        return _NARROW_VOLUMES[bisect_left(_NARROW_VOLUMES, _ENOUGH * largest, key=enough)]
    counts = (len(state.visible_analysis(design).reports) for design in state.check.analyses if design != STEM)
    lines = sum(ceil(count / _BOXES) for count in counts)
    return min(max(_LINE * lines, _LEAST_VOLUMES), _MOST_VOLUMES)


def _box_size(state: ViewState, width: int, height: int) -> float:
    """Pixels per unit of length in a picture of this size."""
    scene = lay_out_volumes(state, width, height).scene
    return scene.unit * scene.shrink


def _filters_height(state: ViewState, width: int) -> int:
    """Less for few maps, which are as wide as the page allows."""
    content = build_mosaic_content(state)

    def tile_width(height: int) -> float:
        panels = lay_out_mosaics(QRectF(0, 0, width, height), content).panels
        return min((panel.projection.tile_rect(0).width() for panel in panels if panel.projection), default=0.0)

    widest = tile_width(_FILTERS[-1])
    return next(height for height in _FILTERS if tile_width(height) >= widest)


def _bars_height(state: ViewState) -> int:
    """As many lines as there are, so that texts are not larger than those of the page; many take two columns."""
    content = build_bars_content(state)
    lines = len(content.totals) + len(content.lines)
    return _BAR * (min(max(lines, _FEWEST_BARS), _MOST_BARS) + 6)


def _address(state: ViewState, paint: _Paint, size: tuple[int, int], settings: Mapping[str, int]) -> str:
    """The picture as an address that contains it; one without loss may still not be too large."""
    theme = THEMES[state.look.theme]
    width, height = size
    image = QImage(_SCALE * width, _SCALE * height, QImage.Format.Format_RGB888)
    image.fill(QColor(theme.base))
    painter = QPainter(image)
    painter.scale(_SCALE, _SCALE)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    try:
        paint(painter, QRectF(0, 0, width, height), state, theme)
    finally:
        painter.end()
    pixels = Image.frombytes(
        "RGB", (image.width(), image.height()), bytes(image.constBits()), "raw", "RGB", image.bytesPerLine()
    )
    content = _webp(pixels, settings)
    if len(content) > _LARGE:
        content = min(content, _webp(pixels, _LOSSY), key=len)
    return f"data:image/webp;base64,{b64encode(content).decode()}"


def _webp(pixels: Image.Image, settings: Mapping[str, int]) -> bytes:
    file = BytesIO()
    pixels.save(file, "WEBP", **settings)
    return file.getvalue()
