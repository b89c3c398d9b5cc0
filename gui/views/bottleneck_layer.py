"""One convolution's bottleneck: its curve, a slider over the widths, the maps, and what puts the replacement in."""

from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPointF, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QMenu,
    QPushButton,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from engine.network.input_specs import input_text
from engine.rank_search import FORMS, apply_low_rank, copy_design, rank_search_refusal
from engine.run.check import NodeRef
from engine.text.printed_figures import amount_of
from engine.text.problems import STEM
from engine.text.units import abbreviate
from gui.paint.bottleneck.chart_drawing import describe_rank
from gui.paint.bottleneck.drawing import (
    BottleneckContent,
    BottleneckLayout,
    build_bottleneck_content,
    draw_bottleneck,
    lay_out_bottleneck,
)
from gui.paint.maps import mosaic
from gui.state.edit import Edit
from gui.state.rank_search import RankQuery, RankSearchState
from gui.state.requests import Cancel, Explore
from gui.state.view_state import Focus, ViewState
from gui.theme import THEMES
from gui.views.mosaic_canvas import MosaicCanvas
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.control_bar import make_control_bar
from gui.widgets.number_controls import IntegerBox, NumberControl

STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_PageDown: -8, Qt.Key.Key_PageUp: 8}
_LEAST_MAPS = 400, 130
"""Width and height in pixels below which there is room for the chart only."""
_EXPLORE_TIP = "Find what can stand for the chosen convolution (Ctrl+Shift+E)"


class ChartCanvas(QWidget):
    """The chart: a click, a drag or the arrow keys choose a width, the mouse reads errors."""

    width_chosen = Signal(int)
    """An index of the curve."""
    hovered = Signal(str)

    def __init__(self, content: BottleneckContent, theme: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.show_content(content, theme)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(110, 60)
        self.setAccessibleName("Error against MACs")

    def show_content(self, content: BottleneckContent, theme: str) -> None:
        self._content, self._theme = replace(content, maps=None), THEMES[theme]
        self._layout: BottleneckLayout | None = None
        self.setAccessibleDescription(f"{content.title}. {content.message}")
        self.update()

    def current_layout(self) -> BottleneckLayout:
        """Where everything is."""
        if self._layout is None:
            self._layout = lay_out_bottleneck(QRectF(self.rect()), self._content)
        return self._layout

    def index_at(self, point: QPointF) -> int | None:
        """The width that is drawn nearest."""
        chart, curve = self.current_layout().chart_layout, self._content.curve
        return None if chart is None or curve is None else chart.nearest_index(curve, point)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_bottleneck(painter, QRectF(self.rect()), self._content, self.current_layout(), self._theme)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._layout = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(self.index_at(event.position()), event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(index, event)
        curve = self._content.curve
        self.hovered.emit("" if index is None or curve is None else describe_rank(curve, index))

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = STEPS.get(Qt.Key(event.key()))
        content = self._content
        if step is None or content.curve is None or content.chart_marks is None:
            super().keyPressEvent(event)
            return
        index = (content.chart_marks.chosen_index or 0) + step
        self.width_chosen.emit(min(max(index, 0), len(content.curve.ranks) - 1))

    def _choose(self, index: int | None, event: QMouseEvent) -> None:
        chosen = None if self._content.chart_marks is None else self._content.chart_marks.chosen_index
        if index is not None and index != chosen and event.buttons() & Qt.MouseButton.LeftButton:
            self.width_chosen.emit(index)


class BottleneckLayerPage(QWidget):
    """The chosen convolution."""

    requested = Signal(object)
    edit_proposed = Signal(Edit)
    focus_requested = Signal(Focus)
    hovered = Signal(str)

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        place, wish = state.focus.ref, state.rank_search.query
        self._query = wish if wish is not None and wish.ref == place else RankQuery(place)
        self._content = build_bottleneck_content(state)
        self.chart = ChartCanvas(self._content, state.look.theme, self)
        self.maps = MosaicCanvas(state, self._content.maps or _no_maps(state), self)
        self.maps.setMinimumSize(80, 60)
        self.form = ChoiceBox([(form, words) for form, words in FORMS.items()])
        self.photos = QPushButton("Photos")
        self.sample = ChoiceBox()
        self.sample.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.form.setMinimumContentsLength(max(map(len, FORMS.values())))
        self.explore_button = QPushButton("Explore")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.box = IntegerBox(1, 1)
        self.error = NumberControl(parse_percent, "{:g}".format)
        self.budget = NumberControl(parse_macs, lambda macs: abbreviate(macs) if macs else "")
        self.refit = QCheckBox("Fit the k×k again")
        self.apply, self.apply_copy = QPushButton("Apply"), QPushButton("Apply to a copy")
        self._set_accessible_names()
        self._compose()
        self._connect()
        self._show_content()

    # Composition

    def _set_accessible_names(self) -> None:
        for widget, name, tip in (
            (self.form, "What stands for the convolution", "Which convolutions stand for the k×k"),
            (self.photos, "Photos", "What it is fitted to, and what checks it: every third photo"),
            (self.sample, "Input whose maps are seen", "Whose maps are seen"),
            (self.explore_button, "Explore", _EXPLORE_TIP),
            (self.slider, "Width, slider", "Maps between the convolutions"),
            (self.box, "Width", "Maps between the convolutions, r"),
            (self.refit, "Fit the k×k again", "By least squares on the reduced maps: it can only lower the error on "
             "what it is fitted to; what it does on other inputs is measured"),
            (self.apply, "Apply", "Put the replacement into the design, one undo step"),
            (self.apply_copy, "Apply to a copy", "Put the replacement into a copy of the design, beside it"),
        ):  # fmt: skip
            widget.setAccessibleName(name)
            widget.setToolTip(tip)
        for control, name, tip, digits in (
            (self.error, "Error to bear, per cent", "The cheapest that was measured to lose no more", 5),
            (self.budget, "MACs to spend", "The one of least expected error that costs no more, as 500M", 8),
        ):
            control.set_title(name)
            control.edit.setToolTip(tip)
            control.edit.setFixedWidth(control.fontMetrics().horizontalAdvance("0" * digits))
        menu = QMenu(self.photos)
        menu.addAction("Bundled photos").triggered.connect(
            lambda _: self._change_query(photo_folder=None, map_input=None)
        )
        menu.addAction("A folder of photos…").triggered.connect(lambda _: self._choose_photo_folder())
        self.photos.setMenu(menu)

    def _compose(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.chart)
        self.splitter.addWidget(self.maps)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setSizes([5, 4])
        error, budget, width = QLabel("Error ≤ %"), QLabel("MACs ≤"), QLabel("Width r")
        for label, widget in ((error, self.error), (budget, self.budget), (width, self.box)):
            label.setBuddy(widget)
        rows = (
            (self.explore_button, self.form, self.photos, self.sample, None),
            (width, self.box, self.slider, error, self.error, budget, self.budget),
            (self.refit, None, self.apply, self.apply_copy),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(2)
        for number, widgets in enumerate(rows):
            if number == 1:
                column.addWidget(self.splitter, 1)
            column.addWidget(make_control_bar(widgets, self.slider))

    def _connect(self) -> None:
        self.chart.width_chosen.connect(self._on_width_chosen)
        self.chart.hovered.connect(self.hovered)
        self.maps.hovered.connect(self.hovered)
        self.maps.chosen.connect(self.focus_requested)
        self.form.chosen.connect(lambda form: self._change_query(form=form, ranks=None))
        self.sample.chosen.connect(lambda sample: self._change_query(map_input=sample))
        self.explore_button.clicked.connect(self._on_explore_clicked)
        self.slider.valueChanged.connect(self._on_width_chosen)
        self.box.valueChanged.connect(lambda r: self._on_width_chosen(r - 1))
        self.error.changed.connect(
            lambda percent: self._change_query(max_error=percent / 100, max_macs=None, ranks=None)
        )
        self.budget.changed.connect(lambda macs: self._change_query(max_macs=macs or None, ranks=None))
        self.refit.toggled.connect(lambda on: self._change_query(refit=on))
        self.apply.clicked.connect(partial(self._apply, copy=False))
        self.apply_copy.clicked.connect(partial(self._apply, copy=True))

    # State → page

    def show_state(self, state: ViewState) -> None:
        self._state = state
        shown, place = state.rank_search, state.focus.ref
        if shown.query is not None and shown.query.ref == place:
            self._query = shown.query
        else:
            if self._query.ref != place:
                self._query = replace(self._query, ref=place, ranks=None)
            self._show_known_curve(shown, place)
            if self._state is not state:  # asked, and shown already
                return
        self._content = build_bottleneck_content(state)
        self._show_content()

    def _show_content(self) -> None:
        state, content = self._state, self._content
        self.chart.show_content(content, state.look.theme)
        self._fit_maps()
        if content.maps is not None:
            self.maps.show_content(state, content.maps)
        self._show_controls(state, content)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_maps()

    def _fit_maps(self) -> None:
        """Leave the maps out where there is no room for them."""
        width, height = _LEAST_MAPS
        room = self.splitter.width() >= width and self.splitter.height() >= height
        self.maps.setVisible(room and self._content.maps is not None)

    def _show_known_curve(self, shown: RankSearchState, place: NodeRef) -> None:
        """A curve that is known already is shown without being asked for."""
        if shown.query is not None and not shown.busy_text and (place, self._query.form) in shown.curves:
            self.requested.emit(Explore(self._query))

    def _show_controls(self, state: ViewState, content: BottleneckContent) -> None:
        shown, wish = state.rank_search, self._query
        reason = rank_search_refusal(state.report(state.focus.ref))
        curve = content.curve
        index = None if content.chart_marks is None else content.chart_marks.chosen_index
        self.form.show_value(wish.form)
        self.error.show_value(100 * wish.max_error)
        self.budget.show_value(wish.max_macs or 0)
        self._show_samples(shown)
        with QSignalBlocker(self.refit):
            self.refit.setChecked(wish.refit)
        self.refit.setEnabled(wish.form != "kxk+1x1")
        self._show_width(0 if curve is None else len(curve.ranks), index, pairs=wish.form == "1x1+kxk+1x1")
        for widget in (self.slider, self.box):
            widget.setEnabled(index is not None and not reason)
        self.explore_button.setText("Cancel" if shown.busy_text else "Explore")
        self.explore_button.setEnabled(bool(shown.busy_text) or not reason)
        self.explore_button.setToolTip(shown.busy_text or reason or _EXPLORE_TIP)
        ready = index is not None and not content.is_stale and not reason
        self.apply.setEnabled(ready)
        self.apply_copy.setEnabled(ready and state.focus.design != STEM)

    def _show_samples(self, shown: RankSearchState) -> None:
        if shown.calibration is None:
            self.sample.set_options(())
            return
        checked = [(spec, f"{input_text(spec)}, checks") for spec in shown.calibration.check_inputs]
        fitted = [(spec, f"{input_text(spec)}, fitted to") for spec in shown.calibration.fit_inputs]
        self.sample.set_options([*checked, *fitted])
        self.sample.show_value(shown.map_input)

    def _show_width(self, count: int, index: int | None, *, pairs: bool) -> None:
        self.box.setVisible(not pairs)
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            self.slider.setRange(0, max(count - 1, 0))
            self.slider.setPageStep(8)
            self.slider.setValue(index or 0)
            self.box.setRange(1, max(count, 1))
            self.box.setValue((index or 0) + 1)

    # What a person wants

    def explore(self) -> None:
        """Find what can stand for the chosen convolution."""
        if not rank_search_refusal(self._state.report(self._state.focus.ref)):
            self._query = replace(self._query, ref=self._state.focus.ref)
            self.requested.emit(Explore(self._query))

    def _on_explore_clicked(self) -> None:
        if self._state.rank_search.busy_text:
            self.requested.emit(Cancel())
        else:
            self.explore()

    def _on_width_chosen(self, index: int) -> None:
        curve = self._state.rank_search.curve
        if curve is not None and 0 <= index < len(curve.ranks):
            self._change_query(ranks=curve.ranks[index])

    def _change_query(self, **changes: Any) -> None:
        """Another wish: asked at once where the layer is being explored, else kept for when it is."""
        self._query = replace(self._query, **changes)
        asked = self._state.rank_search.query
        if asked is not None and asked.ref == self._query.ref:
            self.requested.emit(Explore(self._query))

    def _choose_photo_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "A folder of photos to fit to and to check with")
        if folder:
            self._change_query(photo_folder=Path(folder), map_input=None)

    def _apply(self, *, copy: bool) -> None:
        state, shown = self._state, self._state.rank_search
        if shown.curve is None or shown.rank_index is None or shown.calibration is None:
            return
        curve, widths = shown.curve, shown.curve.ranks[shown.rank_index]
        (design, node), project = curve.ref, state.project
        if copy:
            project, design = copy_design(project, design)
        made = apply_low_rank(project, (design, node), curve.form, widths, shown.calibration, refit=self._query.refit)
        text = f"Fit {node} through {' and '.join(map(str, widths))} maps"
        self.edit_proposed.emit(Edit(text, made, focus=Focus(design, node)))


def _no_maps(state: ViewState) -> mosaic.MosaicContent:
    return mosaic.MosaicContent((), None, "", state.focus, ())


def parse_percent(text: str) -> float:
    """The per cents that a text means; ValueError with what would be right."""
    try:
        percent = float(text.replace(",", ".").removesuffix("%"))
    except ValueError:
        percent = 0.0
    if not 0 < percent < 100:
        raise ValueError("a number between 0 and 100 is needed")
    return percent


def parse_macs(text: str) -> int:
    """The MACs that a text means, 0 for none; ValueError with what would be right."""
    macs = amount_of(text) if text.strip() else 0
    if macs is None:
        raise ValueError("a number of MACs is needed, as 500M or 13246464")
    return int(macs)
