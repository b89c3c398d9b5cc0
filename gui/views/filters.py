"""The filters view: what every filter of the chosen node gives, two designs' difference, and details of one map."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, get_args

from msgspec.structs import replace
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QCheckBox, QToolButton, QVBoxLayout, QWidget

from engine.kernels import Checkpoint
from engine.shapes import Shape
from gui.paint.maps.mosaic import MosaicContent, build_mosaic_content, refocus_mosaics
from gui.state.comparison import compared_refs
from gui.state.view_state import ColourMap, Look, ViewState
from gui.views.base import View
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
    ("likeness", "by likeness"),
)
_ORDER_TIPS = (
    "In the order of the channels",
    "The largest mean first",
    "The largest variance first",
    "The largest share of zeros first",
    "The most like the chosen map first; without one, alike maps side by side",
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
    "The weights of the chosen map's filter, k×k for each input channel",
    "The same, the input channels with the largest weights first",
    "The values of the chosen map, beside those of the other design",
    "A small histogram of every map; a click chooses the map",
    "What each input channel gives to the chosen map; a click on a bar, or 1 to 9, chooses its channel",
    "All the room for the maps",
)
_DRAWN_BY = ("colour_map", "range", "zero_centred", "theme", "order", "comparison", "detail")
"""The settings of the look that this view follows."""
_DIFFERENCE_TIP = "Show the difference of the two designs' maps, too"
_NO_DIFFERENCE_TIP = "Difference: choose a volume that another design has in the same shape"
_LEAST_WIDTH = 240


class FiltersView(View):
    """Every output map of the chosen node as a mosaic, with the controls of its colours and zoom."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._content = build_mosaic_content(state, None)
        self._choices: dict[ChoiceBox, str] = {}
        """The setting of the look that each chooses."""
        self.canvas = MosaicCanvas(state, self._content, self)
        self.canvas.chosen.connect(self.focus_requested)
        self.canvas.hovered.connect(self.hovered)
        self.colour_map = self._make_choice("Colour map", _COLOUR_MAPS, "colour_map")
        self.range = self._make_choice("Range of the colours: one for all maps, or one for each", _RANGES, "range")
        self.zero_centred = QCheckBox("Zero-centred", self)
        self.zero_centred.setToolTip("Blue below zero, red above, white at zero")
        self.zero_centred.clicked.connect(lambda on: self._request_look(zero_centred=on))
        self.fit = self._make_button("Fit", "Show all maps (0, or a double click)", self.canvas.fit)
        self.true_size = self._make_button("1:1", "One screen pixel for each value", self.canvas.show_true_size)
        self.order = self._make_choice("How the maps are sorted", _ORDERS, "order")
        self.order.set_help(_ORDER_TIPS)
        self.difference = self._make_button("a − b", _DIFFERENCE_TIP, self._on_difference_clicked)
        self.difference.setCheckable(True)
        self.detail = self._make_choice("What is shown of the map that a click chooses", _DETAILS, "detail")
        self.detail.set_help(_DETAIL_TIPS)
        self._worker = Worker(self)
        self._worker.reported.connect(self._on_worker_reported)
        self._worker.ended.connect(self._on_worker_ended)
        self._painted = QTimer(self, singleShot=True, interval=0)
        """What takes long begins when the window has shown the rest."""
        self._painted.timeout.connect(self._on_painted_timeout)
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
        """All of them, in an order in which they fill rows of a narrow dock."""
        return (
            self.colour_map,
            self.range,
            self.difference,
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
            content = build_mosaic_content(new, None)
            if _shapes(content) != _shapes(self._content):
                self.canvas.fit()
            self._show_content(content)
        elif old.focus != new.focus:
            self._show_content(refocus_mosaics(self._content, new, None))

    def close_down(self) -> None:
        self._painted.stop()
        self._worker.close()

    def _show_look(self, look: Look) -> None:
        for choice, setting in self._choices.items():
            choice.show_value(getattr(look, setting))
        self.zero_centred.setChecked(look.zero_centred)
        self.difference.setChecked(look.comparison == "maps + difference")
        self.colour_map.setEnabled(not look.zero_centred)

    def _show_content(self, content: MosaicContent) -> None:
        """Show what is there at once; what is missing is computed in the background."""
        self._draw(content)
        self._worker.cancel()
        self._painted.stop()
        if not content.is_complete:
            self._painted.start()

    def _draw(self, content: MosaicContent) -> None:
        self._content = content
        comparable = sum(plate.ref is not None for plate in content.panels) > 1
        self.difference.setEnabled(comparable)
        self.difference.setToolTip(_DIFFERENCE_TIP if comparable else _NO_DIFFERENCE_TIP)
        self.canvas.show_content(self._state, content)

    def _on_difference_clicked(self) -> None:
        self._request_look(comparison="maps + difference" if self.difference.isChecked() else "maps")

    def _on_painted_timeout(self) -> None:
        self._worker.start(partial(_compute_content, self._state))

    def _on_worker_reported(self, content: MosaicContent) -> None:
        """What took longer than a frame is there."""
        self._draw(content)

    def _on_worker_ended(self, error: Exception | None) -> None:
        if error is not None:
            raise error

    @staticmethod
    def _maps_differ(old: ViewState, new: ViewState) -> bool:
        """Whether anything but the choice within the maps differs."""
        return (
            old.check is not new.check
            or any(getattr(old.look, name) != getattr(new.look, name) for name in _DRAWN_BY)
            or old.focus.ref != new.focus.ref
            or old.run.problems is not new.run.problems
            or any(old.volume_at(place).result is not new.volume_at(place).result for place in compared_refs(new))
        )

    def _make_choice(self, name: str, options: Iterable[tuple[str, str]], setting: str) -> ChoiceBox:
        made = ChoiceBox(options, self)
        made.setAccessibleName(name)
        made.setToolTip(name)
        made.chosen.connect(lambda value: self._request_look(**{setting: value}))
        self._choices[made] = setting
        return made

    def _make_button(self, text: str, tip: str, action: Callable[[], None]) -> QToolButton:
        made = QToolButton(self)
        made.setText(text)
        made.setToolTip(tip)
        made.setAccessibleName(tip)
        made.clicked.connect(action)
        return made

    def _request_look(self, **changes: Any) -> None:
        self.look_requested.emit(replace(self._state.look, **changes))


def _shapes(content: MosaicContent) -> tuple[Shape | None, ...]:
    return tuple(plate.shape for plate in content.panels)


def _compute_content(state: ViewState, checkpoint: Checkpoint) -> Iterator[MosaicContent]:
    """All that is drawn, for another thread to compute."""
    yield build_mosaic_content(state, checkpoint)
