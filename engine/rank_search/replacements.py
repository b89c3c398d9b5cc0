"""Several convolutions replaced at once: the project that comes of it, and what that loses in the end, measured."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from engine.project.project import Project
from engine.rank_search.calibration import CalibrationSet
from engine.rank_search.error_curve import ErrorCurve
from engine.rank_search.replacement import apply_low_rank, copy_design
from engine.rank_search.search import RankSearch
from engine.run.execute import RunRequest
from engine.text.problems import STEM


class RankChoice(NamedTuple):
    """A convolution, and the width of what stands for it."""

    curve: ErrorCurve
    position: int
    """Index of the width in the curve."""
    refit: bool = False

    @property
    def ranks(self) -> tuple[int, ...]:
        return self.curve.ranks[self.position]

    @property
    def macs(self) -> int:
        return self.curve.costs[self.position]


class Replacement(Struct, frozen=True, eq=False):
    """A design in which some convolutions are replaced."""

    before: Project
    project: Project
    design: str
    choices: tuple[RankChoice, ...]
    macs_before: int
    macs: int
    errors: Mapping[str, float]
    """The relative error of the last volume of each design that receives what changed, on what checks."""


def apply_choices(
    project: Project, choices: Sequence[RankChoice], chosen: CalibrationSet, *, copy: bool = False
) -> tuple[Project, str]:
    """The project with all that was chosen of one design in it, or in a copy of it; and that design's name.

    A stem has no copy.
    """
    design = choices[0].curve.ref[0]
    project, changed = copy_design(project, design) if copy and design != STEM else (project, design)
    for choice in choices:
        place, form = (changed, choice.curve.ref[1]), choice.curve.form
        project = apply_low_rank(project, place, form, choice.ranks, chosen, refit=choice.refit)
    return project, changed


def replace_and_measure(explorer: RankSearch, choices: Sequence[RankChoice]) -> Replacement:
    """Put all that was chosen of one design into it, and measure the last volumes.

    What is replaced in the stem changes every design.
    """
    before = explorer.project
    project, design = apply_choices(before, choices, explorer.calibration)
    known = RunRequest.of(project).check.analyses
    names = [made.name for made in project.designs] if design == STEM else [design]
    specs = explorer.calibration.check_inputs or explorer.calibration.fit_inputs
    errors = {name: explorer.last_error(project, name, name, specs) for name in names or [STEM]}
    macs = explorer.request.check.analyses[design].macs or 0
    return Replacement(before, project, design, tuple(choices), macs, known[design].macs or 0, errors)
