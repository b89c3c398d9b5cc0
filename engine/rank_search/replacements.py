"""Replaces several convolutions at once, and measures the error of the last volume."""

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
    """A convolution, and the rank of its replacement."""

    curve: ErrorCurve
    position: int
    """Index of the rank in the curve."""
    refit: bool = False

    @property
    def ranks(self) -> tuple[int, ...]:
        return self.curve.ranks[self.position]

    @property
    def macs(self) -> int:
        return self.curve.costs[self.position]


class Replacement(Struct, frozen=True, eq=False):
    """A design in which low-rank pairs replace some convolutions."""

    before: Project
    project: Project
    design: str
    choices: tuple[RankChoice, ...]
    macs_before: int
    macs: int
    errors: Mapping[str, float]
    """Relative error of the last volume of each design that changed, on the checking inputs."""


def apply_choices(
    project: Project, choices: Sequence[RankChoice], calibration: CalibrationSet, *, copy: bool = False
) -> tuple[Project, str]:
    """The project with all choices for one design applied to it, or to a copy of it; and that design's name.

    The stem is never copied.
    """
    design = choices[0].curve.ref[0]
    project, changed = copy_design(project, design) if copy and design != STEM else (project, design)
    for choice in choices:
        ref, form = (changed, choice.curve.ref[1]), choice.curve.form
        project = apply_low_rank(project, ref, form, choice.ranks, calibration, refit=choice.refit)
    return project, changed


def replace_and_measure(search: RankSearch, choices: Sequence[RankChoice]) -> Replacement:
    """Apply all choices for one design, and measure its last volume; for the stem, that of every design."""
    before = search.project
    project, design = apply_choices(before, choices, search.calibration)
    analyses = RunRequest.of(project).check.analyses
    names = [other.name for other in project.designs] if design == STEM else [design]
    specs = search.calibration.check_inputs or search.calibration.fit_inputs
    errors = {name: search.last_error(project, name, name, specs) for name in names or [STEM]}
    macs = search.request.check.analyses[design].macs or 0
    return Replacement(before, project, design, tuple(choices), macs, analyses[design].macs or 0, errors)
