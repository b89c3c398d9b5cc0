"""The view of what differs between two designs: layers, settings, their costs, and errors along the network."""

from collections.abc import Iterator
from functools import partial

from msgspec.structs import replace
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSplitter, QToolButton, QVBoxLayout, QWidget

from engine.kernels import Checkpoint
from engine.network.node_ref import STEM
from engine.reports.difference_formats import nothing_text
from engine.reports.differences import DesignDifferences, describe_seeds
from gui.paint.differences.content import COMPARE_HINT, build_differences, compute_errors, selected_layer
from gui.state import edits
from gui.state.comparison import compared_pair
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.views.base import View
from gui.views.differences_table import DifferencesTable
from gui.views.error_canvas import ErrorCanvas
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.flow import FlowLayout
from gui.widgets.texts import ElidedLabel, shorten_long_names
from gui.worker import Worker

_REDRAW_MS = 100
"""Least time between two repaints while errors are computed."""
_SHARES = 640, 360
"""Sizes of table and chart in proportion, until a person drags their border."""
_WIDE = 1.6
"""Ratio of width to height from which the chart is beside the table, not below it."""
_NARROWEST_CHART = 14
"""Width of the chart beside the table, in heights of a line; if the table leaves less, the chart is below it."""


class DifferencesView(View):
    """A table of the differences beside the chart of errors; a row or a column of the chart selects its layer."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._content = build_differences(state)
        self.first, self.second = ChoiceBox(parent=self), ChoiceBox(parent=self)
        self.swap, self.share = QToolButton(self), QToolButton(self)
        self.every_layer = QCheckBox("All layers", self)
        self._rows = DifferencesTable(state, self._content, self)
        self.model, self.table, self.copy_button = self._rows.model, self._rows.table, self._rows.copy_button
        self.canvas = ErrorCanvas(self._content, state, self)
        self.hint, self.note = QLabel(self), QLabel(self)
        self.first_difference = ElidedLabel(parent=self)
        self.splitter = QSplitter(self)
        self._redraw = QTimer(self, singleShot=True, interval=_REDRAW_MS)
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)
        self._redraw.timeout.connect(self._show_errors)
        self._describe_controls()
        self._compose()
        self._connect()
        self._show_content()

    def _describe_controls(self) -> None:
        self.first.setAccessibleName("Design a")
        self.first.setToolTip("The design that the other one is compared with")
        self.second.setAccessibleName("Design b")
        self.second.setToolTip("The design whose costs and errors are relative to the first")
        self.swap.setText("⇄")
        self.swap.setAccessibleName("Swap the designs")
        self.swap.setToolTip("Swap the designs")
        self.every_layer.setToolTip("Also list layers that do not differ, with their errors")
        for label in (self.hint, self.note):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setMargin(12)
        self.note.setContentsMargins(0, 0, 0, 0)
        self.share.setToolTip("Then equal layers compute equal values, and errors show what the differences do")
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def _compose(self) -> None:
        controls = FlowLayout()
        controls.setContentsMargins(6, 4, 6, 4)
        controls.setSpacing(4)
        for widget in (self.first, self.swap, self.second, self.every_layer, self.copy_button):
            controls.addWidget(widget)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self.canvas)
        self.splitter.setChildrenCollapsible(False)
        self._is_dragged = False
        """Whether a person has dragged the border between table and chart."""
        self.splitter.splitterMoved.connect(self._on_splitter_moved)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(controls)
        column.addWidget(self.hint, 1)
        column.addWidget(self.splitter, 1)
        below = QHBoxLayout()
        below.setContentsMargins(6, 3, 6, 3)
        below.addWidget(self.note, 1)
        below.addWidget(self.share)
        row = QHBoxLayout()
        row.setContentsMargins(6, 3, 6, 0)
        row.addWidget(self.first_difference)
        column.addLayout(row)
        column.addLayout(below)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        self.first.chosen.connect(lambda name: self._request_pair(name, self.second.value()))
        self.second.chosen.connect(lambda name: self._request_pair(self.first.value(), name))
        self.share.clicked.connect(self._propose_sharing)
        self.swap.clicked.connect(lambda: self._request_pair(self.second.value(), self.first.value()))
        self.every_layer.clicked.connect(self._show_content)
        self._rows.position_selected.connect(self._select_layer)
        self._rows.hovered.connect(self.hovered)
        self.canvas.layer_selected.connect(self._select_layer)
        self.canvas.hovered.connect(self.hovered)

    # State → widgets

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if _shows_other(old, new):
            self._content = build_differences(new)
            self._show_content()
        elif old.focus.ref != new.focus.ref:
            self._show_focus()

    def close_down(self) -> None:
        self._redraw.stop()
        self._worker.close()

    def _show_content(self) -> None:
        """Show the cached errors at once, and compute the others in the background."""
        differences = self._content.differences
        self._show_designs()
        self._rows.show_content(self._state, self._content, every_layer=self.every_layer.isChecked())
        self._share_space()
        self._show_texts(differences)
        self._show_focus()
        self._worker.cancel()
        if not self._content.is_complete:
            self._worker.start(partial(_compute, self._state))

    def _show_designs(self) -> None:
        names = [name for name in self._state.check.analyses if name != STEM]
        for choice, name in zip((self.first, self.second), compared_pair(self._state) or (None, None), strict=True):
            choice.set_options([(design, design) for design in names])
            choice.show_value(name)
            choice.setEnabled(len(names) > 1)
        for widget in (self.swap, self.every_layer, self.copy_button):
            widget.setEnabled(len(names) > 1)

    def _show_texts(self, differences: DesignDifferences | None) -> None:
        has_rows = bool(self.model.rows)
        self.table.setVisible(has_rows)
        self.splitter.setVisible(differences is not None and bool(differences.layers))
        self.hint.setVisible(not has_rows)
        if differences is None:
            self.hint.setText(COMPARE_HINT)
        else:
            self.hint.setText(f"{differences.first} and {differences.second}: {nothing_text(differences)}")
        self._show_note(differences)
        if differences is not None:
            self.share.setText(f"Use those of {shorten_long_names([differences.first])[differences.first]}")

    def _show_note(self, differences: DesignDifferences | None) -> None:
        """Show at which layer values begin to differ, and how many layers have random weights."""
        seeds = "" if differences is None else describe_seeds(differences)
        self.first_difference.set_text(self._content.first_text)
        self.first_difference.setVisible(bool(self._content.first_text))
        self.note.setText(seeds)
        self.note.setVisible(bool(seeds))
        self.share.setVisible(bool(seeds))

    def _show_errors(self) -> None:
        """Show the errors that have been computed since."""
        self._content = build_differences(self._state)
        self._rows.show_content(self._state, self._content, every_layer=self.every_layer.isChecked())
        self.canvas.show_content(self._content, self._state)
        self._show_texts(self._content.differences)

    def _show_focus(self) -> None:
        """Make the row of the selected layer the current one."""
        self.canvas.show_content(self._content, self._state)
        self._rows.select(selected_layer(self._content, self._state))

    def showEvent(self, event: QShowEvent) -> None:
        """Fit the columns: their texts are wider than they were before the style has prepared the table."""
        super().showEvent(event)
        self._rows.fit_columns()
        self._share_space()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_space()

    def _orientation(self) -> Qt.Orientation:
        """The chart is beside the table, or below it if the view is narrow, or too narrow for all numbers."""
        beside = self.width() - self._rows.least_width >= _NARROWEST_CHART * self.fontMetrics().height()
        is_wide = self.width() > _WIDE * self.height()
        return Qt.Orientation.Horizontal if is_wide and beside else Qt.Orientation.Vertical

    def _share_space(self) -> None:
        """Share the space between table and chart, until a person drags their border: no more than the table needs."""
        if self._orientation() != self.splitter.orientation():
            self.splitter.setOrientation(self._orientation())
            self._is_dragged = False
        if self._is_dragged:
            return
        first, second = _SHARES
        if self.splitter.orientation() == Qt.Orientation.Horizontal:
            width = self.splitter.width()
            first = min(max(first * width // sum(_SHARES), self._rows.least_width), self._rows.natural_width)
            second = width - first
        self.splitter.setSizes([first, second])

    # Widgets → requests

    def _on_splitter_moved(self) -> None:
        self._is_dragged = True

    def _request_pair(self, first: str, second: str) -> None:
        """Compare these designs; choosing the other one swaps them."""
        current = compared_pair(self._state)
        if first == second and current is not None:
            first, second = current[::-1]
        self.look_requested.emit(replace(self._state.look, pair=(first, second)))

    def _propose_sharing(self) -> None:
        edit = edits.share_random_weights(self._state)
        if edit is not None:
            self.edit_proposed.emit(edit)

    def _select_layer(self, position: int) -> None:
        """Select a layer: in the design of the selection if that has it, else in the second one, else in the first."""
        differences = self._content.differences
        if differences is None or selected_layer(self._content, self._state) == position:
            return
        refs = [ref for ref in differences.refs(differences.layers[position]) if ref is not None]
        own = [ref for ref in refs if ref[0] == self._state.focus.design]
        self.focus_requested.emit(Focus(*(own or refs[::-1])[0]))

    # Errors, in the background

    def _on_worker_reported(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start()

    def _on_worker_ended(self, error: Exception | None) -> None:
        if error is not None:
            raise error
        self._redraw.stop()
        self._show_errors()


def _shows_other(old: ViewState, new: ViewState) -> bool:
    """Whether anything differs besides the selection."""
    looks = ("theme", "pair", "blocks", "toggled_blocks", "convention", "metric")
    return (
        old.session != new.session
        or old.check is not new.check
        or old.run.results is not new.run.results
        or any(getattr(old.look, name) != getattr(new.look, name) for name in looks)
    )


def _compute(state: ViewState, checkpoint: Checkpoint) -> Iterator[object]:
    yield from compute_errors(state, checkpoint)
