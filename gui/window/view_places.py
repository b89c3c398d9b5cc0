"""The places of the views in the window: a view is made when it is first visible, or first asked for."""

from collections.abc import Callable, Iterator, Mapping
from pkgutil import resolve_name

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gui.catalogue.views import VIEWS, view_row
from gui.state.view_state import ViewState
from gui.views.base import View

_EMPTY_SIZE = 400, 250
"""Pixels that a place asks for before it has a view."""


class ViewPlace(QWidget):
    """Where a view is, or will be: the widget that docks and tabs hold, disabled while it is not visible."""

    def __init__(self) -> None:
        super().__init__()
        self.setEnabled(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._column = column

    def sizeHint(self) -> QSize:
        """Enough for any view until there is one, so that a dock does not open as a narrow strip."""
        return super().sizeHint() if self._column.count() else QSize(*_EMPTY_SIZE)

    def take(self, view: View) -> None:
        """Show a view in all of the place."""
        self._column.addWidget(view)
        if (target := view.focusProxy()) is not None:
            self.setFocusProxy(target)
        view.show()
        self._column.activate()


class Views(Mapping[str, View]):
    """The views by id. To look one up makes it: `made` has only those that exist.

    Parameters
    ----------
    state
        Returns the state of now.
    on_made
        Called with the id of a new view and the view, in its place.
    """

    def __init__(self, state: Callable[[], ViewState], on_made: Callable[[str, View], None]) -> None:
        self._state, self._on_made = state, on_made
        self.places = {row.id: ViewPlace() for row in VIEWS}
        self.made: dict[str, View] = {}

    def __getitem__(self, view_id: str) -> View:
        if view_id not in self.made:
            place = self.places[view_id]  # KeyError as of any mapping
            view: View = resolve_name(view_row(view_id).widget)(self._state())
            self.made[view_id] = view
            place.take(view)
            self._on_made(view_id, view)
        return self.made[view_id]

    def __contains__(self, view_id: object) -> bool:
        return view_id in self.places  # a mapping would look it up, which makes it

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)
