"""Measures points of a sweep: the error of the last volume against another design's, and the time of a run."""

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from engine.files.paths import FileFault
from engine.kernels import Checkpoint, Volume
from engine.kernels.threads import available_cores
from engine.layers import Layer
from engine.low_rank.energies import NotFinite, energy
from engine.network.graph import INPUT
from engine.network.input_specs import Input
from engine.network.node_ref import STEM, NodeRef
from engine.project.project import Project
from engine.run.cache import CachedVolume, VolumeCache
from engine.run.check import EarlierCheck, check
from engine.run.execute import volume_at, weights_at
from engine.run.memory import require_memory, required_bytes
from engine.run.photo_comparison import agreement_of
from engine.run.request import RunRequest
from engine.sweep.columns import MACHINE, Values
from engine.sweep.counting import CountedPoint, count_points
from engine.sweep.faults import SweepFault
from engine.sweep.point_projects import Point
from engine.sweep.setting_paths import INPUT_REF, SIZE, SettingPath, is_of_node, with_input_setting
from engine.sweep.sweep import Sweep
from engine.text.problems import ProjectError
from engine.text.units import count_text

_CACHE_BYTES = 2**28
"""Bytes of volumes that points share: what lies before the layers that change."""
_WEIGHT_BYTES = 2**26
"""Bytes of weights that points share."""
_REFERENCE_BYTES = 2**26
"""Bytes of last volumes of the design that points are compared with."""
RUNS = 5
"""Runs whose median is the time."""


_PROCESS_BYTES = 200 * 2**20
"""What a process takes before it measures anything."""

Measured = tuple[CountedPoint, Values, str]
"""A point, what was measured, and a problem."""
Measure = Callable[[Iterator[CountedPoint]], Iterator[Measured]]


class _Subject(NamedTuple):
    """What is measured: the last volume of a design."""

    project: Project
    """With that design alone."""
    design: str
    changes: Mapping[SettingPath, Any]
    """Settings that the project has otherwise."""


class PointMeasurer:
    """Measures one point after the other in this process; what neighbours share is computed once.

    Parameters
    ----------
    checkpoint
        Called often; an exception that it raises ends the work.
    threads
        Those that compute, as the table names them; all that the process may use if left out.
    """

    def __init__(self, sweep: Sweep, checkpoint: Checkpoint = lambda: None, threads: int | None = None) -> None:
        self._sweep = sweep
        self._machine = machine_text(threads)
        self._checkpoint = checkpoint
        self._cache = VolumeCache(_CACHE_BYTES, _WEIGHT_BYTES)
        self._references = VolumeCache(_REFERENCE_BYTES)
        self._earlier: dict[tuple[str, Input], EarlierCheck] = {}

    def measure(self, point: Point) -> Values:
        """What the sweep measures of a point; SweepFault with the reason if that is not possible."""
        design, changes = self._sweep.design, self._sweep.projects.changes(point)
        with _reasons():
            return self._measure(
                _Subject(_with_design(self._sweep.projects.project_of(point), design), design, changes)
            )

    def measure_design(self, design: str, *, with_time: bool) -> Values:
        """The same of a design of the project as it is."""
        project = replace(_with_design(self._sweep.project, design), sweep=None)
        with _reasons():
            return self._measure(_Subject(project, design, {}), with_time=with_time)

    def _measure(self, subject: _Subject, *, with_time: bool = True) -> Values:
        values: Values = {}
        sets = self._sweep.calibration
        if "error" in self._sweep.settings.measure:
            values["error_fitted"] = self._error(subject, sets.fit_inputs)
            values["error_held_out"] = self._error(subject, sets.check_inputs)
        if "agreement" in self._sweep.settings.measure:
            values["agreement"] = self._agreement(subject, sets.check_inputs or sets.fit_inputs)
        if "ms" in self._sweep.settings.measure and with_time:
            values |= {"milliseconds": self._milliseconds(subject), MACHINE: self._machine}
        return values

    def _error(self, subject: _Subject, specs: Sequence[Input]) -> float | None:
        """``√(Σ‖a − b‖² / Σ‖b‖²)`` over inputs, b being the other design's last volume; None without inputs."""
        wrong = total = 0.0
        for volume, exact in self._pairs(subject, specs):
            with np.errstate(all="ignore"):  # what is not finite is a fault, see `energy`
                wrong, total = wrong + energy(volume - exact), total + energy(exact)
        return None if not specs else float((wrong / total) ** 0.5) if total else 0.0

    def _agreement(self, subject: _Subject, specs: Sequence[Input]) -> float:
        """The share of inputs for which both classifiers have the same most likely class."""
        count = 0
        for volume, exact in self._pairs(subject, specs):
            if volume.shape[1:] != (1, 1) or len(volume) == 1:
                raise SweepFault(f"its last volume is {_size_text(volume)}: it has no classes to agree on")
            count += agreement_of(volume.reshape(-1), exact.reshape(-1))[0]
        return count / len(specs)

    def _pairs(self, subject: _Subject, specs: Sequence[Input]) -> Iterator[tuple[Volume, Volume]]:
        """The last volumes of the subject and of the other design for each input."""
        for spec in specs:
            spec = _with_changes(spec, subject.changes)
            exact = self._reference_volume(spec)
            volume = self._last_volume(replace(subject.project, input=spec), subject.design)
            if volume.shape != exact.shape:
                sizes = f"its last volume is {_size_text(volume)}, that of {self._sweep.against} {_size_text(exact)}"
                raise SweepFault(f"{sizes}: they cannot be compared")
            yield volume, exact

    def _reference_volume(self, spec: Input) -> Volume:
        against = self._sweep.against
        project = replace(_with_design(self._sweep.project, against), input=spec, sweep=None)
        request = self._request(project)
        last = against, request.check.analyses[against].output
        entry = self._references.get(request.check.keys[last]) if last in request.check.keys else None
        if entry is not None:
            return entry.volume
        volume = self._last_volume(project, against)
        self._references.put(request.check.keys[last], CachedVolume(volume))
        return volume

    def _request(self, project: Project) -> RunRequest:
        """The checked project; only what the last one with this input and design had otherwise is checked again."""
        key = project.designs[0].name, project.input
        earlier = self._earlier.get(key)
        self._earlier[key] = EarlierCheck(project, check(project, earlier))
        return RunRequest(project, self._earlier[key].check)

    def _last_volume(self, project: Project, design: str) -> Volume:
        """The last volume of a design; volumes that other points need as well are cached on the way."""
        request = self._request(project)
        require_memory(request, self._cache)
        for ref in self._shared_refs(request, design):
            if ref in request.check.keys:
                volume_at(request, ref, self._cache, self._checkpoint)
        return volume_at(request, (design, request.check.analyses[design].output), self._cache, self._checkpoint)

    def _shared_refs(self, request: RunRequest, design: str) -> Iterator[NodeRef]:
        """Volumes from which the points of each axis go on: the inputs of the first layer that it changes."""
        yield design, INPUT
        for index in self._sweep.order:
            for path in self._sweep.axes[index].paths:
                report = request.check.reports.get(path.ref)
                if is_of_node(path) and report is not None and path.ref[0] in (design, STEM):
                    yield from ((path.ref[0], name) for name in report.inputs)
                    break

    def _milliseconds(self, subject: _Subject) -> float:
        """The median time of the arithmetic of all layers of the design, with weights and input in memory."""
        design = subject.design
        request = self._request(subject.project)
        require_memory(request, self._cache)
        entry = volume_at(request, (design, INPUT), self._cache, self._checkpoint)
        reports = request.check.analyses[design].reports
        if reports and (design, reports[-1].name) not in request.check.keys:
            raise ProjectError(request.check.problems)
        arrays = [weights_at(request, (design, r.name), self._cache, self._checkpoint) for r in reports]
        times = []
        for _ in range(RUNS):
            volumes: dict[str, Any] = {INPUT: entry}
            elapsed = 0.0
            for report, weights in zip(reports, arrays, strict=True):
                assert isinstance(report.layer, Layer), "a block that can run stands for layers"
                received = [volumes[name] for name in report.inputs]
                start = perf_counter()
                with np.errstate(all="ignore"):
                    volumes[report.name] = report.layer.forward(received, weights, self._checkpoint)
                elapsed += perf_counter() - start
            times.append(1000 * elapsed)
        return median(times)


@contextmanager
def _reasons() -> Iterator[None]:
    """SweepFault with the reason for whatever keeps a design from being measured."""
    try:
        yield
    except ProjectError as error:
        raise SweepFault(str(error.problems[0].text)) from None
    except (FileFault, NotFinite) as fault:
        raise SweepFault(str(fault)) from None


def _with_changes(spec: Input, changes: Mapping[SettingPath, Any]) -> Input:
    """An input with the settings that a point gives to the project's own."""
    for path, value in changes.items():
        if path.ref == INPUT_REF and (path.setting == SIZE or hasattr(spec, path.setting)):
            spec = with_input_setting(spec, path.setting, value)
    return spec


def measure_here(sweep: Sweep, checkpoint: Checkpoint = lambda: None) -> Measure:
    """Measure points in this process, one after the other."""
    measurer = PointMeasurer(sweep, checkpoint)

    def measure(points: Iterator[CountedPoint]) -> Iterator[Measured]:
        for counted in points:
            try:
                yield counted, measurer.measure(counted.point), ""
            except SweepFault as fault:
                yield counted, {}, str(fault)

    return measure


def worker_bytes(sweep: Sweep, checkpoint: Checkpoint = lambda: None) -> int:
    """Predicted memory of a process that measures the point with the largest volumes and weights."""

    def size(counted: CountedPoint) -> int:
        return sum(counted.values.get(name) or 0 for name in ("activation_bytes", "param_bytes"))

    caches = _PROCESS_BYTES + _CACHE_BYTES + _WEIGHT_BYTES
    largest = max(count_points(sweep, checkpoint), key=size)
    if largest.problem:
        return caches
    project = _with_design(sweep.projects.project_of(largest.point), sweep.design)
    return caches + required_bytes(RunRequest.of(project), VolumeCache())


def _with_design(project: Project, name: str) -> Project:
    """The project with one of its designs alone; seeds go by names, so that its weights stay the same."""
    return project.with_designs([project.design(name)])


def _size_text(volume: Volume) -> str:
    return "×".join(map(str, volume.shape))


def machine_text(threads: int | None = None) -> str:
    """The machine and the threads that compute on it, for a table of times."""
    count = available_cores() if threads is None else threads
    return f"{platform.node()} {platform.machine()}, {count_text(count, 'thread')}"
