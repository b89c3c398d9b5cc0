"""Every format that a project's costs are written in: FORMATS is the only list for files and for `analyze --format`."""

import json
from collections.abc import Callable, Mapping

from msgspec import Struct

from engine.cost.metrics import Costs, metric_by_id
from engine.network.analysis import Analysis
from engine.project.project import Project
from engine.reports import attachments
from engine.reports.summary import summary
from engine.reports.table_formats import TABLE_FORMATS, TableFormat
from engine.reports.tables import table_rows


class CostReport(Struct, frozen=True):
    """What is written: each format takes what it needs of it."""

    project: Project
    ledger: Costs
    design: str
    """The one that an attachment is of."""
    metric: str
    """The one that an attachment of one metric shows."""
    columns: tuple[str, ...] = ()
    """Metrics that a table shows besides the usual ones."""
    analyses: Mapping[str, Analysis] | None = None
    """By design, where a table shows blocks closed."""


class ReportFormat(Struct, frozen=True):
    """How a report is written."""

    id: str
    """As `analyze --format` calls it."""
    title: str
    ending: str
    """Of a file's name, with the dot; "" for what is only printed."""
    text: Callable[[CostReport], str]
    for_programs: bool = False
    """A row per layer also where the window shows blocks closed."""
    of_design: bool = False
    """A file per design, not one per project."""


def _of_table(format: TableFormat) -> ReportFormat:
    def text(report: CostReport) -> str:
        return format.text(table_rows(report.project, report.ledger, report.analyses), *report.columns)

    return ReportFormat(format.id, format.title, format.ending, text, format.for_programs)


def _json(report: CostReport) -> str:
    data = summary(report.project, report.ledger.check, convention=report.ledger.convention)
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _netron(report: CostReport) -> str:
    return attachments.netron(report.ledger, report.design)


def _model_explorer(report: CostReport) -> str:
    return attachments.model_explorer(report.ledger, report.design, metric_by_id(report.metric))


FORMATS: tuple[ReportFormat, ...] = (
    *map(_of_table, TABLE_FORMATS),
    ReportFormat("json", "JSON", ".json", _json, for_programs=True),
    ReportFormat("netron", "Attachment for Netron", ".netron.json", _netron, of_design=True),
    ReportFormat(
        "model-explorer", "Node data for Model Explorer", ".model-explorer.json", _model_explorer, of_design=True
    ),
)


def format_named(id: str) -> ReportFormat:
    """The format that `analyze --format` calls so."""
    return next(format for format in FORMATS if format.id == id)


def format_of(name: str) -> ReportFormat | None:
    """The format of a file of that name, by its longest known ending; None for other endings."""
    fitting = (format for format in FORMATS if format.ending and name.lower().endswith(format.ending))
    return max(fitting, key=lambda format: len(format.ending), default=None)
