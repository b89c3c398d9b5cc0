"""The catalogue: its dotted names lead to classes and functions of the right form, and its rows fit together."""

import inspect
import subprocess
import sys
from pkgutil import resolve_name

import pytest

from engine.files.paths import RESOURCES
from gui.catalogue.figures import FIGURE_IDS, FIGURES, TURN_FIGURE, FigureRow
from gui.catalogue.panels import PANELS
from gui.catalogue.views import ON_REQUEST, VIEW_IDS, VIEWS, Picture, ViewRow
from gui.views.base import View

ROWS = (*PANELS, *VIEWS)
VIEWS_BY_ID = pytest.mark.parametrize("row", VIEWS, ids=lambda row: row.id)
PICTURES_BY_ID = pytest.mark.parametrize("picture", [pytest.param(row.picture, id=row.id) for row in VIEWS])


def parameters(name: str) -> list[str]:
    return list(inspect.signature(resolve_name(name)).parameters)


@VIEWS_BY_ID
def test_the_widget_of_a_row_is_a_view(row: ViewRow) -> None:
    assert issubclass(resolve_name(row.widget), View)


@PICTURES_BY_ID
def test_a_picture_names_functions_of_the_right_signature(picture: Picture) -> None:
    assert parameters(picture.paint)[:4] == ["painter", "rect", "state", "theme"]
    if isinstance(picture.size, str):
        assert parameters(picture.size) == ["state"]
    assert parameters(picture.missing) == ["state"]
    if picture.prepare:
        assert parameters(picture.prepare) == ["state"]


@pytest.mark.parametrize("row", FIGURES, ids=FIGURE_IDS)
def test_a_figure_names_functions_of_the_right_signature(row: FigureRow) -> None:
    assert parameters(row.lay_out) == ["state", "page"]
    if row.choose_page:
        assert parameters(row.choose_page) == ["state", "file_format"]


def test_figures_have_ids_of_their_own_and_one_of_them_turns() -> None:
    assert len(set(FIGURE_IDS)) == len(FIGURES)
    assert TURN_FIGURE in FIGURE_IDS


def test_every_view_of_the_package_has_a_row(qapp: object) -> None:
    widgets = {resolve_name(row.widget) for row in VIEWS}
    assert {view for view in View.__subclasses__() if view.__module__.startswith("gui.views.")} == widgets


def test_rows_have_unique_ids_and_refer_only_to_earlier_rows() -> None:
    earlier: set[str] = set()
    for row in ROWS:
        assert row.id not in earlier
        assert (row.area is None) == bool(row.behind)
        assert {row.behind} - {""} <= earlier
        earlier.add(row.id)


def test_every_view_can_be_exported_and_those_that_compute_first_only_on_request() -> None:
    assert [row.id for row in VIEWS] == list(VIEW_IDS)
    assert ON_REQUEST == ("bottleneck", "sweep")


def test_the_catalogue_loads_neither_qt_nor_the_views() -> None:
    program = "import sys, gui.catalogue.views, gui.catalogue.figures, gui.catalogue.pictures; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", program], cwd=RESOURCES.parent, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"PySide6", "pyqtgraph", "numpy", "gui.views"} & set(modules)
