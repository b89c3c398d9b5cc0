"""What the form says of blocks: that a layer is part of one, and how to take it apart."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.run.check import NodeRef
from gui.state.view_state import ViewState
from gui.widgets.texts import make_note, show_note

_UNKNOWN = "What the block receives is unknown, or a setting is wrong"


class BlockRow(QWidget):
    """Buttons for the chosen block, or for the one around the chosen layer; hidden where there is none."""

    take_apart_requested = Signal()
    show_block_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = make_note()
        self.take_apart, self.show_block = QPushButton("Take apart"), QPushButton("Show block")
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self.words)
        column.addLayout(row)
        for button in (self.take_apart, self.show_block):
            row.addWidget(button)
        row.addStretch(1)
        self.take_apart.clicked.connect(self.take_apart_requested)
        self.show_block.clicked.connect(self.show_block_requested)

    def show_state(self, state: ViewState, place: NodeRef) -> None:
        """Show what can be done with the block at a place, or around it."""
        written = state.editable_ref(place)
        part, known = written != place, state.enclosing_block(place) is not None
        show_note(self.words, f"Part of the block {written[1]}; take it apart to edit it." if part else "")
        self.show_block.setVisible(part)
        self.show_block.setToolTip(f"Choose {written[1]}, whose settings give these")
        self.take_apart.setEnabled(known)
        tip = f"Put its layers in the place of {written[1]}: the same network, free to edit"
        self.take_apart.setToolTip(tip if known else _UNKNOWN)
