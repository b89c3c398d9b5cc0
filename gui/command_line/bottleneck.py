"""The command `bottleneck`: searches ranks for a design's convolutions, and writes the project with replacements."""

import argparse
from pathlib import Path
from typing import Any

from engine.files.targets import require_file
from engine.network.node_ref import design_text
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
    skipped_layers,
)
from engine.rank_search.report import (
    calibration_text,
    curve_text,
    curves_to_csv,
    curves_to_json,
    error_text,
    list_text,
    skipped_text,
)
from engine.run.check import check
from engine.run.request import RunRequest
from engine.text.notices import collect_notices
from engine.text.printed_figures import amount_of
from engine.text.problems import Notice, Problem, ProjectError
from engine.text.units import exact_text, ratio_in_words
from gui.command_line.options import add_input_size_option, add_project_option
from gui.command_line.output import print_message, print_result
from gui.command_line.projects import files_read, load_known, print_notices, report_problems
from gui.command_line.selection import STEM_WORD, find_design, find_report

_REPORT_FORMATS = ("table", "json", "csv")
_NO_ENERGY = (
    "a convolution whose output is all zero cannot be replaced; choose another one, or other photos with --photos"
)


def add_bottleneck_options(command: argparse.ArgumentParser) -> None:
    add_project_option(command)
    add_input_size_option(command)
    command.add_argument("--design", metavar="NAME", help=f'the design, or "{STEM_WORD}"; left out: the first')
    command.add_argument("--node", metavar="NAME", help="one convolution; left out: every k×k of the design")
    command.add_argument("--photos", type=Path, metavar="DIR", help="photos for fitting; every third only checks")
    command.add_argument("--form", choices=tuple(FORMS), default="1x1+kxk", help="convolutions that replace one")
    command.add_argument("--error", type=_error, default=0.05, metavar="E", help="maximum relative error (0.05)")
    command.add_argument(
        "--macs", type=_macs, metavar="N", help="budget of MACs for the node, as 500M; replaces --error"
    )
    command.add_argument(
        "--refit", action="store_true", help="when applying, fit the k×k again if that lowers the error on others"
    )
    command.add_argument("--format", choices=_REPORT_FORMATS, default="table")
    command.add_argument(
        "--apply", type=Path, metavar="OUT.toml", help="write the project with every replacement within the error"
    )


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


def search_bottleneck(options: argparse.Namespace) -> int:
    """Search what can run, and report what cannot; only a project without mistakes is changed and written."""
    project = load_known(options.project, options.size)
    project_check = check(project)
    mistakes = project_check.problems
    if options.apply is not None:
        if mistakes:
            raise ProjectError(mistakes, options.project)
        require_file(options.apply, files_read(options.project, project_check))
    print_notices(options.project, project_check.notices)
    try:
        with collect_notices() as texts:
            _search_and_print(options, project)
    except ProjectError as error:
        raise ProjectError(dict.fromkeys((*error.problems, *mistakes)), error.file or options.project) from None
    print_notices(options.project, (Notice(text, "") for text in texts))
    return report_problems(options.project, mistakes)


def _search_and_print(options: argparse.Namespace, project: Project) -> None:
    """Print the results, and write the project if requested."""
    design = find_design(options.design, project, options.project)
    calibration = calibration_set(project, options.photos)
    search = RankSearch(project, calibration)
    curves = []
    for number, (name, total) in enumerate(_convolution_names(options, search.request, design), 1):
        print_message(f"search {number}/{total} {design_text(design)} · {name}")
        curves.append(_within_budget(options, search, search.curve((design, name), options.form)))
    summary = None if options.apply is None else _apply(options, search, curves)
    is_single = options.node is not None
    skipped = () if is_single else skipped_layers(search.request, design)
    if options.format == "json":
        print_result(curves_to_json(curves, calibration, options.error, summary, skipped))
    elif options.format == "csv":  # its rows are ranks; a skipped layer has none
        if skipped:
            print_message(skipped_text(skipped).rstrip("\n"))
        print_result(curves_to_csv(curves))
    else:
        first = curves[0]
        text = (
            curve_text(first, _selected_index(options, first))
            if is_single
            else list_text(curves, options.error) + skipped_text(skipped)
        )
        print_result(text + "\n" + calibration_text(calibration) + ("" if summary is None else _summary_text(summary)))


def _within_budget(options: argparse.Namespace, search: RankSearch, curve: ErrorCurve) -> ErrorCurve:
    """The curve, with the rank for the budget or the error measured."""
    if options.macs is not None:
        index = curve.best_for_macs(options.macs)
        return curve if index is None else search.with_points(curve, [index])
    return search.refine(curve, options.error) if options.node or options.apply else curve


def _selected_index(options: argparse.Namespace, curve: ErrorCurve) -> int | None:
    return curve.cheapest_within(options.error) if options.macs is None else curve.best_for_macs(options.macs)


def _convolution_names(options: argparse.Namespace, request: RunRequest, design: str) -> list[tuple[str, int]]:
    """Names of the convolutions to search, each with their number."""
    if options.node is None and options.macs is not None:
        raise ProjectError([Problem("--macs is a budget of one convolution; name it with --node", "$.designs")])
    if options.node is None:
        names = [report.name for report in rank_search_candidates(request, design)]
        if not names:
            text = f"{design_text(design)} has no k×k convolution without groups that is not fitted yet; choose another"
            skipped = [
                Problem(f"skipped: {layer.name} {layer.reason}", "$.designs")
                for layer in skipped_layers(request, design)
            ]
            raise ProjectError([Problem(text, "$.designs"), *skipped], options.project)
        return [(name, len(names)) for name in names]
    report = find_report(design, options.node, request.check, options.project)
    reason = rank_search_refusal(report)
    if not reason and (design, report.name) not in request.check.keys:
        reason = f"{report.name} cannot run; correct the mistake there or before it"
    if reason:
        raise ProjectError([Problem(f"--node {options.node!r}: {reason}", "$.designs")], options.project)
    return [(report.name, 1)]


def _apply(options: argparse.Namespace, search: RankSearch, curves: list[ErrorCurve]) -> dict[str, Any]:
    """Write the project with every possible replacement; returns a summary."""
    choices = [
        RankChoice(curve, index, options.refit and search.refit_helps(curve, index))
        for curve in curves
        if (index := _selected_index(options, curve)) is not None
    ]
    if not choices:
        raise ProjectError([Problem(_refusal_text(options, curves), "--apply")])
    replacement = replace_and_measure(search, choices)
    save_project(replacement.project, options.apply)
    return {
        "file": str(options.apply),
        "replaced": [
            {"node": c.curve.ref[1], "width": list(c.ranks), "macs": c.macs, "refit": c.refit} for c in choices
        ],
        "macs": replacement.macs,
        "macs_before": replacement.macs_before,
        "error_of_last_volume": {design_text(name): error for name, error in replacement.errors.items()},
    }


def _refusal_text(options: argparse.Namespace, curves: list[ErrorCurve]) -> str:
    """Why nothing is replaced, and what would be possible."""
    if options.macs is not None:
        least = min((curve.costs[0] for curve in curves if curve.costs), default=None)
        if least is None:
            return _NO_ENERGY
        return (
            f"no replacement costs at most {exact_text(options.macs)} MACs; the cheapest needs {exact_text(least)}: "
            "allow more with --macs"
        )
    if not any(curve.ranks for curve in curves):
        return _NO_ENERGY
    cheaper = [error for c in curves for index, error in c.decisive_errors.items() if c.costs[index] < c.macs]
    if not cheaper:
        return f"no replacement of form {options.form} is cheaper, at any rank; choose another --form"
    least_error = error_text(min(cheaper))
    return (
        f"no cheaper replacement has an error of at most {100 * options.error:g} %; the least is {least_error}: "
        "allow more with --error"
    )


def _summary_text(summary: dict[str, Any]) -> str:
    errors = ", ".join(f"{name} {error_text(error)}" for name, error in summary["error_of_last_volume"].items())
    ratio = ratio_in_words(summary["macs"], summary["macs_before"], "multiply-accumulates")
    return (
        f"{summary['file']}: {len(summary['replaced'])} replaced, {exact_text(summary['macs'])} MACs, {ratio}; "
        f"measured error of the last volume: {errors}\n"
    )
