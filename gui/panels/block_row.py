"""The row of the form about blocks: it names the block around a part, and takes a block apart."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.network.node_ref import NodeRef
from gui.state import edits
from gui.state.view_state import ViewState
from gui.widgets.plain_text import plain_tip
from gui.widgets.texts import make_note, show_note

_UNKNOWN = "The input of the block is unknown, or a setting is wrong"


class BlockRow(QWidget):
    """Buttons for the selected block, or for the block around the selected part; hidden without a block."""

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

    def show_state(self, state: ViewState, ref: NodeRef) -> None:
        """Show the buttons for the block at a node, or around a part."""
        block = state.block_ref(ref) or ref
        is_part, can_take_apart = block != ref, state.enclosing_block(ref) is not None
        is_group = edits.is_group(state, block)
        show_note(self.words, f"Part of block {block[1]}; take the block apart to edit it." if is_part else "")
        self.show_block.setVisible(is_part)
        self.show_block.setToolTip(plain_tip(f"Select {block[1]}, whose settings determine these"))
        self.take_apart.setEnabled(can_take_apart)
        tip = f"Replace {block[1]} with its layers: the same network, free to edit"
        self.take_apart.setText("Ungroup" if is_group else "Take apart")
        if is_group:
            tip = f"Show the layers of {block[1]} without the group; nothing else changes"
        self.take_apart.setToolTip(plain_tip(tip) if can_take_apart else _UNKNOWN)
