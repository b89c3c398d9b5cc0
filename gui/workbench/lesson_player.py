"""A lesson as it is taken: which step is shown, what has been answered, and the person's own project meanwhile."""

from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer, Signal

from engine.project.project import Project
from engine.run.check import check
from gui.catalogue.views import VIEWS
from gui.lessons.changes import ChangeError, change_edit
from gui.lessons.expressions import function_calls
from gui.lessons.facts import ProjectFacts
from gui.lessons.lesson import Change, ChoiceQuestion, Lesson, NumberQuestion, SetSettings, Show, Step, Task
from gui.lessons.page import Answer, LessonPage, NumberPage, make_page
from gui.lessons.states import shown_state, step_state
from gui.lessons.walk import step_project
from gui.state.focus import Focus
from gui.state.history import History, Version
from gui.state.initial_focus import initial_focus
from gui.state.lesson_place import LessonPlace
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.workbench.lesson_values import LessonValues
from gui.workbench.workbench import Workbench

_SHOWS_VOLUMES = frozenset(row.id for row in VIEWS if row.picture.shows_volumes)
"""Views for which a step runs the project by itself."""


class StepStart(Struct, frozen=True):
    """What the window shows at the beginning of a step."""

    project: Project
    focus: Focus
    look: Look


class _OwnWork(Struct, frozen=True):
    """What the window had before the lesson."""

    history: History
    look: Look


class LessonPlayer(QObject):
    """Takes a person through a lesson in a workbench.

    The lesson has projects of its own: that of the person, with its file and its undo history, waits until the lesson
    ends. Whether a task is done follows from the state; only answers to questions are remembered.

    Parameters
    ----------
    open_views
        Returns the ids of the views and panels that are open.
    """

    begun = Signal()
    """A step begins, or begins again: its views should be arranged."""
    performed = Signal(Show)
    """A solution shows something else; its views should be opened."""
    changed = Signal()
    """The page is another one."""
    ended = Signal(bool)
    """The lesson is over: whether the person's project is back, and not another one that they have opened."""

    def __init__(self, workbench: Workbench, open_views: Callable[[], frozenset[str]], parent: QObject) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._open_views = open_views
        self.lesson: Lesson | None = None
        """The lesson that is taken; None for none."""
        self.start_of_step: StepStart | None = None
        self.page: LessonPage | None = None
        self._answers: dict[int, Answer] = {}
        self._own: _OwnWork | None = None
        self._values = LessonValues(workbench.cache, self)
        self._soon = QTimer(self, singleShot=True, interval=0)
        """Several changes in a row, as by a drag or a camera in motion, make one page."""
        self._soon.timeout.connect(self._make_page)
        self._leaving = QTimer(self, singleShot=True, interval=0)
        """The person has opened another project: views have to see one change after the other."""
        self._leaving.timeout.connect(self._on_leaving_timeout)
        self._values.changed.connect(self.refresh)
        workbench.changed.connect(self._on_workbench_changed)

    @property
    def index(self) -> int:
        """That of the present step."""
        place = self._workbench.state.lesson
        return 0 if place is None else place.step

    @property
    def step(self) -> Step | None:
        """The present step; None without a lesson."""
        return None if self.lesson is None else self.lesson.steps[self.index]

    @property
    def awaits_number(self) -> bool:
        """Whether the person has to predict a number, so that nothing should reveal it."""
        exercise = None if self.page is None else self.page.exercise
        return isinstance(exercise, NumberPage) and not exercise.answer

    @property
    def busy(self) -> bool:
        """Whether something is computed for the page of the present step."""
        return self._soon.isActive() or self._values.busy

    # The way through the lesson

    def start(self, lesson: Lesson, index: int = 0) -> None:
        """Begin a lesson, perhaps instead of another one; the person has been asked about unsaved changes."""
        if self._leaving.isActive():
            self._leaving.stop()
            self._on_leaving_timeout()
        if self._own is None:
            self._own = _OwnWork(_saved_history(self._workbench), self._workbench.state.look)
        self.lesson, self._answers = lesson, {}
        self._values.begin(lesson.projects)
        self.go(index)

    def go(self, index: int) -> None:
        """Show a step as it begins."""
        lesson = self.lesson
        if lesson is None or not 0 <= index < len(lesson.steps):
            return
        begin = self._start_of(lesson, index)
        state = self._workbench.state
        self.start_of_step = begin
        first = replace(begin.look, yaw=state.look.yaw, pitch=state.look.pitch)  # the camera moves there
        place = LessonPlace(lesson.title, index, len(lesson.steps))
        self._workbench.show_lesson_step(Version(begin.project, begin.focus), first, place)
        self.begun.emit()
        if _runs(lesson.steps[index]) and not _has_run(self._workbench.state):
            self._workbench.run()
        self._make_page()

    def go_on(self) -> None:
        """Show the next step; after the last one, end the lesson."""
        if self.lesson is not None and self.index == len(self.lesson.steps) - 1:
            self.end()
        else:
            self.go(self.index + 1)

    def go_back(self) -> None:
        """Show the step before."""
        self.go(self.index - 1)

    def restore(self) -> None:
        """Show the present step as it began."""
        self.go(self.index)

    def end(self) -> None:
        """End the lesson: the window shows the person's project again."""
        own = self._own
        if self.lesson is not None and own is not None:
            self._own = None
            self._workbench.restore(own.history)
            self._workbench.set_look(replace(own.look, theme=self._workbench.state.look.theme))
            self.ended.emit(True)

    def close(self) -> None:
        """The window closes."""
        self._soon.stop()
        self._leaving.stop()
        self._values.close()

    def _on_workbench_changed(self, old: ViewState, new: ViewState) -> None:
        if self.lesson is None:
            return
        if old.lesson is not None and new.lesson is None:  # the lesson ends, or another project is opened
            self._soon.stop()
            self._values.end()
            if self._own is not None:
                self._leaving.start()
            self.lesson = self.start_of_step = self.page = None
        else:
            self.refresh()

    def _on_leaving_timeout(self) -> None:
        """Draw a project that a person has opened as their own was drawn, with its blocks as they are."""
        own, self._own = self._own, None
        if own is None:
            return
        now = self._workbench.state.look
        look = replace(own.look, theme=now.theme, blocks=now.blocks, toggled_blocks=now.toggled_blocks, pair=now.pair)
        self._workbench.set_look(look)
        self.ended.emit(False)

    def _start_of(self, lesson: Lesson, index: int) -> StepStart:
        """What the window shows as a step begins; everything that belongs to another project is left out."""
        project = step_project(lesson, index)
        project_check = check(project)
        focus = initial_focus(project, project_check)
        state = replace(self._workbench.state, project=project, check=project_check, run=RunView(), earlier={})
        state = step_state(state, lesson.steps[index].show)
        return StepStart(project, state.focus if lesson.steps[index].show.select else focus, state.look)

    # Answers

    def answer(self) -> Answer:
        """What the person has answered in this step."""
        return self._answers.get(self.index, Answer())

    def guess(self, number: float) -> None:
        """Predict the number of the question."""
        self._set_answer(Answer(guess=number))

    def choose(self, index: int) -> None:
        """Choose an answer of the question."""
        self._set_answer(Answer(choice=index))

    def solve(self) -> None:
        """Perform the solution of the task in the window, or show the answer of the question."""
        match None if self.step is None else self.step.exercise:
            case Task(solution=solution):
                if not self._perform(solution):  # the person has removed what it is about
                    self.restore()
                    self._perform(solution)
                if self.step is not None and not _SHOWS_VOLUMES.isdisjoint(self.step.views):
                    self._workbench.run()  # a condition may ask for values
            case NumberQuestion():
                self._set_answer(replace(self.answer(), is_shown=True))
            case ChoiceQuestion(right=right):
                self._set_answer(Answer(choice=right, is_shown=True))

    def _set_answer(self, answer: Answer) -> None:
        self._answers[self.index] = answer
        self._make_page()

    def _perform(self, solution: Iterable[Change]) -> bool:
        """Do what a person would do; False if the project does not allow all of it."""
        try:
            for change in solution:
                self._perform_change(change)
        except ChangeError:
            return False
        return True

    def _perform_change(self, change: Change) -> None:
        state = self._workbench.state
        edit = change_edit(state.project, change, Path() if self.lesson is None else self.lesson.path.parent)
        if edit is not None:
            if isinstance(change, SetSettings):  # select it first, as a person does
                ref = ProjectFacts(state.project, state.check).locate(change.node).ref
                if ref != state.focus.ref:  # else its selected map and value stay, as after an edit in the form
                    self._workbench.set_focus(Focus(*ref))
            self._workbench.edit(edit.text, edit.project, focus=edit.focus)
        elif isinstance(change, Show):
            after = shown_state(state, change)
            self._workbench.set_look(replace(after.look, yaw=state.look.yaw, pitch=state.look.pitch))
            self._workbench.set_focus(after.focus)
            self.performed.emit(change)

    # The page

    def refresh(self) -> None:
        """Make the page anew soon: the state has changed, or the views that are open."""
        if self.lesson is not None and not self._soon.isActive():
            self._soon.start()

    def _make_page(self) -> None:
        lesson = self.lesson
        if lesson is None:
            return
        self._soon.stop()
        state = self._workbench.state
        self._values.set_state(state, self._open_views())
        page = make_page(lesson, self.index, self.answer(), self._values, differs=self._differs)
        if state.run.progress is None and not (self.step is not None and _waits_for_run(self.step)):
            self._values.compute_unknown()
        if page != self.page:
            self.page = page
            self.changed.emit()

    @property
    def _differs(self) -> bool:
        """Whether the window shows something else than at the beginning of the step."""
        begin, state, step = self.start_of_step, self._workbench.state, self.step
        if begin is None or step is None:
            return False
        look = replace(state.look, theme=begin.look.theme, levels=begin.look.levels)
        views = frozenset(step.views) != self._open_views()
        return views or state.focus != begin.focus or look != begin.look or state.project != begin.project


def _saved_history(workbench: Workbench) -> History:
    """The history of the person's project as it is saved: what they have discarded can be redone."""
    history = workbench.document.history(workbench.state.focus)
    at = history.clean_index
    if at in (-1, history.index):
        return history
    current = history.steps[at].before if at < len(history.steps) else history.steps[-1].after
    return replace(history, index=at, current=current)


def _has_run(state: ViewState) -> bool:
    """Whether all volumes are there, as a step before has computed them."""
    return all(state.volume_at(ref).is_fresh for ref in state.check.keys)


def _runs(step: Step) -> bool:
    """Whether a step runs its project by itself."""
    return not _SHOWS_VOLUMES.isdisjoint(step.views) and not _waits_for_run(step)


def _waits_for_run(step: Step) -> bool:
    """Whether the person is asked to run the project."""
    return isinstance(step.exercise, Task) and "has_run" in function_calls(step.exercise.condition)
