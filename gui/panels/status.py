"""The status bar: what the mouse is on, the run under way with Cancel in place, memory, and every design's total."""

import psutil
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QStatusBar, QWidget

from engine.metrics import metric, total
from engine.problems import STEM
from engine.units import abbreviated, byte_size, exact
from gui.state import ViewState

MOST_TOTALS = 4


class StatusPanel(QStatusBar):
    """Reports a wish to cancel; everything else is shown."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hover = QLabel(self)
        # Long texts are cut, never a reason for the window to grow.
        self.hover.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.addWidget(self.hover, 1)
        self.run = QWidget(self)
        self.run_label = QLabel(self.run)
        self.bar = QProgressBar(self.run)
        self.bar.setFixedWidth(140)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the run")
        self.cancel = QPushButton("Cancel", self.run)
        self.cancel.clicked.connect(self.cancel_requested)
        row = QHBoxLayout(self.run)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.run_label)
        row.addWidget(self.bar)
        row.addWidget(self.cancel)
        self.memory = QLabel(self)
        self.totals = QLabel(self)
        for widget in (self.run, self.memory, self.totals):
            self.addPermanentWidget(widget)

    def show_hover(self, text: str) -> None:
        self.hover.setText(text)
        self.hover.setToolTip(text)

    def show_state(self, old: ViewState | None, new: ViewState) -> None:
        if old is None or old.run is not new.run:
            self._show_run(new)
        if old is None or old.check is not new.check or old.look.metric != new.look.metric:
            self._show_totals(new)

    def _show_run(self, state: ViewState) -> None:
        progress = state.run.progress
        self.run.setVisible(progress is not None)
        if progress is not None:
            design, node = progress.place
            self.run_label.setText(f"run {progress.done + 1}/{progress.total} · {design or 'stem'} · {node}")
            self.bar.setRange(0, progress.total)
            self.bar.setValue(progress.done)
        volumes = {id(result.volume): result.volume.nbytes for result in state.run.results.values()}
        self.memory.setText(f"volumes {byte_size(sum(volumes.values()))}" if volumes else "")
        self.memory.setToolTip(f"{byte_size(psutil.virtual_memory().available)} of memory are free")

    def _show_totals(self, state: ViewState) -> None:
        chosen = metric(state.look.metric)
        totals = [
            (name, total(chosen, analysis.reports)) for name, analysis in state.check.analyses.items() if name != STEM
        ]
        more = f" · and {len(totals) - MOST_TOTALS} more" if len(totals) > MOST_TOTALS else ""
        shown = " · ".join(f"{name} {abbreviated(amount)}" for name, amount in totals[:MOST_TOTALS])
        self.totals.setText(f"{shown}{more} {chosen.unit}" if totals else "")
        self.totals.setToolTip("\n".join(f"{name}: {exact(amount)} {chosen.unit}" for name, amount in totals))
