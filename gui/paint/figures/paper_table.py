"""The columns of GoogLeNet's table 1: a row a block or layer, published beside recounted; narrow pages break it."""

from math import ceil

from engine.problems import Problem, ProjectError
from gui.paint import paper
from gui.paint.figures.page import Page
from gui.paint.scene.cells import Type
from gui.state import ViewState


def sheets(state: ViewState, page: Page) -> tuple[paper.Sheet, ...]:
    """The tables of the designs, in parts of as many columns as a readable line has.

    Raises
    ------
    ProjectError
        No design has a layer.
    """
    smallest = Type(page.sizes[-1]).small / paper.FOOT_SIZE
    made = paper.sheets_of(state, page.width / smallest - 2 * paper.MARGIN)
    if not any(sheet.rows for sheet in made):
        raise ProjectError([Problem("there is nothing that paper-table could list; add a design with a layer", "")])
    return made


def size(state: ViewState, page: Page) -> tuple[int, int]:
    """Width and height in units of the page."""
    if page.height is not None:
        return page.width, page.height
    made = sheets(state, page)
    wide = max(sheet.width for sheet in made) + 2 * paper.MARGIN
    unit = min(page.width / wide, page.sizes[0], paper.LARGEST)
    return page.width, ceil(unit * sum(sheet.height for sheet in made))
