"""The table, and attachments for model viewers, as text files of the window's state."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from engine.files.atomic_write import file_name
from engine.network.node_ref import STEM
from engine.reports.formats import FORMATS, CostReport, ReportFormat, format_for_file
from engine.text.problems import Problem, ProjectError
from gui.state.view_state import ViewState

TEXT_FORMATS: tuple[ReportFormat, ...] = tuple(report_format for report_format in FORMATS if report_format.ending)
"""Formats that files can have."""


TEXT_FORMAT_IDS = tuple(text_format.id for text_format in TEXT_FORMATS)


def table_texts(state: ViewState) -> dict[str, str]:
    """The table in every format, and each design's attachments for model viewers, by the name of the file."""
    return {name: make().decode() for name, make in plan_texts(state)}


def plan_texts(state: ViewState, formats: Iterable[str] = TEXT_FORMAT_IDS) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The names of the files, and the functions that make them.

    Tables for programs have a row per layer; those for reading show blocks as the window does. Designs without a known
    amount have no attachments, which would be empty.
    """
    chosen = [text_format for text_format in TEXT_FORMATS if text_format.id in set(formats)]
    for report_format in chosen:
        if not report_format.of_design:
            yield f"table{report_format.ending}", partial(_table_bytes, state, report_format, STEM)
    for design in dict.fromkeys(design.name for design in state.project.designs):
        if all(report.output_shape is None for report in state.check.analyses[design].reports):
            continue
        for report_format in chosen:
            if report_format.of_design:
                name = f"{file_name(design)}{report_format.ending}"
                yield name, partial(_table_bytes, state, report_format, design)


def _table_bytes(state: ViewState, report_format: ReportFormat, design: str) -> bytes:
    return _table_text(state, report_format, design).encode()


def text_for_file(state: ViewState, name: str) -> str | None:
    """The text for a file of that name: the table, or an attachment of the selected design; None for other endings.

    Raises
    ------
    ProjectError
        The file is an attachment, and the project has neither a design nor a stem.
    """
    report_format = format_for_file(name)
    if report_format is None:
        return None
    design = state.focus.design or next((design.name for design in state.project.designs), STEM)
    if report_format.of_design and design not in state.check.analyses:
        raise ProjectError([Problem(f"{report_format.title} needs a design; the project has none: add one", "")])
    return _table_text(state, report_format, design)


def _table_text(state: ViewState, report_format: ReportFormat, design: str) -> str:
    metric = state.look.metric
    analyses = None if report_format.for_programs else state.visible_analyses
    return report_format.text(CostReport(state.project, state.costs, design, metric, (metric,), analyses))
