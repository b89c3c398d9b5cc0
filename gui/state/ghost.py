"""A point of a sweep as a pale design beside those of the project, of which it is no part. No Qt here."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from engine.kernels import Checkpoint
from engine.network.node_ref import NodeRef
from engine.project.project import Project
from engine.run.cache import VolumeCache
from engine.run.check import EarlierCheck, ProjectCheck, check
from engine.run.execute import NodeDone, execute
from engine.run.prediction import remaining_work
from engine.run.request import RunRequest
from engine.text.names import MAX_DESIGN_NAME, unique_name
from engine.text.problems import ProjectError
from gui.state.volume_at import VolumeResult

if TYPE_CHECKING:  # a state has a ghost, and a start needs no sweep
    from engine.sweep.sweep import Sweep

_CHEAP = 0.3
"""Predicted seconds up to which its volumes are computed."""


class Ghost(Struct, frozen=True, eq=False):
    """What pictures need to show a point beside a project."""

    design: str
    """Its name in the pictures."""
    base: Project
    """The project that it stands beside; beside another one it is not shown."""
    project: Project
    """That project with the point as its last design."""
    check: ProjectCheck
    results: Mapping[NodeRef, VolumeResult] = {}
    """Its volumes, if they are known, or computed in no time."""


def find_ghosts(
    project: Project,
    project_check: ProjectCheck,
    sweep: "Sweep",
    row: Mapping[str, object],
    cache: VolumeCache,
    checkpoint: Checkpoint = lambda: None,
) -> Iterator[Ghost]:
    """Yield the ghost of a row; then, if that is cheap, with its volumes. Nothing if the point can be no design."""
    from engine.sweep.designs import design_refusal, point_of, with_points  # here, since a start needs none of it

    if design_refusal(sweep):
        return
    added = with_points(sweep, [point_of(sweep, row)]).designs[-1]
    name = unique_name(f"point: {added.name}", {design.name for design in project.designs}, MAX_DESIGN_NAME)
    beside = project.with_designs((*project.designs, replace(added, name=name, colour=0)))
    request = RunRequest(beside, check(beside, EarlierCheck(project, project_check)))
    checkpoint()
    results = {
        ref: VolumeResult.of(key, cached)
        for ref, key in request.check.keys.items()
        if ref[0] == name and (cached := cache.get(key)) is not None
    }
    ghost = Ghost(name, project, beside, request.check, dict(results))
    yield ghost
    work = remaining_work(request, cache)
    if not work.layers or work.obstacle or work.cost.seconds > _CHEAP:
        return
    try:
        for event in execute(request, cache, checkpoint):
            if isinstance(event, NodeDone) and event.ref[0] == name:
                results[event.ref] = VolumeResult(
                    event.key, event.volume, event.milliseconds, event.fitted_weights, event.notices
                )
    except ProjectError:
        return  # memory or a file: a run of the design says so
    yield replace(ghost, results=dict(results))
