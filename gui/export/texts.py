"""The table and attachments for model viewers as text files of what the window shows."""

from collections.abc import Iterator

from engine.files.atomic_write import file_name
from engine.reports.formats import FORMATS, CostReport, ReportFormat, format_of
from engine.text.problems import STEM, Problem, ProjectError
from gui.state.view_state import ViewState

TEXT_FORMATS: tuple[ReportFormat, ...] = tuple(format for format in FORMATS if format.ending)
"""Those that files are written in."""


def table_texts(state: ViewState) -> dict[str, str]:
    """The table in every format by the name of its file, and each design's attachments for model viewers.

    Tables for programs have a row a layer, those for readers show blocks as the window does.
    """
    return {name: _table_text(state, format, design) for name, format, design in _files(state)}


def _files(state: ViewState) -> Iterator[tuple[str, ReportFormat, str]]:
    for format in TEXT_FORMATS:
        if not format.of_design:
            yield f"table{format.ending}", format, STEM
    for design in state.project.designs:
        for format in TEXT_FORMATS:
            if format.of_design:
                yield f"{file_name(design.name)}{format.ending}", format, design.name


def text_for_file(state: ViewState, name: str) -> str | None:
    """What a file of that name holds: the table, or attachments of the chosen design; None for other endings.

    Raises
    ------
    ProjectError
        Attachments are asked for, and the project has neither a design nor a stem.
    """
    format = format_of(name)
    if format is None:
        return None
    design = state.focus.design or next((design.name for design in state.project.designs), STEM)
    if format.of_design and design not in state.check.analyses:
        raise ProjectError([Problem(f"{format.title} tells of a design; the project has none: add one", "")])
    return _table_text(state, format, design)


def _table_text(state: ViewState, format: ReportFormat, design: str) -> str:
    chosen = state.look.metric
    analyses = None if format.for_programs else state.visible_analyses
    return format.text(CostReport(state.project, state.costs, design, chosen, (chosen,), analyses))
