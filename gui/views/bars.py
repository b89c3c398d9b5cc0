"""The Operations view: bars of the costs of designs and layers, painted by the functions that export them."""

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
from engine.network.node_ref import NodeRef
from gui.paint.bars.content import BarLine, BarsContent, build_bars_content
from gui.paint.bars.drawing import paint_bars_layout
from gui.paint.bars.layout import BarsLayout, bars_height_on_screen, lay_out_bars
from gui.state.view_state import Focus, ViewState
from gui.theme import THEMES
from gui.views.base import View
from gui.widgets.choice_controls import ChoiceBox

_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class BarsView(View):
    """Bars per design and per layer, and controls for the metric and the axis."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.metric_choice = ChoiceBox([(metric.id, metric.title) for metric in METRICS])
        self.metric_choice.setAccessibleName("Count")
        self.metric_choice.setToolTip("What the bars count: 1 MAC = 1 multiply-accumulate = 2 FLOPs")
        self.logarithmic_box = QCheckBox("Logarithmic")
        self.logarithmic_box.setToolTip(
            "Equal distances mean equal ratios, so small layers stay visible beside large ones"
        )
        self.canvas = BarsCanvas(state)
        self.scroll_area = QScrollArea()
        self.scroll_area.setWidget(self.canvas)
        self.scroll_area.setFrameShape(QScrollArea.Shape.NoFrame)
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll_area.setMinimumSize(120, 40)
        self._compose()
        self.metric_choice.chosen.connect(self._on_metric_chosen)
        self.logarithmic_box.clicked.connect(self._on_logarithmic_clicked)
        self.canvas.focus_requested.connect(self.focus_requested)
        self.canvas.hovered.connect(self.hovered)
        self.scroll_area.viewport().installEventFilter(self)
        self._show_look()
        self._fit_canvas()
        self._scroll_to_row()

    def _compose(self) -> None:
        count_label = QLabel("Count")
        count_label.setBuddy(self.metric_choice)
        controls = QHBoxLayout()
        controls.setContentsMargins(6, 3, 6, 3)
        controls.setSpacing(8)
        for widget in (count_label, self.metric_choice, self.logarithmic_box):
            controls.addWidget(widget)
        controls.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        bar = QWidget()
        bar.setLayout(controls)
        bar.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # a narrow dock cuts the last ones off
        column.addWidget(bar)
        column.addWidget(self.scroll_area)

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if old.look is not new.look:
            self._show_look()
        if old.focus is not new.focus or old.costs_key != new.costs_key:
            self.canvas.show_state(old, new)
            self._fit_canvas()
        if old.focus.ref != new.focus.ref:
            self._scroll_to_row()

    def _show_look(self) -> None:
        self.metric_choice.show_value(self._state.look.metric)
        self.logarithmic_box.setChecked(self._state.look.logarithmic)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Fit the canvas to the viewport when that is resized."""
        if event.type() == QEvent.Type.Resize:
            self._fit_canvas()
        return False

    def _fit_canvas(self) -> None:
        self.canvas.fit_viewport(self.scroll_area.viewport().rect())

    def _scroll_to_row(self) -> None:
        row = self.canvas.row_rect(self._state.visible_ref(self._state.focus.ref))
        if row is not None:
            centre = row.center()
            self.scroll_area.ensureVisible(round(centre.x()), round(centre.y()), 0, round(row.height()))

    def _on_metric_chosen(self, metric_id: str) -> None:
        self.look_requested.emit(replace(self._state.look, metric=metric_id))

    def _on_logarithmic_clicked(self, checked: bool) -> None:
        self.look_requested.emit(replace(self._state.look, logarithmic=checked))


class BarsCanvas(QWidget):
    """The figure: a click or the arrow keys select a layer, hovering shows exact numbers."""

    focus_requested = Signal(Focus)
    hovered = Signal(str)

    def __init__(self, state: ViewState) -> None:
        super().__init__()
        self._state = state
        self._layout: BarsLayout | None = None
        """Cached layout, computed on demand."""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Bars of operations")
        self._show_content(build_bars_content(state))

    def show_state(self, old: ViewState, new: ViewState) -> None:
        """Rebuild the content if the costs differ; another focus only repaints it."""
        self._state = new
        if old.costs_key != new.costs_key:
            self._show_content(build_bars_content(new))
        self.update()

    def _show_content(self, content: BarsContent) -> None:
        self._content, self._layout = content, None
        self.setAccessibleDescription("; ".join(line.tip for line in content.totals))

    def _current_layout(self) -> BarsLayout:
        if self._layout is None:
            self._layout = lay_out_bars(self._content, QRectF(self.rect()))
        return self._layout

    def fit_viewport(self, viewport: QRect) -> None:
        """Take the size of the viewport, or more height if the text would become too small."""
        if not viewport.isEmpty():
            height = bars_height_on_screen(self._content, viewport.width(), viewport.height())
            self.resize(viewport.width(), round(height))

    def row_rect(self, ref: NodeRef) -> QRectF | None:
        """Return the rectangle of a layer or block."""
        return self._current_layout().row_rect(*ref)

    def line_at(self, point: QPointF) -> BarLine | None:
        """Return the line under a point."""
        return self._current_layout().line_at(point)

    def layer_lines(self) -> tuple[BarLine, ...]:
        """Return the lines of layers in the order of the arrow keys."""
        return tuple(entry.line for entry in self._current_layout().lines if entry.line.ref() is not None)

    def resizeEvent(self, event: QEvent) -> None:
        self._layout = None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        theme, ref = THEMES[self._state.look.theme], self._state.visible_ref(self._state.focus.ref)
        paint_bars_layout(painter, QRectF(self.rect()), self._current_layout(), ref, theme)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        line = self.line_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and line is not None:
            self._select(line)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        line = self.line_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if line and line.ref() else Qt.CursorShape.ArrowCursor)
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
        """Select the previous or next layer with Up and Down, skipping folded layers."""
        step, lines = _STEPS.get(Qt.Key(event.key())), self.layer_lines()
        if step is None or not lines:
            super().keyPressEvent(event)
            return
        refs = [line.ref() for line in lines]
        ref = self._state.visible_ref(self._state.focus.ref)
        at = refs.index(ref) + step if ref in refs else (0 if step > 0 else len(lines) - 1)
        self._select(lines[min(max(at, 0), len(lines) - 1)])

    def _select(self, line: BarLine) -> None:
        ref = line.ref()
        if ref is not None:
            self.focus_requested.emit(Focus(*ref))
