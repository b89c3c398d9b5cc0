"""Figure paper-table: GoogLeNet's table 1 with published and recounted numbers; narrow pages break it."""

from math import ceil, inf

from engine.text.problems import Problem, ProjectError
from gui.paint.basics.page import PAGE_SIZES, Page, page_for_format
from gui.paint.tables import googlenet_table
from gui.paint.tables.ruled_table import LARGEST, MARGIN
from gui.paint.volumes.box_sizes import TextSizes
from gui.state.view_state import ViewState

_MOST_PARTS = 2


def googlenet_figure_sheets(state: ViewState, page: Page) -> tuple[googlenet_table.GooglenetSheet, ...]:
    """Make the tables of the designs; a page of free height gets parts whose text is readable.

    Raises
    ------
    ProjectError
        No design has a layer.
    """
    max_width = inf if page.height else page.width / TextSizes(page.text_sizes[-1]).small - 2 * MARGIN
    sheets = googlenet_table.make_googlenet_sheets(state, max_width, foot_size=1.0)
    if not any(sheet.rows for sheet in sheets):
        add = "add a design with a convolution, a pooling or a dense layer"
        raise ProjectError([Problem(f"paper-table has nothing to list; {add}", "")])
    return sheets


def googlenet_figure_height(sheets: tuple[googlenet_table.GooglenetSheet, ...], page: Page) -> int:
    """Height of the tables in units of the page, as large as they fit."""
    width, height = max(sheet.width for sheet in sheets) + 2 * MARGIN, sum(sheet.height for sheet in sheets)
    unit = min(page.width / width, page.text_sizes[0], LARGEST, (page.height or inf) / height)
    return ceil(unit * height)


def googlenet_figure_page(state: ViewState, file_format: str) -> Page:
    """The page of the file format, or the full page width if a column would break a table into more than two parts."""
    narrow = page_for_format(file_format)
    parts = len(googlenet_figure_sheets(state, narrow)) / max(len(state.project.designs), 1)
    return PAGE_SIZES["174mm"] if parts > _MOST_PARTS and narrow is PAGE_SIZES["85mm"] else narrow
