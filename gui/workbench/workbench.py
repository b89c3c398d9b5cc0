"""The one path from an edit to a picture: Document, Runner, Focus and Look become one ViewState after another."""

from itertools import filterfalse
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from engine.project.embedded import is_report
from engine.project.file import ProjectFile, load_project
from engine.project.project import Project
from engine.run.cache import VolumeCache
from engine.run.check import EarlierCheck, ProjectCheck, check
from engine.run.execute import NodeDone, NodeStarted
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from gui.state.automatic_run import AutomaticRunState
from gui.state.earlier import earlier_designs
from gui.state.focus import Focus
from gui.state.history import History
from gui.state.initial_focus import fallback_focus, initial_focus
from gui.state.lesson_place import LessonPlace
from gui.state.look import Look
from gui.state.rank_search import RankSearchState
from gui.state.renames import Renames
from gui.state.requests import (
    BrushSweep,
    Cancel,
    MeasureReplacement,
    Request,
    RunSweep,
    SearchDesign,
    SearchRanks,
    ShowPoint,
)
from gui.state.run_view import RunProgress, RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult
from gui.workbench.document import Document, Version
from gui.workbench.ghost import BackgroundGhost
from gui.workbench.rank_search import BackgroundRankSearch
from gui.workbench.runner import RunEvent, Runner
from gui.workbench.sweep import BackgroundSweep


class Workbench(QObject):
    """All changes of the state go through here and are announced by `changed(old, new)`."""

    changed = Signal(object, object)

    def __init__(self, project: Project, look: Look | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = Document(project, self)
        self.cache = VolumeCache()
        self.runner = Runner(self.cache, self)
        self.rank_search = BackgroundRankSearch(self.cache, self)
        self.sweep = BackgroundSweep(self)
        self.ghost = BackgroundGhost(self.cache, self)
        project_check = check(project)
        self.state = ViewState(project, project_check, RunView(), initial_focus(project, project_check), look or Look())
        self.document.version_changed.connect(self._on_document_version_changed)
        self.document.file_changed.connect(self._on_document_file_changed)
        self.runner.advanced.connect(self._on_runner_advanced)
        self.runner.ended.connect(self._on_runner_ended)
        self.rank_search.changed.connect(self._on_rank_search_changed)
        self.sweep.changed.connect(lambda sweep: self._set_state(replace(self.state, sweep=sweep)))
        self.ghost.changed.connect(lambda ghost: self._set_state(replace(self.state, ghost=ghost)))

    def edit(self, text: str, project: Project, merge: str = "", focus: Focus | None = None) -> None:
        """Make `project` the current one as one undo step, and `focus`, if any, the selection."""
        now = self.state.focus
        after = focus or Renames(self.state.project, project).focus(now)
        self.document.edit(text, now, Version(project, after), merge)

    def set_focus(self, focus: Focus) -> None:
        if focus != self.state.focus and focus.ref in self.state.check:
            self._set_state(replace(self.state, focus=focus))

    def set_query(self, query: str) -> None:
        """Look for something else; "" looks for nothing."""
        if query != self.state.query:
            self._set_state(replace(self.state, query=query))

    def set_look(self, look: Look) -> None:
        if look != self.state.look:
            self._set_state(replace(self.state, look=look))

    def set_automatic(self, automatic: AutomaticRunState) -> None:
        if automatic != self.state.automatic:
            self._set_state(replace(self.state, automatic=automatic))

    def open(self, path: Path, *, sample: bool = False) -> None:
        """Show a project from a file; ProjectError leaves all unchanged. Samples and reports are never written to."""
        file = load_project(path)
        self.show_project(file.project, None if sample or is_report(path) else path.absolute(), file)

    def reload(self) -> None:
        """Read the file of the project again, as one step that can be undone; ProjectError leaves all unchanged."""
        if self.document.path is not None:
            self.document.reload(load_project(self.document.path), self.state.focus)

    def show_project(self, project: Project, path: Path | None = None, file: ProjectFile | None = None) -> None:
        """Show another project, with a new history and no results; its blocks are opened and closed anew."""
        self._end_session()
        self.document.replace(Version(project, initial_focus(project, check(project))), path, file)

    def show_lesson_step(self, version: Version, look: Look, place: LessonPlace) -> None:
        """Show the project of a step of a lesson, with this selection and look; it has no file."""
        self._end_session()
        self.document.replace(version, lesson=place)
        self.set_look(look)

    def restore(self, history: History) -> None:
        """Show a project with the history that an earlier window had."""
        self._end_session()
        self.document.restore(history)

    def _end_session(self) -> None:
        self.cancel()
        self.rank_search.clear()
        self.sweep.clear()
        self.ghost.show(self.state, None)

    def run(self) -> None:
        """Compute all designs in the background, instead of the current run."""
        project = self.document.project
        request = RunRequest(project, check(project, EarlierCheck(self.state.project, self.state.check)))
        refs = request.refs
        first = RunProgress(0, len(refs), refs[0]) if refs else None
        self._set_state(replace(self.state, check=request.check, run=self.state.run.advance({}, first)))
        if refs:
            visible = {self.state.visible_ref(ref) for ref in refs}
            boxes = frozenset(self.state.volume_at(ref).source for ref in visible)
            self.runner.start(request, boxes, self.state.look)
        else:
            self.runner.cancel()

    def answer(self, request: Request) -> None:
        """Start the work in the background that a view requests."""
        project = self.document.project
        match request:
            case SearchRanks(query):
                self.rank_search.search(project, query)
            case SearchDesign(design, query):
                self.rank_search.search_design(project, design, query)
            case MeasureReplacement(query, choices):
                self.rank_search.measure_replacement(project, query, choices)
            case ShowPoint(row):
                self.ghost.show(self.state, row)
            case RunSweep(settings, workers):
                self.ghost.show(self.state, None)
                self.sweep.run(project, settings, self.state.look.convention, workers)
            case BrushSweep(ranges):
                self.sweep.brush(ranges)
            case Cancel():
                self.cancel()

    def cancel(self) -> None:
        """End the run, the rank search and the sweep in progress; their results so far stay."""
        self.rank_search.cancel()
        self.sweep.cancel()
        self.runner.flush()
        self.runner.cancel()
        if self.state.run.progress is not None:
            self._set_state(replace(self.state, run=self.state.run.advance({}, None, self.state.run.problems)))

    def close(self) -> None:
        self.rank_search.close()
        self.sweep.close()
        self.ghost.close()
        self.runner.close()

    def _set_state(self, new: ViewState) -> None:
        old, self.state = self.state, new
        self.changed.emit(old, new)

    def _on_document_version_changed(self, version: Version) -> None:
        self.rank_search.clear_problems()
        project, focus, before = version.project, version.focus, self.state
        project_check = check(project, EarlierCheck(before.project, before.check))
        if self.document.session != before.session:
            before = _first_state(before, project, project_check, self.document.session)
        renames = Renames(before.project, project)
        if focus.ref not in project_check:
            focus = fallback_focus(focus, project, project_check)
        self._set_state(
            replace(
                before,
                project=project,
                check=project_check,
                run=self._run_for(project_check, before.run, renames),
                focus=focus,
                look=renames.look(before.look),
                clean=self.document.clean,
                lesson=self.document.lesson,
                earlier=earlier_designs(before.earlier, before.check, project_check, renames.ref),
            )
        )

    def _run_for(self, project_check: ProjectCheck, run: RunView, renames: Renames) -> RunView:
        """The results for another check: those of the current settings if cached, else the earlier ones.

        If these are the same results, the view of the run is the same, and views have nothing to look up again.
        """
        earlier = run.results
        if renames:
            earlier = {renames.ref(ref): result for ref, result in earlier.items()}
        without_report = filterfalse(project_check.reports.__contains__, earlier)
        gone = {ref for ref in without_report if ref not in project_check}
        results = {ref: result for ref, result in earlier.items() if ref not in gone} if gone else earlier
        changes = {}
        for ref, key in project_check.keys.items():
            result = results.get(ref)
            if result is None or result.key != key:
                cached = self.cache.get(key)
                if cached is not None:
                    changes[ref] = VolumeResult.of(key, cached)
        if changes or renames or len(results) < len(earlier):
            return RunView({**results, **changes}, run.progress)
        return replace(run, problems=()) if run.problems else run

    def _on_document_file_changed(self) -> None:
        self._set_state(replace(self.state, path=self.document.path, clean=self.document.clean))

    def _on_rank_search_changed(self, rank_search: RankSearchState) -> None:
        self._set_state(replace(self.state, rank_search=rank_search))

    def _on_runner_advanced(self, events: tuple[RunEvent, ...]) -> None:
        """Add what has been computed since the last time, in one new state."""
        run = self.state.run
        done = [(event.ref, self._result(event)) for event in events if isinstance(event, NodeDone)]
        changes = {ref: result for ref, result in done if result is not None}
        started = next((event for event in reversed(events) if isinstance(event, NodeStarted)), None)
        progress = run.progress if started is None else RunProgress(started.done, started.total, started.ref)
        self._set_state(replace(self.state, run=run.advance(changes, progress, run.problems)))

    def _result(self, event: NodeDone) -> VolumeResult | None:
        """The result that a node now has; None to leave the one that it had, if any."""
        if event.ref not in self.state.check:
            return None
        before, current_key = self.state.run.results.get(event.ref), self.state.check.keys.get(event.ref)
        if before is not None and event.is_reused and before.key == event.key:
            return None
        if before is not None and before.key == current_key != event.key:
            return None  # an edit during the run has restored a fresh result; this one stays in the cache
        return VolumeResult(event.key, event.volume, event.milliseconds, event.fitted_weights, event.notices)

    def _on_runner_ended(self, error: Exception | None) -> None:
        problems = error.problems if isinstance(error, ProjectError) else ()
        self._set_state(replace(self.state, run=self.state.run.advance({}, None, problems)))
        if error is not None and not isinstance(error, ProjectError):
            raise error


def _first_state(state: ViewState, project: Project, project_check: ProjectCheck, session: int) -> ViewState:
    """The state with another project and nothing that belongs to the one before."""
    look = replace(state.look, blocks="auto", toggled_blocks=frozenset(), pair=None)
    return replace(state, project=project, check=project_check, run=RunView(), look=look, earlier={}, session=session)
