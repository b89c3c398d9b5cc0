"""Layers in runs: those of a block or group together, which become one module, and all others each by itself."""

from collections.abc import Iterator, Sequence

from engine.model_export.plan import ModulePart, PlannedLayer


def module_runs(layers: Sequence[PlannedLayer]) -> Iterator[list[PlannedLayer]]:
    """Yield the layers in their order; those of one module follow each other in a plan."""
    run: list[PlannedLayer] = []
    for layer in layers:
        if run and (layer.module is None or _owner(layer) != _owner(run[-1])):
            yield run
            run = []
        run.append(layer)
        if layer.module is None:
            yield run
            run = []
    if run:
        yield run


def module_part(layer: PlannedLayer) -> ModulePart:
    """What a layer of a module is there."""
    assert layer.module is not None, "a layer by itself is no part"
    return layer.module


def _owner(layer: PlannedLayer) -> tuple[str, str]:
    return layer.ref[0], module_part(layer).name
