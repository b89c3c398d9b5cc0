"""Tasks and questions of lessons in a web page, with hints, solutions and answers that open on request."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from engine.cost.counting import CONVENTIONS
from engine.cost.metrics import METRICS
from engine.expressions.arithmetic import number_of
from engine.layers.settings import layer_settings, setting_title, setting_value_text
from engine.network.node_ref import design_text
from engine.project.project import Project
from engine.text.units import exact_text
from gui.catalogue.panels import PANELS
from gui.catalogue.views import VIEWS
from gui.export.html import Content, Markup, element, join
from gui.export.markdown import inline_html, markdown_html
from gui.lessons.changes import change_edit
from gui.lessons.expressions import Expression, evaluate
from gui.lessons.facts import Facts, ProjectFacts
from gui.lessons.lesson import (
    Change,
    ChoiceQuestion,
    Exercise,
    InsertNode,
    NumberQuestion,
    SetSettings,
    Show,
    Task,
)
from gui.lessons.texts import fill_text
from gui.state.edit import Edit, change_text

_TITLES = {row.id: row.title for row in (*VIEWS, *PANELS)}


def filled(text: str, facts: Facts) -> str:
    """A text of a lesson with its numbers, as Markdown."""
    return fill_text(text, facts).text


class Knowledge(Struct, frozen=True, eq=False):
    """What exercises of a step are written from."""

    facts: Facts
    facts_of: Callable[[Project], ProjectFacts]
    """What is known about another project: the one after a solution."""
    folder: Path
    """The folder of the lesson's file."""


def exercise_markup(exercise: Exercise | None, knowledge: Knowledge) -> Markup:
    """A task or a question; "" for None."""
    match exercise:
        case Task() as task:
            return _box("Task", _task_parts(task, knowledge))
        case NumberQuestion() as question:
            return _box("Question", _number_parts(question, knowledge.facts))
        case ChoiceQuestion() as question:
            return _box("Question", _choice_parts(question, knowledge.facts))
        case None:
            return Markup()


def _box(title: str, parts: Iterator[Markup]) -> Markup:
    return element("div", element("h3", title), parts, class_="box")


def _details(summary: str, *content: Content) -> Markup:
    return element("details", element("summary", summary), *content)


def _hint(text: str, facts: Facts) -> Markup:
    return _details("Hint", markdown_html(filled(text, facts))) if text else Markup()


def _task_parts(task: Task, knowledge: Knowledge) -> Iterator[Markup]:
    facts = knowledge.facts
    yield markdown_html(filled(task.text, facts))
    yield _hint(task.hint, facts)
    before = facts.own.project
    texts, project = _solution(before, task.solution, knowledge.folder)
    after = facts if project is before else replace(facts, own=knowledge.facts_of(project))
    praise = markdown_html(filled(task.praise, after)) if task.praise else Markup()
    yield _details("Solution", element("ol", (element("li", text) for text in texts)), praise)


def _solution(project: Project, changes: Sequence[Change], folder: Path) -> tuple[list[str], Project]:
    """The actions of a solution in words, and the project after them."""
    texts: list[str] = []
    for change in changes:
        edit = change_edit(project, change, folder)
        if isinstance(change, Show):
            texts += _show_texts(change)
        elif edit is not None:
            texts += _edit_texts(change, project, edit)
            project = edit.project
    return texts, project


def _edit_texts(change: Change, before: Project, edit: Edit) -> Iterator[str]:
    """An edit in words: each setting with both values, or where a layer is inserted."""
    match change:
        case InsertNode(node=node, where=where, layer=layer, name=name):
            yield f"Insert {name or layer.title} {where} {node}: {layer.label()}"
        case SetSettings(node=text) if "kind" not in change.set:
            design, name = ProjectFacts(before).locate(text).ref
            networks = before.network(design), edit.project.network(design)
            index = [node.name for node in networks[0].nodes].index(name)
            nodes = [network.nodes[index] for network in networks]  # a name made from the settings changes with them
            for field in layer_settings(type(nodes[0].layer)):
                values = [setting_value_text(getattr(node.layer, field.name)) for node in nodes]
                if values[0] != values[1]:
                    yield change_text(f"{setting_title(field)} of {text}", *values)
            yield from (f"Change {key} of {text}" for key in ("weights", "inputs") if key in change.set)
        case _:
            yield edit.text


def _show_texts(show: Show) -> Iterator[str]:
    """What a person does in the window to show something."""
    if show.views:
        yield f"Open {', '.join(_TITLES.get(view, view) for view in show.views)}"
    if show.camera:
        yield f"Turn the camera to {show.camera}"
    if show.select:
        yield f"Select {show.select if not show.select.startswith('/') else design_text('') + show.select}"
    if show.map is not None:
        yield f"Select map {show.map}"
    if show.value is not None:
        yield "Select the value at y {}, x {}".format(*show.value)
    if show.open_blocks:
        yield f"Open {', '.join(show.open_blocks)}"
    if show.blocks in ("open", "closed"):
        yield f"{'Open' if show.blocks == 'open' else 'Close'} all blocks"
    if show.rule:
        yield f"Count {next(rule.title for rule in CONVENTIONS if rule.id == show.rule)}"
    if show.metric:
        yield f"Show {next(metric.title for metric in METRICS if metric.id == show.metric)}"
    if show.rank is not None:
        yield f"Select rank {show.rank} in the view Bottleneck"
    yield from (
        f"{what}: {value}"
        for what, value in (
            ("Edges", show.edges),
            ("Order of maps", show.order),
            ("Compare", show.comparison),
            ("Detail", show.detail),
            ("Colours", show.colour_map),
            ("What differs", None if show.pair is None else " and ".join(show.pair)),
            ("Logarithmic axis", None if show.logarithmic is None else _yes(show.logarithmic)),
            ("Colours centred at zero", None if show.zero_centred is None else _yes(show.zero_centred)),
        )
        if value is not None
    )


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _number_parts(question: NumberQuestion, facts: Facts) -> Iterator[Markup]:
    yield markdown_html(filled(question.text, facts))
    yield _hint(question.hint, facts)
    explanation = markdown_html(filled(question.explanation, facts)) if question.explanation else Markup()
    yield _details("Answer", element("p", element("strong", _answer(question, facts))), explanation)


def _answer(question: NumberQuestion, facts: Facts) -> Markup:
    """The number in few characters, and exactly if that says more."""
    answer: Expression = question.answer
    short = inline_html(filled(f"{{{{ {answer.text} }}}}", facts))
    number = number_of(evaluate(answer, facts))
    exact = exact_text(number) if isinstance(number, int) else ""
    more = f" ({exact})" if exact and exact != short else ""
    return join(short, more, (" ", inline_html(filled(question.unit, facts))) if question.unit else "")


def _choice_parts(question: ChoiceQuestion, facts: Facts) -> Iterator[Markup]:
    yield markdown_html(filled(question.text, facts))
    texts = [inline_html(filled(choice.text, facts)) for choice in question.choices]
    yield element("ol", (element("li", text) for text in texts))
    yield _hint(question.hint, facts)
    replies = [
        (element("strong", text), ": ", inline_html(filled(choice.reply, facts)))
        for text, choice in zip(texts, question.choices, strict=True)
        if choice.reply
    ]
    right = element("p", element("strong", f"{question.right + 1}. ", texts[question.right]))
    explanation = markdown_html(filled(question.explanation, facts)) if question.explanation else Markup()
    yield _details("Answer", right, element("ul", (element("li", reply) for reply in replies)), explanation)
