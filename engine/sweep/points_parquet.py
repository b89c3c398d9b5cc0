"""The table of a sweep as a Parquet file, by pyarrow, which is imported when it is used."""

import importlib
import importlib.util
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

from engine.sweep.axis_values import label_text
from engine.sweep.columns import FITS, MACHINE, MEASURES, PROBLEM_COLUMN, Values
from engine.sweep.sweep import Sweep
from engine.text.problems import Problem, ProjectError

PARQUET_FILE = "points.parquet"
_INT64_END = 2**63
_TYPES: dict[str, type] = {
    MACHINE: str,
    FITS: bool,
    PROBLEM_COLUMN: str,
    **{column.id: float for columns in MEASURES.values() for column in columns},
}


def has_pyarrow() -> bool:
    """Whether pyarrow is installed."""
    return importlib.util.find_spec("pyarrow") is not None


def require_pyarrow() -> None:
    """ProjectError if pyarrow is not installed."""
    if not has_pyarrow():
        text = f"{PARQUET_FILE} needs pyarrow: pip install 'convolume[parquet]', or leave --parquet out"
        raise ProjectError([Problem(text, "")])


def parquet_content(sweep: Sweep, rows: Sequence[Values]) -> bytes:
    """The rows as a Parquet file, with the columns of the CSV file.

    Whole numbers are int64, others float64, yes and no bool, and all else text; what is unknown is null. The type of an
    axis follows from all its values, so that it is the same however many rows there are.
    """
    require_pyarrow()
    arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    arrow_types = {bool: arrow.bool_(), int: arrow.int64(), float: arrow.float64(), str: arrow.string()}
    kinds = {column: _TYPES.get(column) or _kind(_values_that_decide(sweep, rows, column)) for column in sweep.columns}
    arrays = {
        column: arrow.array([_cell(row.get(column), kind) for row in rows], arrow_types[kind])
        for column, kind in kinds.items()
    }
    content = BytesIO()
    parquet.write_table(arrow.table(arrays), content)
    return content.getvalue()


def _values_that_decide(sweep: Sweep, rows: Sequence[Values], column: str) -> Iterable[Any]:
    """The values from which the type of a column follows: those of the axis, or the amounts of all rows."""
    for axis in sweep.axes:
        if axis.name == column:
            return [value.label for value in axis.values]
    return [row.get(column) for row in rows]


def _kind(values: Iterable[Any]) -> type:
    """The narrowest type that holds all values."""
    present = [value for value in values if value is not None]
    kinds = set(map(type, present))
    if kinds == {int} and all(-_INT64_END <= value < _INT64_END for value in present):
        return int
    if kinds <= {int, float}:
        return float
    return bool if kinds == {bool} else str


def _cell(value: Any, kind: type) -> Any:
    """A value as that type; None for what is unknown."""
    if value is None or value == "":
        return None
    return label_text(value) if kind is str else kind(value)
