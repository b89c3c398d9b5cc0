"""The views. VIEWS is the only list of them: docks, menus and export follow it."""

from gui.views.bars import BarsView
from gui.views.base import View
from gui.views.bottleneck import BottleneckView
from gui.views.counting import CountingView
from gui.views.filters import FiltersView
from gui.views.googlenet_table import PaperView
from gui.views.inspector import InspectorView
from gui.views.table import TableView
from gui.views.volumes import VolumesView

VIEWS: tuple[type[View], ...] = (
    VolumesView,
    BottleneckView,
    FiltersView,
    InspectorView,
    BarsView,
    TableView,
    PaperView,
    CountingView,
)

__all__ = ["VIEWS", "View"]
