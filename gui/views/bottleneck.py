"""The Bottleneck view: low-rank replacements of the selected convolution, and of all convolutions of a design."""

from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from gui.state.view_state import ViewState
from gui.views.base import View
from gui.views.bottleneck_design import BottleneckDesignPage
from gui.views.bottleneck_layer import BottleneckLayerPage


class BottleneckView(View):
    """One page for the curve of a layer, one for the list of a design's layers."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.layer, self.design = BottleneckLayerPage(state, self), BottleneckDesignPage(state, self)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.layer, "This layer")
        self.tabs.addTab(self.design, "Whole design")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs)
        for page in (self.layer, self.design):
            page.edit_proposed.connect(self.edit_proposed)
            page.requested.connect(self.requested)
        self.layer.hovered.connect(self.hovered)
        self.layer.focus_requested.connect(self.focus_requested)
        self.design.layer_chosen.connect(self.focus_requested)
        self.tabs.currentChanged.connect(lambda _: self._show_page())

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        self._show_page()

    def begin(self) -> None:
        """Start a rank search for the selected layer."""
        self.tabs.setCurrentWidget(self.layer)
        self.layer.search()

    def _show_page(self) -> None:
        """Update the page in front."""
        (self.layer if self.tabs.currentWidget() is self.layer else self.design).show_state(self._state)
