"""The figures for papers and slides, a row each: menu, command line and files follow this table. No Qt here."""

from msgspec import Struct


class FigureRow(Struct, frozen=True):
    """A figure that is drawn from the open project."""

    id: str
    title: str
    tip: str
    lay_out: str
    """Name of a function (state, page) that returns a `PaperFigure`, or raises ProjectError: nothing to draw."""
    shows_volumes: bool = True
    """Whether it shows computed volumes, so that it is not the same before a run."""
    choose_page: str = ""
    """Name of a function (state, format of the file) that returns the best page; "": `page_for_format`."""


FIGURES: tuple[FigureRow, ...] = (
    FigureRow(
        "inception-module",
        "Inception module",
        "Parallel branches, one per row, from a volume to where they join",
        "gui.paint.figures.inception_module:lay_out_inception_module",
    ),
    FigureRow(
        "paper-table",
        "Paper's table",
        "GoogLeNet's table 1 of any design, published figures beside recounted ones",
        "gui.paint.figures.googlenet_figure:lay_out_googlenet_figure",
        shows_volumes=False,
        choose_page="gui.paint.figures.googlenet_figure:googlenet_figure_page",
    ),
    FigureRow(
        "one-by-one",
        "1×1 before a convolution",
        "A convolution without and with a 1×1 before it, and what each costs",
        "gui.paint.figures.one_by_one:lay_out_one_by_one",
    ),
    FigureRow(
        "from-above",
        "From above",
        "The same from above: width shows only the number of maps",
        "gui.paint.figures.from_above:lay_out_from_above",
    ),
)
"""In the order of the menu."""

FIGURE_IDS = tuple(row.id for row in FIGURES)
TURN_FIGURE = "from-above"
"""The figure that shows the turn of the camera."""


def figure_row(figure_id: str) -> FigureRow:
    """The row of that id."""
    return next(row for row in FIGURES if row.id == figure_id)
