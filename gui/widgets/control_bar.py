"""A bar of controls that may become narrower than they are."""

from collections.abc import Iterable

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget


def make_control_bar(widgets: Iterable[QWidget | None], wide: QWidget | None = None) -> QWidget:
    """Return a bar of controls: None is a stretch, `wide` takes the free space. A narrow bar cuts the last ones off."""
    row = QHBoxLayout()
    row.setContentsMargins(6, 2, 6, 2)
    row.setSpacing(6)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget, 1 if widget is wide else 0)
    bar = QWidget()
    bar.setLayout(row)
    bar.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    return bar
