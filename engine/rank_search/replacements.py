"""Several convolutions replaced at once: the project that comes of it, and what that loses in the end, measured."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from engine.project.project import Project
from engine.rank_search.calibration import Samples
from engine.rank_search.error_curve import Curve
from engine.rank_search.replacement import applied, copied
from engine.rank_search.search import Explorer
from engine.run.execute import RunRequest
from engine.text.problems import STEM


class Choice(NamedTuple):
    """A convolution, and the width of what stands for it."""

    curve: Curve
    at: int
    """Index of the width in the curve."""
    refit: bool = False

    @property
    def widths(self) -> tuple[int, ...]:
        return self.curve.widths[self.at]

    @property
    def macs(self) -> int:
        return self.curve.costs[self.at]


class Swap(Struct, frozen=True, eq=False):
    """A design in which some convolutions are replaced."""

    before: Project
    project: Project
    design: str
    choices: tuple[Choice, ...]
    macs_before: int
    macs: int
    errors: Mapping[str, float]
    """The relative error of the last volume of each design that receives what changed, on what checks."""


def put_in(project: Project, choices: Sequence[Choice], chosen: Samples, *, copy: bool = False) -> tuple[Project, str]:
    """The project with all that was chosen of one design in it, or in a copy of it; and that design's name.

    A stem has no copy.
    """
    design = choices[0].curve.place[0]
    project, changed = copied(project, design) if copy and design != STEM else (project, design)
    for choice in choices:
        place, form = (changed, choice.curve.place[1]), choice.curve.form
        project = applied(project, place, form, choice.widths, chosen, refit=choice.refit)
    return project, changed


def swapped(explorer: Explorer, choices: Sequence[Choice]) -> Swap:
    """Put all that was chosen of one design into it, and measure the last volumes.

    What is replaced in the stem changes every design.
    """
    before = explorer.project
    project, design = put_in(before, choices, explorer.samples)
    known = RunRequest.of(project).check.analyses
    names = [made.name for made in project.designs] if design == STEM else [design]
    specs = explorer.samples.checked or explorer.samples.fitted
    errors = {name: explorer.last_error(project, name, name, specs) for name in names or [STEM]}
    macs = explorer.request.check.analyses[design].macs or 0
    return Swap(before, project, design, tuple(choices), macs, known[design].macs or 0, errors)
