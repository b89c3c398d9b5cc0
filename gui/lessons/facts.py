"""What expressions know: projects with their checks and computed values, and the state of the window. No Qt here."""

from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

from msgspec import Struct

from engine.cost.counting import CONVENTIONS
from engine.cost.metrics import Costs
from engine.expressions.faults import ExpressionError
from engine.kernels import Volume
from engine.network.graph import INPUT
from engine.network.node_ref import STEM, NodeRef, design_text
from engine.network.report import Report
from engine.network.weight_specs import Form
from engine.project.project import Project
from engine.rank_search import ErrorCurve
from engine.run.check import ProjectCheck, check
from engine.run.weights import Weights
from engine.text.messages import suggestion, value_text
from gui.state.view_state import ViewState


class ComputedValues(Protocol):
    """What a run or a rank search of one project computes; None for what is not known yet."""

    def volume(self, ref: NodeRef) -> Volume | None: ...

    def weights(self, ref: NodeRef) -> Weights | None: ...

    def milliseconds(self) -> Mapping[NodeRef, float]: ...

    def expected_error(self, ref: NodeRef, form: Form, rank: int) -> float | None: ...

    def rank_error(self, ref: NodeRef, form: Form, rank: int) -> float | None: ...


class NothingComputed:
    """The values of a project that has not run."""

    def volume(self, ref: NodeRef) -> Volume | None:
        return None

    def weights(self, ref: NodeRef) -> Weights | None:
        return None

    def milliseconds(self) -> Mapping[NodeRef, float]:
        return {}

    def expected_error(self, ref: NodeRef, form: Form, rank: int) -> float | None:
        return None

    def rank_error(self, ref: NodeRef, form: Form, rank: int) -> float | None:
        return None


class ValuesOfState:
    """What the window has computed, without waiting for anything: files are not read."""

    def __init__(self, state: ViewState) -> None:
        self._state = state

    def volume(self, ref: NodeRef) -> Volume | None:
        at = self._state.volume_at(ref)
        return at.volume if at.is_fresh else None

    def weights(self, ref: NodeRef) -> Weights | None:
        at = self._state.volume_at(ref)
        fitted = at.result.fitted_weights if at.result is not None and at.is_fresh else None
        return None if fitted is None else dict(fitted)

    def milliseconds(self) -> Mapping[NodeRef, float]:
        return self._state.costs.milliseconds

    def expected_error(self, ref: NodeRef, form: Form, rank: int) -> float | None:
        curve = self._curve(ref, form)
        at = _index(curve, rank)
        return None if curve is None or at is None else curve.expected_errors[at]

    def rank_error(self, ref: NodeRef, form: Form, rank: int) -> float | None:
        curve = self._curve(ref, form)
        at = _index(curve, rank)
        return None if curve is None or at is None else curve.decisive_errors.get(at)

    def _curve(self, ref: NodeRef, form: Form) -> ErrorCurve | None:
        """The curve, if it is of the current layer."""
        curve = self._state.rank_search.curves.get((ref, form))
        return curve if curve is not None and curve.key == self._state.check.keys.get(ref) else None


def _index(curve: ErrorCurve | None, rank: int) -> int | None:
    return None if curve is None or (rank,) not in curve.ranks else curve.ranks.index((rank,))


class Located(Struct, frozen=True):
    """What a reference in a lesson means: a design as a whole, or one of its nodes."""

    facts: "ProjectFacts"
    design: str
    node: str | None = None
    """None for the design as a whole."""

    @property
    def ref(self) -> NodeRef:
        """The node; for a design as a whole, the one whose output is its last volume."""
        return self.design, self.facts.check.analyses[self.design].output if self.node is None else self.node

    @property
    def report(self) -> Report | None:
        """The report of the node; None for an input."""
        return self.facts.check.reports.get(self.ref)


class ProjectFacts:
    """What is known about one project."""

    def __init__(
        self, project: Project, project_check: ProjectCheck | None = None, values: ComputedValues | None = None
    ) -> None:
        self.project = project
        self.values: ComputedValues = NothingComputed() if values is None else values
        self._check = project_check
        self._costs: dict[tuple[str, bool], Costs] = {}

    @cached_property
    def check(self) -> ProjectCheck:
        """Made when it is first needed, as a lesson may name projects that no text asks for."""
        return check(self.project) if self._check is None else self._check

    def costs(self, rule: str, *, measured: bool = False) -> Costs:
        """Costs by a counting rule, with the times of a run if they are asked for."""
        if (rule, measured) not in self._costs:
            conventions = {convention.id: convention for convention in CONVENTIONS}
            if rule not in conventions:
                raise ExpressionError(f"unknown counting rule {value_text(rule)}; {suggestion(rule, conventions)}")
            times = self.values.milliseconds() if measured else {}
            self._costs[rule, measured] = Costs(self.check, conventions[rule], times)
        return self._costs[rule, measured]

    def locate(self, text: str) -> Located:
        """What "design", "design/node" or "/node" means; ExpressionError if there is nothing of that name."""
        designs = [name for name in self.check.analyses if text == name or text.startswith(f"{name}/")]
        if not designs:
            names = [name for name in self.check.analyses if name != STEM]
            word = text.partition("/")[0]
            raise ExpressionError(f"there is no design {value_text(word)}; {suggestion(word, names)}")
        design = max(designs, key=len)
        node = text[len(design) + 1 :]
        if not node:
            return Located(self, design)
        if (design, node) in self.check:
            return Located(self, design, node)
        names = [INPUT, *(name for other, name in self.check.reports if other == design)]
        owner = "the stem" if design == STEM else design_text(design)
        raise ExpressionError(f"there is no layer {value_text(node)} in {owner}; {suggestion(node, names)}")


class WindowFacts(Struct, frozen=True, eq=False):
    """What a condition knows of the window."""

    state: ViewState
    views: frozenset[str] = frozenset()
    """Ids of the views and panels that can be seen."""


class Facts(Struct, frozen=True, eq=False):
    """All that an expression of a step knows."""

    own: ProjectFacts
    """The project that the step shows, as it is now."""
    others: Mapping[str, ProjectFacts] = {}
    """The projects of the lesson as their files have them, by name."""
    window: WindowFacts | None = None

    def locate(self, text: str) -> Located:
        """What a reference means, of another project if it begins with "name:"."""
        name, colon, rest = text.partition(":")
        if not colon or name not in self.others:
            try:
                return self.own.locate(text)
            except ExpressionError:
                if colon and self.others:
                    fault = f"the lesson has no project {value_text(name)}; {suggestion(name, self.others)}"
                    raise ExpressionError(fault) from None
                raise
        return self.others[name].locate(rest)


def facts_of_state(state: ViewState, others: Mapping[str, ProjectFacts], views: frozenset[str]) -> Facts:
    """What is known while the window shows a state; nothing is waited for."""
    own = ProjectFacts(state.project, state.check, ValuesOfState(state))
    return Facts(own, others, WindowFacts(state, views))
