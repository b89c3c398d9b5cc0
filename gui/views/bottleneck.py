"""The Bottleneck view: low-rank replacements of the selected convolution, and of all convolutions of a design."""

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from gui.state.view_state import ViewState
from gui.views.base import View, looks_differ
from gui.views.bottleneck_design import BottleneckDesignPage
from gui.views.bottleneck_layer import BottleneckLayerPage
from gui.views.bottleneck_page import BottleneckPage

_DRAWN_BY = ("colour_map", "zero_centred", "theme")
"""Settings of the look that the pages depend on."""


class BottleneckView(View):
    """One page for the curve of a layer, one for the list of a design's layers."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.layer, self.design = BottleneckLayerPage(state, self), BottleneckDesignPage(state, self)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAccessibleName("Pages of the view Bottleneck")
        self.pages: dict[str, BottleneckPage] = {"This layer": self.layer, "Whole design": self.design}
        """The pages by title."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs)
        for title, page in self.pages.items():
            self.tabs.addTab(page, title)
            page.edit_proposed.connect(self.edit_proposed)
            page.requested.connect(self.requested)
            page.focus_requested.connect(self.focus_requested)
            page.hovered.connect(self.hovered)
        self.tabs.currentChanged.connect(lambda _: self._show_page())

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if _content_differs(old, new):
            self._show_page()

    def begin(self, rank: int | None = None) -> None:
        """Start a rank search for the selected layer, perhaps with this rank selected."""
        self.tabs.setCurrentWidget(self.layer)
        self.layer.search_rank(rank)

    def _show_page(self) -> None:
        """Update the page in front."""
        tuple(self.pages.values())[self.tabs.currentIndex()].show_state(self._state)


def _content_differs(old: ViewState, new: ViewState) -> bool:
    """Whether the pages may differ between two states."""
    return (
        old.session != new.session
        or old.project is not new.project
        or old.check is not new.check
        or old.focus != new.focus
        or old.rank_search is not new.rank_search
        or looks_differ(old, new, _DRAWN_BY)
    )
