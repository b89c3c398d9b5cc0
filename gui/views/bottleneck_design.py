"""The page on all k×k convolutions of a design: what each can save, and the error of replacing several at once."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import (
    QCheckBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.network.input_specs import input_text
from engine.network.node_ref import STEM, design_text
from engine.rank_search import (
    FORMS,
    RankChoice,
    Replacement,
    SkippedLayer,
    apply_choices,
    rank_search_candidates,
    skipped_layers,
)
from engine.rank_search.report import LEVELS, error_text
from engine.run.request import RunRequest
from engine.text.units import abbreviate, ratio_in_words
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.rank_search import RankQuery
from gui.state.requests import MeasureReplacement, Request, SearchDesign
from gui.state.view_state import ViewState
from gui.views.bottleneck_model import BottleneckModel
from gui.views.bottleneck_page import BottleneckPage
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.control_bar import make_control_bar
from gui.widgets.plain_text import plain_tip
from gui.widgets.tables import CheckDelegate, make_row_table
from gui.widgets.texts import make_note

_ERRORS = (*LEVELS, 0.2, 0.3, 0.5)


_MOST_NAMES = 3
"""Skipped layers of a reason that are named; the others are counted, and the tool tip names them."""

_MOST_IN_TIP = 40


class BottleneckDesignPage(BottleneckPage):
    """The list of convolutions of the selected design."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.search_button = QPushButton("Search all")
        self.form = ChoiceBox([(form, words) for form, words in FORMS.items()])
        self.error = ChoiceBox([(level, f"error ≤ {100 * level:g} %") for level in _ERRORS])
        self.check_all_button = QPushButton("Check all that save")
        self.refit = QCheckBox("Fit again")
        self.model = BottleneckModel()
        self.table = make_row_table(self.model, "Convolutions of the design")
        self.table.setItemDelegate(CheckDelegate(self.table))
        self.note = make_note()
        self.skipped = make_note()
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
            (self.search_button, "Find what can replace each k×k convolution of the design"),
            (self.form, "Which convolutions replace a k×k"),
            (self.error, "Largest error allowed in each layer's own output"),
            (self.check_all_button, "Check every layer that has a cheaper replacement"),
            (self.refit, "By least squares on the reduced maps, if that lowers the error on other inputs"),
            (self.measure, "Replace the checked layers, run the whole design, and measure how its last volume differs"),
            (self.apply, "Put all replacements into the design as one undo step"),
            (self.apply_copy, "Put all replacements into a copy of the design"),
        ):
            widget.setToolTip(tip)
            widget.setAccessibleName(tip)

    def _compose(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(2)
        top = (self.search_button, self.progress, self.form, self.error, self.check_all_button, None)
        below = (self.refit, None, self.measure, self.apply, self.apply_copy)
        column.addWidget(make_control_bar(top))
        column.addWidget(self.table, 1)
        self.note.setContentsMargins(6, 2, 6, 2)
        self.note.setMinimumHeight(2 * self.note.fontMetrics().height())
        self.skipped.setContentsMargins(6, 2, 6, 2)
        column.addWidget(self.skipped)
        column.addWidget(self.note)
        column.addWidget(make_control_bar(below))

    def _connect(self) -> None:
        self.search_button.clicked.connect(self._on_search_clicked)
        for choice in (self.form, self.error):
            choice.chosen.connect(lambda _: self._refresh())
        self.check_all_button.clicked.connect(self._on_check_all_clicked)
        self.model.checked_changed.connect(self._refresh)
        self.table.selectionModel().currentRowChanged.connect(self._on_current_row_changed)
        self.measure.clicked.connect(self._on_measure_clicked)
        self.apply.clicked.connect(partial(self._apply, copy=False))
        self.apply_copy.clicked.connect(partial(self._apply, copy=True))

    # State → page

    def show_state(self, state: ViewState) -> None:
        is_other_project, self._state = state.session != self._state.session, state
        if is_other_project:
            self.model.set_checked(frozenset())
        self._refresh()

    @property
    def _design_name(self) -> str:
        return self._state.focus.design

    def _refresh(self) -> None:
        state = self._state
        exists = self._design_name in state.check.analyses
        reports = rank_search_candidates(RunRequest(state.project, state.check), self._design_name) if exists else ()
        self.model.show_state(state, self._design_name, reports, self.form.value(), self.error.value())
        self.table.resizeColumnsToContents()
        busy, replacement = state.rank_search.busy_text, self._current_replacement()
        self.search_button.setText("Cancel" if busy else "Search all")
        self._show_progress(state.rank_search)
        self.search_button.setEnabled(bool(busy or reports))
        self.check_all_button.setEnabled(bool(self.model.curves))
        self.measure.setEnabled(bool(self._checked_choices()) and not busy)
        self.apply.setEnabled(replacement is not None)
        self.apply_copy.setEnabled(replacement is not None and self._design_name != STEM)
        self.note.setText(self._summary_text(replacement, bool(reports)))
        self._show_skipped(skipped_layers(RunRequest(state.project, state.check), self._design_name) if exists else ())

    def _show_skipped(self, layers: Sequence[SkippedLayer]) -> None:
        """List the layers that are not searched by reason; the tool tip has all of their names."""
        by_reason: dict[str, list[str]] = {}
        for layer in layers:
            by_reason.setdefault(layer.reason, []).append(layer.name)
        self.skipped.setText(
            "\n".join(f"Skipped: {_few_names(names)} ({reason})" for reason, names in by_reason.items())
        )
        self.skipped.setToolTip(plain_tip("\n".join(f"{layer.name} {layer.reason}" for layer in layers[:_MOST_IN_TIP])))
        self.skipped.setVisible(bool(layers))

    def _checked_choices(self) -> tuple[tuple[str, float], ...]:
        """Return the checked layers that have a cheaper replacement, each with the largest error allowed."""
        error = self.error.value()
        return tuple(
            (name, error)
            for name, curve in sorted(self.model.curves.items())
            if name in self.model.checked and curve.cheapest_within(error) is not None
        )

    def _current_replacement(self) -> Replacement | None:
        """Return the measured replacement if it is that of the checked layers and current settings."""
        replacement = self._state.rank_search.replacement
        if replacement is None or replacement.design != self._design_name or replacement.before != self._state.project:
            return None
        names = {choice.curve.ref[1] for choice in replacement.choices}
        fits = all(
            c.curve.cheapest_within(self.error.value()) == c.position and c.curve.form == self.form.value()
            for c in replacement.choices
        )
        return replacement if fits and names == {name for name, _ in self._checked_choices()} else None

    def _summary_text(self, replacement: Replacement | None, has_candidates: bool) -> str:
        """Return the savings of the checked layers, their error if it was measured, or what to do next."""
        state = self._state
        if state.rank_search.busy_text:
            return f"{state.rank_search.busy_text} …"
        if state.rank_search.problems:
            return "\n".join(problem.text for problem in state.rank_search.problems)
        if not has_candidates:
            return "No k×k convolution without groups is left to fit here; select another design"
        if not self.model.curves:
            return f"Search all shows what each k×k convolution of {design_text(self._design_name)} can save."
        if replacement is None:
            return self._checked_text()
        errors = ", ".join(f"{error_text(error)} in {design_text(name)}" for name, error in replacement.errors.items())
        calibration = state.rank_search.calibration
        specs = () if calibration is None else calibration.check_inputs or calibration.fit_inputs
        names = [input_text(spec) for spec in specs]
        macs, macs_before = replacement.macs, replacement.macs_before
        ratio = ratio_in_words(macs, macs_before, "multiply-accumulates")
        return (
            f"{len(replacement.choices)} replaced: {abbreviate(macs_before)} → {abbreviate(macs)} MACs, {ratio}. "
            f"Measured on {', '.join(names)}: the last volume differs by {errors}."
        )

    def _checked_text(self) -> str:
        choices = self._checked_choices()
        if not choices:
            return "Check layers, then Measure the error at the end: it does not follow from the layers' own errors."
        curves = [self.model.curves[name] for name, _ in choices]
        saved = sum(curve.macs_saved(curve.cheapest_within(self.error.value())) for curve in curves)
        return f"{len(choices)} checked, {abbreviate(saved)} fewer MACs; Measure shows the error at the end."

    # Requests

    def _make_query(self) -> RankQuery:
        current = self._state.rank_search.query
        return RankQuery(
            self._state.focus.ref,
            self.form.value(),
            max_error=self.error.value(),
            refit=self.refit.isChecked(),
            photo_folder=None if current is None else current.photo_folder,
        )

    def _search_request(self) -> Request:
        return SearchDesign(self._design_name, self._make_query())

    def _on_check_all_clicked(self) -> None:
        error = self.error.value()
        self.model.set_checked(
            frozenset(n for n, curve in self.model.curves.items() if curve.cheapest_within(error) is not None)
        )

    def _on_measure_clicked(self) -> None:
        self.requested.emit(MeasureReplacement(self._make_query(), self._checked_choices()))

    def _on_current_row_changed(self, current: QModelIndex) -> None:
        if current.isValid():
            self.focus_requested.emit(Focus(self._design_name, self.model.reports[current.row()].name))

    def _apply(self, *, copy: bool) -> None:
        state, replacement = self._state, self._current_replacement()
        calibration = state.rank_search.calibration
        if replacement is None or calibration is None:
            return
        choices: tuple[RankChoice, ...] = replacement.choices
        project, design = apply_choices(state.project, choices, calibration, copy=copy)
        text = f"Fit {len(choices)} convolutions of {design_text(design)}"
        self.edit_proposed.emit(Edit(text, project, focus=Focus(design, choices[0].curve.ref[1])))


def _few_names(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown
