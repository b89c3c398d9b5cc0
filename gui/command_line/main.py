"""The command line: every command but `window` needs no display; without one the window opens."""

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from engine.cost.counting import CONVENTIONS, convention
from engine.cost.metrics import METRICS, OPERATIONS, Ledger, metric
from engine.files.arrays import write_npz
from engine.files.atomic_write import file_name, written_whole
from engine.network.analysis import folded
from engine.project.file import load
from engine.project.project import FORMAT, ImageInput, Project
from engine.reports import tables
from engine.reports.attachments import ATTACHMENTS
from engine.reports.summary import summary
from engine.run.check import Place, check
from engine.run.execute import NodeDone, NodeStarted, RunRequest, run_all
from engine.text.messages import suggestion
from engine.text.problems import STEM, Problem, ProjectError
from gui.command_line import bottleneck
from gui.command_line.display import missing_display
from gui.command_line.selection import design_named, read_value, report_named, require_within
from gui.paint.basics.page import PAGES, Page, page, screen
from gui.state.view_state import Focus

DONE, FAULT, WRONG, NO_DISPLAY = 0, 1, 2, 3

ANALYSES = (*tables.FORMATS, "json", *ATTACHMENTS)
VIEWS = ("volumes", "filters", "inspector", "bars", "table", "paper", "bottleneck")
EXPLORED = "bottleneck"
"""The view that must be asked for: it explores the chosen convolution, or the dearest one."""
FORMATS = ("png", "svg", "pdf")
FIGURES = ("inception-module", "paper-table", "one-by-one", "from-above")
EDGES = ("true", "sqrt", "log")
TURNING, GIF = "from-above", "gif"
"""The figure whose camera can be seen to turn, and the format of that."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; the result is its exit status: 0 done, 1 our fault, 2 the project's, 3 no display."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    if not words or words[0] not in (*COMMANDS, "-h", "--help", "--version"):
        words.insert(0, "window")
    if isinstance(sys.stdout, io.TextIOWrapper):  # a pipe on Windows has an encoding that lacks most of our signs
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    options = parser.parse_args(words)
    try:
        status = int(options.command(options) or DONE)
        _print()
        return status
    except ProjectError as error:
        print(error.lines(), file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        print("cancelled", file=sys.stderr)
        return 130


def _print(text: str = "") -> None:
    """Bring results out at once; a reader that has gone, as `head` does, needs no more of them."""
    try:
        print(text, end="", flush=True)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries again when it ends
        if not isinstance(error, BrokenPipeError):
            text = f"standard output cannot be written: {error.strerror or error}"
            raise ProjectError([Problem(text, "")]) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="convolume",
        description="Shows what convolutions do and cost. Without a command, opens the window on PROJECT.",
        epilog="Exit status: 0 done; 1 a fault of the program; 2 the project or a file that it names is wrong; "
        "3 no display.",
    )
    parser.add_argument("--version", action="version", version=f"convolume, project format {FORMAT}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, (function, help, add_options) in COMMANDS.items():
        command = commands.add_parser(name, help=help, description=help)
        command.set_defaults(command=function)
        add_options(command)
    return parser


def _project_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("project", type=Path, metavar="PROJECT", help="a project file, TOML or JSON")


def _window_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("project", type=Path, nargs="?", metavar="PROJECT", help="left out: the start project")


def _analyze_options(command: argparse.ArgumentParser) -> None:
    _project_option(command)
    command.add_argument("--format", choices=ANALYSES, default="table")
    ids = tuple(metric.id for metric in METRICS)
    command.add_argument("--metrics", type=_choices(ids), default=(), metavar="ID,…", help=f"more of {', '.join(ids)}")
    command.add_argument(
        "--count", choices=tuple(rule.id for rule in CONVENTIONS), help="whose rule counts operations, the metric ops"
    )
    command.add_argument("--batch", type=_batch, default=1, metavar="N", help="inputs at a time")
    command.add_argument("--blocks", choices=("open", "closed"), default="open", help="a row a layer, or a block")
    command.add_argument("--design", metavar="NAME", help="of which attachments tell; left out: the first")


def _run_options(command: argparse.ArgumentParser) -> None:
    _project_option(command)
    command.add_argument("--image", type=Path, metavar="FILE", help="a photo in place of the project's input")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="where <design>.npz and run.json go")


def _export_options(command: argparse.ArgumentParser) -> None:
    _project_option(command)
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="where <view>.<format> go")
    command.add_argument(
        "--views",
        type=_choices(VIEWS),
        metavar=",".join(VIEWS),
        help=f"left out, and no figure named: all but {EXPLORED}",
    )
    command.add_argument(
        "--figure", type=_choices(FIGURES), default=(), metavar=",".join(FIGURES), help="figures for papers and slides"
    )
    command.add_argument(
        "--format",
        type=_choices((*FORMATS, GIF)),
        default=("png",),
        metavar=",".join((*FORMATS, GIF)),
        help=f"{GIF} shows the camera turn from 3-D to top: for --figure {TURNING} only",
    )
    command.add_argument(
        "--width",
        type=_width,
        metavar="|".join(PAGES),
        help="of figures, or any other in mm, with text of at least 6.5 points; slide: 1920x1080 with text of at least "
        "18 pixels; left out: 85mm as svg and pdf (174mm for a table of many columns), slide as png",
    )
    command.add_argument("--scale", type=_scale, default=1.0, metavar="N", help="pixels of the file per pixel drawn")
    command.add_argument(
        "--size",
        type=_size,
        metavar="WxH",
        help="pixels drawn; texts of views keep their size, so a small one has large texts",
    )
    command.add_argument("--design", metavar="NAME", help="where the chosen layer is; left out: the first")
    command.add_argument(
        "--node", metavar="NAME", help="the chosen layer, of which filters, inspector and bottleneck tell"
    )
    command.add_argument("--value", type=read_value, metavar="C,Y,X", help="of that layer, for the inspector; from 0")
    command.add_argument("--edges", choices=EDGES, default="sqrt", help="how long an edge of so many values is drawn")
    command.add_argument("--theme", choices=("light", "dark"), default="light")


def _screenshot_options(command: argparse.ArgumentParser) -> None:
    _project_option(command)
    command.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    command.add_argument("--size", type=_size, default=(1600, 1000), metavar="WxH")
    command.add_argument("--theme", choices=("light", "dark"), default="light")


def _choices(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        chosen = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
        for part in chosen:
            if part not in known:
                raise argparse.ArgumentTypeError(f"{part!r} is unknown; {suggestion(part, known)}")
        return chosen

    return parse


def _batch(text: str) -> int:
    if not (text.isdigit() and 1 <= int(text) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{text!r} is no batch; an integer from 1 to 1,000,000 is expected")
    return int(text)


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0.1 <= scale <= 20:
        raise argparse.ArgumentTypeError(f"{text!r} is no scale; a number from 0.1 to 20 is expected")
    return scale


def _width(text: str) -> Page:
    try:
        return page(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 200 <= int(width) <= 8000 and 200 <= int(height) <= 8000):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; WxH is expected, each from 200 to 8000: 1600x1000")
    return int(width), int(height)


def _load(path: Path) -> Project:
    """Read a project for a command, which must know all of it: a newer format is refused."""
    file = load(path)
    if file.read_only:
        text = f"is {file.format}; this program knows formats up to {FORMAT}, take a newer one"
        raise ProjectError([Problem(text, "$.format")], path)
    return file.project


def _valid(path: Path, project: Project) -> Project:
    """Refuse a project with mistakes, all of them told."""
    problems = check(project).problems
    if problems:
        raise ProjectError(problems, path)
    return project


def _analyze(options: argparse.Namespace) -> None:
    project = _valid(options.project, _load(options.project))
    known = check(project)
    rule = replace(convention(options.count or "macs"), batch=options.batch)
    ledger = Ledger(known, rule)
    if options.format == "json":
        text = json.dumps(summary(project, known, convention=rule), indent=2, ensure_ascii=False) + "\n"
    elif options.format in ATTACHMENTS:
        chosen = metric(next(iter(options.metrics), OPERATIONS if options.count else "macs"))
        text = ATTACHMENTS[options.format](ledger, design_named(options.design, project, options.project), chosen)
    else:
        analyses = known.analyses
        if options.blocks == "closed":
            analyses = {name: folded(analysis, analysis.blocks) for name, analysis in analyses.items()}
        asked = dict.fromkeys((*options.metrics, *((OPERATIONS,) if options.count or options.batch > 1 else ())))
        text = tables.FORMATS[options.format](tables.rows(project, ledger, analyses), *asked)
    _print(text)


def _run(options: argparse.Namespace) -> None:
    project = _load(options.project)
    if options.image is not None:
        project = _with_image(project, options.image)
    try:
        _valid(options.project, project)
        with written_whole(options.out) as unfinished:
            request, results = _results(options.project, project)
            _write_results(request, results, unfinished)
            names = sorted(file.name for file in unfinished.iterdir())
    except ProjectError as error:
        if options.image is None:
            raise
        told = (replace(p, place="--image") if p.place == "$.input.path" else p for p in error.problems)
        raise ProjectError(told, error.file) from None
    _print("".join(f"{options.out / name}\n" for name in names))


def _with_image(project: Project, path: Path) -> Project:
    """The photo in place of the input, prepared as the project's own photo is."""
    image = str(path.absolute())
    if isinstance(project.input, ImageInput):
        return replace(project, input=replace(project.input, path=image))
    shape = check(project).input_shape
    if shape is None:
        return replace(project, input=ImageInput(image))
    size = (shape.height, shape.width)
    return replace(project, input=ImageInput(image, size, "gray" if shape.channels == 1 else "rgb"))


def _results(path: Path, project: Project) -> tuple[RunRequest, dict[Place, NodeDone]]:
    """Run to the end, telling each node on standard error."""

    def tell(event: NodeStarted) -> None:
        design, node = event.place
        with suppress(OSError):  # nobody listens; the run goes on
            print(f"run {event.done + 1}/{event.total} {design or 'stem'} · {node}", file=sys.stderr)

    request = RunRequest.of(project)
    try:
        return request, run_all(request, tell)
    except ProjectError as error:
        raise ProjectError(error.problems, path) from None


def _write_results(request: RunRequest, results: dict[Place, NodeDone], folder: Path) -> None:
    """Each design's volumes, and their statistics."""
    for design, analysis in request.check.analyses.items():
        if design != STEM:
            volumes = {report.name: results[design, report.name].volume for report in analysis.reports}
            write_npz(folder / f"{file_name(design)}.npz", volumes)
    data = summary(request.project, request.check, results)
    (folder / "run.json").write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _export(options: argparse.Namespace) -> None:
    from gui.command_line import offscreen

    views = options.views or (() if options.figure else tuple(view for view in VIEWS if view != EXPLORED))
    page = _page(options, views)
    project = _valid(options.project, _load(options.project))
    focus = _chosen(options, project)
    _, results = _results(options.project, project)
    with offscreen.application(options.theme):
        state = offscreen.run_state(project, results, options.theme, options.edges)
        state = replace(state, focus=focus or state.focus)
        if EXPLORED in views:
            state = offscreen.with_bottleneck(state)
        drawn = (options.out, views, options.format, options.scale, options.size, options.figure, page)
        try:
            written = offscreen.export(state, *drawn)
        except ProjectError as error:
            raise ProjectError(error.problems, error.file or options.project) from None
        _print("".join(f"{path}\n" for path in written))


def _chosen(options: argparse.Namespace, project: Project) -> Focus | None:
    """The choice that was asked for; None where none was."""
    if options.design is options.node is options.value is None:
        return None
    known = check(project)
    design = design_named(options.design, project, options.project)
    node = options.node or known.analyses[design].output
    report = report_named(design, node, known, options.project)
    if options.value is None:
        return Focus(design, node)
    channel, y, x = options.value
    assert report.output_shape is not None, "a project without mistakes has no unknown shape"
    require_within(options.value, report.output_shape, (design, node), options.project)
    return Focus(design, node, channel, (y, x))


def _page(options: argparse.Namespace, views: Sequence[str]) -> Page | None:
    """The page that figures are asked for on; ProjectError where options do not go together."""
    if GIF in options.format and (views or options.figure != (TURNING,)):
        text = f"the turn of the camera is drawn for --figure {TURNING} alone, without --views"
        raise ProjectError([Problem(text, f"--format {GIF}")])
    if options.width is not None and (options.size is not None or GIF in options.format):
        text = "is of figures in print and on slides; give it without --size, and for a gif --size instead"
        raise ProjectError([Problem(text, "--width")])
    return screen(*options.size) if options.size else options.width


def _bottleneck(options: argparse.Namespace) -> None:
    project = _valid(options.project, _load(options.project))
    try:
        bottleneck.explore(options, project, _print)
    except ProjectError as error:
        raise ProjectError(error.problems, error.file or options.project) from None


def _bottleneck_options(command: argparse.ArgumentParser) -> None:
    _project_option(command)
    bottleneck.add_options(command)


def _screenshot(options: argparse.Namespace) -> None:
    from gui.command_line import offscreen

    project = _valid(options.project, _load(options.project))
    with offscreen.application(options.theme):
        offscreen.screenshot(project, options.project, options.out, options.size, options.theme)
    _print(f"{options.out}\n")


def _window(options: argparse.Namespace) -> int:
    fault = missing_display()
    if fault:
        print(
            f"No display: {fault}. Set one, or draw without: convolume export PROJECT --out DIR, "
            "convolume screenshot PROJECT --out FILE.png",
            file=sys.stderr,
        )
        return NO_DISPLAY
    from gui.app import open_window

    return open_window(options.project)


COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int | None], str, Callable[[argparse.ArgumentParser], None]]]
COMMANDS = {
    "window": (_window, "open the window", _window_options),
    "analyze": (_analyze, "print shapes, parameters and multiply-accumulates", _analyze_options),
    "bottleneck": (_bottleneck, "print which narrower convolutions can stand for a design's", _bottleneck_options),
    "run": (_run, "run every design; volumes as .npz, times and statistics as run.json", _run_options),
    "export": (_export, "draw figures without a display, and write the table as text", _export_options),
    "screenshot": (_screenshot, "draw the whole window after a run, without a display", _screenshot_options),
}
