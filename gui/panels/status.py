"""The status bar: what is under the mouse, progress of a run and an export, memory, and the totals of the designs."""

from collections.abc import Mapping
from functools import lru_cache

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QAction, QPalette
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QStatusBar, QWidget

from engine.cost.metrics import metric_by_id
from engine.network.graph import INPUT
from engine.network.node_ref import STEM, NodeRef
from engine.run.check import ProjectCheck
from engine.text.units import byte_size, count_text
from gui.state.view_state import ViewState
from gui.widgets.glyphs import mistake_icon
from gui.widgets.plain_text import plain_tip
from gui.widgets.progress_row import ProgressRow
from gui.widgets.texts import ElidedLabel, shorten_long_names

_MOST_TOTALS = 4
_DELAY_MS = 500


def next_step_hint(state: ViewState, *, boxes: bool = True) -> str:
    """A hint about what the user can do next, with or without boxes to click."""
    if state.run.progress is not None:
        return state.automatic.text
    if state.problems:
        return "What depends on a mistake cannot run; the list of mistakes (F8) leads to each"
    if not state.project.designs:
        return "The input goes through all designs side by side: + Design adds one"
    if state.automatic.text:
        return state.automatic.text
    if notices := _notice_counts(state):
        names = dict.fromkeys(f"the {node}" if node == INPUT else node for _, node in notices)
        text = ", ".join(list(shorten_long_names(list(names)).values())[:_MOST_TOTALS])
        return f"{count_text(sum(notices.values()), 'notice')} about files: select {text} to read more"
    if not state.run.results:
        return "Run (F5) computes the volumes of all designs"
    if not state.is_fresh:
        return "Some values are missing or from earlier settings: Run (F5) computes them"
    if not boxes:
        return "Click a layer in a list, a table or a picture to select it everywhere"
    return "Click a box to select its layer, drag it to move it, drag the background to turn the picture"


def _notice_counts(state: ViewState) -> dict[NodeRef, int]:
    """The number of notices by node, where there are any: from the headers of files, and from a run."""
    of_headers = {(notice.design, notice.node) for notice in state.check.notices}
    of_runs = {ref for ref, result in state.run.results.items() if result.notices}
    if not (of_headers or of_runs):
        return {}
    refs = [ref for ref in ((STEM, INPUT), *state.check.reports) if ref in of_headers or ref in of_runs]
    return {ref: count for ref in refs if (count := len(state.notices_at(ref)))}


@lru_cache(maxsize=4)
def _short_names(check: ProjectCheck, design: str) -> dict[str, str]:
    """The names of the designs, and of the nodes of one of them, as they are shown; cached for a whole run."""
    analysis = check.analyses.get(design)
    nodes = () if analysis is None else (INPUT, *(report.name for report in analysis.reports))
    return shorten_long_names(tuple(check.analyses)) | shorten_long_names(nodes)


class StatusPanel(QStatusBar):
    """Shows the state of the program and offers to cancel a run.

    Parameters
    ----------
    actions
        Commands of the window by id, for the buttons.
    """

    def __init__(self, state: ViewState, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._has_boxes = True
        self._hint = ""
        self.hover = ElidedLabel("", self)
        self.addWidget(self.hover, 1)
        self.run, self.export = ProgressRow("Progress of the run", self), ProgressRow("Progress of the export", self)
        self.run.canceled.connect(actions["cancel"].trigger)
        self._delay = QTimer(self, singleShot=True, interval=_DELAY_MS)
        """Until the progress of a run that an edit has started is shown: most are over before."""
        self._delay.timeout.connect(self.run.show)
        self.mistakes = QPushButton(self)
        self.mistakes.setFlat(True)
        self.mistakes.setToolTip(actions["show_mistakes"].toolTip())
        self.mistakes.clicked.connect(actions["show_mistakes"].trigger)
        self.memory = QLabel(self)
        self.memory.setContentsMargins(6, 0, 6, 0)
        self.totals = ElidedLabel("", self)
        self.totals.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        for widget in (self.run, self.export, self.mistakes, self.memory, self.totals):
            self.addPermanentWidget(widget)
        self._show_run(state)
        self._show_totals(state)
        self._show_hint(state)

    def show_hover(self, text: str) -> None:
        """Show a text about what is under the mouse; if it is "", show the hint."""
        self.hover.set_text(text or self._hint)
        self.hover.setForegroundRole(QPalette.ColorRole.WindowText if text else QPalette.ColorRole.PlaceholderText)

    def show_boxes(self, visible: bool) -> None:
        """Say what the mouse does with the boxes of the volumes only while they are visible."""
        if visible != self._has_boxes:
            self._has_boxes = visible
            self._show_hint(self._state)

    def show_export(self, name: str, done: int, total: int) -> None:
        """Show the file that is written now; "" at the end of the export."""
        if name:
            text = f"export {done + 1}/{total} · {shorten_long_names([name])[name]}"
            self.export.set_progress(text, done, total)
            self.export.show()
        else:
            self.export.hide()

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if old.run is not new.run:
            self._show_run(new)
        if old.check is not new.check or old.look.metric != new.look.metric:
            self._show_totals(new)
        if old.check is not new.check or old.run is not new.run or old.automatic != new.automatic:
            self._show_hint(new)

    def _show_hint(self, state: ViewState) -> None:
        self._show_mistakes(len(state.problems))
        self._hint = next_step_hint(state, boxes=self._has_boxes)
        self.show_hover("")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_mistakes()

    def _show_mistakes(self, count: int) -> None:
        text = count_text(count, "mistake")
        if text != self.mistakes.text():
            self.mistakes.setVisible(bool(count))
            self.mistakes.setText(text)
            self._paint_mistakes()

    def _paint_mistakes(self) -> None:
        colours = self.palette()
        self.mistakes.setIcon(mistake_icon(colours.brightText().color(), colours.window().color()))

    def _show_run(self, state: ViewState) -> None:
        progress = state.run.progress
        if progress is None:
            self._delay.stop()
            self.run.hide()
        else:
            design, node = progress.ref
            head = design or ("" if node == INPUT else "stem")
            short = _short_names(state.check, design)
            where = " · ".join(short.get(part, part) for part in (head, node) if part)
            self.run.set_progress(f"run {progress.done + 1}/{progress.total} · {where}", progress.done, progress.total)
            if not state.automatic.is_running:
                self.run.show()
            elif not self.run.isVisible() and not self._delay.isActive():
                self._delay.start()
        volumes = {id(result.volume): result.volume.nbytes for result in state.run.results.values()}
        self.memory.setText(f"volumes {byte_size(sum(volumes.values()))}" if volumes else "")
        if volumes:
            import psutil  # not before there is anything to say

            self.memory.setToolTip(f"{byte_size(psutil.virtual_memory().available)} of memory available")

    def _show_totals(self, state: ViewState) -> None:
        metric = metric_by_id(state.look.metric)
        costs = state.picture_costs
        totals = [(name, costs.total(metric, name)) for name in state.check.analyses if name != STEM]
        more = f" · and {len(totals) - _MOST_TOTALS} more" if len(totals) > _MOST_TOTALS else ""
        unit = costs.unit(metric)
        short = shorten_long_names([name for name, _ in totals])
        texts = " · ".join(f"{short[name]} {costs.short(metric, amount)}" for name, amount in totals[:_MOST_TOTALS])
        self.totals.set_text(f"{texts}{more} {unit}".rstrip() if totals else "")
        lines = [f"{name}: {costs.exact(metric, amount)} {unit}" for name, amount in totals]
        self.totals.setToolTip(plain_tip("\n".join(lines)))
