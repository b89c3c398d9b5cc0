"""The Operations view: bars of the costs of designs and layers, and controls for the metric, the axis and the zoom."""

from msgspec.structs import replace
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.cost.metrics import METRICS
from gui.state.view_state import ViewState
from gui.views.bars_canvas import BarsCanvas
from gui.views.base import View
from gui.widgets.choice_controls import ChoiceBox


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
        self.canvas = BarsCanvas(state.beside)
        self.fit_button = QToolButton()
        self.fit_button.setText("Fit")
        self.fit_button.setToolTip("Show the layers from the first on, as many as are readable (0, or double-click)")
        self.fit_button.setAccessibleName(self.fit_button.toolTip())
        self.fit_button.setAutoRaise(True)
        self._compose()
        self.metric_choice.chosen.connect(self._on_metric_chosen)
        self.logarithmic_box.clicked.connect(self._on_logarithmic_clicked)
        self.canvas.focus_requested.connect(self.focus_requested)
        self.canvas.hovered.connect(self.hovered)
        self.fit_button.clicked.connect(self.canvas.fit)
        self._show_look()
        self.canvas.scroll_to_focus()

    def _compose(self) -> None:
        count_label = QLabel("Count")
        count_label.setBuddy(self.metric_choice)
        controls = QHBoxLayout()
        controls.setContentsMargins(6, 3, 6, 3)
        controls.setSpacing(8)
        for widget in (count_label, self.metric_choice, self.logarithmic_box):
            controls.addWidget(widget)
        controls.addStretch()
        controls.addWidget(self.fit_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        bar = QWidget()
        bar.setLayout(controls)
        bar.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # a narrow dock cuts the last ones off
        column.addWidget(bar)
        column.addWidget(self.canvas, 1)
        self.setFocusProxy(self.canvas)

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if old.look is not new.look:
            self._show_look()
        before, after = old.beside, new.beside
        if old.focus is not new.focus or before.costs_key != after.costs_key or old.session != new.session:
            self.canvas.show_state(before, after)
        if old.focus.ref != new.focus.ref:
            self.canvas.scroll_to_focus()

    def _show_look(self) -> None:
        self.metric_choice.show_value(self._state.look.metric)
        self.logarithmic_box.setChecked(self._state.look.logarithmic)

    def _on_metric_chosen(self, metric_id: str) -> None:
        self.look_requested.emit(replace(self._state.look, metric=metric_id))

    def _on_logarithmic_clicked(self, checked: bool) -> None:
        self.look_requested.emit(replace(self._state.look, logarithmic=checked))
