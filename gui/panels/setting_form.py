"""A form for any kind of layer or block, made from the types and descriptions of its settings."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf
from typing import Any

from msgspec import inspect
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.blocks import BLOCKS
from engine.layers import IMPORTED_LAYERS, LAYERS, Kind
from engine.layers.settings import choice_text, setting_titles
from gui.panels.sweep_button import SweepButton
from gui.state.edits import layer_settings, setting_metadata
from gui.widgets.choice_controls import CheckControl, ChoiceControl, OptionalControl
from gui.widgets.control import Control
from gui.widgets.fields import Field, FieldGrid
from gui.widgets.number_controls import DOUBLINGS, IntegerControl, NumberControl
from gui.widgets.pair_controls import MarginsControl, PairControl

_TypeMembers = dict[type[inspect.Type], Any]
"""The members of the type of a setting, by class."""

_LEFT_OUT = "left out: "
"""The words before the meaning of None in a description, perhaps the name of another setting: "the kernel"."""


def integer_limits(type_: inspect.IntType) -> tuple[int, int]:
    """The smallest and the largest integer allowed, within the limits of a spin box."""
    return (0 if type_.ge is None else type_.ge), (2**31 - 1 if type_.le is None else min(type_.le, 2**31 - 1))


def parse_number(type_: inspect.FloatType, text: str) -> float:
    """The number in a text, with a point or a comma; the ValueError of another text names the limits."""
    bounds = ((" at least ", type_.ge), (" above ", type_.gt), (" at most ", type_.le), (" below ", type_.lt))
    # A bound as large as 1e30 stands for "finite"; it would explain nothing.
    limits = " and".join(f"{words}{bound:g}" for words, bound in bounds if bound is not None and abs(bound) < 1e30)
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"a number{limits} is needed") from None
    low, above = (-inf if b is None else b for b in (type_.ge, type_.gt))
    high, below = (inf if b is None else b for b in (type_.le, type_.lt))
    if not (low <= value <= high and above < value < below):
        raise ValueError(f"{text} is not a number{limits}")
    return value


def _number_text(value: float) -> str:
    """The shortest text of exactly this number: "0.0001", "1e-05", "1"."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def _integer_control(members: _TypeMembers) -> Control:
    """If 0 is allowed, the setting is a count of maps that may be left out, so its slider has the range of counts."""
    low, high = integer_limits(members[inspect.IntType])
    return IntegerControl(low, high, None if low else (0, *DOUBLINGS))


def _margins_control(members: _TypeMembers) -> Control:
    order = ("same", "valid")
    words = sorted(members[inspect.LiteralType].values, key=lambda word: order.index(word) if word in order else 2)
    return MarginsControl(tuple(words), *integer_limits(members[inspect.IntType]))


def _sizes_control(members: _TypeMembers) -> Control:
    limits = integer_limits(members[inspect.IntType])
    return PairControl(*limits) if members[inspect.VarTupleType].max_length == 2 else MarginsControl((), *limits)


def _choice_control(members: _TypeMembers) -> Control:
    values = members[inspect.LiteralType].values
    return ChoiceControl([(value, choice_text(str(value))) for value in values])


_CONTROLS: dict[frozenset[type[inspect.Type]], Callable[[_TypeMembers], Control]] = {
    frozenset({inspect.IntType}): _integer_control,
    frozenset({inspect.IntType, inspect.VarTupleType}): _sizes_control,
    frozenset({inspect.LiteralType, inspect.IntType, inspect.VarTupleType}): _margins_control,
    frozenset({inspect.BoolType}): lambda members: CheckControl(),
    frozenset({inspect.FloatType}): lambda members: NumberControl(
        partial(parse_number, members[inspect.FloatType]), _number_text
    ),
    frozenset({inspect.LiteralType}): _choice_control,
}
"""Controls by the type of the setting; a new kind with settings of these types needs no code here."""


def make_control(field: inspect.Field) -> Control:
    """A control for a setting, by its type and description alone."""
    type_ = field.type.type if isinstance(field.type, inspect.Metadata) else field.type
    types = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
    members: _TypeMembers = {type(member): member for member in types}
    optional = members.pop(inspect.NoneType, None) is not None
    control = _CONTROLS[frozenset(members)](members)
    if not optional:
        return control
    meaning = str(setting_metadata(field).get("description", "")).partition(_LEFT_OUT)[2]
    return OptionalControl(control, f"as {meaning}" if meaning else "left out")


SETTING_TITLES = tuple({title for layer in (*LAYERS, *BLOCKS) for title in setting_titles(layer)})
"""All titles in any order, so that the forms of all kinds have the same column width."""


class SettingForm(QWidget):
    """The settings of one kind of layer."""

    changed = Signal(str, object)
    """(setting, value), at every change by the user."""
    fix_chosen = Signal(str, int)
    """(setting, index of the fix of its mistakes)."""
    sweep_chosen = Signal(str, bool)
    """(setting, whether in all layers of the design that have it)."""

    def __init__(self, layer: type[Kind], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = FieldGrid(SETTING_TITLES, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(grid)
        self.controls: dict[str, Control] = {}
        self.fields: dict[str, Field] = {}
        self._descriptions: dict[str, str] = {}
        self._stand_ins: dict[str, str] = {}
        for field in layer_settings(layer) if layer not in IMPORTED_LAYERS else ():
            self._add(grid, field)

    def _add(self, grid: FieldGrid, field: inspect.Field) -> None:
        metadata = setting_metadata(field)
        title = str(metadata.get("title", field.name))
        control = self.controls[field.name] = make_control(field)
        control.set_title(title)
        row = self.fields[field.name] = grid.add(title, control)
        self._descriptions[field.name] = str(metadata.get("description", ""))
        control.changed.connect(partial(self.changed.emit, field.name))
        row.fixes.chosen.connect(partial(self.fix_chosen.emit, field.name))
        SweepButton(row, [(field.name, title)], of_node=True).chosen.connect(self.sweep_chosen)
        if isinstance(control, NumberControl):
            control.refused.connect(row.show_error)
        if isinstance(control, OptionalControl):
            for word in self._descriptions[field.name].partition(_LEFT_OUT)[2].split():
                if word in self.controls:
                    self._stand_ins[field.name] = word

    def values(self) -> dict[str, Any]:
        """Values of the controls by setting."""
        return {name: control.value() for name, control in self.controls.items()}

    def show_layer(self, layer: Kind, *, reset: bool) -> None:
        """Show the settings of a layer of this kind. `reset` if another one was shown before."""
        for name, control in self.controls.items():
            self.fields[name].set_visible(name not in layer.unused_settings)
            control.show_value(getattr(layer, name), reset=reset)
            if name in self._stand_ins and isinstance(control, OptionalControl):
                control.show_none_value(getattr(layer, self._stand_ins[name]))

    def show_mistakes(self, texts: Mapping[str, str], fixes: Mapping[str, Sequence[str]]) -> None:
        """Show each mistake below its setting, with the words of its fixes."""
        for name, field in self.fields.items():
            control = self.controls[name]
            refusal = control.refusal if isinstance(control, NumberControl) else ""
            field.show_error(refusal or texts.get(name, ""), () if refusal else fixes.get(name, ()))

    def show_formula(self, formula: str) -> None:
        """Show the description of each setting and the formulas of the layer as tool tips."""
        for name, field in self.fields.items():
            field.set_tip("\n".join(filter(None, (self._descriptions[name], formula))))
