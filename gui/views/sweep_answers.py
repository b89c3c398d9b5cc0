"""Answers of a sweep in one sentence each, with a button that selects the point."""

from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.cost.metrics import metric_by_id
from engine.sweep.answers import amount_text, default_pair, fitting_rows, point_settings_text
from engine.sweep.front import best_within
from engine.sweep.sweep import Sweep
from gui.state.view_state import ViewState
from gui.widgets.texts import make_note

_MOST_ERROR = 0.02


class SweepAnswers(QWidget):
    """The cheapest point within an error, and that of least error within the MACs of the present design."""

    row_selected = Signal(int)
    """The position of a point in the table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.notes = [make_note(role=QPalette.ColorRole.WindowText) for _ in range(2)]
        self.buttons: list[QPushButton] = []
        self._rows = [0, 0]
        self._lines = [QWidget(self), QWidget(self)]
        for index, (line, note) in enumerate(zip(self._lines, self.notes, strict=True)):
            button = QPushButton("Select", line)
            button.clicked.connect(partial(self._select, index))
            self.buttons.append(button)
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(button)
            row.addWidget(note, 1)
            column.addWidget(line)

    def show_state(self, state: ViewState, rows: tuple[dict[str, Any], ...]) -> None:
        """Answer for these rows of the sweep."""
        sweep = state.sweep.sweep
        has_error = sweep is not None and "error" in sweep.settings.measure and not state.sweep.is_busy
        answers = _answers(state, sweep, rows) if has_error and sweep is not None else [None, None]
        for index, answer in enumerate(answers):
            self._lines[index].setVisible(answer is not None)
            if answer is not None:
                text, self._rows[index] = answer
                self.notes[index].setText(text)
                self.buttons[index].setAccessibleName(f"Select: {text}")
        self.setVisible(any(answers))

    def _select(self, index: int) -> None:
        self.row_selected.emit(self._rows[index])


def _answers(state: ViewState, sweep: Sweep, rows: tuple[dict[str, Any], ...]) -> list[tuple[str, int] | None]:
    """A sentence and the position of its point, for each question; None for one without an answer."""
    error = default_pair(sweep)[1]
    budget = None
    if sweep.design in state.picture_costs.check.analyses:
        budget = state.picture_costs.total(metric_by_id("macs"), sweep.design)
    questions = [(f"Cheapest within {100 * _MOST_ERROR:.0f} % error", "macs", error, _MOST_ERROR)]
    if budget is not None:
        questions.append((f"Best within {amount_text('macs', budget)}", error, "macs", float(budget)))
    fitting = fitting_rows(rows)
    answers: list[tuple[str, int] | None] = []
    for title, metric, limited, limit in questions:
        index = best_within(fitting, metric, limited, limit)
        if index is None:
            answers.append(None)
            continue
        best = fitting[index]
        amounts = ", ".join(amount_text(name, best[name]) for name in ("macs", error))
        position = next(index for index, row in enumerate(state.sweep.rows) if row is best)
        answers.append((f"{title}: {point_settings_text(sweep, best)} ({amounts})", position))
    return [*answers, None][:2]
