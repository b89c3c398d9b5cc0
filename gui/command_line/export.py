"""The command `export`: pictures of views, figures for papers and slides, and the table as text, without a display."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from msgspec import Struct
from msgspec.structs import replace

from engine.files.atomic_write import file_name
from engine.files.targets import require_folder
from engine.project.project import Project
from engine.rank_search import rank_search_refusal
from engine.reports.formats import FORMATS
from engine.run.check import ProjectCheck, check
from engine.run.request import RunRequest
from engine.text.problems import Problem, ProjectError
from gui.catalogue.figures import FIGURE_IDS, TURN_FIGURE, figure_row
from gui.catalogue.pictures import ANIMATION_FORMAT, PICTURE_FORMATS
from gui.catalogue.views import ON_REQUEST, VIEW_IDS, view_row
from gui.command_line.command import WRONG
from gui.command_line.options import add_no_run_option, add_project_option, add_theme_option, parse_choices, parse_size
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
from gui.command_line.selection import find_focus, parse_value
from gui.paint.basics.page import PAGE_SIZES, Page, parse_page, screen_page
from gui.state.focus import Focus
from gui.state.look import DepthScale
from gui.state.view_state import ViewState

_FILE_FORMATS = (*PICTURE_FORMATS, ANIMATION_FORMAT)
_DEPTH_SCALES: tuple[DepthScale, ...] = get_args(DepthScale)


def add_export_options(command: ArgumentParser) -> None:
    add_project_option(command)
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="where <view>.<format> go")
    command.add_argument(
        "--views",
        type=parse_choices(VIEW_IDS),
        metavar=",".join(VIEW_IDS),
        help=f"left out: all but {', '.join(ON_REQUEST)}, or none with --figure",
    )
    command.add_argument(
        "--figure",
        type=parse_choices(FIGURE_IDS),
        default=(),
        metavar=",".join(FIGURE_IDS),
        help="figures for papers and slides",
    )
    command.add_argument(
        "--format",
        type=parse_choices(_FILE_FORMATS),
        default=("png",),
        metavar=",".join(_FILE_FORMATS),
        help=f"{ANIMATION_FORMAT} shows the camera turn from 3-D to top: for --figure {TURN_FIGURE} only",
    )
    command.add_argument(
        "--width",
        type=_width,
        metavar="|".join(PAGE_SIZES),
        help="width of figures, or any other in mm, with text of at least 6.5 points; slide: 1920x1080 with text of at "
        "least 18 pixels; left out: 85mm as svg and pdf (174mm for a table of many columns), slide as png",
    )
    command.add_argument("--scale", type=_scale, default=1.0, metavar="N", help="pixels of the file per pixel drawn")
    command.add_argument(
        "--size",
        type=parse_size,
        metavar="WxH",
        help="pixels drawn; texts keep their size, so they look large in a small picture",
    )
    command.add_argument("--design", metavar="NAME", help="design of the selected layer; left out: the first")
    command.add_argument("--node", metavar="NAME", help="the selected layer, for filters, inspector and bottleneck")
    command.add_argument(
        "--value", type=parse_value, metavar="C,Y,X", help="value of that layer, from 0, for the inspector"
    )
    command.add_argument("--edges", choices=_DEPTH_SCALES, default="sqrt", help="scale for the lengths of edges")
    add_no_run_option(command)
    add_theme_option(command)


def export_pictures(options: Namespace) -> int:
    """Draw what can be drawn, and name what cannot; nothing is run if no picture shows volumes."""
    import_qt()
    from gui.command_line import offscreen
    from gui.export.files import export_files

    project = load_known(options.project)
    views = options.views or (() if options.figure else _usual_views(project))
    page = _page(options, views)
    project_check = check(project)
    require_folder(options.out, _file_names(options, views, project), files_read(options.project, project_check))
    print_notices(options.project, project_check.notices)
    selected = options.design, options.node, options.value
    focus = find_focus(*selected, project, project_check, options.project)
    _require_candidate(options, views, focus, project_check)
    request = RunRequest(project, project_check)
    has_volumes = not options.no_run and _shows_volumes(options, views)
    run = run_for_pictures(options.project, request) if has_volumes else PictureRun()
    with offscreen.offscreen_application(options.theme):
        state = offscreen.state_after_run(request, run.volumes, options.theme, options.edges)
        selection = _select_pictures(options, views, page, replace(state, focus=focus or state.focus))
        if not selection.views and not selection.figures:
            problems = (*project_check.problems, *run.obstacles, *run.faults, *selection.left_out)
            raise ProjectError(dict.fromkeys(problems), options.project)
        arguments = (selection.views, options.format, options.scale, options.size, selection.figures, page)
        try:
            paths = export_files(selection.state, options.out, *arguments)
        except ProjectError as error:
            raise ProjectError(error.problems, error.file or options.project) from None
        print_result("".join(f"{path}\n" for path in paths))
    is_expected = options.no_run and options.views is None and not options.figure
    report_problems(options.project, (*run.obstacles, *selection.left_out))
    status = report_problems(options.project, (*run.faults, *project_check.problems))
    return WRONG if selection.left_out and not is_expected else status


def _usual_views(project: Project) -> tuple[str, ...]:
    """The views that are drawn if none is named."""
    count = len(project.designs)
    return tuple(view for view in VIEW_IDS if view not in ON_REQUEST and count >= view_row(view).picture.least_designs)


def _file_names(options: Namespace, views: Sequence[str], project: Project) -> Iterator[str]:
    """Names of the pictures, and the longest of those of each design."""
    for name in (*views, *options.figure):
        yield from (f"{name}.{file_format}" for file_format in options.format)
    if any(view_row(view).has_texts for view in views):
        endings = [report_format.ending for report_format in FORMATS if report_format.of_design]
        yield from (f"{file_name(design.name)}{ending}" for design in project.designs for ending in endings)


def _shows_volumes(options: Namespace, views: Sequence[str]) -> bool:
    """Whether a picture is not the same before a run."""
    return any(view_row(view).picture.shows_volumes for view in views) or any(
        figure_row(figure).shows_volumes for figure in options.figure
    )


class _Selection(Struct, frozen=True, eq=False):
    """The pictures that show something, the state that they show, and why the others are left out."""

    state: ViewState
    views: tuple[str, ...]
    figures: tuple[str, ...]
    left_out: tuple[Problem, ...]


def _select_pictures(options: Namespace, views: Sequence[str], page: Page | None, state: ViewState) -> _Selection:
    from gui.export.pictures import missing_content, missing_figure, prepare_view

    reasons: dict[str, tuple[Problem, ...]] = {}
    for view in views:
        try:
            state = state if options.no_run else prepare_view(state, view)
        except ProjectError as error:
            reasons[view] = error.problems
    for view in views:
        if view not in reasons and (text := missing_content(state, view)):
            reasons[view] = (Problem(f"{view} is left out: {text}", ""),)
    for figure in options.figure:
        if problems := missing_figure(state, figure, options.format, page):
            reasons[figure] = problems
    return _Selection(
        state,
        tuple(view for view in views if view not in reasons),
        tuple(figure for figure in options.figure if figure not in reasons),
        tuple(dict.fromkeys(problem for problems in reasons.values() for problem in problems)),
    )


def _require_candidate(
    options: Namespace, views: Sequence[str], focus: Focus | None, project_check: ProjectCheck
) -> None:
    """Raise ProjectError if the view of a rank search is requested for a layer that cannot be replaced."""
    if options.node is None or focus is None or not set(views) & set(ON_REQUEST):
        return
    reason = rank_search_refusal(project_check.reports[focus.ref])
    if reason:
        raise ProjectError([Problem(f"--node {options.node!r}: {reason}", "$.designs")], options.project)


def _page(options: Namespace, views: Sequence[str]) -> Page | None:
    """The page of figures; ProjectError if options contradict each other."""
    if ANIMATION_FORMAT in options.format and (views or options.figure != (TURN_FIGURE,)):
        text = f"the turn of the camera is drawn for --figure {TURN_FIGURE} alone, without --views"
        raise ProjectError([Problem(text, f"--format {ANIMATION_FORMAT}")])
    if options.width is not None and (options.size is not None or ANIMATION_FORMAT in options.format):
        text = "is for figures in print and on slides; leave out --size, and for a gif use --size instead"
        raise ProjectError([Problem(text, "--width")])
    return screen_page(*options.size) if options.size else options.width


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0.1 <= scale <= 20:
        raise ArgumentTypeError(f"{text!r} is no scale; a number from 0.1 to 20 is expected")
    return scale


def _width(text: str) -> Page:
    try:
        return parse_page(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
