"""The view of conventions: one design counted by all of them, and a convention of one's own."""

from msgspec.structs import replace
from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSignalBlocker, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.cost.counting import GROUPS, TERMS, Convention, Tally, custom_convention, groups_of
from engine.cost.metrics import OPERATIONS
from engine.text.problems import STEM
from engine.text.units import abbreviate, exact_text
from gui.state.view_state import ViewState
from gui.views.base import View
from gui.views.counting_model import TITLE_COLUMN, CountingModel
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.number_controls import IntegerBox
from gui.widgets.tables import make_row_table

_MOST_BATCH = 1_000_000
_WIDEST_TERM = 130


class CountingView(View):
    """A row a convention; choosing one counts by it everywhere."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.design = ChoiceBox()
        self.unit = ChoiceBox((("MACs", "MACs"), ("FLOPs", "FLOPs (2 per MAC)")))
        self.also = QToolButton()
        self.groups = {name: QAction(name[:1].upper() + name[1:], self.also, checkable=True) for name in GROUPS}
        self.batch = IntegerBox(1, _MOST_BATCH)
        self.kilo = ChoiceBox(((1000, "K = 1000"), (1024, "K = 1024")))
        self.model = CountingModel()
        self.table = make_row_table(self.model, "Conventions", "Terms")
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._set_accessible_names()
        self._compose()
        self.design.chosen.connect(lambda design: self._show_design(design))
        self.unit.chosen.connect(lambda _: self._use_custom_convention())
        for action in self.groups.values():
            action.triggered.connect(lambda _: self._use_custom_convention())
        self.batch.valueChanged.connect(lambda batch: self._change_convention(batch=batch))
        self.kilo.chosen.connect(lambda kilo: self._change_convention(kilo=kilo))
        self.table.selectionModel().currentRowChanged.connect(self._on_row_chosen)
        self._show_all(moved=True)

    def _set_accessible_names(self) -> None:
        for widget, name, tip in (
            (self.design, "Design", "Whose operations are counted"),
            (self.unit, "Unit", "1 MAC = 1 multiply-accumulate = 2 FLOPs"),
            (self.batch, "Batch size", "Inputs at a time: operations and volumes are multiplied, parameters are not"),
            (self.kilo, "K", "What K, M and G stand for; GoogLeNet's paper takes K = 1024 for parameters"),
        ):
            widget.setAccessibleName(name)
            widget.setToolTip(tip)
        self.also.setText("Also count")
        self.also.setToolTip("What counts besides multiply-accumulates, in a convention of your own")
        self.also.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.also.addActions(list(self.groups.values()))

    def _compose(self) -> None:
        controls = QHBoxLayout()
        controls.setContentsMargins(6, 3, 6, 3)
        controls.setSpacing(8)
        batch = QLabel("Batch")
        batch.setBuddy(self.batch)
        for widget in (self.design, self.unit, self.also, batch, self.batch, self.kilo):
            controls.addWidget(widget)
        controls.addStretch()
        self.said.setContentsMargins(6, 3, 6, 5)
        bar = QWidget()
        bar.setLayout(controls)
        bar.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # a narrow dock shows the first ones
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # a low dock clips it
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.table, 1)
        column.addWidget(self.said)

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        moved = old.focus.design != new.focus.design
        if moved or old.costs_key != new.costs_key:
            self._show_all(moved=moved)

    def _show_all(self, *, moved: bool) -> None:
        """Show the rules and what they count, if the focus has `moved` to another design, of that one."""
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
        counted = groups_of(rule)
        for name, action in self.groups.items():
            action.setChecked(name in counted)

    def _show_design(self, design: str) -> None:
        with QSignalBlocker(self.table.selectionModel()):
            self.model.show_state(self._state, design)
            flags = QItemSelectionModel.SelectionFlag
            index = self.model.index(self.model.chosen, TITLE_COLUMN)
            self.table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self._fit_columns()
        self.said.setText(describe_tally(design, self.model.tallies[self.model.chosen]))

    def _fit_columns(self) -> None:
        for column in range(self.model.columnCount()):
            room = max(self.table.sizeHintForColumn(column), self.table.horizontalHeader().sectionSizeHint(column))
            self.table.setColumnWidth(column, room if column < 2 else min(room, _WIDEST_TERM) + 8)

    def _on_row_chosen(self, current: QModelIndex) -> None:
        if current.isValid():
            rule = self.model.conventions[current.row()]
            self._request_convention(replace(rule, batch=self._state.look.convention.batch))

    def _use_custom_convention(self) -> None:
        groups = [name for name, action in self.groups.items() if action.isChecked()]
        self._request_convention(custom_convention(self.unit.value(), groups, self.batch.value(), self.kilo.value()))

    def _change_convention(self, **changes: object) -> None:
        self._request_convention(replace(self._state.look.convention, **changes))

    def _request_convention(self, rule: Convention) -> None:
        self.look_requested.emit(replace(self._state.look, convention=rule, metric=OPERATIONS))


def describe_tally(design: str, found: Tally | None) -> str:
    """What a convention counts and leaves out, with how large that is."""
    if found is None:
        return f"{design}: unknown until its mistakes are mended"
    rule, titles = found.convention, {term.id: term.title for term in TERMS}
    inputs = "one input" if rule.batch == 1 else f"{rule.batch} inputs"
    parts = [f"{design}, {rule.title}: {exact_text(found.total)} {rule.unit} for {inputs}."]
    if found.uncounted:
        largest = sorted(found.uncounted.items(), key=lambda item: -item[1])
        parts.append(f"Left out: {', '.join(f'{abbreviate(amount)} {titles[id]}' for id, amount in largest)}.")
    if rule.source:
        parts.append(f"Rule: {rule.source}.")
    return " ".join(parts)
