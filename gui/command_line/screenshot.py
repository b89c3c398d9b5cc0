"""The command `screenshot`: the whole window after a run, or before one, as a PNG file, without a display."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from engine.files.targets import require_file
from engine.run.check import check
from engine.run.request import RunRequest
from gui.catalogue.workspaces import WORKSPACES
from gui.command_line.command import DONE, WRONG
from gui.command_line.options import add_no_run_option, add_project_option, add_theme_option, parse_size
from gui.command_line.output import print_message, print_result
from gui.command_line.projects import files_read, load_known, missing_memory, print_notices, report_problems
from gui.command_line.qt_import import import_qt
from gui.lessons.catalogue import open_lesson
from gui.lessons.file_kind import is_lesson


def add_screenshot_options(command: ArgumentParser) -> None:
    add_project_option(command)
    command.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    command.add_argument("--size", type=parse_size, default=(1600, 1000), metavar="WxH")
    workspaces = tuple(row.id for row in WORKSPACES)
    command.add_argument("--workspace", choices=workspaces, default=workspaces[0], help="which panels are visible")
    command.add_argument("--step", type=int, default=1, metavar="N", help="the step of a lesson, from 1")
    add_no_run_option(command)
    add_theme_option(command)


def take_screenshot(options: Namespace) -> int:
    import_qt()
    from gui.command_line import offscreen

    if is_lesson(options.project):
        return _take_lesson_screenshot(options)
    project = load_known(options.project)
    project_check = check(project)
    require_file(options.out, files_read(options.project, project_check))
    print_notices(options.project, project_check.notices)
    obstacles = () if options.no_run else missing_memory(RunRequest(project, project_check))
    report_problems(options.project, obstacles)
    run = not options.no_run and not obstacles
    with offscreen.offscreen_application(options.theme):
        offscreen.save_screenshot(
            project, options.project, options.out, options.size, options.theme, run=run, workspace=options.workspace
        )
    print_result(f"{options.out}\n")
    return report_problems(options.project, project_check.problems)


def _take_lesson_screenshot(options: Namespace) -> int:
    """Write a step of a lesson as it begins."""
    from gui.command_line import offscreen
    from gui.command_line.lesson_pictures import step_picture
    from gui.export.files import write_file

    lesson = open_lesson(options.project)
    if not 1 <= options.step <= len(lesson.steps):
        print_message(f"--step {options.step}: the lesson has the steps 1 to {len(lesson.steps)}")
        return WRONG
    require_file(options.out, [options.project])
    with offscreen.offscreen_application(options.theme):
        write_file(options.out, step_picture(lesson, options.step - 1, options.size, options.theme))
    print_result(f"{options.out}\n")
    return DONE
