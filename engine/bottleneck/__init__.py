"""The bottleneck that a layer can bear: what can stand for a convolution, what it costs and what it loses."""

from engine.bottleneck.applying import applied, copied
from engine.bottleneck.curve import FORMS, Curve, Point
from engine.bottleneck.explorer import Explorer, Trial, candidates, refusal
from engine.bottleneck.samples import Samples, samples

__all__ = [
    "FORMS",
    "Curve",
    "Explorer",
    "Point",
    "Samples",
    "Trial",
    "applied",
    "candidates",
    "copied",
    "refusal",
    "samples",
]
