"""The dialog in which layers are typed, as in "1x1 96, 3x3 128", and added beside the selected one."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidgetItem, QRadioButton, QWidget

from engine.blocks import Block
from engine.layers import Layer
from gui.state import edits
from gui.state.edit import Edit
from gui.state.edits import Side
from gui.state.layer_texts import LayerMatch, match_layer, split_layers
from gui.state.view_state import ViewState
from gui.widgets.command_palette import SearchDialog
from gui.widgets.texts import make_note, show_note

_SIDES: Mapping[Side, str] = {"after": "&After", "before": "&Before", "in parallel": "In &parallel to"}

_LONG = 24
"""Characters above which the names of the selected layers are left out."""


class LayerChooser(SearchDialog):
    """Typing filters kinds and sets kernel, stride and filters; commas separate layers that follow one another.

    Parameters
    ----------
    side
        Where the layers are added unless another button is pressed.
    propose
        Called with the edit when Enter is pressed.
    """

    def __init__(
        self, state: ViewState, side: Side, propose: Callable[[Edit], None], parent: QWidget | None = None
    ) -> None:
        super().__init__("Add layers", "1x1 96, 3x3 128", "Layers and blocks", parent)
        self._state, self._side, self._propose = state, side, propose
        self.sides: dict[Side, QRadioButton] = {}
        row = QHBoxLayout()
        row.setSpacing(12)
        names = _short_names(state.selected_nodes)
        for name, words in _SIDES.items():
            button = self.sides[name] = QRadioButton(self)
            button.setText(f"{words} {names.replace('&', '&&')}" if names else words.removesuffix(" to"))
            button.setChecked(name == side)
            button.setEnabled(bool(names) or name != "before")
            button.clicked.connect(lambda _, name=name: self._set_side(name))
            row.addWidget(button)
        row.addStretch(1)
        self.note = make_note()
        self.column.insertLayout(1, row)
        self.column.addWidget(self.note)
        self.list.currentItemChanged.connect(lambda *_: self._show_edit())
        self._on_line_text_changed("")

    def _set_side(self, side: Side) -> None:
        self._side = side
        self.line.setFocus()
        self._show_edit()

    def _on_line_text_changed(self, text: str) -> None:
        """List what the last of the typed layers may be."""
        self.list.clear()
        for match in match_layer(split_layers(text)[-1]):
            item = QListWidgetItem(match.text, self.list)
            item.setData(Qt.ItemDataRole.UserRole, match)
            item.setToolTip(match.layer.help)
        self.list.setCurrentRow(0)
        self._show_edit()

    def _layers(self) -> tuple[Layer | Block, ...] | str:
        """The typed layers, the last one as selected in the list; or which of them is not known."""
        *before, last = split_layers(self.line.text())
        layers: list[Layer | Block] = []
        for text in before:
            matches = match_layer(text)
            if not matches or not text:
                return f"no layer fits {text!r}" if text else "a layer is missing before the comma"
            layers.append(matches[0].layer)
        item = self.list.currentItem()
        if item is None:
            return f"no layer fits {last!r}"
        match: LayerMatch = item.data(Qt.ItemDataRole.UserRole)
        return (*layers, match.layer)

    def _edit(self) -> Edit | str:
        layers = self._layers()
        if isinstance(layers, str):
            return layers
        return edits.add_layers(layers, self._side, self._state) or "nothing can be added here"

    def _show_edit(self) -> None:
        """Say what Enter would do, or why it does nothing."""
        edit = self._edit()
        show_note(self.note, f"Enter: {edit.text}" if isinstance(edit, Edit) else edit)

    def _run_selected(self) -> None:
        edit = self._edit()
        if isinstance(edit, Edit):
            self.accept()
            self._propose(edit)


def _short_names(names: Sequence[str]) -> str:
    """The selected layers in a few words; "" for none."""
    text = edits.names_text(names)
    return text if len(text) <= _LONG else "the selection"
