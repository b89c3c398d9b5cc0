"""The formats for a project's costs: FORMATS is the only list, for files and for `analyze --format`."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from engine.cost.metrics import Costs, metric_by_id
from engine.network.analysis import Analysis
from engine.project.project import Project
from engine.reports import attachments
from engine.reports.summary import summary
from engine.reports.table_formats import TABLE_FORMATS, TableFormat
from engine.reports.tables import table_rows
from engine.text.json_text import json_text


class CostReport(Struct, frozen=True):
    """The content of a report; each format uses what it needs."""

    project: Project
    costs: Costs
    design: str
    """The design of an attachment."""
    metric: str
    """The metric of an attachment that shows one."""
    columns: tuple[str, ...] = ()
    """Ids of metrics that a table shows besides the usual ones."""
    analyses: Mapping[str, Analysis] | None = None
    """By design, if a table shows blocks closed."""


class ReportFormat(Struct, frozen=True):
    """A format of reports."""

    id: str
    """Its name for `analyze --format`."""
    title: str
    ending: str
    """Ending of a file's name, with the dot; "" if it is only printed."""
    text: Callable[[CostReport], str]
    for_programs: bool = False
    """Whether it has a row per layer even if the window shows blocks closed."""
    of_design: bool = False
    """Whether it has a file per design, not one per project."""


def _of_table(table_format: TableFormat) -> ReportFormat:
    def text(report: CostReport) -> str:
        return table_format.text(table_rows(report.project, report.costs, report.analyses), *report.columns)

    return ReportFormat(table_format.id, table_format.title, table_format.ending, text, table_format.for_programs)


def _json(report: CostReport) -> str:
    data = summary(report.project, report.costs.check, convention=report.costs.convention)
    return json_text(data)


def _netron(report: CostReport) -> str:
    return attachments.netron(report.costs, report.design)


def _model_explorer(report: CostReport) -> str:
    return attachments.model_explorer(report.costs, report.design, metric_by_id(report.metric))


FORMATS: tuple[ReportFormat, ...] = (
    *map(_of_table, TABLE_FORMATS),
    ReportFormat("json", "JSON", ".json", _json, for_programs=True),
    ReportFormat("netron", "Attachment for Netron", ".netron.json", _netron, of_design=True),
    ReportFormat(
        "model-explorer", "Node data for Model Explorer", ".model-explorer.json", _model_explorer, of_design=True
    ),
)


def format_by_id(format_id: str) -> ReportFormat:
    """The format of that id."""
    return next(report_format for report_format in FORMATS if report_format.id == format_id)


def format_for_file(name: str) -> ReportFormat | None:
    """The format for a file of that name, by the longest matching ending; None for other endings."""
    matches = (
        report_format
        for report_format in FORMATS
        if report_format.ending and name.lower().endswith(report_format.ending)
    )
    return max(matches, key=lambda report_format: len(report_format.ending), default=None)
