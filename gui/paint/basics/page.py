"""The sizes that figures are made for: a column, the width of a page, a slide."""

from msgspec import Struct

_POINTS_PER_MILLIMETRE = 72 / 25.4
_PRINT_UNIT = 0.25
"""Points of a unit of a printed figure: so fine that sizes of text need no fractions."""
_PRINT_SIZES = (34, 31)
"""Units of a printed figure's text, 8.5 and 7.75 points: its smallest text has 7.25 or 6.5."""
_PRINT_DPI = 600
_SLIDE = (1920, 1080)
_SLIDE_SIZES = (30, 26, 22)
"""Of 1920 pixels across; the smallest text has 18 at least."""
_SMALLEST_SIZE = 8
_NARROWEST, _WIDEST = 40, 400
"""Millimetres that a printed figure may be wide."""


class Page(Struct, frozen=True):
    """How wide a figure is and how large its text.

    `sizes` are the pixel sizes that its text may have, in units, the largest first; `height` None: as high as it needs.
    """

    width: int
    height: int | None
    text_sizes: tuple[int, ...]
    points_per_unit: float
    """Points of a unit in print."""
    dpi: float
    """Pixels of an inch as PNG."""


def print_page(millimetres: float) -> Page:
    """A column or a page of that width."""
    width = round(millimetres * _POINTS_PER_MILLIMETRE / _PRINT_UNIT)
    return Page(width, None, _PRINT_SIZES, _PRINT_UNIT, _PRINT_DPI)


def screen_page(width: int, height: int) -> Page:
    """A picture of so many pixels, its text as large in proportion as on a slide."""
    share = min(width / _SLIDE[0], height / _SLIDE[1])
    sizes = tuple(dict.fromkeys(max(_SMALLEST_SIZE, round(share * size)) for size in _SLIDE_SIZES))
    return Page(width, height, sizes, 0.5, 144)


ANIMATION = Page(800, 450, (14, 13, 12, 11), 0.5, 144)
"""The frames of a turn of the camera, unless their size is given."""

PAGE_SIZES: dict[str, Page] = {"85mm": print_page(85), "174mm": print_page(174), "slide": screen_page(*_SLIDE)}
"""By what the command line and the menu call them."""


def page_for_format(format: str) -> Page:
    """A column for print, a slide for pictures of pixels."""
    return PAGE_SIZES["85mm" if format in ("pdf", "svg") else "slide"]


def parse_page(words: str) -> Page:
    """The page of that name, "85mm", "slide", or of another width in millimetres; ValueError says what is right."""
    found = PAGE_SIZES.get(words)
    if found is None:
        number = words.removesuffix("mm")
        if words.endswith("mm") and number.replace(".", "", 1).isdigit() and _NARROWEST <= float(number) <= _WIDEST:
            return print_page(float(number))
        known = f"{', '.join(PAGE_SIZES)}, or another width from {_NARROWEST}mm to {_WIDEST}mm"
        raise ValueError(f"{words!r} is no width of a figure; known are {known}")
    return found
