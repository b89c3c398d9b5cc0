"""The command `bottleneck`: what a design's convolutions can bear, and the project in which they bear it."""

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.project.file import save_project
from engine.project.project import Project
from engine.rank_search import (
    FORMS,
    ErrorCurve,
    RankChoice,
    RankSearch,
    calibration_set,
    rank_search_candidates,
    rank_search_refusal,
    replace_and_measure,
)
from engine.rank_search.report import (
    calibration_text,
    curve_text,
    curves_to_csv,
    curves_to_json,
    design_text,
    error_text,
    list_text,
)
from engine.run.execute import RunRequest
from engine.text.printed_figures import amount_of
from engine.text.problems import Problem, ProjectError
from engine.text.units import exact_text, ratio_in_words
from gui.command_line.options import project_option
from gui.command_line.output import print_result
from gui.command_line.projects import read_project
from gui.command_line.selection import STEM_WORD, find_design, find_report

_REPORT_FORMATS = ("table", "json", "csv")
_NO_ENERGY = "nothing can stand for what gives zeros alone; choose another convolution, or other photos with --photos"


def add_options(command: argparse.ArgumentParser) -> None:
    project_option(command)
    command.add_argument("--design", metavar="NAME", help=f'whose convolutions, or "{STEM_WORD}"; left out: the first')
    command.add_argument("--node", metavar="NAME", help="one convolution; left out: every k×k of the design")
    command.add_argument("--photos", type=Path, metavar="DIR", help="photos to fit and check with, every third checks")
    command.add_argument("--form", choices=tuple(FORMS), default="1x1+kxk", help="what stands for a convolution")
    command.add_argument("--error", type=_error, default=0.05, metavar="E", help="relative error to bear (0.05)")
    command.add_argument(
        "--macs", type=_macs, metavar="N", help="MACs that may stand for the node, as 500M; not --error"
    )
    command.add_argument(
        "--refit", action="store_true", help="when applying, fit the k×k again where that lowers the error on others"
    )
    command.add_argument("--format", choices=_REPORT_FORMATS, default="table")
    command.add_argument("--apply", type=Path, metavar="OUT.toml", help="write the project with what bears the error")


def _error(text: str) -> float:
    try:
        error = float(text)
    except ValueError:
        error = 0.0
    if not 0 < error < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no relative error; a number between 0 and 1 is expected")
    return error


def _macs(text: str) -> int:
    budget = amount_of(text)
    if budget is None or budget < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of MACs; 500M, 2.5G or 13246464 are")
    return int(budget)


def run(options: argparse.Namespace) -> None:
    project = read_project(options.project)
    try:
        _explore(options, project)
    except ProjectError as error:
        raise ProjectError(error.problems, error.file or options.project) from None


def _explore(options: argparse.Namespace, project: Project) -> None:
    """Print what was asked for, and write the project where that was asked for."""
    design = find_design(options.design, project, options.project)
    chosen = calibration_set(project, options.photos)
    explorer = RankSearch(project, chosen)
    curves = []
    for number, (name, total) in enumerate(_convolution_names(options, explorer.request, design), 1):
        with suppress(OSError):  # nobody listens; the work goes on
            print(f"explore {number}/{total} {design_text(design)} · {name}", file=sys.stderr)
        curves.append(_within_budget(options, explorer, explorer.curve((design, name), options.form)))
    written = None if options.apply is None else _apply(options, explorer, curves)
    if options.format == "json":
        print_result(curves_to_json(curves, chosen, options.error, written))
    elif options.format == "csv":
        print_result(curves_to_csv(curves))
    else:
        one = options.node is not None
        text = curve_text(curves[0], _chosen_index(options, curves[0])) if one else list_text(curves, options.error)
        print_result(text + "\n" + calibration_text(chosen) + ("" if written is None else _summary_text(written)))


def _within_budget(options: argparse.Namespace, explorer: RankSearch, curve: ErrorCurve) -> ErrorCurve:
    """The curve with the width that the budget asks for among those that were run."""
    if options.macs is not None:
        index = curve.best_for_macs(options.macs)
        return curve if index is None else explorer.with_points(curve, [index])
    return explorer.refine(curve, options.error) if options.node or options.apply else curve


def _chosen_index(options: argparse.Namespace, curve: ErrorCurve) -> int | None:
    return curve.cheapest_within(options.error) if options.macs is None else curve.best_for_macs(options.macs)


def _convolution_names(options: argparse.Namespace, request: RunRequest, design: str) -> list[tuple[str, int]]:
    """Names of the convolutions to explore, and how many there are."""
    if options.node is None and options.macs is not None:
        raise ProjectError([Problem("--macs is a budget of one convolution; name it with --node", "$.designs")])
    if options.node is None:
        names = [report.name for report in rank_search_candidates(request, design)]
        if not names:
            text = f"{design_text(design)} has no k×k convolution without groups that is not fitted yet; choose another"
            raise ProjectError([Problem(text, "$.designs")], options.project)
        return [(name, len(names)) for name in names]
    report = find_report(design, options.node, request.check, options.project)
    reason = rank_search_refusal(report)
    if reason:
        raise ProjectError([Problem(f"--node {options.node!r}: {reason}", "$.designs")], options.project)
    return [(options.node, 1)]


def _apply(options: argparse.Namespace, explorer: RankSearch, curves: list[ErrorCurve]) -> dict[str, Any]:
    """Write the project in which every convolution that can bear it is replaced; what came of it."""
    choices = [
        RankChoice(curve, index, options.refit and explorer.refit_helps(curve, index))
        for curve in curves
        if (index := _chosen_index(options, curve)) is not None
    ]
    if not choices:
        raise ProjectError([Problem(_refusal_text(options, curves), "--apply")])
    swap = replace_and_measure(explorer, choices)
    save_project(swap.project, options.apply)
    return {
        "file": str(options.apply),
        "replaced": [
            {"node": c.curve.ref[1], "width": list(c.ranks), "macs": c.macs, "refit": c.refit} for c in choices
        ],
        "macs": swap.macs,
        "macs_before": swap.macs_before,
        "error_of_last_volume": {design_text(name): error for name, error in swap.errors.items()},
    }


def _refusal_text(options: argparse.Namespace, curves: list[ErrorCurve]) -> str:
    """Why nothing is replaced, with what would be possible."""
    if options.macs is not None:
        least = min((curve.costs[0] for curve in curves if curve.costs), default=None)
        if least is None:
            return _NO_ENERGY
        return f"nothing costs as little as {exact_text(options.macs)} MACs; allow {exact_text(least)}, the least, with --macs"
    if not any(curve.ranks for curve in curves):
        return _NO_ENERGY
    cheaper = [error for c in curves for index, error in c.decisive_errors.items() if c.costs[index] < c.macs]
    if not cheaper:
        return f"nothing of form {options.form} is cheaper, however narrow; choose another --form"
    least_lost = error_text(min(cheaper))
    return (
        f"nothing cheaper loses at most {100 * options.error:g} %; the least measured is {least_lost}: "
        "allow more with --error"
    )


def _summary_text(written: dict[str, Any]) -> str:
    errors = ", ".join(f"{name} {error_text(error)}" for name, error in written["error_of_last_volume"].items())
    ratio = ratio_in_words(written["macs"], written["macs_before"], "multiply-accumulates")
    return (
        f"{written['file']}: {len(written['replaced'])} replaced, {exact_text(written['macs'])} MACs, {ratio}; "
        f"measured error of the last volume: {errors}\n"
    )
