"""The rank search: which low-rank convolutions can replace one, what they cost, and what error they make."""

from engine.low_rank.forms import FORMS
from engine.rank_search.calibration import CalibrationSet, calibration_set
from engine.rank_search.error_curve import CurvePoint, ErrorCurve
from engine.rank_search.replacement import RankChoice, Replacement, apply_choices, replace_and_measure
from engine.rank_search.search import RankResult, RankSearch, rank_search_candidates, rank_search_refusal

__all__ = [
    "FORMS",
    "CalibrationSet",
    "CurvePoint",
    "ErrorCurve",
    "RankChoice",
    "RankResult",
    "RankSearch",
    "Replacement",
    "apply_choices",
    "calibration_set",
    "rank_search_candidates",
    "rank_search_refusal",
    "replace_and_measure",
]
