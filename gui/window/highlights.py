"""The frames around what a step of a lesson points at: boxes, rows, bars, fields, views, panels and commands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenuBar, QScrollArea, QTableView, QToolBar, QToolButton, QWidget

from engine.expressions.faults import ExpressionError
from engine.network.node_ref import NodeRef
from gui.lessons.facts import ProjectFacts
from gui.lessons.lesson import Target
from gui.panels.designs import DesignsPanel
from gui.panels.layer_form import LayerForm
from gui.state.view_state import ViewState
from gui.views.bars import BarsView
from gui.views.base import View
from gui.views.googlenet_table import GooglenetTableView
from gui.views.table import TableView
from gui.views.volumes import VolumesView
from gui.window.docks import CENTRE_VIEWS, Docks
from gui.window.highlight_frame import HighlightFrame


class _Spot(NamedTuple):
    """A part of a widget."""

    widget: QWidget
    find: Callable[[], QRect]
    """The part in pixels of the widget; empty if it is not there now."""


class Highlights:
    """Surrounds what is pointed at, until it is cleared.

    Parameters
    ----------
    state
        Returns the present state.
    actions
        The commands of the window by id.
    """

    def __init__(
        self,
        window: QWidget,
        state: Callable[[], ViewState],
        docks: Docks,
        designs: DesignsPanel,
        form: LayerForm,
        views: Mapping[str, View],
        actions: Mapping[str, QAction],
        toolbar: QToolBar,
        menu_bar: QMenuBar,
    ) -> None:
        self._window, self._state, self._docks = window, state, docks
        self._designs, self._form, self._views = designs, form, views
        self._actions, self._toolbar, self._menu_bar = actions, toolbar, menu_bar
        self.frames: list[HighlightFrame] = []
        self._finders: dict[str, Callable[[str], Iterator[_Spot]]] = {
            "box": self._box,
            "row": self._rows,
            "bar": self._bar,
            "field": self._field,
            "view": self._part,
            "panel": self._part,
            "command": self._command,
        }

    def show(self, targets: Sequence[Target]) -> None:
        """Surround these targets, and nothing else."""
        self.clear()
        for target in targets:
            for spot in self._finders[target.kind](target.name):
                self.frames.append(HighlightFrame(self._window, spot.widget, spot.find))

    def clear(self) -> None:
        for frame in self.frames:
            frame.remove()
        self.frames = []

    # Where things are

    def _ref(self, name: str) -> tuple[NodeRef, bool] | None:
        """The node that is shown for a reference, and whether it is a design as a whole; None if there is none."""
        state = self._state()
        try:
            at = ProjectFacts(state.project, state.check).locate(name)
        except ExpressionError:  # a person has renamed or removed it
            return None
        return state.visible_ref(at.ref), at.node is None

    def _box(self, name: str) -> Iterator[_Spot]:
        view = self._views["volumes"]
        assert isinstance(view, VolumesView)
        canvas = view.canvas

        def find() -> QRect:
            target = self._ref(name)
            rect = None if target is None else canvas.box_rect(target[0])
            return _pixels(rect)

        yield _Spot(canvas.viewport(), find)

    def _rows(self, name: str) -> Iterator[_Spot]:
        """The row in the list of designs, that in the table, and that in the paper's table."""
        tree, table, paper = self._designs.tree, self._views["table"], self._views["paper"]
        assert isinstance(table, TableView)
        assert isinstance(paper, GooglenetTableView)

        def find_in_list() -> QRect:
            target = self._ref(name)
            if target is None:
                return QRect()
            item = tree.heading_of(target[0][0]) if target[1] else tree.item_at(target[0])
            return QRect() if item is None else tree.visualItemRect(item)

        def find_in_table() -> QRect:
            target = self._ref(name)
            if target is None:
                return QRect()
            model = table.model
            return _row_rect(table.table, model.total_row(target[0][0]) if target[1] else model.row_of(target[0]))

        def find_in_paper() -> QRect:
            target = self._ref(name)
            return QRect() if target is None or target[1] else _row_rect(paper.table, paper.model.row_of(target[0]))

        yield _Spot(tree.viewport(), find_in_list)
        yield _Spot(table.table, find_in_table)
        yield _Spot(paper.table, find_in_paper)

    def _bar(self, name: str) -> Iterator[_Spot]:
        view = self._views["bars"]
        assert isinstance(view, BarsView)
        canvas = view.canvas

        def find() -> QRect:
            target = self._ref(name)
            if target is None:
                return QRect()
            return _pixels(canvas.total_rect(target[0][0]) if target[1] else canvas.visible_row_rect(target[0]))

        yield _Spot(canvas.viewport(), find)

    def _field(self, name: str) -> Iterator[_Spot]:
        form = self._form

        def find() -> QRect:
            field = form.visible_field(name)
            if field is None:
                return QRect()
            return _rect_in(field.title, form).united(_rect_in(field.widget, form))

        yield _Spot(form, find)

    def reveal_field(self, name: str) -> None:
        """Scroll the form to a field."""
        field, area = self._form.visible_field(name), self._docks.contents["layer"]
        if field is not None and isinstance(area, QScrollArea):
            area.ensureWidgetVisible(field.widget, 0, 24)

    def _part(self, name: str) -> Iterator[_Spot]:
        content = self._docks.contents[name]
        widget: QWidget = content if name in CENTRE_VIEWS else self._docks[name]
        yield _Spot(widget, widget.rect)

    def _command(self, name: str) -> Iterator[_Spot]:
        """The button of a command in the toolbar, or of a menu there; else the menu in which it is."""
        action = self._actions.get(name)
        button = None if action is None else self._toolbar.widgetForAction(action)
        view = self._views["volumes"]
        if button is None and isinstance(view, VolumesView):
            button = view.command_button(name)
        if isinstance(button, QToolButton):
            yield _Spot(button, button.rect)
            return
        entry = next((top for top in self._menu_bar.actions() if action is not None and _contains(top, action)), None)
        if entry is not None:
            yield _Spot(self._menu_bar, lambda: self._menu_bar.actionGeometry(entry))


def _row_rect(table: QTableView, row: int | None) -> QRect:
    """The visible part of a row with its header, in pixels of a table; empty if there is none."""
    viewport = table.viewport().geometry()
    if row is None:
        return QRect()
    top = viewport.top() + table.rowViewportPosition(row)
    rect = QRect(viewport.left(), top, viewport.width(), table.rowHeight(row)) & viewport
    return QRect() if rect.isEmpty() else rect.adjusted(-table.verticalHeader().width(), 0, 0, 0)


def _contains(entry: QAction, action: QAction) -> bool:
    menu = entry.menu()
    within = [] if menu is None else menu.actions()  # type: ignore[attr-defined]  # the stubs say QObject
    return action in within or any(_contains(other, action) for other in within)


def _rect_in(widget: QWidget, ancestor: QWidget) -> QRect:
    return QRect(widget.mapTo(ancestor, QPoint()), widget.size()) if widget.isVisible() else QRect()


def _pixels(rect: QRectF | None) -> QRect:
    return QRect() if rect is None else rect.toAlignedRect()
