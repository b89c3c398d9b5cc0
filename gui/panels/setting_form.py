"""A form for any kind of layer or block, made from what its settings say of themselves: it knows no kind by name."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from typing import Any

from msgspec import inspect
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.blocks import BLOCKS
from engine.layers import LAYERS, Kind
from gui.state.edits import layer_settings, setting_metadata
from gui.widgets.choice_controls import CheckControl, ChoiceControl, OptionalControl
from gui.widgets.control import Control
from gui.widgets.fields import Field, FieldGrid
from gui.widgets.number_controls import DOUBLINGS, IntegerControl, NumberControl
from gui.widgets.pair_controls import MarginsControl, PairControl

_TypeMembers = dict[type[inspect.Type], Any]
"""The types that a setting may have, by what they are."""

_LEFT_OUT = "left out: "
"""After these words a description says what None means, by another setting's name where it is one: "the kernel"."""


def integer_limits(type_: inspect.IntType) -> tuple[int, int]:
    """The smallest and the largest integer allowed, within what a box can hold."""
    return (0 if type_.ge is None else type_.ge), (2**31 - 1 if type_.le is None else min(type_.le, 2**31 - 1))


def parse_number(type_: inspect.FloatType, text: str) -> float:
    """The number of a text; ValueError says which ones are allowed."""
    bounds = ((" at least ", type_.ge), (" above ", type_.gt), (" at most ", type_.le), (" below ", type_.lt))
    # A bound as large as 1e30 stands for "finite"; it would explain nothing.
    wanted = " and".join(f"{words}{bound:g}" for words, bound in bounds if bound is not None and abs(bound) < 1e30)
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"a number{wanted} is needed") from None
    low, above = (-inf if b is None else b for b in (type_.ge, type_.gt))
    high, below = (inf if b is None else b for b in (type_.le, type_.lt))
    if not (low <= value <= high and above < value < below):
        raise ValueError(f"{text} is not a number{wanted}")
    return value


def _number_text(value: float) -> str:
    """The shortest text that is this number: "0.0001", "1e-05", "1"."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def _integer_control(members: _TypeMembers) -> Control:
    """What may be 0 is a count of maps that may be left out: its slider goes as far as that of other counts."""
    low, high = integer_limits(members[inspect.IntType])
    return IntegerControl(low, high, None if low else (0, *DOUBLINGS))


def _margins_control(members: _TypeMembers) -> Control:
    order = ("same", "valid")
    words = sorted(members[inspect.LiteralType].values, key=lambda word: order.index(word) if word in order else 2)
    return MarginsControl(tuple(words), *integer_limits(members[inspect.IntType]))


def _choice_control(members: _TypeMembers) -> Control:
    values = members[inspect.LiteralType].values
    return ChoiceControl([(value, re.sub(r"(\d)x(\d)", r"\1×\2", str(value).replace("_", " "))) for value in values])


_CONTROLS: dict[frozenset[type[inspect.Type]], Callable[[_TypeMembers], Control]] = {
    frozenset({inspect.IntType}): _integer_control,
    frozenset({inspect.IntType, inspect.VarTupleType}): lambda members: PairControl(
        *integer_limits(members[inspect.IntType])
    ),
    frozenset({inspect.LiteralType, inspect.IntType, inspect.VarTupleType}): _margins_control,
    frozenset({inspect.BoolType}): lambda members: CheckControl(),
    frozenset({inspect.FloatType}): lambda members: NumberControl(
        partial(parse_number, members[inspect.FloatType]), _number_text
    ),
    frozenset({inspect.LiteralType}): _choice_control,
}
"""The control for each sort of setting; a new kind whose settings are of these sorts needs no line anywhere."""


def make_control(field: inspect.Field) -> Control:
    """A control for a setting, from its type and description alone."""
    type_ = field.type.type if isinstance(field.type, inspect.Metadata) else field.type
    types = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
    members: _TypeMembers = {type(member): member for member in types}
    optional = members.pop(inspect.NoneType, None) is not None
    control = _CONTROLS[frozenset(members)](members)
    if not optional:
        return control
    meaning = str(setting_metadata(field).get("description", "")).partition(_LEFT_OUT)[2]
    return OptionalControl(control, f"as {meaning}" if meaning else "left out")


SETTING_TITLES = tuple(
    str(setting_metadata(field).get("title", field.name))
    for layer in (*LAYERS, *BLOCKS)
    for field in layer_settings(layer)
)
"""Every title, so that the forms of all kinds have one width of titles."""


class SettingForm(QWidget):
    """The settings of one kind of layer."""

    changed = Signal(str, object)
    """(setting, value), at once with every change that a person makes."""

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
        for field in layer_settings(layer):
            self._add(grid, field)

    def _add(self, grid: FieldGrid, field: inspect.Field) -> None:
        about = setting_metadata(field)
        title = str(about.get("title", field.name))
        control = self.controls[field.name] = make_control(field)
        control.set_title(title)
        row = self.fields[field.name] = grid.add(title, control)
        self._descriptions[field.name] = str(about.get("description", ""))
        control.changed.connect(partial(self.changed.emit, field.name))
        if isinstance(control, NumberControl):
            control.refused.connect(row.show_error)
        if isinstance(control, OptionalControl):
            for word in self._descriptions[field.name].partition(_LEFT_OUT)[2].split():
                if word in self.controls:
                    self._stand_ins[field.name] = word

    def values(self) -> dict[str, Any]:
        """What the controls show, by setting."""
        return {name: control.value() for name, control in self.controls.items()}

    def show_layer(self, layer: Kind, *, anew: bool) -> None:
        """Show the settings of a layer of this form's kind. `anew`: it is not the layer that was shown before."""
        for name, control in self.controls.items():
            control.show_value(getattr(layer, name), anew=anew)
            if name in self._stand_ins and isinstance(control, OptionalControl):
                control.show_none_value(getattr(layer, self._stand_ins[name]))

    def show_mistakes(self, texts: Mapping[str, str]) -> None:
        """Show what is wrong below the setting that is wrong."""
        for name, field in self.fields.items():
            control = self.controls[name]
            typed = control.refusal if isinstance(control, NumberControl) else ""
            field.show_error(typed or texts.get(name, ""))

    def show_formula(self, formula: str) -> None:
        """Put each setting's description and this layer's own numbers into the tooltips."""
        for name, field in self.fields.items():
            field.set_tip("\n".join(filter(None, (self._descriptions[name], formula))))
