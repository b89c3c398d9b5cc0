"""What a detail of the chosen map must answer: where its parts are, how they are drawn, and what is under the mouse."""

from typing import Protocol

from msgspec import Struct
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from gui.state.view_state import Focus
from gui.theme import Theme


class Placed(Protocol):
    """A body laid out in the room there is."""

    def draw(self, painter: QPainter, theme: Theme) -> None: ...

    def read(self, point: QPointF) -> str:
        """What is under a point, in words; "" for nothing."""

    def choice(self, point: QPointF) -> Focus | None:
        """What a click at a point chooses."""

    def numbered(self, number: int) -> Focus | None:
        """What a number key chooses, from 1 on."""


class Body(Protocol):
    """What is drawn below the title."""

    def place(self, rect: QRectF, size: float) -> Placed:
        """Lay it out in a rectangle, with text of that size in pixels."""


class Detail(Struct, frozen=True, eq=False):
    """What is shown of the chosen map, or the reason why there is nothing to show."""

    title: str
    body: Body | None = None
    fault: str = ""
    wrong: bool = False
    """Whether the reason is a mistake."""
    words: str = ""
    """What it shows, for those who do not see it."""
