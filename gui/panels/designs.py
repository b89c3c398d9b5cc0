"""The list of designs and their layers: choose, add, duplicate, remove, move, rename."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QTreeWidgetItem, QVBoxLayout, QWidget

from engine.blocks import BLOCKS
from engine.cost.metrics import metric
from engine.layers import LAYERS
from engine.network.graph import INPUT
from engine.project.project import Project
from engine.run.check import Place
from engine.text.problems import STEM
from gui.panels.base import Edit, Panel
from gui.panels.design_rows import Row, part_rows, rows
from gui.panels.design_tree import ROW, DesignTree, RowDelegate
from gui.state import edits
from gui.state.view_state import Focus, ViewState
from gui.widgets.glyphs import GlyphButton

BUTTONS = (
    ("copy", "Duplicate", "Ctrl+D"),
    ("remove", "Remove", "Del"),
    ("up", "Move up", "Alt+Up"),
    ("down", "Move down", "Alt+Down"),
    ("rename", "Rename", "F2"),
)

DesignEdit = Callable[[Project, str], Edit | None]
NodeEdit = Callable[[Project, str, str], Edit | None]


class DesignsPanel(Panel):
    """Rows for the stem, the designs, their layers and blocks; the chosen row is the state's focus.

    What acts on "the chosen one" acts on a layer or block, or on a design where its own row is chosen. A part of a
    block is changed with its block only; what is added beside the part stands beside the block.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Designs and layers")
        self._state: ViewState | None = None
        self.tree = DesignTree(self._part_rows, self)
        self.delegate = RowDelegate(self._refusal, self._rename_place, self.tree)
        self.tree.setItemDelegate(self.delegate)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.tree, 1)
        column.addLayout(self._button_row())
        self._keys: dict[tuple[Qt.Key, Qt.KeyboardModifier], Callable[[], None]] = {
            (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier): self.remove,
            (Qt.Key.Key_Backspace, Qt.KeyboardModifier.NoModifier): self.remove,
            (Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier): self.duplicate,
            (Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier): partial(self.move_by, -1),
            (Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier): partial(self.move_by, 1),
        }
        self.tree.currentItemChanged.connect(self._on_current_item_changed)
        self.tree.itemEntered.connect(lambda item: self.hovered.emit(item.data(0, ROW).words))
        self.tree.left.connect(lambda: self.hovered.emit(""))
        self.tree.key_pressed.connect(self._on_tree_key_pressed)

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 4, 4)
        row.setSpacing(2)
        self.layer_button = _button("+ Layer")
        self.layer_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.layer_button.setAccessibleName("Add layer")
        self.layer_button.setToolTip("Add a layer or block after or before the chosen one")
        self.layer_button.setMenu(self._layer_menu())
        self.design_button = _button("+ Design")
        self.design_button.setAccessibleName("Add design")
        self.design_button.setToolTip("Add an empty design")
        self.design_button.clicked.connect(self.add_design)
        row.addWidget(self.layer_button)
        row.addWidget(self.design_button)
        row.addStretch(1)
        slots = (self.duplicate, self.remove, partial(self.move_by, -1), partial(self.move_by, 1), self.edit_name)
        self.buttons: dict[str, GlyphButton] = {}
        for (glyph, text, keys), slot in zip(BUTTONS, slots, strict=True):
            button = self.buttons[glyph] = GlyphButton(glyph, f"{text} ({keys})", self)
            button.clicked.connect(slot)
            row.addWidget(button)
        return row

    def _layer_menu(self) -> QMenu:
        """Every kind, to stand after the chosen layer; below, the same before it."""
        menu = QMenu(self.layer_button)
        self.before_menu = QMenu(menu)
        for shown, add in ((menu, self.add_layer), (self.before_menu, self.add_layer_before)):
            shown.setToolTipsVisible(True)
            for group in (LAYERS, BLOCKS):
                if group is BLOCKS:
                    shown.addSection("Blocks")
                for kind, title, help_ in edits.kinds(group):
                    action = shown.addAction(title)
                    action.setToolTip(help_)
                    action.triggered.connect(partial(add, kind))
        first = menu.actions()[0]
        self.after_title = menu.insertSeparator(first)
        self.reduction = QAction(menu)
        self.reduction.setToolTip("It reduces the channels, so that the layer behind it costs less")
        self.reduction.triggered.connect(self.add_reduction)
        menu.addSeparator()
        menu.addAction(self.reduction)
        menu.addMenu(self.before_menu)
        return menu

    def show_state(self, old: ViewState | None, new: ViewState) -> None:
        """Bring the rows up to date, then choose the focus."""
        self._state = new
        differs = old is None or self._differs(old, new)
        if old is not None and not differs and old.focus.place == new.focus.place:
            return
        with QSignalBlocker(self.tree):
            if differs:
                self.tree.show_rows(rows(new))
            self.tree.show_place(new.focus.place, new.written(new.focus.place))
        self._show_buttons()
        self._show_layer_menu()

    def _differs(self, old: ViewState, new: ViewState) -> bool:
        looks = ((look.metric, look.convention, look.theme) for look in (old.look, new.look))
        return (
            old.project is not new.project
            or old.check is not new.check
            or old.run.problems is not new.run.problems
            or len(set(looks)) > 1
            or (old.run is not new.run and metric(new.look.metric).measured)
        )

    def _show_buttons(self) -> None:
        place = None if self._state is None else self._state.focus.place
        chosen, count, at = self._own, 0, -1
        if chosen is not None and self._state is not None:
            project, (design, node) = self._state.project, chosen
            names = [d.name for d in project.designs]
            if node != INPUT:
                names = [n.name for n in project.network(design).nodes]
            count, at = len(names), names.index(design if node == INPUT else node)
        enabled = {"copy": at >= 0, "remove": at >= 0, "rename": at >= 0, "up": at > 0, "down": 0 <= at < count - 1}
        what = "" if chosen is None else chosen[0] if chosen[1] == INPUT else chosen[1]
        part = chosen is None and place is not None and self._chosen is not None
        for glyph, text, keys in BUTTONS:
            self.buttons[glyph].setEnabled(enabled[glyph])
            tip = f"{text} {what} ({keys})" if what else f"{text} ({keys})"
            self.buttons[glyph].set_tip(f"{text} ({self._part_words})" if part else tip)

    @property
    def _part_words(self) -> str:
        """Why a part of a block cannot be changed by itself."""
        return "" if self._chosen is None else f"a part of the block {self._chosen[1]}: take it apart first"

    def _show_layer_menu(self) -> None:
        """Say what a new layer would stand after and before."""
        node = INPUT if self._chosen is None else self._chosen[1]
        chosen = node != INPUT
        self.after_title.setText(f"After {node}" if chosen else "As the first layer")
        self.reduction.setText(f"1×1 convolution before {node if chosen else 'a layer'}")
        self.before_menu.setTitle(f"Before {node if chosen else 'a layer'}")
        self.reduction.setEnabled(chosen)
        self.before_menu.setEnabled(chosen)

    @property
    def _chosen(self) -> Place | None:
        """The place of a layer, block or design that can be edited; of a part, its block's. None for the stem's row."""
        if self._state is None:
            return None
        place = self._state.written(self._state.focus.place)
        return None if place == (STEM, INPUT) or place not in self._state.check else place

    @property
    def _own(self) -> Place | None:
        """The same, but None for a part of a block."""
        chosen = self._chosen
        return chosen if self._state is not None and chosen == self._state.focus.place else None

    def add_layer(self, kind: str, _checked: bool = False) -> None:
        """Add a layer after the chosen one; with nothing chosen to the first design, which is made if need be."""
        if self._state is None:
            return
        project, (design, after) = self._state.project, self._state.written(self._state.focus.place)
        if (design, after) not in self._state.check or (design == STEM and project.stem is None):
            if not project.designs:
                project = edits.add_design(project).project
            design, after = project.designs[0].name, INPUT
        self.edit_proposed.emit(edits.add_layer(project, design, after, kind))

    def add_layer_before(self, kind: str, _checked: bool = False) -> None:
        """Add a layer that the chosen one receives."""
        if self._state is not None and self._chosen is not None and self._chosen[1] != INPUT:
            self.edit_proposed.emit(edits.add_layer_before(self._state.project, *self._chosen, kind))

    def add_reduction(self, _checked: bool = False) -> None:
        """Add a 1×1 convolution before the chosen layer or block: a bottleneck."""
        if self._state is None or self._chosen is None or self._chosen[1] == INPUT:
            return
        report = self._state.report(self._chosen)
        shape = report.input_shapes[0] if report is not None and report.input_shapes else None
        channels = 1 if shape is None else shape.channels
        self.edit_proposed.emit(edits.add_reduction(self._state.project, *self._chosen, channels))

    def switch_form(self) -> None:
        """Make the chosen convolution separable, or a separable one a full convolution."""
        edit = None if self._state is None else edits.switch_chosen_form(self._state)
        if edit is not None:
            self.edit_proposed.emit(edit)

    def take_apart(self) -> None:
        """Put its layers in the place of the chosen block, or of the one around the chosen layer."""
        edit = None if self._state is None else edits.take_chosen_apart(self._state)
        if edit is not None:
            self.edit_proposed.emit(edit)

    def duplicate(self) -> None:
        """Duplicate the chosen layer or design."""
        self._propose(edits.duplicate_design, edits.duplicate_node)

    def remove(self) -> None:
        """Remove the chosen layer or design."""
        self._propose(edits.remove_design, edits.remove_node)

    def move_by(self, by: int, _checked: bool = False) -> None:
        """Move the chosen layer or design that many rows down, or up where `by` is negative."""
        self._propose(partial(edits.move_design, by=by), partial(edits.move_node, by=by))

    def rename(self, new_name: str) -> None:
        """Rename the chosen layer or design; a name that is refused changes nothing."""
        if self._own is not None and not self._refusal(self._own, new_name):
            self._rename_place(self._own, new_name)

    def edit_name(self) -> None:
        """Begin to edit the name of the chosen row in place."""
        item = self.tree.currentItem()
        if item is not None and self._own is not None:
            self.tree.setFocus()
            self.tree.editItem(item)

    def add_design(self) -> None:
        """Add an empty design."""
        if self._state is not None:
            self.edit_proposed.emit(edits.add_design(self._state.project))

    def duplicate_design(self) -> None:
        """Duplicate the design of the chosen row."""
        self._propose_for_design(edits.duplicate_design)

    def remove_design(self) -> None:
        """Remove the design of the chosen row."""
        self._propose_for_design(edits.remove_design)

    def _propose(self, for_design: DesignEdit, for_node: NodeEdit) -> None:
        """Propose what an edit of the chosen design, or of the chosen node, gives; nothing where it gives None."""
        if self._own is None or self._state is None:
            return
        design, node = self._own
        project = self._state.project
        edit = for_design(project, design) if node == INPUT else for_node(project, design, node)
        if edit is not None:
            self.edit_proposed.emit(edit)

    def _propose_for_design(self, make: DesignEdit) -> None:
        if self._state is None or self._state.focus.design == STEM:
            return
        edit = make(self._state.project, self._state.focus.design)
        if edit is not None:
            self.edit_proposed.emit(edit)

    def _part_rows(self, block: Place) -> tuple[Row, ...]:
        return () if self._state is None else part_rows(self._state, block)

    def _refusal(self, place: Place, name: str) -> str:
        return "" if self._state is None else edits.name_refusal(self._state.project, place, name)

    def _rename_place(self, place: Place, name: str) -> None:
        if self._state is None:
            return
        project, (design, node) = self._state.project, place
        renamed = node if node != INPUT else design
        if name != renamed:
            self.edit_proposed.emit(
                edits.rename_design(project, design, name)
                if node == INPUT
                else edits.rename_node(project, design, node, name)
            )

    def _on_current_item_changed(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            design, node = item.data(0, ROW).place
            self.focus_requested.emit(Focus(design, node))

    def _on_tree_key_pressed(self, event: QKeyEvent) -> None:
        action = self._keys.get((Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier))
        if action is not None:
            event.accept()
            action()


def _button(text: str) -> QToolButton:
    """A button as narrow as its text, which Tab reaches."""
    button = QToolButton()
    button.setText(text)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
