"""What a run is asked for, and which volumes it has to compute for that."""

from collections.abc import Callable

from msgspec import Struct

from engine.files import paths
from engine.files.paths import FileFault
from engine.network.graph import INPUT
from engine.network.input_specs import ArrayInput, ImageInput, Input
from engine.network.node_ref import STEM, NodeRef
from engine.network.weight_specs import FileWeights, WeightSource
from engine.project.project import Project
from engine.run.cache import CachedVolume, VolumeCache
from engine.run.check import ProjectCheck, check


class RunRequest(Struct, frozen=True, eq=False):
    """All that a run needs, captured when it was requested."""

    project: Project
    check: ProjectCheck

    @classmethod
    def of(cls, project: Project) -> "RunRequest":
        return cls(project, check(project))

    @property
    def refs(self) -> tuple[NodeRef, ...]:
        """Every node that can run, in order, the project's input first; inputs of designs are other nodes' volumes."""
        start = ((STEM, INPUT),) if (STEM, INPUT) in self.check.keys else ()
        return (*start, *(ref for ref in self.check.reports if ref in self.check.keys))

    def require_unchanged(self, source: Input | WeightSource | None) -> None:
        """FileFault if a file was written between the check, which made the keys, and now."""
        if not isinstance(source, ImageInput | ArrayInput | FileWeights):
            return
        if paths.stamp_of(source.path) != self.check.files[source.path]:
            raise FileFault(f"{source.path} changed after it was checked; run again")


def uncached_refs(request: RunRequest, cache: VolumeCache) -> tuple[NodeRef, ...]:
    """The nodes whose volumes a run has to compute: of those that share one, the first."""
    first: dict[bytes, NodeRef] = {}
    for ref in request.refs:
        key = request.check.keys[ref]
        if key not in cache:
            first.setdefault(key, ref)
    return tuple(first.values())


def input_keys_of(project_check: ProjectCheck) -> Callable[[bytes], list[bytes]]:
    """A function from the key of a volume to those of the volumes that it is computed from."""

    def keys_of(key: bytes) -> list[bytes]:
        (design, name), _ = project_check.makers[key]
        report = project_check.reports.get((design, name))
        return [] if report is None else [project_check.keys[design, source] for source in report.inputs]

    return keys_of


def cached_inputs(
    goal: bytes, input_keys: Callable[[bytes], list[bytes]], cache: VolumeCache
) -> tuple[dict[bytes, CachedVolume], dict[bytes, int]]:
    """The cached volumes among all that `goal` needs, and how many of the missing ones use each."""
    volumes: dict[bytes, CachedVolume] = {}
    users = {goal: 1}
    waiting = [goal]
    while waiting:
        key = waiting.pop()
        volume = cache.get(key)
        if volume is not None:
            volumes[key] = volume
            continue
        for source in input_keys(key):
            if source not in users:
                waiting.append(source)
            users[source] = users.get(source, 0) + 1
    return volumes, users
