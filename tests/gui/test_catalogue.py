"""Every name in the catalogue is that of something of the right kind, and its rows fit together."""

import inspect
import subprocess
import sys
from pkgutil import resolve_name

import pytest

from engine.files.paths import RESOURCES
from gui.catalogue.figures import FIGURE_IDS, FIGURES, TURN_FIGURE, FigureRow
from gui.catalogue.panels import PANELS
from gui.catalogue.views import ON_REQUEST, VIEWS, VIEWS_WITH_PICTURE, ViewRow
from gui.views.base import View

ROWS = (*PANELS, *VIEWS)
BY_ID = pytest.mark.parametrize("row", VIEWS, ids=lambda row: row.id)


def parameters(name: str) -> list[str]:
    return list(inspect.signature(resolve_name(name)).parameters)


@BY_ID
def test_a_view_names_its_widget(row: ViewRow) -> None:
    assert issubclass(resolve_name(row.widget), View)


@BY_ID
def test_a_views_picture_names_functions_of_the_right_signature(row: ViewRow) -> None:
    picture = row.picture
    if picture is None:
        return
    assert parameters(picture.paint)[:4] == ["painter", "rect", "state", "theme"]
    if isinstance(picture.size, str):
        assert parameters(picture.size) == ["state"]
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
    named = {resolve_name(row.widget) for row in VIEWS}
    assert {kind for kind in View.__subclasses__() if kind.__module__.startswith("gui.views.")} == named


def test_rows_have_ids_of_their_own_and_a_place_behind_or_below_an_earlier_one() -> None:
    earlier: set[str] = set()
    for row in ROWS:
        assert row.id not in earlier
        assert (row.area is None) == bool(row.behind)
        assert {row.behind, row.below} - {""} <= earlier
        earlier.add(row.id)


def test_only_what_can_be_drawn_is_exported_and_what_has_to_be_computed_only_on_request() -> None:
    assert "counting" not in VIEWS_WITH_PICTURE
    assert ON_REQUEST == ("bottleneck",)


def test_the_catalogue_loads_neither_qt_nor_the_views() -> None:
    program = "import sys, gui.catalogue.views, gui.catalogue.figures, gui.catalogue.pictures; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=RESOURCES.parent, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"PySide6", "pyqtgraph", "numpy", "gui.views"} & set(loaded)
