"""Results of the rank search as text, and as data for programs."""

from collections.abc import Sequence
from typing import Any

import msgspec

from engine.network.input_specs import input_text
from engine.network.node_ref import design_text
from engine.rank_search.calibration import CalibrationSet
from engine.rank_search.candidates import SkippedLayer
from engine.rank_search.error_curve import CurvePoint, ErrorCurve
from engine.text.json_text import json_text
from engine.text.spreadsheet import delimited_text
from engine.text.text_table import align_columns
from engine.text.units import abbreviate, exact_text, factor_text

LEVELS = (0.01, 0.02, 0.05, 0.10)
"""Errors for which the list of a design states the saving."""

NONE = "–"


def error_text(error: float | None) -> str:
    """A relative error: "28.6 %", "2.6 %", "0.86 %"; "–" if it was not measured."""
    if error is None:
        return NONE
    return "< 0.01 %" if 0 < error < 5e-5 else f"{100 * error:.{2 if error < 0.00995 else 1}f} %"


def rank_text(curve: ErrorCurve, index: int | None) -> str:
    """Numbers of maps between the convolutions: "64", or "64, 96"; "–" for None."""
    return NONE if index is None else ", ".join(map(str, curve.ranks[index]))


def sort_by_saving(curves: Sequence[ErrorCurve], error: float) -> list[ErrorCurve]:
    """The curves in order of the MACs that they save at an error, most first."""
    return sorted(curves, key=lambda curve: -curve.macs_saved(curve.cheapest_within(error)))


def saving_text(curve: ErrorCurve, index: int | None) -> str:
    """How many times fewer MACs a replacement needs: "3.6×"; "–" for None."""
    return NONE if index is None else factor_text(curve.macs / curve.costs[index])


class ReportColumn(msgspec.Struct, frozen=True):
    """A column for an error in the list of a design."""

    error: float

    @property
    def title(self) -> str:
        return f"saved at {100 * self.error:g} %"

    def text(self, curve: ErrorCurve) -> str:
        """MACs saved, and the rank: "1.3 G (r 64)"; "–" if no cheaper replacement stays within the error."""
        index = curve.cheapest_within(self.error)
        return NONE if index is None else f"{abbreviate(curve.macs_saved(index))} (r {rank_text(curve, index)})"


def list_text(curves: Sequence[ErrorCurve], error: float) -> str:
    """A line per convolution, the greatest saving first."""
    levels = [ReportColumn(level) for level in sorted({*LEVELS, error})]
    heads = ["layer", "weights", "MACs", *(level.title for level in levels)]
    rows = [
        [curve.ref[1], "×".join(map(str, curve.shape)), abbreviate(curve.macs), *(c.text(curve) for c in levels)]
        for curve in sort_by_saving(curves, error)
    ]
    head, rule, lines = align_columns(heads, rows, [False, False, *(True for _ in heads[2:])])
    return "\n".join([head, rule, *lines]) + "\n"


def skipped_text(skipped: Sequence[SkippedLayer]) -> str:
    """A paragraph with a line per layer that was not searched, and the reason."""
    return "\n" * bool(skipped) + "".join(f"skipped: {layer.name} {layer.reason}\n" for layer in skipped)


def curve_text(curve: ErrorCurve, arrow_index: int | None) -> str:
    """A line per rank that was run; an arrow at the selected one."""
    heads = ["r", "MACs", "fewer", "expected", "on fitted", "on others", "plain SVD", ""]
    rows = [
        [
            rank_text(curve, point.position),
            exact_text(point.macs),
            saving_text(curve, point.position) if point.macs < curve.macs else "none",
            *map(error_text, point[3:]),
            "← selected" if point.position == arrow_index else "",
        ]
        for point in curve.points
    ]
    head, rule, lines = align_columns(heads, rows, [True] * 7 + [False])
    title = f"{design_text(curve.ref[0])} · {curve.ref[1]}: {exact_text(curve.macs)} MACs, form {curve.form}"
    return "\n".join([title, head, rule, *lines]) + "\n"


def calibration_text(calibration: CalibrationSet) -> str:
    """The inputs for fitting and for checking, in words."""
    check_text = (
        ", ".join(map(input_text, calibration.check_inputs))
        or "nothing else: errors are those on the inputs for fitting"
    )
    return f"fitted to {', '.join(map(input_text, calibration.fit_inputs))}; checked on {check_text}\n"


_FIELDS = ("design", "node", "form", "width", "macs", "layer_macs", "expected", "fitted", "others", "plain")


def curve_records(curves: Sequence[ErrorCurve]) -> list[dict[str, Any]]:
    """A record per rank that was run, for programs; an error that was not measured is null."""
    return [
        dict(
            zip(
                _FIELDS,
                (design_text(curve.ref[0]), curve.ref[1], curve.form, *_point_values(curve, point)),
                strict=True,
            )
        )
        for curve in curves
        for point in curve.points
    ]


def _point_values(curve: ErrorCurve, point: CurvePoint) -> tuple[object, ...]:
    return list(point.ranks), point.macs, curve.macs, *point[3:]


def curves_to_csv(curves: Sequence[ErrorCurve]) -> str:
    """A line per rank that was run; the two ranks of a triple are separated by a blank."""
    rows = (
        [" ".join(map(str, value)) if isinstance(value, list) else value for value in record.values()]
        for record in curve_records(curves)
    )
    return delimited_text((_FIELDS, *rows))


def curves_to_json(
    curves: Sequence[ErrorCurve],
    calibration: CalibrationSet,
    error: float,
    applied: dict[str, Any] | None = None,
    skipped: Sequence[SkippedLayer] = (),
) -> str:
    """Everything: the calibration set, the saving per convolution and error, every rank that was run, and the rest."""
    levels = sorted({*LEVELS, error})
    data = {
        "format": 1,
        "fitted": [msgspec.to_builtins(spec) for spec in calibration.fit_inputs],
        "checked": [msgspec.to_builtins(spec) for spec in calibration.check_inputs],
        "layers": [
            {
                "design": design_text(curve.ref[0]),
                "node": curve.ref[1],
                "form": curve.form,
                "weights": list(curve.shape),
                "macs": curve.macs,
                "break_even": None if curve.break_even is None else list(curve.ranks[curve.break_even]),
                "within": [_saving_record(curve, level) for level in levels],
                "widths": [
                    {key: value for key, value in record.items() if key not in _FIELDS[:3]}
                    for record in curve_records([curve])
                ],
            }
            for curve in sort_by_saving(curves, error)
        ],
        "skipped": [{"node": layer.name, "reason": layer.reason} for layer in skipped],
        "applied": applied,
    }
    return json_text(data)


def _saving_record(curve: ErrorCurve, error: float) -> dict[str, Any]:
    index = curve.cheapest_within(error)
    if index is None:
        return {"error": error, "width": None, "macs": None, "saved": 0, "measured": None}
    return {
        "error": error,
        "width": list(curve.ranks[index]),
        "macs": curve.costs[index],
        "saved": curve.macs_saved(index),
        "measured": curve.decisive_errors[index],
    }
