"""The head of the inspector: the position of the value, the value, its meaning, and the formula with its numbers."""

import re
from collections.abc import Iterator
from math import isnan

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from engine.text.units import number_text
from gui.paint.basics.note_drawing import STALE_OPACITY, NoteTone, draw_note
from gui.paint.basics.text_drawing import draw_wrapped_text, wrapped_text_height
from gui.paint.inspector.content import (
    INSPECTOR_RUN_HINT,
    LOADING_WEIGHTS_HINT,
    NO_VALUE_HINT,
    InspectorContent,
    ValueExplanation,
)
from gui.paint.inspector.part_drawing import InspectorHit
from gui.paint.maps.map_measures import count_non_finite
from gui.theme import Theme

_QUIET = (INSPECTOR_RUN_HINT, LOADING_WEIGHTS_HINT, NO_VALUE_HINT)
"""Notes that are no warnings."""
_CHIP = 1.2
"""Space for the colour of the design before the title, in ems."""
_INDEX = re.compile(r"\[[^\]]*\]")


def head_height(content: InspectorContent, width: float, em: float) -> float:
    needed = (
        sum(height for _, height, _, _ in _paragraphs(content, width, em)) + _note_height(content, width, em) + 0.4 * em
    )
    return max(needed, content.least_head_height)


def draw_head(painter: QPainter, rect: QRectF, content: InspectorContent, em: float, theme: Theme) -> None:
    y = rect.top()
    painter.setOpacity(STALE_OPACITY if content.is_stale else 1.0)
    for text, height, size, role in _paragraphs(content, rect.width(), em):
        bold = role == "bold"
        colour = theme.muted if role == "muted" else theme.text
        text_rect = QRectF(rect.left(), y, rect.width(), height)
        if role == "name":
            side = 0.76 * em
            design = theme.muted if content.colour_index < 0 else theme.design(content.colour_index)
            painter.fillRect(QRectF(rect.left(), y + 0.45 * em, side, side), QColor(design))
            draw_wrapped_text(painter, text_rect.adjusted(_CHIP * em, 0, 0, 0), text, size, theme.text, bold=True)
        else:
            draw_wrapped_text(painter, text_rect, text, size, colour, bold=bold)
        y += height
    painter.setOpacity(1.0)
    if content.note:
        tall = _note_height(content, rect.width(), em)
        tone: NoteTone = "mistake" if content.note_is_mistake else "hint" if content.note in _QUIET else "warning"
        draw_note(painter, QRectF(rect.left(), y, rect.width(), tall), content.note, em, tone, theme)


def hit_head(_rect: QRectF, content: InspectorContent, _em: float, _point: QPointF) -> InspectorHit | None:
    if content.explanation is None:
        return None
    explanation = content.explanation
    run, recomputed = (repr(value + 0.0).replace("-", "−") for value in (explanation.value, explanation.how.result))
    values = f"{run} in the run" + ("" if isnan(explanation.how.result) else f", {recomputed} recomputed")
    return InspectorHit(f"{content.title}{_spot_text(content)}: {values}")


def _spot_text(content: InspectorContent) -> str:
    """Return the position as text: ``[3, 12, 7]``."""
    return "" if content.spot is None else f"[{', '.join(map(str, content.spot))}]"


def _paragraphs(content: InspectorContent, width: float, em: float) -> list[tuple[str, float, float, str]]:
    """Return text, height, size and role of each paragraph."""
    title = f"{content.title}{_spot_text(content)}"
    title_height = wrapped_text_height(title, width - _CHIP * em, 1.1 * em, bold=True)
    lines = [(title, max(1.7 * em, title_height + 0.3 * em), 1.1 * em, "name")]

    def add(text: str, size: float, role: str, gap: float = 0.25) -> None:
        lines.append((text, wrapped_text_height(text, width, size, bold=role == "bold") + gap * em, size, role))

    for label in _labels(content):
        add(label, 0.92 * em, "muted")
    if content.value is not None:
        add(f"= {number_text(content.value, 6)}", 1.6 * em, "bold")
    for text in _not_finite(content):
        add(text, em, "plain")
    if content.explanation is not None:
        add(content.explanation.how.description, em, "plain", 0.5)
        for line in content.explanation.how.formula:
            add(_keep_indices_together(line), em, "plain", 0.15)
        add(_compare_with_run(content.explanation), 0.92 * em, "muted")
    return lines


def _not_finite(content: InspectorContent) -> Iterator[str]:
    """Yield how many values are not finite in the volumes that are shown."""
    explanation = content.explanation
    if explanation is None:
        return
    inputs = zip((name for _, name in explanation.source_refs), explanation.inputs, strict=True)
    earlier = ((view.name, view.volume) for view in content.source_views)
    volumes = dict((*earlier, *inputs, (content.focus.node, explanation.volume)))
    counts = [
        f"{name} {count:,} of {volume.size:,}"
        for name, volume in volumes.items()
        if (count := count_non_finite(volume))
    ]
    if counts:
        yield f"Magenta: values that are not finite: {', '.join(counts)}"


def _labels(content: InspectorContent) -> tuple[str, ...]:
    """Return the settings of the layer; if a stale explanation belongs to others, those and the current ones."""
    if content.earlier_label in ("", content.label):
        return (content.label,)
    return f"Settings of this value: {content.earlier_label}", f"Current settings: {content.label}"


def _keep_indices_together(formula: str) -> str:
    """Return the formula with indices that do not wrap."""
    return _INDEX.sub(lambda match: match[0].replace(" ", "\N{NO-BREAK SPACE}"), formula)


def _compare_with_run(explanation: ValueExplanation) -> str:
    """Compare the value in the run with that of the explanation."""
    if explanation.how.result == explanation.value or isnan(explanation.value):
        return "The run has exactly this value."
    if isnan(explanation.how.result):
        return "The value of the run; it is not recomputed."
    run, recomputed = number_text(explanation.value, 7), number_text(explanation.how.result, 9)
    return f"The run has {run}; recomputed in double precision: {recomputed}."


def _note_height(content: InspectorContent, width: float, em: float) -> float:
    return wrapped_text_height(content.note, width - em, em) + 1.1 * em if content.note else 0.0
