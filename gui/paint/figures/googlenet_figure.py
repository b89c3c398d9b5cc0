"""Figure paper-table: GoogLeNet's table 1 with published and recounted numbers; narrow pages break it."""

from math import ceil, inf

from msgspec import Struct
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from engine.text.problems import Problem, ProjectError
from gui.paint.basics.page import PAGE_SIZES, Page, page_for_format
from gui.paint.tables import googlenet_table
from gui.paint.tables.ruled_table import LARGEST, MARGIN
from gui.paint.volumes.text_options import TextSizes
from gui.state.view_state import ViewState
from gui.theme import Theme

_MOST_PARTS = 2


class GooglenetFigure(Struct, frozen=True, eq=False):
    """The tables of a state on a page, as large as they fit."""

    state: ViewState
    page: Page
    sheets: tuple[googlenet_table.GooglenetSheet, ...]

    @property
    def width(self) -> int:
        return self.page.width

    @property
    def height(self) -> int:
        return self.page.height or self._tables_height

    @property
    def _tables_height(self) -> int:
        """Height of the tables in units of the page."""
        width = max(sheet.width for sheet in self.sheets) + 2 * MARGIN
        height, page = sum(sheet.height for sheet in self.sheets), self.page
        return ceil(height * min(page.width / width, page.text_sizes[0], LARGEST, (page.height or inf) / height))

    def paint(self, painter: QPainter, theme: Theme) -> None:
        """Draw the tables at the painter's origin."""
        rect = QRectF(0, 0, self.width, self._tables_height)
        googlenet_table.paint_googlenet_sheets(painter, rect, self.state, theme, self.sheets)


def lay_out_googlenet_figure(state: ViewState, page: Page) -> GooglenetFigure:
    """Lay out the tables of all designs."""
    return GooglenetFigure(state, page, googlenet_figure_sheets(state, page))


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


def googlenet_figure_page(state: ViewState, file_format: str) -> Page:
    """The page of the file format, or the full page width if a column would break a table into more than two parts."""
    narrow = page_for_format(file_format)
    parts = len(googlenet_figure_sheets(state, narrow)) / max(len(state.project.designs), 1)
    return PAGE_SIZES["174mm"] if parts > _MOST_PARTS and narrow is PAGE_SIZES["85mm"] else narrow
