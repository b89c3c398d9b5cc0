"""The table, and attachments for model viewers, as text files of the window's state."""

from collections.abc import Iterator

from engine.files.atomic_write import file_name
from engine.network.node_ref import STEM
from engine.reports.formats import FORMATS, CostReport, ReportFormat, format_for_file
from engine.text.problems import Problem, ProjectError
from gui.state.view_state import ViewState

TEXT_FORMATS: tuple[ReportFormat, ...] = tuple(report_format for report_format in FORMATS if report_format.ending)
"""Formats that files can have."""


def table_texts(state: ViewState) -> dict[str, str]:
    """The table in every format, and each design's attachments for model viewers, by the name of the file.

    Tables for programs have a row per layer; those for reading show blocks as the window does.
    """
    return {name: _table_text(state, report_format, design) for name, report_format, design in _files(state)}


def _files(state: ViewState) -> Iterator[tuple[str, ReportFormat, str]]:
    for report_format in TEXT_FORMATS:
        if not report_format.of_design:
            yield f"table{report_format.ending}", report_format, STEM
    for design in state.project.designs:
        for report_format in TEXT_FORMATS:
            if report_format.of_design:
                yield f"{file_name(design.name)}{report_format.ending}", report_format, design.name


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
