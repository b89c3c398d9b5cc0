"""What each row of the designs' list says, as values made from a state."""

from collections.abc import Iterator

from msgspec import Struct

from engine.check import Place
from engine.metrics import Amount, Metric, metric
from engine.network import INPUT
from engine.problems import STEM, Problem
from gui.state import ViewState
from gui.theme import THEMES


class Row(Struct, frozen=True):
    """A design, the stem, or a layer: two lines of text."""

    place: Place
    name: str
    what: str
    """The operator, or how many layers there are."""
    shape: str
    amount: str
    mistake: str = ""
    colour: str = ""
    """The design's; "" for the stem and for layers."""

    @property
    def heads(self) -> bool:
        """Whether other rows stand below this one."""
        return self.place[1] == INPUT

    @property
    def words(self) -> str:
        """All of it in one sentence, for the status bar and for screen readers."""
        return ", ".join(filter(None, (self.name, self.what, self.shape, self.amount, self.mistake)))


def rows(state: ViewState) -> tuple[tuple[Row, tuple[Row, ...]], ...]:
    """The stem's row, if any, and each design's, each with the rows of its layers."""
    mistakes = mistakes_by_place((*state.check.problems, *state.run.problems))
    counted = metric(state.look.metric)
    return tuple(
        (_head(state, design, mistakes, counted), tuple(_node_rows(state, design, mistakes, counted)))
        for design, _ in state.project.networks()
    )


def mistakes_by_place(problems: tuple[Problem, ...]) -> dict[Place, str]:
    """All sentences about a place, one a line."""
    found: dict[Place, str] = {}
    for problem in problems:
        if problem.design is not None:
            place = (problem.design, problem.node or INPUT)
            text = problem.text.removeprefix(f"{problem.node}: ")
            found[place] = f"{found[place]}\n{text}" if place in found else text
    return found


def _head(state: ViewState, design: str, mistakes: dict[Place, str], counted: Metric) -> Row:
    reports = state.check.analyses[design].reports
    shape = state.check.analyses[design].output_shape
    words = f"{len(reports)} layer{'' if len(reports) == 1 else 's'}" if reports else "no layers yet"
    wrong = sum(1 for place in mistakes if place[0] == design and place[1] != INPUT)
    mistake = mistakes.get((design, INPUT), "") or (f"{words}, {wrong} with a mistake" if wrong else "")
    return Row(
        (design, INPUT),
        "stem (shared)" if design == STEM else design,
        words,
        "" if shape is None else str(shape),
        _amount(state, state.ledger.total(counted, design), counted),
        mistake,
        "" if design == STEM else THEMES[state.look.theme].design(state.design_index(design)),
    )


def _node_rows(state: ViewState, design: str, mistakes: dict[Place, str], counted: Metric) -> Iterator[Row]:
    """A row for each node, in the order in which a person wrote them."""
    for node in state.project.network(design).nodes:
        place = (design, node.name)
        report = state.check.reports.get(place)
        shape = None if report is None else report.output_shape
        amount = _amount(state, None if report is None else state.ledger.amount(counted, design, report), counted)
        what = node.layer.label()
        yield Row(place, node.name, what, "" if shape is None else str(shape), amount, mistakes.get(place, ""))


def _amount(state: ViewState, count: Amount | None, counted: Metric) -> str:
    return state.ledger.said(counted, count)
