"""Checks the list of classes of a project against the last volumes of its designs."""

from collections.abc import Mapping
from typing import NamedTuple

from engine.files.labels import read_labels
from engine.files.paths import FileFault
from engine.network.analysis import Analysis
from engine.network.node_ref import STEM
from engine.text.names import quoted
from engine.text.problems import Notice, Problem
from engine.text.units import count_text

LABELS_PLACE = "$.labels"


class LabelCheck(NamedTuple):
    """The names of the classes, and what is wrong with them."""

    labels: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notices: tuple[Notice, ...] = ()


def check_labels(path: str, analyses: Mapping[str, Analysis]) -> LabelCheck:
    """The classes of a file, which every design that ends in C×1×1 must have a channel for.

    A design that ends in maps is no classifier, and has no use for them.
    """
    if not path:
        return LabelCheck()
    try:
        labels = read_labels(path)
    except FileFault as fault:
        return LabelCheck(problems=(Problem(str(fault), LABELS_PLACE),))
    outputs = {design: analysis.output_shape for design, analysis in analyses.items() if design != STEM}
    ends = {
        design: shape.channels
        for design, shape in outputs.items()
        if shape is not None and (shape.height, shape.width) == (1, 1)
    }
    problems = tuple(
        Problem(
            f"{path} names {count_text(len(labels), 'class')}, but design {quoted(design)} ends in "
            f"{count_text(channels, 'channel')}; one line per channel is expected",
            LABELS_PLACE,
        )
        for design, channels in ends.items()
        if channels != len(labels)
    )
    if ends or None in outputs.values():
        return LabelCheck(labels, problems)
    text = f"no design ends in a volume {len(labels)}×1×1; the names of the classes in {path} are not used"
    return LabelCheck(labels, notices=(Notice(text, LABELS_PLACE),))
