"""The command `analyze`: prints what a project's designs cost, in any format of a report."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from msgspec.structs import replace

from engine.cost.counting import CONVENTIONS, convention_by_id
from engine.cost.metrics import METRICS, OPERATIONS, Costs
from engine.network.analysis import fold_blocks
from engine.reports.formats import FORMATS, CostReport, format_by_id
from engine.run.check import check
from gui.command_line.options import add_input_size_option, add_project_option, parse_choices
from gui.command_line.output import print_result
from gui.command_line.projects import load_known, print_notices, report_problems
from gui.command_line.selection import find_design


def add_analyze_options(command: ArgumentParser) -> None:
    add_project_option(command)
    add_input_size_option(command)
    command.add_argument("--format", choices=[report_format.id for report_format in FORMATS], default="table")
    ids = tuple(metric.id for metric in METRICS)
    command.add_argument(
        "--metrics", type=parse_choices(ids), default=(), metavar="ID,…", help=f"more columns: {', '.join(ids)}"
    )
    command.add_argument(
        "--count", choices=tuple(rule.id for rule in CONVENTIONS), help="rule for operations, the metric ops"
    )
    command.add_argument("--batch", type=_batch, default=1, metavar="N", help="inputs per batch")
    command.add_argument("--blocks", choices=("open", "closed"), default="open", help="a row per layer, or per block")
    command.add_argument("--design", metavar="NAME", help="design of attachments; left out: the first")


def print_costs(options: Namespace) -> int:
    project = load_known(options.project, options.size)
    project_check = check(project)
    print_notices(options.project, project_check.notices)
    rule = replace(convention_by_id(options.count or "macs"), batch=options.batch)
    report_format = format_by_id(options.format)
    design = find_design(options.design, project, options.project) if report_format.of_design else ""
    main_metric = next(iter(options.metrics), OPERATIONS if options.count else "macs")
    counted = (OPERATIONS,) if options.count or options.batch > 1 else ()
    columns = tuple(dict.fromkeys((*options.metrics, *counted)))
    analyses = project_check.analyses
    if options.blocks == "closed":
        analyses = {name: fold_blocks(analysis, analysis.foldable) for name, analysis in analyses.items()}
    print_result(
        report_format.text(CostReport(project, Costs(project_check, rule), design, main_metric, columns, analyses))
    )
    return report_problems(options.project, project_check.problems)


def _batch(text: str) -> int:
    if not (text.isdigit() and 1 <= int(text) <= 1_000_000):
        raise ArgumentTypeError(f"{text!r} is no batch; an integer from 1 to 1,000,000 is expected")
    return int(text)
