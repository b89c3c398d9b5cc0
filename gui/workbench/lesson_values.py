"""The numbers in the texts of a lesson: what the window knows at once, the rest computed in a thread."""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from PySide6.QtCore import QObject, Signal

from engine.expressions.arithmetic import Value
from engine.expressions.faults import ExpressionError, NotKnownYetError
from engine.kernels import Checkpoint
from engine.project.project import Project
from engine.run.cache import VolumeCache
from gui.lessons.computed_values import computed_facts
from gui.lessons.expressions import Expression, evaluate, holds
from gui.lessons.facts import Facts, ProjectFacts, facts_of_state
from gui.lessons.texts import fill_text
from gui.state.view_state import ViewState
from gui.worker import Worker

_Question = str | Expression
"""A text to fill, or an expression to evaluate."""


class _Computed(Struct, frozen=True, eq=False):
    """What has been computed for a project."""

    project: Project
    question: _Question
    answer: Value


class LessonValues(QObject):
    """Fills texts and evaluates expressions for the present state, without waiting.

    What only a computation can tell, such as the error of a rank, is unknown first; `changed` says that it is there.

    Parameters
    ----------
    cache
        The volumes that the window has computed.
    """

    changed = Signal()

    def __init__(self, cache: VolumeCache, parent: QObject) -> None:
        super().__init__(parent)
        self._cache = cache
        self._others: dict[str, ProjectFacts] = {}
        self._facts: Facts | None = None
        self._state: ViewState | None = None
        self._computed: dict[_Question, Value] = {}
        """Answers for the project of the state."""
        self._unknown: dict[_Question, None] = {}
        """What has been asked for and is not known, in order."""
        self._started: frozenset[_Question] = frozenset()
        """What the thread computes for this project."""
        self._computation = _Computation({}, cache)
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)

    @property
    def busy(self) -> bool:
        """Whether answers are computed."""
        return self._worker.busy

    def begin(self, projects: Mapping[str, Project]) -> None:
        """Begin a lesson with these projects."""
        self._computation = _Computation(projects, self._cache)
        self._others = {name: ProjectFacts(project) for name, project in projects.items()}

    def set_state(self, state: ViewState, views: frozenset[str]) -> None:
        """Answer for another state of the window, in which these views are open."""
        if self._state is None or self._state.project is not state.project:
            self._worker.cancel()
            self._computed, self._started = {}, frozenset()
        self._state, self._unknown = state, {}
        self._facts = facts_of_state(state, self._others, views)

    def text(self, text: str) -> str:
        """A text with its numbers; "…" stands for what is not known yet."""
        if self._facts is None or not text:
            return text
        filled = fill_text(text, self._facts)
        return filled.text if filled.is_complete else str(self._computed_or(text, filled.text))

    def number(self, expression: Expression) -> int | float | None:
        """The number that an expression gives; None if it is not known yet."""
        try:
            value = None if self._facts is None else evaluate(expression, self._facts)
        except NotKnownYetError:
            value = self._computed_or(expression, None)
        except ExpressionError:  # of a valid lesson, only after the person has changed the project
            value = None
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def holds(self, expression: Expression) -> bool:
        """Whether a condition is true."""
        return self._facts is not None and holds(expression, self._facts)

    def _computed_or(self, question: _Question, otherwise: Value) -> Value:
        if question in self._computed:
            return self._computed[question]
        self._unknown[question] = None
        return otherwise

    def compute_unknown(self) -> None:
        """Compute in the background what has been asked for and is not known."""
        questions, state = frozenset(self._unknown), self._state
        if state is None or not questions or questions <= self._started:
            return
        self._started = questions
        queries, project, computation = tuple(self._unknown), state.project, self._computation
        self._worker.start(lambda checkpoint: computation.answers(queries, project, checkpoint))

    def end(self) -> None:
        """End the lesson."""
        self._worker.cancel()
        self._facts, self._state, self._others = None, None, {}
        self._computed, self._unknown, self._started = {}, {}, frozenset()

    def close(self) -> None:
        self._worker.close()

    def _on_worker_reported(self, computed: _Computed) -> None:
        if self._state is not None and computed.project is self._state.project:
            self._computed[computed.question] = computed.answer
            self.changed.emit()

    def _on_worker_ended(self, error: Exception | None) -> None:
        if error is not None:
            raise error


class _Computation:
    """Computes in a thread, for one task at a time, and remembers what the projects of a lesson have taken long for."""

    def __init__(self, projects: Mapping[str, Project], cache: VolumeCache) -> None:
        self._projects, self._cache = projects, cache
        self._checkpoint: Checkpoint = lambda: None
        """That of the present task."""
        self._facts: dict[str, ProjectFacts] = {}

    def answers(
        self, questions: tuple[_Question, ...], project: Project, checkpoint: Checkpoint
    ) -> Iterator[_Computed]:
        """Answer one question about a project after the other."""
        self._checkpoint = checkpoint
        others = {name: self._facts_of(name) for name in self._projects}
        same = next((name for name, other in self._projects.items() if other == project), None)
        own = self._compute(project) if same is None else others[same]
        facts = Facts(own, others)
        for question in questions:
            checkpoint()
            if isinstance(question, str):
                yield _Computed(project, question, fill_text(question, facts).text)
                continue
            try:
                yield _Computed(project, question, evaluate(question, facts))
            except (ExpressionError, NotKnownYetError):
                yield _Computed(project, question, None)

    def _facts_of(self, name: str) -> ProjectFacts:
        if name not in self._facts:
            self._facts[name] = self._compute(self._projects[name])
        return self._facts[name]

    def _compute(self, project: Project) -> ProjectFacts:
        return computed_facts(project, None, self._cache, lambda: self._checkpoint())
