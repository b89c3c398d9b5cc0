"""The command `sweep`: counts and measures many designs that differ in a few settings, into a folder."""

import argparse
from pathlib import Path
from time import monotonic

from msgspec.structs import replace

from engine.cost.counting import CONVENTIONS
from engine.cost.metrics import Costs
from engine.project.file import save_project
from engine.project.project import Project, SweepSettings
from engine.run.check import check
from engine.sweep.answers import answer_lines, default_pair, fitting_rows
from engine.sweep.columns import FITS, MACHINE, MEASURES, PROBLEM_COLUMN, Values
from engine.sweep.designs import point_of, with_points
from engine.sweep.faults import SweepFault
from engine.sweep.front import pareto_front
from engine.sweep.measured_designs import measured_designs
from engine.sweep.points_file import POINTS_FILE
from engine.sweep.points_parquet import PARQUET_FILE, parquet_content, require_pyarrow
from engine.sweep.running import SWEEP_FILE, Progress, open_folder, run_sweep
from engine.sweep.sweep import Sweep, plan_sweep, sweep_inputs
from engine.sweep.worker_plan import measuring, plan_workers
from engine.sweep.worker_settings import TlsFiles, WorkerSettings
from engine.text.messages import suggestion
from engine.text.problems import Problem, ProjectError
from engine.text.units import count_text
from gui.command_line.options import add_input_size_option, add_project_option, add_theme_option, parse_choices
from gui.command_line.output import print_message, print_result
from gui.command_line.projects import load_known
from gui.command_line.qt_import import import_qt

_FRONT_PICTURE, _FRONT_PROJECT = "front.svg", "front.toml"
_MOST_DESIGNS = 20
"""Points of the front that become designs."""
_MESSAGE_SECONDS = 1.0
_MOST_WORKERS = 1000
_TLS_OPTIONS = {
    "--tls-ca": "certificates that scheduler and workers are checked by",
    "--tls-cert": "the certificate of this program",
    "--tls-key": "its key",
}


def add_sweep_options(command: argparse.ArgumentParser) -> None:
    add_project_option(command)
    add_input_size_option(command)
    command.add_argument(
        "--axis", action="append", metavar="SETTING=VALUES", help="an axis; left out: those of the project's [sweep]"
    )
    command.add_argument("--where", action="append", metavar="CONDITION", help='as "macs < 20e6"')
    command.add_argument("--design", metavar="NAME", help="the design that counts; left out: the one the axes change")
    command.add_argument("--count", choices=tuple(rule.id for rule in CONVENTIONS), help="rule for operations")
    command.add_argument("--measure", type=parse_choices(tuple(MEASURES)), metavar="WHAT", help="error,agreement,ms")
    command.add_argument("--against", metavar="NAME", help="the design that points are compared with")
    command.add_argument("--photos", type=Path, metavar="DIR", help="photos for errors; every third is held out")
    command.add_argument("--parquet", action="store_true", help=f"write {PARQUET_FILE} as well; needs pyarrow")
    command.add_argument("--plot", metavar="X,Y", help="the two metrics of front.svg")
    command.add_argument(
        "--workers", type=_worker_count, metavar="N", help="processes that measure; 0: this one, with all its threads"
    )
    command.add_argument(
        "--scheduler", metavar="ADDRESS", help="a dask scheduler in a trusted network: tcp://HOST:PORT"
    )
    for name, text in _TLS_OPTIONS.items():
        command.add_argument(name, metavar="FILE", help=text)
    add_theme_option(command)
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder, in which a sweep goes on")


def sweep_designs(options: argparse.Namespace) -> None:
    """Run a sweep, or what is left of it."""
    if options.parquet:
        require_pyarrow()
    project = load_known(options.project, options.size)
    settings = _settings(options, project)
    try:
        sweep = plan_sweep(project, settings, sweep_inputs(project, settings))
        pair = _pair(options, sweep)
    except ProjectError as error:
        raise ProjectError(error.problems, error.file or options.project) from None
    print_message(f"{count_text(len(sweep), 'point')} of {sweep.design}")
    with open_folder(sweep, options.out) as file:
        if file.rows:
            print_message(f"{len(file.rows):,} of them are in {options.out / POINTS_FILE} already")
        plan = plan_workers(_workers(options), sweep, len(sweep) - len(file.rows))
        for text in plan.texts:
            print_message(text)
        with measuring(plan, sweep) as measure:
            run_sweep(sweep, file, measure, _Messages())
        rows = list(file.rows.values())
    _draw_front(options, sweep, rows, pair)
    print_result("".join(f"{line}\n" for line in answer_lines(sweep, rows, pair)))
    names = [POINTS_FILE, SWEEP_FILE, _FRONT_PICTURE]
    if options.parquet:
        _write_parquet(sweep, rows, options.out)
        names.append(PARQUET_FILE)
    if _write_front(options, sweep, rows, pair):
        names.append(_FRONT_PROJECT)
    print_result("".join(f"{options.out / name}\n" for name in names))


def _settings(options: argparse.Namespace, project: Project) -> SweepSettings:
    """The sweep of the options, for what they leave out that of the project."""
    own = project.sweep
    if own is None and not options.axis:
        text = "--axis is missing, and the project has no [sweep]; name a setting and its values"
        raise ProjectError([Problem(text, "$.sweep")], options.project)
    settings = own if own is not None and not options.axis else SweepSettings(tuple(options.axis))
    changes = {
        "where": options.where and tuple(options.where),
        "design": options.design,
        "count": options.count,
        "measure": options.measure,
        "against": options.against,
        "photos": options.photos and str(options.photos.absolute()),
    }
    return replace(settings, **{name: value for name, value in changes.items() if value})


def _workers(options: argparse.Namespace) -> WorkerSettings:
    tls = TlsFiles(options.tls_ca, options.tls_cert, options.tls_key)
    return WorkerSettings(options.workers, options.scheduler or "", tls)


def _worker_count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST_WORKERS):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers; 0 to {_MOST_WORKERS} are possible")
    return int(text)


def _pair(options: argparse.Namespace, sweep: Sweep) -> tuple[str, str]:
    if options.plot is None:
        return default_pair(sweep)
    names = [part.strip() for part in options.plot.split(",")]
    metrics = [column for column in sweep.columns[len(sweep.axes) :] if column not in (FITS, MACHINE, PROBLEM_COLUMN)]
    unknown = [name for name in names if name not in metrics]
    if unknown:
        raise ProjectError([Problem(f"--plot: {unknown[0]!r} is no metric; {suggestion(unknown[0], metrics)}", "")])
    if len(names) != 2:
        raise ProjectError(
            [Problem(f"--plot names {count_text(len(names), 'metric')}; two are needed: macs,params", "")]
        )
    return names[0], names[1]


class _Messages:
    """Prints how far a sweep is, about once a second."""

    def __init__(self) -> None:
        self._last = monotonic()

    def __call__(self, progress: Progress) -> None:
        if monotonic() - self._last >= _MESSAGE_SECONDS:
            self._last = monotonic()
            print_message(f"sweep {progress.done:,}/{progress.total:,}")


def _draw_front(options: argparse.Namespace, sweep: Sweep, rows: list[Values], pair: tuple[str, str]) -> None:
    """Draw the front; Qt is imported when all points are done."""
    import_qt()
    from gui.command_line.offscreen import offscreen_application
    from gui.export.files import write_file
    from gui.export.sweep import render_sweep
    from gui.paint.sweep.content import sweep_plot

    with offscreen_application(options.theme):
        title = f"{sweep.project.title} · sweep"
        costs = Costs(check(sweep.project), sweep.convention)
        measured = measured_designs(sweep, rows, limits_threads=True)
        plot = sweep_plot(sweep, rows, pair, costs, measured=measured)
        write_file(options.out / _FRONT_PICTURE, render_sweep(plot, title, options.theme))


def _write_parquet(sweep: Sweep, rows: list[Values], out: Path) -> None:
    from gui.export.files import write_file

    write_file(out / PARQUET_FILE, parquet_content(sweep, rows))


def _write_front(options: argparse.Namespace, sweep: Sweep, rows: list[Values], pair: tuple[str, str]) -> bool:
    """Write the project with designs of the front; returns whether its points can be designs of one project."""
    fitting = fitting_rows(rows)
    front = [point_of(sweep, fitting[index]) for index in pareto_front(fitting, *pair)]
    last = max(len(front) - 1, 1)
    few = (
        front if len(front) <= _MOST_DESIGNS else [front[i * last // (_MOST_DESIGNS - 1)] for i in range(_MOST_DESIGNS)]
    )
    try:
        save_project(with_points(sweep, few), options.out / _FRONT_PROJECT)
    except SweepFault as fault:
        print_message(f"no {_FRONT_PROJECT}: {fault}")
        return False
    return True
