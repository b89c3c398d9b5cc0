"""Commands of the menu Layer: edits of the selected layer or block, some of them also of a selected design."""

from collections.abc import Callable
from functools import partial

from engine.blocks import BLOCKS, SeparableConv2d
from engine.layers import LAYERS, Add, Concat, Conv2d, Kind, Mul, tag_of
from engine.network.graph import INPUT
from engine.rank_search import rank_search_refusal
from gui.catalogue.kinds import KIND_GROUPS
from gui.state import edits
from gui.state.edits import Side
from gui.state.view_state import ViewState
from gui.window.actions.base import SEPARATOR, Action, CommandWindow, Menus, always

_KINDS: tuple[type[Kind], ...] = (*LAYERS, *BLOCKS)


def _is_node(state: ViewState) -> bool:
    return state.focus.node != INPUT


def _is_editable(state: ViewState) -> bool:
    """Whether a design, layer or block is selected, not a part of a block."""
    return edits.own_selection(state) is not None


def _can_search_ranks(state: ViewState) -> bool:
    return not rank_search_refusal(state.report(state.focus.ref))


def _tool_tip(text: str, keys: str, state: ViewState, *, is_alone: bool = False) -> str:
    """``Duplicate conv5x5 (Ctrl+D)``, or why a part of a block cannot be edited by itself.

    `is_alone` for a command that acts on one of several selected layers.
    """
    own, editable = edits.own_selection(state), edits.editable_selection(state)
    if own is not None:
        nodes = [own[1]] if is_alone and own[1] != INPUT else state.selected_nodes
        return f"{text} {edits.names_text(nodes) or own[0]} ({keys})"
    if editable is not None:
        return f"{text} (part of block {editable[1]}: take the block apart first)"
    return f"{text} ({keys})"


def _rename(window: CommandWindow) -> None:
    window.docks.bring_forward("designs")
    window.designs.edit_name()


def _type_layers(side: Side, window: CommandWindow) -> None:
    window.type_layers(side)


_TYPED: tuple[tuple[str, Side, str, Callable[[ViewState], bool]], ...] = (
    ("add", "after", "Ctrl+Return", always),
    ("before", "before", "Ctrl+Shift+Return", _is_node),
    ("parallel", "in parallel", "Alt+Return", always),
)
"""The beginning of the ids of commands that add layers, the side, keys, and when it is allowed."""


LAYER_ACTIONS: tuple[Action, ...] = (
    Action("reduce", "Insert 1×1 convolution before", "Ctrl+B", edit=edits.reduce_before_selection, allowed=_is_node,
           tip="It reduces the channels, so that the next layer costs less"),
    Action("search_ranks", "Search for a bottleneck", "Ctrl+Shift+E", allowed=_can_search_ranks,
           run=lambda window: window.parts.begin("bottleneck"),
           tip="How few maps suffice between a 1×1 convolution and this one, measured on the data that it receives",
           disabled_tip="select a convolution without groups"),
    *(
        Action(f"add_{tag}", kind.title, edit=partial(edits.add_after_selection, tag), allowed=always, tip=kind.help)
        for tag, kind in zip(map(tag_of, _KINDS), _KINDS, strict=True)
    ),
    *(
        Action(f"before_{tag}", kind.title, edit=partial(edits.add_before_selection, tag), allowed=_is_node,
               tip=kind.help)
        for tag, kind in zip(map(tag_of, _KINDS), _KINDS, strict=True)
    ),
    *(
        Action(f"type_{prefix}", "Type layers…", keys, run=partial(_type_layers, side), allowed=allowed,
               tip="As in 1x1 96, 3x3 128")
        for prefix, side, keys, allowed in _TYPED
    ),
    *(
        Action(f"parallel_{tag}", kind.title, edit=partial(edits.add_in_parallel_to_selection, tag), allowed=always,
               tip=kind.help)
        for tag, kind in zip(map(tag_of, _KINDS), _KINDS, strict=True)
    ),
    *(
        Action(f"join_{tag_of(kind)}", f"Join with {kind.title.lower()}", shortcut,
               edit=partial(edits.join_selection, tag_of(kind)),
               allowed=partial(edits.can_join_selection, tag_of(kind)),
               tip="The selected layers, or else all branches that end here and fit", disabled_tip=needs)
        for kind, shortcut, needs in (
            (Concat, "Ctrl+J", "select layers of the same height and width"),
            (Add, "Ctrl+Shift+J", "select layers of the same shape, or with axes of size 1"),
            (Mul, "", "select layers of the same shape, or with axes of size 1"),
        )
    ),
    Action("make_separable", "Make separable", edit=partial(edits.switch_selected_form, Conv2d),
           allowed=partial(edits.has_other_form, Conv2d),
           tip="Each channel by itself, then a 1×1 convolution: the same window for far fewer MACs"),
    Action("make_dense", "Make full convolution", edit=partial(edits.switch_selected_form, SeparableConv2d),
           allowed=partial(edits.has_other_form, SeparableConv2d),
           tip="Every filter over all channels, instead of a separable convolution"),
    Action("take_apart", "Take block apart", "Ctrl+Shift+G", edit=edits.take_selected_block_apart,
           allowed=edits.can_take_selection_apart,
           tip="Replace the block with its layers: the same network, free to edit"),
    Action("duplicate", "Duplicate", "Ctrl+D", edit=edits.duplicate_selection, allowed=_is_editable,
           tool_tip=partial(_tool_tip, "Duplicate", "Ctrl+D")),
    Action("remove", "Remove", "Del", edit=edits.remove_selection, allowed=_is_editable, is_local=True,
           tool_tip=partial(_tool_tip, "Remove", "Del")),
    Action("rename", "Rename", "F2", run=_rename, allowed=_is_editable,
           tool_tip=partial(_tool_tip, "Rename", "F2", is_alone=True)),
    Action("move_up", "Move up", "Alt+Up", edit=partial(edits.move_selection, -1),
           allowed=partial(edits.can_move_selection, -1), tool_tip=partial(_tool_tip, "Move up", "Alt+Up")),
    Action("move_down", "Move down", "Alt+Down", edit=partial(edits.move_selection, 1),
           allowed=partial(edits.can_move_selection, 1), tool_tip=partial(_tool_tip, "Move down", "Alt+Down")),
)  # fmt: skip

_ADD_MENUS = {"Add after": "add", "Add before": "before", "Add in parallel": "parallel"}
"""Menus of all kinds, with the beginning of the ids of their commands."""


def _add_menus(menu: str, prefix: str) -> Menus:
    """A menu of the commands that add each kind of layer, most of them and the blocks in menus of their own."""
    where = menu.removeprefix("Add ")
    submenus = {f"{title} {where}": kinds for title, kinds in (*KIND_GROUPS, ("Block", BLOCKS)) if title}
    own = (f"{prefix}_{tag_of(kind)}" for title, kinds in KIND_GROUPS if not title for kind in kinds)
    return {
        menu: (f"type_{prefix}", SEPARATOR, *own, SEPARATOR, *submenus),
        **{name: tuple(f"{prefix}_{tag_of(kind)}" for kind in kinds) for name, kinds in submenus.items()},
    }


LAYER_MENUS: Menus = {
    "Layer": ("reduce", "search_ranks", *_ADD_MENUS, SEPARATOR, "Join", SEPARATOR,
              "take_apart", "make_separable", "make_dense", SEPARATOR, "duplicate", "remove", "rename", "move_up",
              "move_down"),
    "Join": ("join_concat", "join_add", "join_mul"),
    **{name: entries for menu in _ADD_MENUS.items() for name, entries in _add_menus(*menu).items()},
}  # fmt: skip

ROW_MENU = (*_ADD_MENUS, SEPARATOR, "Join", SEPARATOR, "group", "take_apart", "toggle_block",
            "make_separable", "make_dense", SEPARATOR, "reduce", "search_ranks", SEPARATOR, "cut", "copy",
            "paste", "duplicate", "remove", "rename", "move_up", "move_down")  # fmt: skip
"""Commands and menus of the context menu of a row in the list."""

BOX_MENU = (*_ADD_MENUS, SEPARATOR, "Join", SEPARATOR, "group", "take_apart", "toggle_block",
            SEPARATOR, "cut", "copy", "paste", "duplicate", "remove", SEPARATOR)  # fmt: skip
"""Commands and menus at the top of the context menu of the volumes."""
