"""All k×k convolutions of a design: what each can save, several replaced at once, and what is lost in the end."""

from functools import partial

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.network.input_specs import input_text
from engine.rank_search import FORMS, RankChoice, Replacement, apply_choices, rank_search_candidates
from engine.rank_search.report import LEVELS, design_text, error_text
from engine.run.execute import RunRequest
from engine.text.problems import STEM
from engine.text.units import abbreviate, ratio_in_words
from gui.state.edit import Edit
from gui.state.rank_search import RankQuery
from gui.state.requests import Cancel, Measure, Survey
from gui.state.view_state import Focus, ViewState
from gui.views.bottleneck_model import BottleneckModel
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.control_bar import make_control_bar
from gui.widgets.tables import CheckDelegate, make_row_table
from gui.widgets.texts import make_note

_ERRORS = (*LEVELS, 0.2, 0.3, 0.5)


class BottleneckDesignPage(QWidget):
    """The list of the chosen design's convolutions."""

    requested = Signal(object)
    layer_chosen = Signal(Focus)
    edit_proposed = Signal(Edit)

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.explore_button = QPushButton("Explore all")
        self.form = ChoiceBox([(form, words) for form, words in FORMS.items()])
        self.error = ChoiceBox([(level, f"error ≤ {100 * level:g} %") for level in _ERRORS])
        self.all = QPushButton("Choose what saves")
        self.refit = QCheckBox("Fit again")
        self.model = BottleneckModel()
        self.table = make_row_table(self.model, "Convolutions of the design")
        self.table.setItemDelegate(CheckDelegate(self.table))
        self.said = make_note()
        self.measure = QPushButton("Measure")
        self.apply, self.apply_copy = QPushButton("Apply"), QPushButton("Apply to a copy")
        self.form.show_value(RankQuery((STEM, "")).form)
        self.error.show_value(RankQuery((STEM, "")).max_error)
        self._set_accessible_names()
        self._compose()
        self._connect()
        self._refresh()

    def _set_accessible_names(self) -> None:
        for widget, tip in (
            (self.explore_button, "Find what can stand for each k×k convolution of the design"),
            (self.form, "Which convolutions stand for a k×k"),
            (self.error, "Error of each layer's own output to bear"),
            (self.all, "Check every layer that something cheaper can stand for"),
            (self.refit, "By least squares on the reduced maps, where that lowers the error on other inputs"),
            (self.measure, "Replace what is checked, run the whole design, and measure how its last volume differs"),
            (self.apply, "Put all replacements into the design, one undo step"),
            (self.apply_copy, "Put all replacements into a copy of the design"),
        ):
            widget.setToolTip(tip)
            widget.setAccessibleName(tip)

    def _compose(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(2)
        top = (self.explore_button, self.form, self.error, self.all, None)
        below = (self.refit, None, self.measure, self.apply, self.apply_copy)
        column.addWidget(make_control_bar(top))
        column.addWidget(self.table, 1)
        self.said.setContentsMargins(6, 2, 6, 2)
        self.said.setMinimumHeight(2 * self.said.fontMetrics().height())
        column.addWidget(self.said)
        column.addWidget(make_control_bar(below))

    def _connect(self) -> None:
        self.explore_button.clicked.connect(self._on_explore_clicked)
        for choice in (self.form, self.error):
            choice.chosen.connect(lambda _: self._refresh())
        self.all.clicked.connect(self._on_all_clicked)
        self.model.chosen_changed.connect(self._refresh)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_chosen)
        self.measure.clicked.connect(self._on_measure_clicked)
        self.apply.clicked.connect(partial(self._apply, copy=False))
        self.apply_copy.clicked.connect(partial(self._apply, copy=True))

    # State → page

    def show_state(self, state: ViewState) -> None:
        self._state = state
        self._refresh()

    @property
    def _design_name(self) -> str:
        return self._state.focus.design

    def _refresh(self) -> None:
        state = self._state
        known = self._design_name in state.check.analyses
        reports = rank_search_candidates(RunRequest(state.project, state.check), self._design_name) if known else ()
        self.model.show_state(state, self._design_name, reports, self.form.value(), self.error.value())
        self.table.resizeColumnsToContents()
        busy, swap = state.rank_search.busy_text, self._current_replacement()
        self.explore_button.setText("Cancel" if busy else "Explore all")
        self.explore_button.setEnabled(bool(busy or reports))
        self.all.setEnabled(bool(self.model.curves))
        self.measure.setEnabled(bool(self._checked_choices()) and not busy)
        self.apply.setEnabled(swap is not None)
        self.apply_copy.setEnabled(swap is not None and self._design_name != STEM)
        self.said.setText(self._summary_text(swap, bool(reports)))

    def _checked_choices(self) -> tuple[tuple[str, float], ...]:
        """The checked layers that something cheaper can stand for, and the error to bear."""
        error = self.error.value()
        return tuple(
            (name, error)
            for name, curve in sorted(self.model.curves.items())
            if name in self.model.chosen and curve.cheapest_within(error) is not None
        )

    def _current_replacement(self) -> Replacement | None:
        """What was measured, where it is of what is chosen now."""
        swap = self._state.rank_search.replacement
        if swap is None or swap.design != self._design_name or swap.before != self._state.project:
            return None
        chosen = {choice.curve.ref[1] for choice in swap.choices}
        fits = all(
            c.curve.cheapest_within(self.error.value()) == c.position and c.curve.form == self.form.value()
            for c in swap.choices
        )
        return swap if fits and chosen == {name for name, _ in self._checked_choices()} else None

    def _summary_text(self, swap: Replacement | None, any_there: bool) -> str:
        """What is chosen and what it saves; what it loses once that was measured; or what to do."""
        state = self._state
        if state.rank_search.busy_text:
            return f"{state.rank_search.busy_text} …"
        if state.rank_search.problems:
            return "\n".join(problem.text for problem in state.rank_search.problems)
        if not any_there:
            return "No k×k convolution here that is without groups and not fitted yet; choose another design"
        if not self.model.curves:
            return f"Explore all: what can each k×k convolution of {design_text(self._design_name)} save?"
        if swap is None:
            return self._offer_text()
        errors = ", ".join(f"{error_text(error)} in {design_text(name)}" for name, error in swap.errors.items())
        samples = state.rank_search.calibration
        names = [] if samples is None else [input_text(spec) for spec in samples.check_inputs or samples.fit_inputs]
        ratio = ratio_in_words(swap.macs, swap.macs_before, "multiply-accumulates")
        return (
            f"{len(swap.choices)} replaced: {abbreviate(swap.macs_before)} → {abbreviate(swap.macs)} MACs, {ratio}. "
            f"Measured on {', '.join(names)}: the last volume differs by {errors}."
        )

    def _offer_text(self) -> str:
        wanted = self._checked_choices()
        if not wanted:
            return "Check layers; Measure then tells what is lost in the end, which no sum of the layers' errors tells."
        curves = [self.model.curves[name] for name, _ in wanted]
        saved = sum(curve.macs_saved(curve.cheapest_within(self.error.value())) for curve in curves)
        return f"{len(wanted)} checked, {abbreviate(saved)} MACs fewer; Measure tells what that loses in the end."

    # What a person wants

    def _make_query(self) -> RankQuery:
        known = self._state.rank_search.query
        return RankQuery(
            self._state.focus.ref,
            self.form.value(),
            max_error=self.error.value(),
            refit=self.refit.isChecked(),
            photo_folder=None if known is None else known.photo_folder,
        )

    def _on_explore_clicked(self) -> None:
        if self._state.rank_search.busy_text:
            self.requested.emit(Cancel())
        else:
            self.requested.emit(Survey(self._design_name, self._make_query()))

    def _on_all_clicked(self) -> None:
        error = self.error.value()
        self.model.choose(
            frozenset(n for n, curve in self.model.curves.items() if curve.cheapest_within(error) is not None)
        )

    def _on_measure_clicked(self) -> None:
        self.requested.emit(Measure(self._make_query(), self._checked_choices()))

    def _on_row_chosen(self, current: QModelIndex) -> None:
        if current.isValid():
            self.layer_chosen.emit(Focus(self._design_name, self.model.reports[current.row()].name))

    def _apply(self, *, copy: bool) -> None:
        state, swap = self._state, self._current_replacement()
        samples = state.rank_search.calibration
        if swap is None or samples is None:
            return
        choices: tuple[RankChoice, ...] = swap.choices
        project, design = apply_choices(state.project, choices, samples, copy=copy)
        text = f"Fit {len(choices)} convolutions of {design_text(design)}"
        self.edit_proposed.emit(Edit(text, project, focus=Focus(design, choices[0].curve.ref[1])))
