"""The Volumes view: the chains of boxes, and buttons for the camera, the scale of the edges and the zoom."""

from functools import partial
from typing import ClassVar

from msgspec.structs import replace
from PySide6.QtCore import QEasingCurve, QVariantAnimation
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.network.node_ref import NodeRef
from gui.paint.volumes import hits
from gui.paint.volumes.description import describe_volumes
from gui.paint.volumes.hits import VolumeHit
from gui.state import edits
from gui.state.cameras import CAMERA_VIEWS
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.look import DepthScale, Look
from gui.state.node_selection import toggle_node
from gui.state.view_state import ViewState
from gui.views.base import View
from gui.views.volumes_canvas import VolumesCanvas

_SCALES: tuple[tuple[DepthScale, str, str], ...] = (
    ("true", "1:1", "Edges to scale"),
    ("sqrt", "√", "Edges ∝ square root: large and small stay visible"),
    ("log", "log", "Edges ∝ logarithm"),
)

_VIEW_TIPS = {
    "3-D": "Front, top and side (3)",
    "Top": "From above: only the number of maps is visible as length (T)",
    "Front": "From the front: only the maps are visible (F)",
}


class VolumesView(View):
    """Chains of boxes, one row per design."""

    turn_milliseconds: ClassVar[int] = 250
    """Duration of camera motions to a named view; 0 for none."""

    def __init__(self, state: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.canvas = VolumesCanvas(state.beside, self)
        self.cameras = {name: self._make_button(name, tip, checkable=True) for name, tip in _VIEW_TIPS.items()}
        self.scales = {scale: self._make_button(text, tip, checkable=True) for scale, text, tip in _SCALES}
        self.fit_button = self._make_button("Fit", "Show the whole picture (0, or double-click outside the blocks)")
        self.focus_button = self._make_button("Selection", "Zoom to the selected volume or block (Z)")
        self.nearer_button = self._make_button("+", "Zoom in (+, or the wheel)")
        self.farther_button = self._make_button("−", "Zoom out (−, or the wheel)")
        self._motion = QVariantAnimation(self)
        self._motion.setStartValue(0.0)
        self._motion.setEndValue(1.0)
        self._motion.setEasingCurve(QEasingCurve.Type.InOutQuad)
        self._motion.valueChanged.connect(self._on_motion_value_changed)
        self._from = self._to = (0.0, 0.0)
        self._bar_width = 0
        """Width in pixels of the toolbar with everything in it."""
        self._captions = [QLabel("Camera", self), QLabel("Edges", self)]
        self._optional_widgets = [*self._captions, self.focus_button]
        """Hidden if there is no room for them; the key Z does what the button does."""
        self._bar = self._make_tool_bar()
        self._lay_out()
        self._connect()
        self._show_look()
        self.canvas.setAccessibleDescription(describe_volumes(state.beside))

    def show_state(self, old: ViewState, new: ViewState) -> None:
        self._state = new
        if old.look is not new.look:
            self._show_look()
        if old.beside.check is not new.beside.check or _blocks_differ(old.look, new.look):
            self.canvas.setAccessibleDescription(describe_volumes(new.beside))
        self.canvas.show_state(new.beside)

    def _show_look(self) -> None:
        look = self._state.look
        for name, button in self.cameras.items():
            button.setChecked((look.yaw, look.pitch) == CAMERA_VIEWS[name])
        for scale, button in self.scales.items():
            button.setChecked(scale == look.scale)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hide captions, and the button that has a key, if there is no room for them."""
        self._bar_width = self._bar_width or self._bar.sizeHint().width()
        for widget in self._optional_widgets:
            widget.setVisible(self.width() >= self._bar_width)

    def command_button(self, command: str) -> QToolButton | None:
        """The button here that does the same as a command; None if there is none."""
        cameras = {f"camera_{name.lower()}": button for name, button in self.cameras.items()}
        return {**cameras, **{f"edges_{scale}": button for scale, button in self.scales.items()}}.get(command)

    def turn_to(self, name: str) -> None:
        """Move the camera to the view of that name."""
        self._from, self._to = (self._state.look.yaw, self._state.look.pitch), CAMERA_VIEWS[name]
        self._motion.stop()
        if self.turn_milliseconds:
            self._motion.setDuration(self.turn_milliseconds)
            self._motion.start()
        else:
            self._request_camera(*self._to)

    def _make_button(self, text: str, tip: str, *, checkable: bool = False) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(checkable)
        button.setAutoRaise(True)
        return button

    def _make_tool_bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setContentsMargins(6, 2, 6, 2)
        bar.setSpacing(2)
        for widget in self._optional_widgets:
            widget.setMinimumWidth(1)  # otherwise the view could not become narrow
        for caption, buttons in zip(self._captions, (self.cameras.values(), self.scales.values()), strict=True):
            bar.addWidget(caption)
            for button in buttons:
                bar.addWidget(button)
            bar.addSpacing(12)
        bar.addStretch(1)
        for button in (self.farther_button, self.nearer_button, self.focus_button, self.fit_button):
            bar.addWidget(button)
        return bar

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._bar)
        layout.addWidget(self.canvas, 1)
        self.setFocusProxy(self.canvas)

    def _connect(self) -> None:
        for name, button in self.cameras.items():
            button.clicked.connect(partial(self._on_camera_clicked, name))
        for scale, button in self.scales.items():
            button.clicked.connect(partial(self._on_scale_clicked, scale))
        self.fit_button.clicked.connect(self.canvas.fit)
        self.focus_button.clicked.connect(self.canvas.zoom_to_selection)
        self.nearer_button.clicked.connect(self.canvas.zoom_in)
        self.farther_button.clicked.connect(self.canvas.zoom_out)
        self.canvas.turned.connect(self._on_canvas_turned)
        self.canvas.camera_chosen.connect(self.turn_to)
        self.canvas.ref_selected.connect(self._on_canvas_ref_selected)
        self.canvas.focus_requested.connect(self.focus_requested)
        self.canvas.hit_selected.connect(self._on_canvas_hit_selected)
        self.canvas.edit_proposed.connect(self._on_canvas_edit_proposed)
        self.canvas.ref_toggled.connect(
            lambda ref: self.focus_requested.emit(toggle_node(self._state.focus, self._state.editable_ref(ref)))
        )
        self.canvas.block_toggled.connect(self._on_canvas_block_toggled)
        self.canvas.hovered.connect(self.hovered)

    def _request_camera(self, yaw: float, pitch: float) -> None:
        self.look_requested.emit(replace(self._state.look, yaw=yaw, pitch=pitch))

    def _on_motion_value_changed(self, share: float) -> None:
        start, end = self._from, self._to
        self._request_camera(*(a + share * (b - a) if share < 1 else b for a, b in zip(start, end, strict=True)))

    def _on_camera_clicked(self, name: str) -> None:
        # A click does not check a button; the next state does.
        self.cameras[name].setChecked((self._state.look.yaw, self._state.look.pitch) == CAMERA_VIEWS[name])
        self.turn_to(name)

    def _on_scale_clicked(self, scale: DepthScale) -> None:
        self.scales[scale].setChecked(self._state.look.scale == scale)
        self.look_requested.emit(replace(self._state.look, scale=scale))

    def _on_canvas_turned(self, yaw: float, pitch: float) -> None:
        self._motion.stop()
        look = self._state.look
        self._request_camera(min(90.0, max(-90.0, look.yaw + yaw)), min(90.0, max(0.0, look.pitch + pitch)))

    def _on_canvas_ref_selected(self, ref: NodeRef) -> None:
        self.focus_requested.emit(Focus(*ref))

    def _on_canvas_block_toggled(self, ref: NodeRef) -> None:
        look = self._state.look
        self.look_requested.emit(replace(look, toggled_blocks=look.toggled_blocks ^ {ref}))

    def _on_canvas_hit_selected(self, hit: VolumeHit) -> None:
        self.focus_requested.emit(hits.hit_focus(self._state.beside, hit))

    def _on_canvas_edit_proposed(self, edit: Edit) -> None:
        """Propose what a drag does to the project: the picture may have a design more."""
        own = edits.without_ghost(self._state.ghost if self._state.has_ghost else None, edit)
        if own is not None:
            self.edit_proposed.emit(own)


def _blocks_differ(old: Look, new: Look) -> bool:
    return (old.blocks, old.toggled_blocks) != (new.blocks, new.toggled_blocks)
