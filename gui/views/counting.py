"""The Counting view: one design counted by every counting rule, and by one of the user's own."""

from msgspec.structs import replace
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSignalBlocker, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.cost.counting import GROUPS, Convention, custom_convention, groups_of
from engine.cost.metrics import OPERATIONS
from engine.network.node_ref import STEM
from engine.reports.counting_table import TITLE_COLUMN, describe_tally
from gui.state.view_state import ViewState
from gui.views.base import View
from gui.views.counting_model import CountingModel
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.flow import FlowLayout
from gui.widgets.number_controls import IntegerBox
from gui.widgets.tables import make_row_table

_MOST_BATCH = 1_000_000
_WIDEST_TERM = 22
"""Width in digits of the widest column of a term."""


class CountingView(View):
    """One row per counting rule; selecting a row applies its rule everywhere."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.design = ChoiceBox()
        self.unit = ChoiceBox((("MACs", "MACs"), ("FLOPs", "FLOPs (2 per MAC)")))
        self.group_button = QToolButton()
        self.group_actions = {
            name: QAction(name[:1].upper() + name[1:], self.group_button, checkable=True) for name in GROUPS
        }
        self.batch = IntegerBox(1, _MOST_BATCH)
        self.kilo = ChoiceBox(((1000, "K = 1000"), (1024, "K = 1024")))
        self.model = CountingModel()
        self.table = make_row_table(self.model, "Counting rules", "Terms")
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        self.note = QLabel()
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._set_accessible_names()
        self._compose()
        self.design.chosen.connect(lambda design: self._show_design(design))
        self.unit.chosen.connect(lambda _: self._use_custom_convention())
        for action in self.group_actions.values():
            action.triggered.connect(lambda _: self._use_custom_convention())
        self.batch.valueChanged.connect(lambda batch: self._change_convention(batch=batch))
        self.kilo.chosen.connect(lambda kilo: self._change_convention(kilo=kilo))
        self.table.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        self._show_all(moved=True)

    def _set_accessible_names(self) -> None:
        for widget, name, tip in (
            (self.design, "Design", "Design whose operations are counted"),
            (self.unit, "Unit", "1 MAC = 1 multiply-accumulate = 2 FLOPs"),
            (self.batch, "Batch size", "Inputs at a time: multiplies operations and volumes, but not parameters"),
            (self.kilo, "K", "What K, M and G mean; GoogLeNet's paper uses K = 1024 for parameters"),
        ):
            widget.setAccessibleName(name)
            widget.setToolTip(tip)
        self.group_button.setText("Also count")
        self.group_button.setToolTip("What to count besides multiply-accumulates, in a counting rule of your own")
        self.group_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.group_button.addActions(list(self.group_actions.values()))

    def _compose(self) -> None:
        controls = FlowLayout()
        controls.setContentsMargins(6, 3, 6, 3)
        controls.setSpacing(6)
        batch = QLabel("Batch")
        batch.setBuddy(self.batch)
        for widget in (self.design, self.unit, self.group_button, batch, self.batch, self.kilo):
            controls.addWidget(widget)
        self.note.setContentsMargins(6, 3, 6, 5)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a low dock clips it
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(controls)
        column.addWidget(self.table, 1)
        column.addWidget(self.note)

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        moved = old.focus.design != new.focus.design
        if moved or old.costs_key != new.costs_key:
            self._show_all(moved=moved)

    def _show_all(self, *, moved: bool) -> None:
        """Show the rules and their counts; of the design in focus if the focus has `moved` to another one."""
        state = self._state
        names = [name for name in state.check.analyses if name != STEM]
        self.design.set_options([(name, name) for name in names])
        if moved and state.focus.design in names:
            self.design.show_value(state.focus.design)
        self._show_rule(state.look.convention)
        self._show_design(self.design.value() or STEM)

    def _show_rule(self, rule: Convention) -> None:
        self.unit.show_value(rule.unit)
        self.kilo.show_value(rule.kilo)
        self.batch.show_number(rule.batch)
        groups = groups_of(rule)
        for name, action in self.group_actions.items():
            action.setChecked(name in groups)

    def _show_design(self, design: str) -> None:
        with QSignalBlocker(self.table.selectionModel()):
            self.model.show_state(self._state, design)
            flags = QItemSelectionModel.SelectionFlag
            index = self.model.index(self.model.current_row, TITLE_COLUMN)
            self.table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self._fit_columns()
        self.note.setText(describe_tally(design, self.model.tallies[self.model.current_row]))

    def _fit_columns(self) -> None:
        widest = _WIDEST_TERM * self.table.fontMetrics().horizontalAdvance("0")
        for column in range(self.model.columnCount()):
            width = max(self.table.sizeHintForColumn(column), self.table.horizontalHeader().sectionSizeHint(column))
            self.table.setColumnWidth(column, width if column < 2 else min(width, widest) + 8)

    def _on_current_row_changed(self, current: QModelIndex) -> None:
        if current.isValid():
            rule = self.model.conventions[current.row()]
            self._request_convention(replace(rule, batch=self._state.look.convention.batch))

    def _use_custom_convention(self) -> None:
        groups = [name for name, action in self.group_actions.items() if action.isChecked()]
        self._request_convention(custom_convention(self.unit.value(), groups, self.batch.value(), self.kilo.value()))

    def _change_convention(self, **changes: object) -> None:
        self._request_convention(replace(self._state.look.convention, **changes))

    def _request_convention(self, rule: Convention) -> None:
        self.look_requested.emit(replace(self._state.look, convention=rule, metric=OPERATIONS))
