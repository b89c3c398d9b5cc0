"""The explanation of a value in words: for screen readers, and instead of the picture in a web page."""

from engine.text.units import number_text
from gui.paint.inspector import sums
from gui.paint.inspector.content import InspectorContent


def describe_inspector(content: InspectorContent) -> str:
    """The formula, and the bars of its terms."""
    explanation = content.explanation
    lines = [content.title]
    lines += [content.note] if explanation is None else [explanation.how.description, *explanation.how.formula]
    lines += [f"{row.label}: {number_text(row.value)}" for row in sums.sum_bars(content)]
    return ". ".join(line.rstrip(".") for line in lines if line)
