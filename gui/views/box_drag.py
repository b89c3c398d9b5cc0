"""Drags in the picture of the volumes: a box to another place, a line from box to box, a rubber band around boxes."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from engine.network.graph import INPUT
from engine.network.node_ref import NodeRef
from gui.paint.volumes import hits
from gui.paint.volumes.hits import VolumeHit
from gui.paint.volumes.layout import VolumesLayout
from gui.paint.volumes.scene import PlacedBox
from gui.state import edits
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.node_selection import select_nodes
from gui.state.view_state import ViewState
from gui.theme import THEMES, Theme

_PORT = 5.0
"""Radius in pixels of the port from which a line is dragged."""
_GRIP = 10.0
"""Distance in pixels from a port within which it is gripped."""
_SMALL = 6.0
"""Pixels up to which a drag is a click."""

_Mode = Literal["", "move", "connect", "band"]


class _Canvas(Protocol):
    """The parts of `VolumesCanvas` that drags use: it imports them, so they cannot import it."""

    state: ViewState

    def viewport(self) -> QWidget: ...

    def width(self) -> int: ...

    def current_layout(self) -> VolumesLayout: ...

    def widget_point(self, point: QPointF) -> QPointF: ...

    def hit_at(self, position: QPointF) -> VolumeHit | None: ...

    def click(self, point: QPointF) -> None: ...

    def click_more(self, point: QPointF) -> None: ...


class BoxDrag:
    """A drag that begins on a box, on its port or, with Ctrl, anywhere; it ends in one edit or selection.

    Parameters
    ----------
    propose, select, report
        Called with the edit of a drop, with the focus of a rubber band, and with what a drop would do or why not.
    """

    def __init__(
        self,
        canvas: _Canvas,
        propose: Callable[[Edit], None],
        select: Callable[[Focus], None],
        report: Callable[[str], None],
    ) -> None:
        self._canvas, self._propose, self._select, self._report = canvas, propose, select, report
        self.mode: _Mode = ""
        self.source: NodeRef = ("", INPUT)
        self.target: NodeRef | None = None
        self.proposal: Edit | str = ""
        """The edit of a drop here, or why there is none; "" for neither."""
        self._start = self._at = QPointF()
        self._after = False
        self._hovered: NodeRef | None = None

    @property
    def active(self) -> bool:
        return bool(self.mode)

    # Where boxes and ports are

    def _boxes(self) -> Sequence[PlacedBox]:
        return self._canvas.current_layout().scene.boxes

    def _rect(self, box: PlacedBox) -> QRectF:
        """The bounds of a box in the widget."""
        left, top, right, bottom = box.bounds
        shrink = self._canvas.current_layout().scene.shrink
        corners = (QPointF(left, top) * shrink, QPointF(right, bottom) * shrink)
        return QRectF(*map(self._canvas.widget_point, corners))

    def port(self, box: PlacedBox) -> QPointF:
        """The point of the widget from which a line to a receiver of the box is dragged."""
        shrink = self._canvas.current_layout().scene.shrink
        point = self._canvas.widget_point(QPointF(box.line_start_x, box.y) * shrink) + QPointF(_PORT + 2, 0)
        return QPointF(min(point.x(), self._canvas.width() - _PORT - 2), point.y())

    def _box(self, ref: NodeRef | None) -> PlacedBox | None:
        return None if ref is None else next((box for box in self._boxes() if box.ref == ref), None)

    def _ref_at(self, point: QPointF) -> NodeRef | None:
        """The volume whose box is at a point; an arrow stands for the box that it leads to."""
        hit = self._canvas.hit_at(point)
        box = None if hit is None else hits.find_box(self._canvas.state, self._canvas.current_layout().scene, hit.ref)
        return None if box is None else box.ref

    def _port_at(self, point: QPointF) -> NodeRef | None:
        box = self._box(self._hovered)
        return None if box is None or _distance(self.port(box), point) > _GRIP else box.ref

    def hover(self, point: QPointF | None) -> None:
        """Show the port of the box under the mouse."""
        ref = None if point is None else (self._port_at(point) or self._ref_at(point))
        if ref != self._hovered:
            self._hovered = ref
            self._canvas.viewport().update()

    # The drag

    def begin(self, point: QPointF, modifiers: Qt.KeyboardModifier) -> bool:
        """Begin a drag if something to drag is at the point; otherwise it is the camera's."""
        port, ref = self._port_at(point), self._ref_at(point)
        with_ctrl = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if port is not None or (ref is not None and with_ctrl):
            self.mode, self.source = "connect", port or ref or self.source
        elif with_ctrl:
            self.mode = "band"
        elif ref is not None and ref[1] != INPUT:
            self.mode, self.source = "move", ref
        else:
            return False
        self._start = self._at = point
        self.target, self.proposal = None, ""
        return True

    def move(self, point: QPointF) -> None:
        """Follow the mouse, and say what a drop here would do."""
        if not self.mode:
            return
        self._at = point
        if self.mode != "band":
            self._find_target(point)
        text = self.proposal.text if isinstance(self.proposal, Edit) else self.proposal
        is_refused = bool(self.proposal) and isinstance(self.proposal, str)
        self._canvas.viewport().setCursor(
            Qt.CursorShape.ForbiddenCursor if is_refused else Qt.CursorShape.ClosedHandCursor
        )
        self._report(text)
        self._canvas.viewport().update()

    def _find_target(self, point: QPointF) -> None:
        state, hit = self._canvas.state, self._canvas.hit_at(point)
        self.target, self.proposal = self._ref_at(point), ""
        box = self._box(self.target)
        if box is None or self.target is None or self.target == self.source or hit is None:
            self.target = None
        elif self.mode == "connect":
            self.proposal = edits.connect_boxes(state, self.source, self.target)
        else:
            is_on_box = self._rect(box).left() <= point.x()
            self._after = self.target[1] == INPUT or (is_on_box and point.x() > self._rect(box).center().x())
            self.proposal = edits.move_box(state, self.source, self.target, after=self._after)

    def finish(self, point: QPointF) -> None:
        """Drop here: propose the edit, or select what is in the rubber band; a small movement was a click."""
        self.move(point)
        mode, proposal, start = self.mode, self.proposal, self._start
        self.cancel()
        if mode and _distance(start, point) < _SMALL:
            (self._canvas.click_more if mode == "band" else self._canvas.click)(start)
        elif mode == "band":
            self._select_within(QRectF(start, point).normalized())
        elif isinstance(proposal, Edit):
            self._propose(proposal)

    def cancel(self) -> None:
        """End the drag without a drop."""
        if self.mode:
            self.mode, self.target, self.proposal = "", None, ""
            self._canvas.viewport().unsetCursor()
            self._report("")
            self._canvas.viewport().update()

    def _select_within(self, band: QRectF) -> None:
        state = self._canvas.state
        refs = [state.editable_ref(box.ref) for box in self._boxes() if band.intersects(self._rect(box))]
        focus = select_nodes(state.focus, [ref for ref in refs if ref[1] != INPUT])
        if focus is not None:
            self._select(focus)

    # What is seen of it

    def paint(self, painter: QPainter) -> None:
        """Draw the port, or the drag in progress."""
        theme = THEMES[self._canvas.state.look.theme]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.mode == "band":
            self._paint_band(painter, theme)
        elif self.mode:
            self._paint_target(painter, theme)
            self._paint_line(painter, theme)
        elif (box := self._box(self._hovered)) is not None:
            self._paint_port(painter, theme, self.port(box))

    def _paint_port(self, painter: QPainter, theme: Theme, port: QPointF) -> None:
        painter.setPen(QPen(QColor(theme.base), 1.5))
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(port, _PORT, _PORT)

    def _paint_band(self, painter: QPainter, theme: Theme) -> None:
        fill = QColor(theme.accent)
        fill.setAlphaF(0.15)
        painter.setPen(QPen(QColor(theme.accent), 1))
        painter.setBrush(fill)
        painter.drawRect(QRectF(self._start, self._at).normalized())

    def _colour(self, theme: Theme) -> QColor:
        return QColor(theme.error if self.proposal and isinstance(self.proposal, str) else theme.accent)

    def _paint_target(self, painter: QPainter, theme: Theme) -> None:
        """Frame the box that receives a line; mark the side of the box beside which a box is put."""
        box = self._box(self.target)
        if box is None:
            return
        rect = self._rect(box).adjusted(-5, -5, 5, 5)
        painter.setPen(QPen(self._colour(theme), 2.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.mode == "connect" or isinstance(self.proposal, str):
            painter.drawRoundedRect(rect, 6, 6)
        else:
            x = rect.right() + 4 if self._after else rect.left() - 4
            painter.setPen(QPen(self._colour(theme), 4))
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))

    def _paint_line(self, painter: QPainter, theme: Theme) -> None:
        box = self._box(self.source)
        if box is None:
            return
        painter.setPen(QPen(self._colour(theme), 2.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.mode == "connect":
            start, reach = self.port(box), max(abs(self._at.x() - self.port(box).x()) / 2, 20.0)
            path = QPainterPath(start)
            path.cubicTo(start + QPointF(reach, 0), self._at - QPointF(reach, 0), self._at)
            painter.drawPath(path)
            painter.setBrush(self._colour(theme))
            painter.drawEllipse(self._at, 3, 3)
        else:
            ghost = self._rect(box).translated(self._at - self._start)
            fill = QColor(theme.accent)
            fill.setAlphaF(0.25)
            painter.setBrush(fill)
            painter.drawRoundedRect(ghost, 3, 3)


def _distance(one: QPointF, other: QPointF) -> float:
    return (one - other).manhattanLength()
