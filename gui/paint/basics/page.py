"""The sizes of figures: a column, the width of a page, a slide."""

from msgspec import Struct

_POINTS_PER_MILLIMETRE = 72 / 25.4
_PRINT_UNIT = 0.25
"""Points per unit of a printed figure: so fine that text sizes need no fractions."""
_PRINT_SIZES = (34, 31)
"""Text sizes of a printed figure in units, 8.5 and 7.75 points; its smallest text has 7.25 or 6.5."""
_PRINT_DPI = 600
_SLIDE = (1920, 1080)
_SLIDE_SIZES = (30, 26, 22)
"""Text sizes on a slide in pixels; its smallest text has at least 18."""
_SMALLEST_SIZE = 8
_NARROWEST, _WIDEST = 40, 400
"""Limits of the width of a printed figure, millimetres."""


class Page(Struct, frozen=True):
    """The size of a figure and of its text."""

    width: int
    """In units."""
    height: int | None
    """None: as high as needed."""
    text_sizes: tuple[int, ...]
    """Permitted text sizes in units, the largest first."""
    points_per_unit: float
    """Points per unit in print."""
    dpi: float
    """Pixels per inch as PNG."""


def _print_page(millimetres: float) -> Page:
    """Return a page of that width for print."""
    width = round(millimetres * _POINTS_PER_MILLIMETRE / _PRINT_UNIT)
    return Page(width, None, _PRINT_SIZES, _PRINT_UNIT, _PRINT_DPI)


def screen_page(width: int, height: int) -> Page:
    """Return a page of width × height pixels, its text in proportion to that of a slide."""
    share = min(width / _SLIDE[0], height / _SLIDE[1])
    sizes = tuple(dict.fromkeys(max(_SMALLEST_SIZE, round(share * size)) for size in _SLIDE_SIZES))
    return Page(width, height, sizes, 0.5, 144)


ANIMATION = Page(800, 450, (14, 13, 12, 11), 0.5, 144)
"""The default size of the frames of an animation."""

PAGE_SIZES: dict[str, Page] = {"85mm": _print_page(85), "174mm": _print_page(174), "slide": screen_page(*_SLIDE)}
"""Pages by their name on the command line and in the menu."""


def page_for_format(file_format: str) -> Page:
    """Return the default page of a file format: a column for vector formats, else a slide."""
    return PAGE_SIZES["85mm" if file_format in ("pdf", "svg") else "slide"]


def parse_page(text: str) -> Page:
    """Return the page of a name, "85mm", "slide", or of another width in millimetres.

    Raises ValueError, which lists the valid choices.
    """
    page = PAGE_SIZES.get(text)
    if page is None:
        number = text.removesuffix("mm")
        if text.endswith("mm") and number.replace(".", "", 1).isdigit() and _NARROWEST <= float(number) <= _WIDEST:
            return _print_page(float(number))
        choices = f"{', '.join(PAGE_SIZES)}, or another width from {_NARROWEST}mm to {_WIDEST}mm"
        raise ValueError(f"{text!r} is not a figure width; use {choices}")
    return page
