"""The interface of a figure for papers and slides."""

from typing import Protocol

from PySide6.QtGui import QPainter

from gui.theme import Theme


class PaperFigure(Protocol):
    """A laid-out figure; its size is in units of its page."""

    @property
    def width(self) -> float: ...

    @property
    def height(self) -> float: ...

    def paint(self, painter: QPainter, theme: Theme) -> None:
        """Draw the figure at the painter's origin."""
