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
    raise ProjectError(
        [Problem(f"{layer.title} has no counterpart in {title}; choose another format", "$.designs", *layer.ref)]
    )
