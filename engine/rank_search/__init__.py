"""The search for a bottleneck: which narrower convolutions can replace one, what they cost and what error they make."""

from engine.rank_search.calibration import Samples, samples
from engine.rank_search.error_curve import FORMS, Curve, Point
from engine.rank_search.replacement import applied, copied
from engine.rank_search.replacements import Choice, Swap, put_in, swapped
from engine.rank_search.search import Explorer, Trial, candidates, refusal

__all__ = [
    "FORMS",
    "Choice",
    "Curve",
    "Explorer",
    "Point",
    "Samples",
    "Swap",
    "Trial",
    "applied",
    "candidates",
    "copied",
    "put_in",
    "refusal",
    "samples",
    "swapped",
]
