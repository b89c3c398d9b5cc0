"""What a person asks of a convolution's bottleneck, and what is known of it: frozen values of the state. No Qt here."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from engine.network.input_specs import Input
from engine.network.weight_specs import Form
from engine.project.project import Project
from engine.rank_search import CalibrationSet, ErrorCurve, RankResult, RankSearch, Replacement, calibration_set
from engine.run.check import NodeRef
from engine.text.problems import Problem


class RankQuery(Struct, frozen=True):
    """Which replacement of a convolution a person wants to see."""

    ref: NodeRef
    form: Form = "1x1+kxk"
    ranks: tuple[int, ...] | None = None
    """None: as wide as the budget says."""
    max_error: float = 0.05
    """To bear at most, where there is no budget of MACs."""
    max_macs: int | None = None
    """MACs to spend at most; None: as few as the error allows."""
    refit: bool = False
    map_input: Input | None = None
    """Whose maps are seen; None: the first that only checks."""
    photo_folder: Path | None = None
    """The folder of photos to fit to and check with; None: the bundled ones."""


class RankSearchState(Struct, frozen=True, eq=False):
    """What was asked, and what is known so far."""

    query: RankQuery | None = None
    calibration: CalibrationSet | None = None
    curves: Mapping[tuple[NodeRef, Form], ErrorCurve] = {}
    """Of every convolution that was explored, as it was then."""
    result: RankResult | None = None
    replacement: Replacement | None = None
    busy_text: str = ""
    """What is being done, in words; "" where nothing is."""
    problems: tuple[Problem, ...] = ()

    @property
    def curve(self) -> ErrorCurve | None:
        """That of the wish."""
        return None if self.query is None else self.curves.get((self.query.ref, self.query.form))

    @property
    def width_index(self) -> int | None:
        """Which width of the curve is meant; None where there is none."""
        wish, curve = self.query, self.curve
        if wish is None or curve is None or not curve.ranks:
            return None
        if wish.ranks in curve.ranks:
            return curve.ranks.index(wish.ranks)
        chosen = curve.cheapest_within(wish.max_error) if wish.max_macs is None else curve.best_for_macs(wish.max_macs)
        return chosen if chosen is not None else curve.break_even or 0

    @property
    def map_input(self) -> Input | None:
        """Whose maps are seen."""
        if self.calibration is None:
            return None
        known = (*self.calibration.check_inputs, *self.calibration.fit_inputs)
        asked = None if self.query is None else self.query.map_input
        return asked if asked in known else known[0]

    @property
    def visible_result(self) -> RankResult | None:
        """The trial, where it is of the width that is meant."""
        curve, index, trial, wish = self.curve, self.width_index, self.result, self.query
        if curve is None or index is None or trial is None or wish is None:
            return None
        meant = curve.ref, curve.key, curve.form, curve.ranks[index], wish.refit, self.map_input
        found = trial.ref, trial.key, trial.form, trial.ranks, trial.refit, trial.spec
        return trial if meant == found else None


def answer_rank_query(project: Project, wish: RankQuery) -> RankSearchState:
    """All that a wish asks for, found at once; it may take long, and raise ProjectError."""
    explorer = RankSearch(project, calibration_set(project, wish.photo_folder))
    curve = explorer.curve(wish.ref, wish.form)
    curve = explorer.refine(curve, wish.max_error) if wish.max_macs is None and wish.ranks is None else curve
    known = RankSearchState(wish, explorer.calibration, {(wish.ref, wish.form): curve})
    index, sample = known.width_index, known.map_input
    if index is None or sample is None:
        return known
    trial = explorer.result(wish.ref, wish.form, curve.ranks[index], sample, refit=wish.refit)
    return replace(known, result=trial)
