"""The line below the heading of a classifier: its most likely classes, each with a bar as long as it is likely."""

from collections.abc import Iterator
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF

from engine.explain.classes import LikelyClass, Prediction, percent_text
from gui.paint.volumes.labels import Label, elide_text, measure_text

CLASSES_HEIGHT = 2.0
"""Of the line with its bars, in ems."""
_BAR = 9.0
"""Length of the bar of a class that is certain, in ems."""
_LONGEST = 16.0
"""Width up to which the name of a class is shown in full, in ems."""
_GAP = 1.2
"""Between two classes, in ems."""


class ClassLine(NamedTuple):
    """Texts, and bars in the colour of the design."""

    labels: tuple[Label, ...]
    bars: tuple[QRectF, ...]


def lay_out_classes(prediction: Prediction, start: QPointF, width: float, em: int) -> ClassLine:
    """As many classes as fit, and what their probabilities are if there is space for it.

    Parameters
    ----------
    start
        Left end of the baseline.
    """
    if not prediction.classes:
        text = elide_text(prediction.text(), width, em)
        return ClassLine((Label(text, start.x(), start.y(), measure_text(text, em), em, "muted"),), ())
    labels: list[Label] = []
    bars: list[QRectF] = []
    x, end = start.x(), start.x() + width
    for number, likely in enumerate(prediction.classes):
        name, percent = _class_labels(likely, x, start.y(), em, is_first=number == 0)
        bar = QRectF(x, start.y() + 0.3 * em, max(1.0, _BAR * em * likely.probability), 0.22 * em)
        right = max(percent.x + percent.width, bar.right())
        if number and right > end:
            break
        labels += name, percent
        bars.append(bar)
        x = right + _GAP * em
    labels += [label for label in _source_label(prediction, x, start.y(), em) if label.x + label.width <= end]
    return ClassLine(tuple(labels), tuple(bars))


def _class_labels(likely: LikelyClass, x: float, y: float, em: int, *, is_first: bool) -> tuple[Label, Label]:
    """The name of a class, and its probability."""
    name = elide_text(likely.label, _LONGEST * em, em, is_first)
    width = measure_text(name, em, is_first)
    percent = percent_text(likely.probability)
    return (
        Label(name, x, y, width, em, "text", is_first),
        Label(percent, x + width + 0.4 * em, y, measure_text(percent, em), em, "muted"),
    )


def _source_label(prediction: Prediction, x: float, y: float, em: int) -> Iterator[Label]:
    size = round(0.84 * em)
    text = f"by {prediction.source}"
    yield Label(text, x, y, measure_text(text, size), size, "muted")
