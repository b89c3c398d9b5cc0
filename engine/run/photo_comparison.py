"""Designs over a folder of photos: maps that carry nothing, and how often classifiers agree."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.explain.classes import MOST_LIKELY
from engine.explain.map_statistics import relative_error
from engine.explain.map_usage import MapUsage
from engine.kernels import Checkpoint
from engine.network.graph import INPUT
from engine.network.input_specs import ImageInput, with_photo
from engine.network.node_ref import NodeRef
from engine.project.project import Project
from engine.run.cache import VolumeCache
from engine.run.execute import NodeStarted, execute
from engine.run.label_check import LABELS_PLACE
from engine.run.request import RunRequest
from engine.text.problems import Problem, ProjectError

_Volume = NDArray[np.float32]


class ComparedPhoto(Struct, frozen=True):
    """`done` of `total` photos are computed; this one is next."""

    path: str
    done: int
    total: int


class LayerUsage(Struct, frozen=True):
    """Numbers of maps of a layer over all photos, see `MapUsage`."""

    maps: int
    dead: int
    copies: int


class Agreement(Struct, frozen=True):
    """Of two classifiers the numbers of photos on which they agree."""

    first: int
    """Both have the same most likely class."""
    five: int
    """The most likely class of each is among the five most likely of the other."""
    equal_fives: int
    """Both have the same five most likely classes, in any order."""


class PhotoComparison(Struct, frozen=True):
    """The result for one or two designs."""

    photos: int
    """Number of photos that were used."""
    skipped: tuple[tuple[str, str], ...]
    """Path of each photo that could not be used, and why."""
    usage: Mapping[NodeRef, LayerUsage]
    """By layer."""
    error: float | None = None
    """Mean relative error of the last volumes of two designs; None if their shapes differ."""
    agreement: Agreement | None = None
    """None if the two are no classifiers of the same classes."""


def compare_on_photos(
    project: Project, designs: Sequence[str], photos: Sequence[str], checkpoint: Checkpoint
) -> Iterator[ComparedPhoto | PhotoComparison]:
    """Run one or two designs on each photo, prepared like the input of the project.

    Raises
    ------
    ProjectError
        The input is no photo, a design has a mistake, or no photo can be used.
    Cancelled
        From `checkpoint`.
    """
    spec = project.input
    if not isinstance(spec, ImageInput):
        raise ProjectError([Problem("photos cannot be used: the project's input is no photo; make it one", "$.input")])
    totals = _Totals(designs)
    skipped: list[tuple[str, str]] = []
    for number, path in enumerate(photos):
        yield ComparedPhoto(path, number, len(photos))
        request = RunRequest.of(
            replace(project.with_designs(map(project.design, designs)), input=with_photo(spec, path))
        )
        problems = [problem for problem in request.check.problems if problem.place != LABELS_PLACE]
        faults = [problem for problem in problems if problem.place.startswith("$.input")]
        if len(faults) < len(problems):
            raise ProjectError(problems)
        try:
            if faults:
                raise ProjectError(faults)
            totals.add(request, checkpoint)
        except ProjectError as error:
            if not error.problems[0].place.startswith("$.input"):
                raise
            skipped.append((path, error.problems[0].text))
    if not totals.photos:
        raise ProjectError([Problem(f"{path}: {text}", "--photos") for path, text in skipped])
    yield totals.result(tuple(skipped))


class _Totals:
    """What all photos so far have shown."""

    def __init__(self, designs: Sequence[str]) -> None:
        self.photos = 0
        self._designs = designs
        self._cache = VolumeCache()
        self._usage: dict[NodeRef, MapUsage] = {}
        self._errors: list[float] = []
        self._agreement: list[tuple[bool, bool, bool]] = []

    def add(self, request: RunRequest, checkpoint: Checkpoint) -> None:
        """Run on another photo; each volume is looked at as soon as it is computed, and its input alone is not."""
        ends = {design: (design, request.check.analyses[design].output) for design in self._designs}
        outputs: dict[str, _Volume] = {}
        self._cache.drop_volumes()  # another photo has others; the weights are the same
        for event in execute(request, self._cache, checkpoint):
            if isinstance(event, NodeStarted):
                continue
            if event.ref[1] != INPUT:
                self._usage.setdefault(event.ref, MapUsage()).add(event.volume)
            outputs |= {design: event.volume for design, end in ends.items() if end == event.ref}
        self.photos += 1
        if len(outputs) == 2:
            self._compare(*(outputs[design] for design in self._designs))

    def _compare(self, first: _Volume, second: _Volume) -> None:
        if first.shape != second.shape:
            return
        self._errors.append(relative_error(first, second))
        if first.shape[1:] == (1, 1) and len(first) > 1:
            self._agreement.append(agreement_of(first.reshape(-1), second.reshape(-1)))

    def result(self, skipped: tuple[tuple[str, str], ...]) -> PhotoComparison:
        usage = {ref: LayerUsage(maps.maps, maps.dead, maps.copies) for ref, maps in self._usage.items()}
        counts = Agreement(*map(sum, zip(*self._agreement, strict=True))) if self._agreement else None
        error = float(np.mean(self._errors)) if self._errors else None
        return PhotoComparison(self.photos, skipped, usage, error, counts)


def agreement_of(first: _Volume, second: _Volume) -> tuple[bool, bool, bool]:
    """Whether two classifiers agree, see `Agreement`; the largest value is the most likely class."""
    orders = [np.argsort(-values, kind="stable")[:MOST_LIKELY].tolist() for values in (first, second)]
    (one, *_), (other, *_) = orders
    return one == other, one in orders[1] and other in orders[0], set(orders[0]) == set(orders[1])
