"""A lesson as a value: projects, and steps with texts, what is shown, and a task or a question."""

from pathlib import Path
from typing import Literal

from msgspec import Struct

from engine.blocks import Block
from engine.explain.map_statistics import MapOrder
from engine.layers import Layer
from engine.project.project import Project
from gui.lessons.expressions import Expression
from gui.state.look import ColourMap, ComparisonMode, DepthScale, DetailKind

LESSON_FORMAT = 1


class Target(Struct, frozen=True):
    """Something in the window that a step points at."""

    kind: Literal["box", "row", "bar", "field", "view", "panel", "command"]
    name: str
    """A node as "design/node", a setting of the layer form, or the id of a view, panel or command."""


class Show(Struct, frozen=True, omit_defaults=True):
    """What the window shows; a step begins with the defaults, a solution changes only what it names."""

    views: tuple[str, ...] = ()
    """Ids of views and panels that are open, beside the lesson itself; the first view is the largest."""
    camera: str = ""
    """A key of `CAMERA_VIEWS`."""
    blocks: Literal["", "auto", "open", "closed"] = ""
    open_blocks: tuple[str, ...] = ()
    """Blocks as "design/node" that are drawn as their layers."""
    select: str = ""
    """A node, "design/node"; "design" alone is its last layer."""
    map: int | None = None
    value: tuple[int, int] | None = None
    """(y, x) within the map, from 0."""
    metric: str = ""
    rule: str = ""
    """Id of a counting rule; it also selects the metric "ops" unless that is named."""
    edges: DepthScale | None = None
    logarithmic: bool | None = None
    colour_map: ColourMap | None = None
    order: MapOrder | None = None
    comparison: ComparisonMode | None = None
    pair: tuple[str, str] | None = None
    detail: DetailKind | None = None
    zero_centred: bool | None = None
    rank: int | None = None
    """Maps between the two convolutions that replace the selected one, in the view Bottleneck."""
    highlight: tuple[Target, ...] = ()


class SetSettings(Struct, frozen=True):
    """Change settings of a layer or block."""

    node: str
    set: dict[str, object]
    """Valid values by the names of project files."""


class InsertNode(Struct, frozen=True):
    """Insert a layer before or after a node of a design, in its chain."""

    node: str
    where: Literal["before", "after"]
    name: str
    layer: Layer | Block


class RemoveNode(Struct, frozen=True):
    """Remove a layer or block."""

    node: str


Change = SetSettings | InsertNode | RemoveNode | Show
"""One action of a person."""


class Task(Struct, frozen=True):
    """Something to do; it is done as soon as the condition holds."""

    text: str
    condition: Expression
    solution: tuple[Change, ...]
    hint: str = ""
    praise: str = ""
    """What is said when it is done."""


class NumberQuestion(Struct, frozen=True):
    """A number to predict before it is computed."""

    text: str
    answer: Expression
    unit: str = ""
    near: float = 1.1
    """The largest factor between guess and answer that still counts as right."""
    hint: str = ""
    explanation: str = ""


class Choice(Struct, frozen=True):
    """A possible answer, and what is said to a person who has chosen it."""

    text: str
    reply: str = ""


class ChoiceQuestion(Struct, frozen=True):
    """A question with answers to choose from."""

    text: str
    choices: tuple[Choice, ...]
    right: int
    """Index of the right choice."""
    hint: str = ""
    explanation: str = ""


Exercise = Task | NumberQuestion | ChoiceQuestion


class Step(Struct, frozen=True):
    """One page of a lesson."""

    id: str
    title: str
    text: str
    """Markdown with expressions in double braces: "{{ macs('naive') }}"."""
    project: str
    """The name of the project that is shown."""
    show: Show = Show()
    exercise: Exercise | None = None
    quoted: tuple[str, ...] = ()
    """Figures in the texts that are quoted from a source, so that they are not computed."""

    @property
    def views(self) -> tuple[str, ...]:
        """Ids of the views and panels that are open as it begins, beside the lesson itself."""
        return self.show.views or ("volumes",)


class Lesson(Struct, frozen=True):
    """A lesson in one language."""

    path: Path
    title: str
    summary: str
    """A sentence for the start page."""
    minutes: int
    language: str
    """Language code of the texts, such as "en"."""
    projects: dict[str, Project]
    """As their files have them, by the names that steps and expressions use."""
    steps: tuple[Step, ...]
    source: str = ""
    """Where the subject is from; Markdown."""
    languages: tuple[str, ...] = ()
    """All languages in which the lesson is there, its own one first."""
