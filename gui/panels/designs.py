"""The list of designs and their layers: select, add, duplicate, remove, move, rename."""

from collections.abc import Mapping

from PySide6.QtCore import QKeyCombination, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from engine.blocks import BLOCKS
from engine.cost.metrics import metric_by_id
from engine.layers import tag_of
from engine.network.graph import INPUT
from engine.network.node_ref import NodeRef
from gui.catalogue.kinds import KIND_GROUPS
from gui.panels.base import Panel
from gui.panels.design_row_delegate import ROW_ROLE, DesignRowDelegate
from gui.panels.design_rows import DesignTreeRow, block_part_rows, design_tree_rows
from gui.panels.design_tree import DesignTree
from gui.panels.find_bar import FindBar
from gui.state import edits
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.widgets.glyphs import GlyphButton
from gui.widgets.plain_text import plain_label, plain_tip

_BUTTONS = {"copy": "duplicate", "remove": "remove", "up": "move_up", "down": "move_down", "rename": "rename"}
"""Commands of the buttons by glyph; their keys act in the tree."""
_MORE_KEYS = {QKeySequence(Qt.Key.Key_Backspace): "remove"}
"""Further keys of commands, in the tree only."""


class DesignsPanel(Panel):
    """Rows for the stem, the designs, their layers and blocks; the selected row is the focus.

    Parameters
    ----------
    actions
        Commands of the window by id, for the buttons, the menus and the keys.
    """

    query_changed = Signal(str)
    """What to look for; "" for nothing."""

    def __init__(self, state: ViewState, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.setAccessibleName("Designs and layers")
        self._actions = actions
        self.tree = DesignTree(self._part_rows, self._drop_text, self)
        self.delegate = DesignRowDelegate(self._name_refusal, self._rename_ref, self.tree)
        self.tree.setItemDelegate(self.delegate)
        self.find_bar = FindBar(self)
        self.find_bar.query_changed.connect(self._on_query_changed)
        self.find_bar.step_requested.connect(self.go_to_found)
        self.find_bar.closed.connect(self.tree.setFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.find_bar)
        column.addWidget(self.tree, 1)
        column.addLayout(self._button_row())
        self.tree.refs_selected.connect(self._on_tree_selection_changed)
        self.tree.itemEntered.connect(lambda item: self.hovered.emit(item.data(0, ROW_ROLE).sentence))
        self.tree.mouse_left.connect(lambda: self.hovered.emit(""))
        self.tree.dropped.connect(self._on_tree_dropped)
        self.tree.drag_described.connect(self.hovered)
        self.tree.key_pressed.connect(self._on_tree_key_pressed)
        self._fill()
        self._select_focus()

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 4, 4)
        row.setSpacing(2)
        self.layer_button = _make_button("Add layer")
        self.layer_button.setText("+ Layer")
        self.layer_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.layer_button.setToolTip("Add a layer or block after, before or in parallel to the selected one")
        self.layer_button.setMenu(self._layer_menu())
        self.design_button = _make_button("Add design")
        self._actions["add_design"].setIconText("+ Design")
        self.design_button.setDefaultAction(self._actions["add_design"])
        row.addWidget(self.layer_button)
        row.addWidget(self.design_button)
        row.addStretch(1)
        self.buttons: dict[str, GlyphButton] = {}
        for glyph, action_id in _BUTTONS.items():
            button = self.buttons[glyph] = GlyphButton(glyph, self._actions[action_id].toolTip(), self)
            button.setDefaultAction(self._actions[action_id])
            row.addWidget(button)
        return row

    def _layer_menu(self) -> QMenu:
        """Every kind, to be added after the selected layer; in submenus, the same before it and in parallel."""
        self.after_menu = menu = QMenu(self.layer_button)
        self.before_menu, self.parallel_menu = QMenu(menu), QMenu(menu)
        for kind_menu, prefix in ((menu, "add"), (self.before_menu, "before"), (self.parallel_menu, "parallel")):
            kind_menu.setToolTipsVisible(True)
            for title, kinds in KIND_GROUPS:
                group = kind_menu.addMenu(title) if title else kind_menu
                group.setToolTipsVisible(True)
                group.addActions([self._actions[f"{prefix}_{tag_of(kind)}"] for kind in kinds])
            kind_menu.addSection("Blocks")
            kind_menu.addActions([self._actions[f"{prefix}_{tag_of(kind)}"] for kind in BLOCKS])
        self.after_title = menu.insertSeparator(menu.actions()[0])
        menu.addSeparator()
        menu.addAction(self._actions["reduce"])
        menu.addMenu(self.before_menu)
        menu.addMenu(self.parallel_menu)
        return menu

    def show_state(self, old: ViewState, new: ViewState) -> None:
        """Update the rows, then select the focus."""
        self._state = new
        self.find_bar.show_state(new)
        if self._rows_differ(old, new):
            self._fill(reset=old.session != new.session)
        elif (old.focus.ref, old.focus.others) == (new.focus.ref, new.focus.others):
            return
        self._select_focus()

    def _fill(self, *, reset: bool = False) -> None:
        self._rows = design_tree_rows(self._state)
        with QSignalBlocker(self.tree):
            self.tree.show_rows(self._rows, reset=reset)

    def _select_focus(self) -> None:
        ref = self._state.focus.ref
        with QSignalBlocker(self.tree):
            self.tree.select_ref(ref, self._state.block_ref(ref))
            self.tree.select_others(ref, {ref[1], *self._state.focus.others})
        self._show_layer_menu()

    def _rows_differ(self, old: ViewState, new: ViewState) -> bool:
        looks = ((look.metric, look.convention, look.theme) for look in (old.look, new.look))
        return (
            old.session != new.session
            or old.project is not new.project
            or old.check is not new.check
            or old.run.problems is not new.run.problems
            or old.query != new.query
            or len(set(looks)) > 1
            or (old.run is not new.run and metric_by_id(new.look.metric).is_measured)
        )

    def _show_layer_menu(self) -> None:
        """Name the layer after or before which a new one would be added."""
        ref = edits.selected_node(self._state)
        selected = self._state.selected_nodes
        places = (
            (self.after_title, "As the first layer" if ref is None else f"After {ref[1]}"),
            (self.before_menu.menuAction(), f"Before {'a layer' if ref is None else ref[1]}"),
            (
                self.parallel_menu.menuAction(),
                f"In parallel to {edits.names_text(selected)}" if selected else "As a new branch",
            ),
        )
        for action, text in places:
            action.setText(plain_label(text))
            action.setToolTip(plain_tip(text))
        self.before_menu.setEnabled(ref is not None)

    def go_to_found(self, by: int) -> None:
        """Select the next match of what is looked for, or for −1 the previous one."""
        ref = self._state.next_found(by)
        if ref is not None:
            self.focus_requested.emit(Focus(*ref))

    def _on_query_changed(self, query: str) -> None:
        """Look for something else, and go to a match unless one is selected."""
        self.query_changed.emit(query)
        if self._state.focus.ref not in self._state.found:
            self.go_to_found(1)

    def edit_name(self) -> None:
        """Begin to edit the name of the selected row in place."""
        item = self.tree.currentItem()
        if item is not None and edits.own_selection(self._state) is not None:
            self.tree.setFocus()
            self.tree.editItem(item)

    def _drop_text(self, ref: NodeRef, below: bool) -> tuple[str, bool]:
        edit = edits.drop_selection(self._state, ref, below=below)
        if edit is not None:
            return edit.text, True
        is_elsewhere = self._state.focus.node != INPUT and ref[0] != self._state.focus.design
        return "layers are moved within their design" if is_elsewhere else "", False

    def _on_tree_dropped(self, ref: NodeRef, below: bool) -> None:
        edit = edits.drop_selection(self._state, ref, below=below)
        if edit is not None:
            self.edit_proposed.emit(edit)

    def _part_rows(self, block: NodeRef) -> tuple[DesignTreeRow, ...]:
        return block_part_rows(self._state, block)

    def _name_refusal(self, ref: NodeRef, name: str) -> str:
        if edits.is_group(self._state, ref):
            return edits.group_refusal(self._state.project.network(ref[0]), ref[1], name)
        return edits.name_refusal(self._state.project, ref, name)

    def _rename_ref(self, ref: NodeRef, name: str) -> None:
        edit = edits.rename_at(self._state, ref, name)
        if edit is not None:
            self.edit_proposed.emit(edit)

    def _on_tree_selection_changed(self) -> None:
        """Select in the window what is selected in the tree, which may have selected rows that cannot go together."""
        refs = self.tree.selected_refs()
        if refs:
            (design, node), *others = refs
            self.focus_requested.emit(Focus(design, node, others=frozenset(name for _, name in others)))
        self._select_focus()

    def _on_tree_key_pressed(self, event: QKeyEvent) -> None:
        """Keep the keys of commands from the tree, which would use them if the command is disabled."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        keys = QKeySequence(QKeyCombination(modifiers, Qt.Key(event.key())))
        for action_id in _BUTTONS.values():
            if keys in self._actions[action_id].shortcuts() or _MORE_KEYS.get(keys) == action_id:
                event.accept()
                self._actions[action_id].trigger()


def _make_button(name: str) -> QToolButton:
    """A button as narrow as its text, in the tab order."""
    button = QToolButton()
    button.setAccessibleName(name)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
