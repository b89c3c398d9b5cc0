"""The one path from an edit to a picture: Document, Runner, Focus and Look become one ViewState after another."""

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from engine.network.graph import INPUT
from engine.project.file import ProjectFile, load_project
from engine.project.project import Project
from engine.run.cache import VolumeCache
from engine.run.check import NodeRef, ProjectCheck, check
from engine.run.execute import NodeDone, NodeStarted, RunRequest
from engine.text.problems import STEM, ProjectError
from gui.state.rank_search import RankSearchState
from gui.state.requests import Cancel, Explore, Measure, Request, Survey
from gui.state.view_state import Focus, Look, RunProgress, RunView, ViewState
from gui.state.volume_at import VolumeResult
from gui.workbench.document import Document, Version
from gui.workbench.rank_search import BackgroundRankSearch
from gui.workbench.runner import Runner


class Workbench(QObject):
    """Everything that changes what is shown goes through here, and is told by `changed(old, new)`."""

    changed = Signal(object, object)

    def __init__(self, project: Project, look: Look | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = Document(project, self)
        self.cache = VolumeCache()
        self.runner = Runner(self.cache, self)
        self.exploring = BackgroundRankSearch(self)
        known = check(project)
        self.state = ViewState(project, known, RunView(), initial_focus(project, known), look or Look())
        self.document.version_changed.connect(self._on_document_version_changed)
        self.document.file_changed.connect(self._on_document_file_changed)
        self.runner.node_started.connect(self._on_runner_node_started)
        self.runner.node_done.connect(self._on_runner_node_done)
        self.runner.ended.connect(self._on_runner_ended)
        self.exploring.changed.connect(self._on_rank_search_changed)

    def edit(self, text: str, project: Project, merge: str = "", focus: Focus | None = None) -> None:
        """Make `project` the current one as one undo step, the selection at `focus` if it is given."""
        now = self.state.focus
        self.document.edit(text, now, Version(project, focus or now), merge)

    def set_focus(self, focus: Focus) -> None:
        if focus != self.state.focus and focus.ref in self.state.check:
            self._set_state(replace(self.state, focus=focus))

    def set_look(self, look: Look) -> None:
        if look != self.state.look:
            self._set_state(replace(self.state, look=look))

    def open(self, path: Path, *, sample: bool = False) -> None:
        """Show a project from a file; ProjectError leaves everything as it was. A sample is never written back."""
        file = load_project(path)
        self.show_project(file.project, None if sample else path.absolute(), file)

    def show_project(self, project: Project, path: Path | None = None, file: ProjectFile | None = None) -> None:
        """Show another project, its history and results its own."""
        self.cancel()
        self.exploring.clear()
        self._set_state(replace(self.state, run=RunView()))
        self.document.replace(Version(project, initial_focus(project, check(project))), path, file)

    def run(self) -> None:
        """Compute all designs in the background; a run under way gives way."""
        request = RunRequest.of(self.document.project)
        places = request.refs
        first = RunProgress(0, len(places), places[0]) if places else None
        self._set_state(
            replace(self.state, check=request.check, run=replace(self.state.run, progress=first, problems=()))
        )
        if places:
            self.runner.start(request)
        else:
            self.runner.cancel()

    def answer(self, request: Request) -> None:
        """Begin in the background what a view asks for."""
        project = self.document.project
        match request:
            case Explore(wish):
                self.exploring.search(project, wish)
            case Survey(design, wish):
                self.exploring.search_design(project, design, wish)
            case Measure(wish, choices):
                self.exploring.measure_replacement(project, wish, choices)
            case Cancel():
                self.cancel()

    def cancel(self) -> None:
        """End the run and the exploration under way; what they had computed stays."""
        self.exploring.cancel()
        self.runner.cancel()
        if self.state.run.progress is not None:
            self._set_state(replace(self.state, run=replace(self.state.run, progress=None)))

    def close(self) -> None:
        self.exploring.close()
        self.runner.close()

    def _set_state(self, new: ViewState) -> None:
        old, self.state = self.state, new
        self.changed.emit(old, new)

    def _on_document_version_changed(self, version: Version) -> None:
        self.exploring.clear_problems()
        project, focus = version.project, version.focus
        known = check(project)
        run = RunView(self._known_results(known), self.state.run.progress)
        if focus.ref not in known:
            focus = fallback_focus(focus, project, known)
        self._set_state(
            replace(self.state, project=project, check=known, run=run, focus=focus, clean=self.document.clean)
        )

    def _known_results(self, known: ProjectCheck) -> Mapping[NodeRef, VolumeResult]:
        """The results of before, where the place is still there; those of today's settings where the cache has them."""
        results = {place: result for place, result in self.state.run.results.items() if place in known}
        for place, key in known.keys.items():
            if place in results and results[place].key == key:
                continue
            made = self.cache.get(key)
            if made is not None:
                results[place] = VolumeResult(key, *made)
        return results

    def _on_document_file_changed(self) -> None:
        self._set_state(replace(self.state, path=self.document.path, clean=self.document.clean))

    def _on_rank_search_changed(self, exploration: RankSearchState) -> None:
        self._set_state(replace(self.state, rank_search=exploration))

    def _on_runner_node_started(self, event: NodeStarted) -> None:
        progress = RunProgress(event.done, event.total, event.ref)
        self._set_state(replace(self.state, run=replace(self.state.run, progress=progress)))

    def _on_runner_node_done(self, event: NodeDone) -> None:
        if event.ref not in self.state.check:
            return
        before, today = self.state.run.results.get(event.ref), self.state.check.keys.get(event.ref)
        if before is not None and event.is_reused and before.key == event.key:
            return
        if before is not None and before.key == today != event.key:
            return  # an edit or undo since the run began has brought back what fits; this waits in the cache
        result = VolumeResult(event.key, event.volume, event.milliseconds, event.fitted_weights)
        results = {**self.state.run.results, event.ref: result}
        self._set_state(replace(self.state, run=replace(self.state.run, results=results)))

    def _on_runner_ended(self, error: Exception | None) -> None:
        problems = error.problems if isinstance(error, ProjectError) else ()
        self._set_state(replace(self.state, run=replace(self.state.run, progress=None, problems=problems)))
        if error is not None and not isinstance(error, ProjectError):
            raise error


def initial_focus(project: Project, known: ProjectCheck) -> Focus:
    """The last volume of the first design, or the input where there is none.

    A classifier ends in single values, which show little: there it is what the first layer or block gives.
    """
    if not project.designs:
        return Focus(STEM, INPUT)
    name = project.designs[0].name
    analysis = known.analyses[name]
    if analysis.reports and analysis.output_shape is not None and analysis.output_shape[1:] == (1, 1):
        first = analysis.reports[0]
        return Focus(name, first.block or first.name)
    return Focus(name, analysis.output)


def fallback_focus(focus: Focus, project: Project, known: ProjectCheck) -> Focus:
    """Where the selection goes when its node is gone: the design's last volume, or the first design's."""
    if focus.design in known.analyses:
        return Focus(focus.design, known.analyses[focus.design].output)
    return initial_focus(project, known)
