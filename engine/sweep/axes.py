"""The axes of a sweep: settings by path, and the values that they take together."""

import re
from collections.abc import Iterator, Sequence
from math import floor
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from engine.kernels import Checkpoint
from engine.project.project import Project
from engine.sweep.axis_values import Multiple, label_of, label_text, parse_values
from engine.sweep.faults import SweepFault
from engine.sweep.setting_paths import (
    SettingPath,
    SettingPaths,
    is_of_node,
    value_of_setting,
    with_project_setting,
)
from engine.text.messages import accepted_text, suggestion, value_text
from engine.text.names import control_fault
from engine.text.spreadsheet import cell

TIE = " + "
"""Between settings that take their values together."""
_MOST_TIES = 8
"""Signs " + " in a path, each of which may belong to a name."""
_CHECK_EVERY = 1000
"""Values between two checkpoints."""
_NAMED = re.compile(r"\s*([A-Za-z_]\w{0,59})\s*:\s+(.+)", re.DOTALL)


class AxisText(NamedTuple):
    """The text of an axis in its parts: "name: setting=values"."""

    name: str
    """The name in front of the setting; "" without one."""
    setting: str
    targets: tuple[SettingPath, ...]
    values: str


class AxisValue(Struct, frozen=True):
    """One value of an axis: as tables show it, and what each of its settings is then."""

    label: int | float | str | bool
    settings: tuple[Any, ...]


class Axis(Struct, frozen=True):
    """Settings that take their values together, all from one list."""

    name: str
    """The name of its column."""
    paths: tuple[SettingPath, ...]
    values: tuple[AxisValue, ...]


def parse_axis(text: str, project: Project, paths: SettingPaths, checkpoint: Checkpoint = lambda: None) -> Axis:
    """The axis of a text such as "bottleneck/reduce.filters=4..64..4" or "width: net/*.filters=x0.5, x1".

    Raises
    ------
    SweepFault
        A setting is unknown, or a value is none that it accepts.
    """
    if fault := control_fault(text):
        raise SweepFault(f"{value_text(text)}: {fault}")
    parts = split_axis(text, paths)
    name, targets = parts.name or parts.setting, parts.targets
    if cell(name) != name:
        example = f"width: {targets[0].text}"
        raise SweepFault(f"{value_text(name)} would be a formula as the name of a column; name the axis: {example!r}")
    values: dict[str, AxisValue] = {}
    for number, raw in enumerate(parse_values(parts.values)):
        if number % _CHECK_EVERY == 0:
            checkpoint()
        value = _axis_value(project, targets, raw)
        label = label_text(value.label)
        if label in values:
            raise SweepFault(f"{name} is {label} twice; keep one")
        values[label] = value
    return Axis(name, targets, tuple(values.values()))


def split_axis(text: str, paths: SettingPaths) -> AxisText:
    """The parts of the text of an axis; a sign "=" may also belong to a name.

    Raises
    ------
    SweepFault
        There are no values, or a setting is unknown.
    """
    places = [match.start() for match in re.finditer("=", text)]
    if not places:
        raise SweepFault(f"{value_text(text)} has no values; write them behind a =, as net/conv.filters=4..64..4")
    for place in places:
        left, rest = text[:place].strip(), text[place + 1 :]
        if targets := _resolve(left, paths):
            return AxisText("", left, targets, rest)
        named = _NAMED.fullmatch(left)
        if named and (targets := _resolve(named[2].strip(), paths)):
            return AxisText(named[1], named[2].strip(), targets, rest)
    left = text[: places[0]].strip()
    named = _NAMED.fullmatch(left)
    setting_text = named[2].strip() if named else left
    if setting_text in paths.ambiguous:
        raise SweepFault(f"{value_text(setting_text)} could be two settings; rename a design or a layer")
    unknown = next(
        (part for part in setting_text.split(TIE) if not _resolve(part.strip(), paths)), setting_text
    ).strip()
    raise SweepFault(f"unknown setting {value_text(unknown)}; {suggestion(unknown, paths.by_text)}")


def _resolve(text: str, paths: SettingPaths, ties: int = _MOST_TIES) -> tuple[SettingPath, ...]:
    """The settings of a path, a pattern with "*", or several of them joined by " + "; () if there are none."""
    if text in paths.ambiguous:
        return ()
    if text in paths.by_text:
        return (paths.by_text[text],)
    if "*" in text:
        parts = [re.escape(part) for part in re.sub(r"\*+", "*", text).split("*")]
        if len(parts) > _MOST_TIES:
            return ()
        pattern = re.compile(".*".join(parts), re.DOTALL)
        matches = tuple(path for path_text, path in paths.by_text.items() if pattern.fullmatch(path_text))
        if matches:
            return matches
    for match in re.finditer(re.escape(TIE), text) if ties else ():
        first = _resolve(text[: match.start()].strip(), paths, 0)
        second = _resolve(text[match.end() :].strip(), paths, ties - 1) if first else ()
        if second:
            return tuple(dict.fromkeys((*first, *second)))
    return _without_design(text, paths)


def _without_design(text: str, paths: SettingPaths) -> tuple[SettingPath, ...]:
    """The one setting whose path is the text behind its design; () if there are several or none."""
    matches = [path for path in paths.by_text.values() if is_of_node(path) and f"{path.ref[1]}.{path.setting}" == text]
    return tuple(matches) if len(matches) == 1 else ()


def _axis_value(project: Project, paths: Sequence[SettingPath], raw: Any) -> AxisValue:
    return AxisValue(label_of(raw), tuple(_setting_of(project, path, raw) for path in paths))


def _setting_of(project: Project, path: SettingPath, raw: Any) -> Any:
    """A value as one that a setting accepts."""
    value = _multiple(project, path, raw) if isinstance(raw, Multiple) else raw
    try:
        converted = _convert(value, path.type)
    except msgspec.ValidationError:
        at = f" at x{raw.factor}" if isinstance(raw, Multiple) else ""
        text = f"{path.text} is {value_text(value)}{at}; {accepted_text(path.type)} is expected"
        raise SweepFault(text) from None
    try:
        _check_alone(project, path, converted)
    except (ValueError, msgspec.ValidationError) as error:
        raise SweepFault(f"{path.text} is {value_text(value)}; {error}") from None
    return converted


def _convert(value: Any, type_: Any) -> Any:
    """A value as one of a type; a word such as "3x3", which is read as a pair, is a word where no pair is allowed."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError:
        if not isinstance(value, tuple):
            raise
        return msgspec.convert(label_of(value), type_)


def accepts(project: Project, path: SettingPath, values: str) -> bool:
    """Whether a setting accepts all values of a text."""
    try:
        _ = [_setting_of(project, path, raw) for raw in parse_values(values)]
    except SweepFault:
        return False
    return True


def _check_alone(project: Project, path: SettingPath, value: Any) -> None:
    """ValueError if what has the setting does not accept the value, although it is of the right type."""
    if not is_of_node(path):
        changed = with_project_setting(project, path, value)
        msgspec.convert(msgspec.to_builtins(changed.input), type(changed.input))
    elif not path.is_low_rank:
        replace(project.network(path.ref[0]).node(path.ref[1]).layer, **{path.setting: value})


def _multiple(project: Project, path: SettingPath, multiple: Multiple) -> Any:
    """The present value times the factor; whole numbers stay such, halves are rounded up."""

    def times(number: Any) -> int | float:
        if isinstance(number, bool) or not isinstance(number, int | float):
            text = f"{path.text} is {value_text(number)}, of which there are no multiples; write its values"
            raise SweepFault(text)
        product = number * multiple.factor
        return floor(product + 0.5) if isinstance(number, int) else product

    value = value_of_setting(project, path)
    return tuple(map(times, value)) if isinstance(value, tuple) else times(value)


def all_paths(axes: Sequence[Axis]) -> Iterator[SettingPath]:
    """The settings of all axes."""
    for axis in axes:
        yield from axis.paths
