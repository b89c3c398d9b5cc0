"""Finds the row of a kind of layer in the table of a format."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from engine.layers import Kind
from engine.model_export.plan import PlannedLayer
from engine.text.problems import Problem, ProjectError


class KindRow(Protocol):
    """A row of the table of a format."""

    @property
    def kind(self) -> type[Kind]: ...


_Row = TypeVar("_Row", bound=KindRow)


def find_row(layer: PlannedLayer, rows: Sequence[_Row], title: str) -> _Row:
    """The row of the kind of a layer; ProjectError if the format has none."""
    for row in rows:
        if type(layer.layer) is row.kind:
            return row
    raise no_counterpart(layer, title)


def no_counterpart(layer: PlannedLayer, title: str, reason: str = "") -> ProjectError:
    """The error that a format has no counterpart for a layer, or for one with these settings."""
    text = f"{layer.title}{f' {reason}' if reason else ''} has no counterpart in {title}; choose another format"
    return ProjectError([Problem(text, "$.designs", *layer.ref)])
