"""The bottleneck that a layer can bear: what can stand for a convolution, what it costs and what it loses."""

from engine.bottleneck.applying import applied, copied
from engine.bottleneck.curve import FORMS, Curve, Point
from engine.bottleneck.explorer import Explorer, Trial, candidates, refusal
from engine.bottleneck.samples import Samples, samples
from engine.bottleneck.swap import Choice, Swap, put_in, swapped

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
