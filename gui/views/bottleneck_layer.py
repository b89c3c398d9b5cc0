"""The page on one convolution: its error curve, a slider over the ranks, the maps, and buttons that apply it."""

import re
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QResizeEvent
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
from engine.network.node_ref import STEM, NodeRef
from engine.rank_search import FORMS, RankChoice, apply_choices, rank_search_refusal
from engine.text.printed_figures import amount_of
from engine.text.units import abbreviate
from gui.paint.bottleneck.drawing import BottleneckContent, build_bottleneck_content
from gui.paint.maps import mosaic
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.rank_search import RankQuery, RankSearchState
from gui.state.requests import Request, SearchRanks
from gui.state.view_state import ViewState
from gui.views.bottleneck_chart import ChartCanvas
from gui.views.bottleneck_page import BottleneckPage
from gui.views.mosaic_canvas import MosaicCanvas
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.control_bar import make_control_bar
from gui.widgets.number_controls import IntegerBox, NumberControl
from gui.widgets.plain_text import plain_tip

_LEAST_MAPS = 480, 205
"""Width and height in pixels below which only the chart is shown."""
_SEARCH_TIP = "Find what can replace the selected convolution (Ctrl+Shift+E)"


class BottleneckLayerPage(BottleneckPage):
    """The page on the selected convolution."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        ref, query = state.focus.ref, state.rank_search.query
        self._query = query if query is not None and query.ref == ref else RankQuery(ref)
        self._content = build_bottleneck_content(state)
        self.chart = ChartCanvas(self._content, state, self)
        self.maps = MosaicCanvas(state, self._content.maps or _no_maps(state), self)
        self.maps.setMinimumSize(80, 60)
        self._maps_owner: object = None
        """Layer and form whose maps are shown; None without maps."""
        self.form = ChoiceBox([(form, words) for form, words in FORMS.items()])
        self.photos = QPushButton("Photos")
        self.map_input = ChoiceBox()
        self.map_input.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.form.setMinimumContentsLength(max(map(len, FORMS.values())))
        self.search_button = QPushButton("Search")
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
            (self.form, "Form of the replacement", "Which convolutions replace the k×k"),
            (self.photos, "Photos", "Photos for fitting; every third one only checks the fit"),
            (self.map_input, "Input of the maps", "Input whose maps are shown"),
            (self.search_button, "Search", _SEARCH_TIP),
            (self.slider, "Rank, slider", "Maps between the convolutions"),
            (self.box, "Rank", "Maps between the convolutions, r"),
            (self.refit, "Fit the k×k again", "By least squares on the reduced maps: it can only lower the error on "
             "the fitted inputs; the error on other inputs is measured"),
            (self.apply, "Apply", "Put the replacement into the design as one undo step"),
            (self.apply_copy, "Apply to a copy", "Put the replacement into a copy of the design beside it"),
        ):  # fmt: skip
            widget.setAccessibleName(name)
            widget.setToolTip(tip)
        for control, name, tip, digits in (
            (self.error, "Maximum error in per cent", "Select the cheapest rank whose measured error is no larger", 5),
            (
                self.budget,
                "Maximum MACs",
                "Select the rank with the smallest expected error at no higher cost, e.g. 500M",
                8,
            ),
        ):
            control.set_title(name)
            control.edit.setToolTip(tip)
            control.edit.setFixedWidth(control.fontMetrics().horizontalAdvance("0" * digits))
        menu = QMenu(self.photos)
        menu.addAction("Bundled photos").triggered.connect(
            lambda _: self._change_query(photo_folder=None, map_input=None)
        )
        menu.addAction("Folder of photos…").triggered.connect(lambda _: self._choose_photo_folder())
        self.photos.setMenu(menu)

    def _compose(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.chart)
        self.splitter.addWidget(self.maps)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setSizes([5, 4])
        error, budget, rank = QLabel("Error ≤ %"), QLabel("MACs ≤"), QLabel("Rank r")
        for label, widget in ((error, self.error), (budget, self.budget), (rank, self.box)):
            label.setBuddy(widget)
        rows = (
            (self.search_button, self.progress, self.form, self.photos, self.map_input, None),
            (rank, self.box, self.slider, error, self.error, budget, self.budget),
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
        self.chart.rank_selected.connect(self._on_rank_selected)
        self.chart.hovered.connect(self.hovered)
        self.maps.hovered.connect(self.hovered)
        self.maps.focus_requested.connect(self.focus_requested)
        self.form.chosen.connect(lambda form: self._change_query(form=form, ranks=None))
        self.map_input.chosen.connect(lambda spec: self._change_query(map_input=spec))
        self.search_button.clicked.connect(self._on_search_clicked)
        self.slider.valueChanged.connect(self._on_rank_selected)
        self.box.valueChanged.connect(lambda r: self._on_rank_selected(r - 1))
        self.error.changed.connect(
            lambda percent: self._change_query(max_error=percent / 100, max_macs=None, ranks=None)
        )
        self.budget.changed.connect(lambda macs: self._change_query(max_macs=macs or None, ranks=None))
        self.refit.toggled.connect(lambda on: self._change_query(refit=on))
        self.apply.clicked.connect(partial(self._apply, copy=False))
        self.apply_copy.clicked.connect(partial(self._apply, copy=True))

    # State → page

    def show_state(self, state: ViewState) -> None:
        if state.session != self._state.session:
            self._query = RankQuery(state.focus.ref)  # inputs and photos belong to the project before
        self._state = state
        search, ref = state.rank_search, state.focus.ref
        if search.query is not None and search.query.ref == ref:
            self._query = search.query
        else:
            if self._query.ref != ref:
                self._query = replace(self._query, ref=ref, ranks=None)
            self._request_cached_curve(search, ref)
            if self._state is not state:  # the answer has come and is shown already
                return
        self._content = build_bottleneck_content(state)
        self._show_content()

    def _show_content(self) -> None:
        state, content = self._state, self._content
        self.chart.show_content(content, state)
        self._show_maps(state, content)
        self._show_controls(state, content)

    def _show_maps(self, state: ViewState, content: BottleneckContent) -> None:
        """Show the maps, or those of the previous rank until they come: a chart that is dragged keeps its size."""
        owner = None if content.curve is None else (content.curve.ref, content.curve.form)
        if content.maps is not None:
            self.maps.show_content(state, content.maps)
            self._maps_owner = owner
        elif owner != self._maps_owner or not state.rank_search.busy_text:
            self._maps_owner = None
        self._fit_maps()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_maps()

    def _fit_maps(self) -> None:
        """Hide the maps if there is no room for them."""
        width, height = _LEAST_MAPS
        fits = self.splitter.width() >= width and self.splitter.height() >= height
        self.maps.setVisible(fits and self._maps_owner is not None)

    def _request_cached_curve(self, search: RankSearchState, ref: NodeRef) -> None:
        """Show a curve that was computed before without waiting for the user."""
        if search.query is not None and not search.busy_text and (ref, self._query.form) in search.curves:
            self.requested.emit(SearchRanks(self._query))

    def _show_controls(self, state: ViewState, content: BottleneckContent) -> None:
        search, query = state.rank_search, self._query
        reason = rank_search_refusal(state.report(state.focus.ref))
        curve = content.curve
        index = None if content.chart_marks is None else content.chart_marks.selected_index
        self.form.show_value(query.form)
        self.error.show_value(100 * query.max_error)
        self.budget.show_value(query.max_macs or 0)
        self._show_map_inputs(search)
        with QSignalBlocker(self.refit):
            self.refit.setChecked(query.refit)
        self.refit.setEnabled(query.form != "kxk+1x1")
        self._show_rank(0 if curve is None else len(curve.ranks), index, pairs=query.form == "1x1+kxk+1x1")
        for widget in (self.slider, self.box):
            widget.setEnabled(index is not None and not reason)
        self.search_button.setText("Cancel" if search.busy_text else "Search")
        self._show_progress(search)
        self.search_button.setEnabled(bool(search.busy_text) or not reason)
        self.search_button.setToolTip(plain_tip(search.busy_text or reason or _SEARCH_TIP))
        ready = index is not None and not content.is_stale and not reason
        self.apply.setEnabled(ready)
        self.apply_copy.setEnabled(ready and state.focus.design != STEM)

    def _show_map_inputs(self, search: RankSearchState) -> None:
        self.map_input.setVisible(search.calibration is not None)
        if search.calibration is None:
            self.map_input.set_options(())
            return
        check_options = [(spec, f"{input_text(spec)}, for checking") for spec in search.calibration.check_inputs]
        fit_options = [(spec, f"{input_text(spec)}, for fitting") for spec in search.calibration.fit_inputs]
        self.map_input.set_options([*check_options, *fit_options])
        self.map_input.show_value(search.map_input)

    def _show_rank(self, count: int, index: int | None, *, pairs: bool) -> None:
        self.box.setVisible(not pairs)
        with QSignalBlocker(self.slider), QSignalBlocker(self.box):
            self.slider.setRange(0, max(count - 1, 0))
            self.slider.setPageStep(8)
            self.slider.setValue(index or 0)
            self.box.setRange(1, max(count, 1))
            self.box.setValue((index or 0) + 1)

    # Requests

    def search_rank(self, rank: int | None) -> None:
        """Search for one convolution before the k×k with this rank; for None, for what is chosen."""
        if rank is not None:
            self._query = RankQuery(self._state.focus.ref, ranks=(rank,))
        self.search()

    def _search_request(self) -> Request | None:
        """Return a request for the selected convolution; None if it cannot be replaced."""
        ref = self._state.focus.ref
        if rank_search_refusal(self._state.report(ref)):
            return None
        self._query = replace(self._query, ref=ref)
        return SearchRanks(self._query)

    def _on_rank_selected(self, index: int) -> None:
        curve = self._state.rank_search.curve
        if curve is not None and 0 <= index < len(curve.ranks):
            self._change_query(ranks=curve.ranks[index])

    def _change_query(self, **changes: Any) -> None:
        """Change the query. It is requested at once if the layer is being searched, otherwise with the next search."""
        self._query = replace(self._query, **changes)
        current = self._state.rank_search.query
        if current is not None and current.ref == self._query.ref:
            self.requested.emit(SearchRanks(self._query))

    def _choose_photo_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder of photos for fitting and checking")
        if folder:
            self._change_query(photo_folder=Path(folder), map_input=None)

    def _apply(self, *, copy: bool) -> None:
        state, search = self._state, self._state.rank_search
        if search.curve is None or search.rank_index is None or search.calibration is None:
            return
        curve = search.curve
        node, choice = curve.ref[1], RankChoice(curve, search.rank_index, self._query.refit)
        project, design = apply_choices(state.project, [choice], search.calibration, copy=copy)
        text = f"Fit {node} through {' and '.join(map(str, choice.ranks))} maps"
        self.edit_proposed.emit(Edit(text, project, focus=Focus(design, node)))


def _no_maps(state: ViewState) -> mosaic.MosaicContent:
    return mosaic.MosaicContent((), None, "", state.focus, ())


def parse_percent(text: str) -> float:
    """Parse a percentage; the message of the ValueError says what is allowed."""
    try:
        percent = float(text.replace(",", ".").removesuffix("%"))
    except ValueError:
        percent = 0.0
    if not 0 < percent < 100:
        raise ValueError("a number between 0 and 100 is needed")
    return percent


def parse_macs(text: str) -> int:
    """Parse an amount of MACs, 0 for an empty text; the message of the ValueError says what is allowed.

    Commas between groups of three digits are left out, another one is a decimal comma: "13,246,464", "1,5M".
    """
    if re.fullmatch(r"\s*\d{1,3}(,\d{3})+\s*", text):
        text = text.replace(",", "")
    elif not re.search(r",\d{3}(?!\d)", text):  # "1,500M" could be either
        text = text.replace(",", ".")
    macs = amount_of(text) if text.strip() else 0
    if macs is None:
        raise ValueError("a number of MACs is needed, such as 500M or 13246464")
    return int(macs)
