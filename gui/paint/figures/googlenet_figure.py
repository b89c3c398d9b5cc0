"""The columns of GoogLeNet's table 1: a row a block or layer, published beside recounted; narrow pages break it."""

from math import ceil, inf

from engine.text.problems import Problem, ProjectError
from gui.paint.basics.page import PAGE_SIZES, Page, page_for_format
from gui.paint.tables import googlenet_table
from gui.paint.tables.ruled_table import LARGEST, MARGIN
from gui.paint.volumes.box_sizes import TextSizes
from gui.state.view_state import ViewState

_MOST_PARTS = 2


def googlenet_figure_sheets(state: ViewState, page: Page) -> tuple[googlenet_table.GooglenetSheet, ...]:
    """The tables of the designs; where a page is only as high as it needs, in parts of readable lines.

    Raises
    ------
    ProjectError
        No design has a layer.
    """
    widest = inf if page.height else page.width / TextSizes(page.text_sizes[-1]).small - 2 * MARGIN
    made = googlenet_table.make_googlenet_sheets(state, widest, foot_size=1.0)
    if not any(sheet.rows for sheet in made):
        add = "add a design with a convolution, a pooling or a dense layer"
        raise ProjectError([Problem(f"there is nothing that paper-table could list; {add}", "")])
    return made


def googlenet_figure_height(made: tuple[googlenet_table.GooglenetSheet, ...], page: Page) -> int:
    """Units of the page that tables take, as large as they fit."""
    wide, high = max(sheet.width for sheet in made) + 2 * MARGIN, sum(sheet.height for sheet in made)
    unit = min(page.width / wide, page.text_sizes[0], LARGEST, (page.height or inf) / high)
    return ceil(unit * high)


def googlenet_figure_page(state: ViewState, format: str) -> Page:
    """That of the format, or a page's whole width where a column would break a table into more than two parts."""
    narrow = page_for_format(format)
    parts = len(googlenet_figure_sheets(state, narrow)) / max(len(state.project.designs), 1)
    return PAGE_SIZES["174mm"] if parts > _MOST_PARTS and narrow is PAGE_SIZES["85mm"] else narrow
