"""The command `screenshot`: the whole window after a run as a PNG file, without a display."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from engine.files.targets import require_file
from gui.command_line.options import add_project_option, add_theme_option, parse_size
from gui.command_line.output import print_result
from gui.command_line.projects import files_read, read_project


def add_screenshot_options(command: ArgumentParser) -> None:
    add_project_option(command)
    command.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    command.add_argument("--size", type=parse_size, default=(1600, 1000), metavar="WxH")
    add_theme_option(command)


def take_screenshot(options: Namespace) -> None:
    from gui.command_line import offscreen

    project = read_project(options.project)
    require_file(options.out, files_read(options.project, project))
    with offscreen.offscreen_application(options.theme):
        offscreen.save_screenshot(project, options.project, options.out, options.size, options.theme)
    print_result(f"{options.out}\n")
