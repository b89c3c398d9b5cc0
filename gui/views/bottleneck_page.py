"""The base of the two pages of the Bottleneck view."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.rank_search import RankSearchState
from gui.state.requests import Cancel, Request
from gui.state.view_state import ViewState
from gui.widgets.plain_text import plain_tip
from gui.widgets.progress_row import make_progress_bar, show_steps


class BottleneckPage(QWidget):
    """Shows a state and reports what the user requests, as the view does; its search button also cancels."""

    requested = Signal(object)
    edit_proposed = Signal(Edit)
    focus_requested = Signal(Focus)
    hovered = Signal(str)

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.progress = make_progress_bar("Progress of the search", self)
        self.progress.hide()

    def _show_progress(self, search: RankSearchState) -> None:
        """Show how far the work in progress is; the search button cancels it."""
        self.progress.setVisible(bool(search.busy_text))
        self.progress.setToolTip(plain_tip(search.busy_text))
        if search.busy_text:
            show_steps(self.progress, search.done, search.total)

    def show_state(self, state: ViewState) -> None:
        """Show another state."""
        raise NotImplementedError  # both pages have it; the metaclass of Qt rules out ABC

    def search(self) -> None:
        """Request a rank search for what the page is about, if that is possible."""
        request = self._search_request()
        if request is not None:
            self.requested.emit(request)

    def _search_request(self) -> Request | None:
        raise NotImplementedError  # both pages have it; the metaclass of Qt rules out ABC

    def _on_search_clicked(self) -> None:
        if self._state.rank_search.busy_text:
            self.requested.emit(Cancel())
        else:
            self.search()
