"""The rank search: which low-rank convolutions can replace one, what they cost, and what error they make."""

from engine.low_rank.forms import FORMS
from engine.rank_search.calibration import CalibrationSet, calibration_set
from engine.rank_search.candidates import (
    SkippedLayer,
    rank_search_candidates,
    rank_search_refusal,
    skipped_layers,
)
from engine.rank_search.error_curve import CurvePoint, ErrorCurve
from engine.rank_search.replacement import RankChoice, Replacement, apply_choices, replace_and_measure
from engine.rank_search.search import RankResult, RankSearch

__all__ = [
    "FORMS",
    "CalibrationSet",
    "CurvePoint",
    "ErrorCurve",
    "RankChoice",
    "RankResult",
    "RankSearch",
    "Replacement",
    "SkippedLayer",
    "apply_choices",
    "calibration_set",
    "rank_search_candidates",
    "rank_search_refusal",
    "replace_and_measure",
    "skipped_layers",
]
