"""The command `report`: one web page about a project, with the project in it, without a display."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from msgspec.structs import replace

from engine.cost.counting import CONVENTIONS, convention_by_id
from engine.cost.metrics import OPERATIONS
from engine.files.targets import require_file
from engine.project.embedded import REPORT_SUFFIXES, is_report
from engine.run.check import check
from engine.run.request import RunRequest
from engine.text.problems import Problem, ProjectError
from gui.command_line.options import add_input_size_option, add_no_run_option, add_project_option
from gui.command_line.output import print_result
from gui.command_line.projects import (
    PictureRun,
    files_read,
    load_known,
    print_notices,
    report_problems,
    run_for_pictures,
)
from gui.command_line.qt_import import import_qt
from gui.command_line.selection import find_focus


def add_report_options(command: ArgumentParser) -> None:
    add_project_option(command)
    add_input_size_option(command)
    command.add_argument("--out", type=Path, required=True, metavar="FILE.html")
    command.add_argument(
        "--count", choices=tuple(rule.id for rule in CONVENTIONS), default="macs", help="rule for operations"
    )
    command.add_argument("--design", metavar="NAME", help="design of the layer whose filters are shown")
    command.add_argument("--node", metavar="NAME", help="the layer whose filters are shown; left out: the last")
    add_no_run_option(command)


def write_report(options: Namespace) -> int:
    import_qt()
    from gui.command_line import offscreen
    from gui.export.files import write_file
    from gui.export.report import make_report

    if not is_report(options.out):
        text = f"cannot be written: a report is a web page; choose a name that ends in {REPORT_SUFFIXES[0]}"
        raise ProjectError([Problem(text, "")], options.out)
    project = load_known(options.project, options.size)
    project_check = check(project)
    require_file(options.out, files_read(options.project, project_check))
    print_notices(options.project, project_check.notices)
    focus = find_focus(options.design, options.node, None, project, project_check, options.project)
    request = RunRequest(project, project_check)
    run = PictureRun() if options.no_run else run_for_pictures(options.project, request)
    with offscreen.offscreen_application("light"):
        state = offscreen.state_after_run(request, run.volumes, "light")
        metric = "macs" if options.count == "macs" else OPERATIONS
        look = replace(state.look, convention=convention_by_id(options.count), metric=metric)
        state = replace(state, look=look, focus=focus or state.focus)
        write_file(options.out, make_report(state, options.out, options.project))
    print_result(f"{options.out}\n")
    report_problems(options.project, run.obstacles)
    return report_problems(options.project, (*run.faults, *project_check.problems))
