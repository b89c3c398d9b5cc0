"""The view of operations: bars of what designs and layers cost, painted as they are exported."""

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from engine.cost.metrics import METRICS
from engine.run.check import Place
from gui.paint.bars.bars import paint_layout
from gui.paint.bars.content import Content, Line, content_of
from gui.paint.bars.layout import Layout, height_on_screen, lay_out
from gui.state.view_state import Focus, ViewState
from gui.theme import THEMES
from gui.views.base import View
from gui.widgets.choices import Choice

STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class BarsView(View):
    """Bars per design and per layer, with the metric and the axis to choose."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: ViewState | None = None
        self.metric_choice = Choice([(metric.id, metric.title) for metric in METRICS])
        self.metric_choice.setAccessibleName("Count")
        self.metric_choice.setToolTip("What the bars count: 1 MAC = 1 multiply-accumulate = 2 FLOPs")
        self.logarithmic_box = QCheckBox("Logarithmic")
        self.logarithmic_box.setToolTip(
            "Equal distances are equal ratios, so that small layers can be seen beside large ones"
        )
        self.canvas = BarsCanvas()
        self.scroll_area = QScrollArea()
        self.scroll_area.setWidget(self.canvas)
        self.scroll_area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll_area.setMinimumSize(120, 40)
        self._compose()
        self.metric_choice.chosen.connect(self._on_metric_chosen)
        self.logarithmic_box.clicked.connect(self._on_logarithmic_clicked)
        self.canvas.chosen.connect(self.focus_requested)
        self.canvas.hovered.connect(self.hovered)
        self.scroll_area.viewport().installEventFilter(self)

    def _compose(self) -> None:
        count = QLabel("Count")
        count.setBuddy(self.metric_choice)
        controls = QHBoxLayout()
        controls.setContentsMargins(6, 3, 6, 3)
        controls.setSpacing(8)
        for widget in (count, self.metric_choice, self.logarithmic_box):
            controls.addWidget(widget)
        controls.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        bar = QWidget()
        bar.setLayout(controls)
        bar.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # a narrow dock shows the first ones
        column.addWidget(bar)
        column.addWidget(self.scroll_area)

    def show_state(self, old: ViewState | None, new: ViewState) -> None:
        self._state = new
        if old is None or old.look is not new.look:
            self.metric_choice.show_value(new.look.metric)
            self.logarithmic_box.setChecked(new.look.logarithmic)
        if old is None or old.focus is not new.focus or old.amounts != new.amounts:
            self.canvas.show_state(old, new)
            self._fit()
        if old is None or old.focus.place != new.focus.place:
            self._show_row(new.shown(new.focus.place))

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """The canvas follows the width of what it is seen through, and fills its height."""
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return False

    def _fit(self) -> None:
        self.canvas.fit(self.scroll_area.viewport().rect())

    def _show_row(self, place: Place) -> None:
        row = self.canvas.row_of(place)
        if row is not None:
            centre = row.center()
            self.scroll_area.ensureVisible(round(centre.x()), round(centre.y()), 0, round(row.height()))

    def _on_metric_chosen(self, id: str) -> None:
        if self._state is not None:
            self.look_requested.emit(replace(self._state.look, metric=id))

    def _on_logarithmic_clicked(self, checked: bool) -> None:
        if self._state is not None:
            self.look_requested.emit(replace(self._state.look, logarithmic=checked))


class BarsCanvas(QWidget):
    """The painted figure: a click or the arrow keys choose a layer, the mouse reads exact numbers."""

    chosen = Signal(Focus)
    hovered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._state: ViewState | None = None
        self._content: Content | None = None
        self._layout: Layout | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Bars of operations")

    def show_state(self, old: ViewState | None, new: ViewState) -> None:
        """Say anew what differs; the focus alone changes neither words nor places."""
        self._state = new
        if old is None or old.amounts != new.amounts:
            self._content = content_of(new)
            self._layout = None
            self.setAccessibleDescription("; ".join(line.tip for line in self._content.totals))
        self.update()

    def fit(self, viewport: QRect) -> None:
        """Take the width of the viewport, and its height or more where the text would become too small."""
        if self._content is None or viewport.isEmpty():
            return
        height = height_on_screen(self._content, viewport.width(), viewport.height())
        self.resize(viewport.width(), round(height))
        if self._layout is None:
            self._layout = lay_out(self._content, QRectF(self.rect()))

    def row_of(self, place: Place) -> QRectF | None:
        """Where a layer or block is shown."""
        return None if self._layout is None else self._layout.row_of(*place)

    def line_at(self, point: QPointF) -> Line | None:
        """The line under a point."""
        return None if self._layout is None else self._layout.line_at(point)

    def lines(self) -> tuple[Line, ...]:
        """The layers' lines in the order of the arrow keys."""
        if self._layout is None:
            return ()
        return tuple(placed.line for placed in self._layout.lines if placed.line.place() is not None)

    def resizeEvent(self, event: QEvent) -> None:
        self._layout = None if self._content is None else lay_out(self._content, QRectF(self.rect()))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._state is None or self._layout is None:
            return
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        theme = THEMES[self._state.look.theme]
        paint_layout(painter, QRectF(self.rect()), self._layout, self._state.shown(self._state.focus.place), theme)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        line = self.line_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and line is not None:
            self._choose(line)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        line = self.line_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if line and line.place() else Qt.CursorShape.ArrowCursor)
        self.hovered.emit(line.tip.replace("\n", ": ") if line else "")

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            line = self.line_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), line.tip if line else "", self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go from layer to layer, folded ones apart."""
        step, lines = STEPS.get(Qt.Key(event.key())), self.lines()
        if step is None or not lines or self._state is None:
            super().keyPressEvent(event)
            return
        places = [line.place() for line in lines]
        place = self._state.shown(self._state.focus.place)
        at = places.index(place) + step if place in places else (0 if step > 0 else len(lines) - 1)
        self._choose(lines[min(max(at, 0), len(lines) - 1)])

    def _choose(self, line: Line) -> None:
        place = line.place()
        if place is not None:
            self.chosen.emit(Focus(*place))
