"""What a detail of the chosen map must answer: where its parts are, how they are drawn, and what is under the mouse."""

from typing import Protocol

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from gui.state.view_state import Focus
from gui.theme import Theme


class PlacedBody(Protocol):
    """A body laid out in the room there is."""

    def draw(self, painter: QPainter, theme: Theme) -> None: ...

    def describe(self, point: QPointF) -> str:
        """What is under a point, in words; "" for nothing."""

    def focus_at(self, point: QPointF) -> Focus | None:
        """What a click at a point chooses."""

    def focus_for_key(self, number: int) -> Focus | None:
        """What a number key chooses, from 1 on."""


class DetailBody(Protocol):
    """What is drawn below the title."""

    def lay_out(self, rect: QRectF, size: float) -> PlacedBody:
        """Lay it out in a rectangle, with text of that size in pixels."""


class MapDetail(Struct, frozen=True, eq=False):
    """What is shown of the chosen map, or the reason why there is nothing to show."""

    title: str
    body: DetailBody | None = None
    reason: str = ""
    is_error: bool = False
    """Whether the reason is a mistake."""
    text: str = ""
    """What it shows, for those who do not see it."""
