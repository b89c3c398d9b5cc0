"""A lesson as one web page: every step with what it shows at its start, its task or question, and the answers."""

from collections.abc import Iterator

from msgspec import Struct

from engine.kernels import Checkpoint
from engine.project.project import FORMAT, Project
from engine.run.cache import VolumeCache
from engine.run.check import check
from engine.run.memory import require_memory
from engine.run.request import RunRequest
from engine.text.problems import Problem, ProjectError
from gui.catalogue.program import program_version
from gui.catalogue.views import VIEW_IDS, view_row
from gui.export.html import Markup, element, page
from gui.export.lesson_exercises import Knowledge, exercise_markup, filled
from gui.export.markdown import inline_html, inline_text, markdown_html
from gui.export.page_pictures import view_picture
from gui.export.page_tables import view_table
from gui.export.pictures import missing_content, prepare_view
from gui.lessons.computed_values import computed_facts, with_run
from gui.lessons.facts import Facts, ProjectFacts
from gui.lessons.lesson import Lesson, Step
from gui.lessons.states import step_state
from gui.lessons.validation import lesson_problems
from gui.lessons.walk import step_project
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState


class ShownStep(Struct, frozen=True, eq=False):
    """A step of a lesson at its beginning."""

    index: int
    step: Step
    state: ViewState
    """After a run, with what its views need."""
    views: tuple[str, ...]
    """Of those that it shows, the views that have something to show."""
    facts: Facts


class LessonExport:
    """Walks through a valid lesson; every project is run once.

    Parameters
    ----------
    checkpoint
        Called often; an exception that it raises ends the work.
    """

    def __init__(self, lesson: Lesson, checkpoint: Checkpoint = lambda: None) -> None:
        self.lesson = lesson
        self._checkpoint = checkpoint
        self._cache = VolumeCache()
        self._others = {name: self.facts_of(project) for name, project in lesson.projects.items()}

    def require_valid(self) -> None:
        """Raise ProjectError with all that is wrong with the lesson."""
        problems = lesson_problems(self.lesson, checkpoint=self._checkpoint)
        if problems:
            raise ProjectError(problems, self.lesson.path)

    def facts_of(self, project: Project) -> ProjectFacts:
        """What is known about a project; values are computed when a text needs them."""
        return computed_facts(project, cache=self._cache, checkpoint=self._checkpoint)

    def steps(self) -> Iterator[ShownStep]:
        """Yield each step as the window shows it first."""
        before: ViewState | None = None
        for index, step in enumerate(self.lesson.steps):
            self._checkpoint()
            project = step_project(self.lesson, index)
            if before is None or before.project != project:
                before = self._state_after_run(project)
            state, views = _with_views(step_state(before, step.show), step.views)
            yield ShownStep(index, step, state, views, Facts(self.facts_of(project), self._others))

    def _state_after_run(self, project: Project) -> ViewState:
        state = ViewState(project, check(project), RunView(), Focus(), Look())
        try:
            require_memory(RunRequest(project, state.check), self._cache)
        except ProjectError:
            return state
        return with_run(state, self._cache, self._checkpoint)

    def section(self, shown: ShownStep) -> Markup:
        """A step as a part of the page."""
        self._checkpoint()
        heading = element("h2", f"{shown.index + 1}. ", inline_html(filled(shown.step.title, shown.facts)))
        text = markdown_html(filled(shown.step.text, shown.facts))
        views = []
        for view in shown.views:
            self._checkpoint()
            views.append(_view_markup(shown.state, view))
        knowledge = Knowledge(shown.facts, self.facts_of, self.lesson.path.parent)
        exercise = exercise_markup(shown.step.exercise, knowledge)
        return element("section", heading, text, views, exercise, id=f"step-{shown.step.id}")

    def page(self, sections: list[Markup]) -> bytes:
        """The whole page from the sections of all steps."""
        lesson = self.lesson
        facts = Facts(self._others[lesson.steps[0].project], self._others)
        title = filled(lesson.title, facts)
        links = (
            element("li", element("a", inline_html(filled(step.title, facts)), href=f"#step-{step.id}"))
            for step in lesson.steps
        )
        head = element(
            "header",
            element("h1", inline_html(title)),
            element("p", inline_html(filled(lesson.summary, facts)), class_="lead") if lesson.summary else (),
            element("p", f"About {lesson.minutes} minutes", class_="muted"),
        )
        contents = element("nav", element("ol", links), aria_label="Contents")
        source = markdown_html(filled(lesson.source, facts)) if lesson.source else Markup()
        origin = (
            f"All numbers are computed by Convolume ({program_version()}, project format {FORMAT}); "
            "in its window, this lesson is taken step by step."
        )
        foot = element("footer", source, element("p", origin, class_="muted"))
        return page(inline_text(title), head, contents, sections, foot, language=lesson.language)


def _with_views(state: ViewState, names: tuple[str, ...]) -> tuple[ViewState, tuple[str, ...]]:
    """The state with what its views need to be computed, and the views that have something to show; panels have not."""
    views = []
    for view in names:
        if view not in VIEW_IDS:
            continue
        try:
            state = prepare_view(state, view)
        except ProjectError:
            continue
        if not missing_content(state, view):
            views.append(view)
    return state, tuple(views)


def _view_markup(state: ViewState, view: str) -> Markup:
    row = view_row(view)
    return view_picture(state, view, row.title) if row.picture.describe else view_table(state, view)


def lesson_page(lesson: Lesson, checkpoint: Checkpoint = lambda: None) -> bytes:
    """A lesson as the content of a web page; ProjectError lists what is wrong with the lesson."""
    export = LessonExport(lesson, checkpoint)
    export.require_valid()
    return export.page([export.section(shown) for shown in export.steps()])


def missing_language(lesson: Lesson, language: str) -> tuple[Problem, ...]:
    """The problem that a lesson is not there in a language."""
    if lesson.language == language:
        return ()
    languages = ", ".join(lesson.languages)
    return (Problem(f"the lesson is not there in {language!r}; it is in {languages}", "--language"),)
