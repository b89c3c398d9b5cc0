"""The interface of a detail of the selected map: lay out, draw, and describe what is under the mouse."""

from typing import Protocol

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from gui.state.focus import Focus
from gui.theme import Theme


class PlacedBody(Protocol):
    """A body laid out in a rectangle."""

    def draw(self, painter: QPainter, theme: Theme) -> None: ...

    def describe(self, point: QPointF) -> str:
        """Describe what is under a point; "" for nothing."""

    def focus_at(self, point: QPointF) -> Focus | None:
        """Return the focus after a click at a point."""

    def focus_for_key(self, number: int) -> Focus | None:
        """Return the focus after a number key, from 1 on."""


class DetailBody(Protocol):
    """The part below the title."""

    def lay_out(self, rect: QRectF, size: float) -> PlacedBody:
        """Lay out the body in a rectangle, with text of `size` pixels."""


class MapDetail(Struct, frozen=True, eq=False):
    """A detail of the selected map, or the reason why none is shown."""

    title: str
    body: DetailBody | None = None
    reason: str = ""
    is_mistake: bool = False
    """Whether the reason is a mistake."""
    text: str = ""
    """Description for screen readers."""
