"""The Filters view: all maps of the selected node in all designs, a difference of two, and details of one map."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import permutations
from typing import Any, get_args

from msgspec.structs import replace
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QCheckBox, QToolButton, QVBoxLayout, QWidget

from engine.kernels import Checkpoint
from gui.paint.maps.mosaic import MosaicContent, build_mosaic_content, refocus_mosaics
from gui.state.comparison import compared_pair, compared_refs
from gui.state.look import ColourLevels, ColourMap, Look
from gui.state.view_state import ViewState
from gui.views.base import View, looks_differ
from gui.views.levels_bar import Levels
from gui.views.mosaic_canvas import MosaicCanvas
from gui.widgets.choice_controls import ChoiceBox
from gui.widgets.flow import FlowLayout
from gui.worker import Worker

_COLOUR_MAPS = tuple((name, name) for name in get_args(ColourMap))
_RANGES = (("shared", "shared range"), ("per map", "range per map"))
_ORDERS = (
    ("index", "by index"),
    ("mean", "by mean"),
    ("variance", "by variance"),
    ("zeros", "by zeros"),
    ("likeness", "by similarity"),
)
_ORDER_TIPS = (
    "In the order of the channels",
    "Largest mean first",
    "Largest variance first",
    "Largest share of zeros first",
    "Maps most similar to the selected one first; without a selection, similar maps side by side",
)
_DETAILS = (
    ("kernel", "kernel"),
    ("kernel by size", "kernel by size"),
    ("histogram", "histogram"),
    ("histograms", "all histograms"),
    ("contributions", "contributions"),
    ("none", "no details"),
)
_DETAIL_TIPS = (
    "Weights of the selected map's filter, k×k per input channel",
    "The same, input channels with the largest weights first",
    "Values of the selected map, beside those of the other designs",
    "A small histogram per map; click one to select its map",
    "What each input channel contributes to the selected map; click a bar or press 1 to 9 to select its channel",
    "All the space for the maps",
)
_DRAWN_BY = ("colour_map", "range", "zero_centred", "levels", "theme", "order", "comparison", "pair", "detail")
"""Settings of the look that this view depends on."""
_DIFFERENCE_TIP = "Also show the difference between the maps of two designs"
_NO_DIFFERENCE_TIP = "Difference: select a volume that another design has in the same shape"
_AUTOMATIC_TIP = "Colour range from the values (A), after an end of the colour bar has been dragged"
_LEAST_WIDTH = 240


class FiltersView(View):
    """Mosaics of the selected node's output maps, with controls for colours, order, details and zoom."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._content = build_mosaic_content(state, None)
        self._choices: dict[ChoiceBox, str] = {}
        """The setting of the look that each box sets."""
        self.canvas = MosaicCanvas(state, self._content, self)
        self.canvas.focus_requested.connect(self.focus_requested)
        self.canvas.levels_requested.connect(self._on_canvas_levels_requested)
        self.canvas.hovered.connect(self.hovered)
        self.colour_map = self._make_choice("Colour map", _COLOUR_MAPS, "colour_map")
        self.range = self._make_choice("Range of the colours: one for all maps, or one per map", _RANGES, "range")
        self.automatic = self._make_button("Auto", _AUTOMATIC_TIP, partial(self._request_look, levels=None))
        self.zero_centred = QCheckBox("Zero-centred", self)
        self.zero_centred.setToolTip("Blue below zero, red above, white at zero")
        self.zero_centred.clicked.connect(lambda on: self._request_look(zero_centred=on))
        self.fit = self._make_button("Fit", "Show all maps (0, or a double click)", self.canvas.fit)
        self.true_size = self._make_button("1:1", "One screen pixel per value", self.canvas.show_true_size)
        self.order = self._make_choice("Order of the maps", _ORDERS, "order")
        self.order.set_help(_ORDER_TIPS)
        self.difference = self._make_button("a − b", _DIFFERENCE_TIP, self._on_difference_clicked)
        self.difference.setCheckable(True)
        self.pair = ChoiceBox(parent=self)
        self.pair.setAccessibleName("Designs of the difference")
        self.pair.setToolTip("Which designs the difference is of")
        self.pair.chosen.connect(lambda pair: self._request_look(pair=pair, comparison="maps + difference"))
        self.detail = self._make_choice("Details of the selected map", _DETAILS, "detail")
        self.detail.set_help(_DETAIL_TIPS)
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)
        self._delay = QTimer(self, singleShot=True, interval=0)
        """Starts slow computations only after the window has painted the rest."""
        self._delay.timeout.connect(self._on_delay_timeout)
        self._compose()
        self._show_look(state.look)
        self._show_content(self._content)

    def _compose(self) -> None:
        controls = FlowLayout()
        controls.setContentsMargins(6, 4, 6, 4)
        controls.setSpacing(4)
        for widget in self.controls:
            controls.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(controls)
        column.addWidget(self.canvas, 1)
        self.setFocusProxy(self.canvas)
        self.setMinimumWidth(_LEAST_WIDTH)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """All controls, in an order that fills the rows of a narrow dock well."""
        return (
            self.colour_map,
            self.range,
            self.automatic,
            self.difference,
            self.pair,
            self.order,
            self.detail,
            self.zero_centred,
            self.fit,
            self.true_size,
        )

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if old.look is not new.look:
            self._show_look(new.look)
        if self._maps_differ(old, new):
            self._show_content(build_mosaic_content(new, None))
        elif old.focus != new.focus:
            self._show_content(refocus_mosaics(self._content, new, None))

    def close_down(self) -> None:
        self._delay.stop()
        self._worker.close()

    def _show_look(self, look: Look) -> None:
        for choice, setting in self._choices.items():
            choice.show_value(getattr(look, setting))
        self.zero_centred.setChecked(look.zero_centred)
        self.difference.setChecked(look.comparison == "maps + difference")
        self.colour_map.setEnabled(not look.zero_centred)

    def _show_content(self, content: MosaicContent) -> None:
        """Show what is available at once, and compute the rest in the background."""
        self._draw(content)
        self._worker.cancel()
        self._delay.stop()
        if not content.is_complete:
            self._delay.start()

    def _draw(self, content: MosaicContent) -> None:
        self._content = content
        designs = [panel.design for panel in content.panels if panel.ref is not None]
        comparable = len(designs) > 1
        self._show_pairs(designs)
        self.difference.setEnabled(comparable)
        self.difference.setToolTip(_DIFFERENCE_TIP if comparable else _NO_DIFFERENCE_TIP)
        self.automatic.setEnabled(content.is_set_by_hand)
        self.canvas.show_content(self._state, content)

    def _show_pairs(self, designs: Sequence[str]) -> None:
        """Offer every pair of designs if there are several."""
        pairs = list(permutations(designs, 2))
        current = compared_pair(self._state)
        self.pair.setVisible(len(designs) > 2)
        self.pair.set_options([(pair, " − ".join(pair)) for pair in pairs])
        self.pair.show_value(current if current in pairs else next(iter(pairs), None))

    def _on_canvas_levels_requested(self, levels: Levels | None) -> None:
        state = self._state
        by_hand = None if levels is None else ColourLevels(state.session, state.focus.ref, *levels)
        self._request_look(levels=by_hand)

    def _on_difference_clicked(self) -> None:
        self._request_look(comparison="maps + difference" if self.difference.isChecked() else "maps")

    def _on_delay_timeout(self) -> None:
        self._worker.start(partial(_compute_content, self._state))

    def _on_worker_reported(self, content: MosaicContent) -> None:
        self._draw(content)

    def _on_worker_ended(self, error: Exception | None) -> None:
        if error is not None:
            raise error

    @staticmethod
    def _maps_differ(old: ViewState, new: ViewState) -> bool:
        """Whether anything differs besides the selection within the maps."""
        return (
            old.session != new.session
            or old.check is not new.check
            or looks_differ(old, new, _DRAWN_BY)
            or old.focus.ref != new.focus.ref
            or old.run.problems is not new.run.problems
            or any(old.volume_at(ref).result is not new.volume_at(ref).result for ref in compared_refs(new))
        )

    def _make_choice(self, name: str, options: Iterable[tuple[str, str]], setting: str) -> ChoiceBox:
        box = ChoiceBox(options, self)
        box.setAccessibleName(name)
        box.setToolTip(name)
        box.chosen.connect(lambda value: self._request_look(**{setting: value}))
        self._choices[box] = setting
        return box

    def _make_button(self, text: str, tip: str, action: Callable[[], None]) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(action)
        return button

    def _request_look(self, **changes: Any) -> None:
        self.look_requested.emit(replace(self._state.look, **changes))


def _compute_content(state: ViewState, checkpoint: Checkpoint) -> Iterator[MosaicContent]:
    """Compute all that is drawn, in a background thread."""
    yield build_mosaic_content(state, checkpoint)
