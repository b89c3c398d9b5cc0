"""Functions that travel to workers by value: they find the program there, wherever it is installed."""

from typing import Any


def measure_remotely(message: bytes, points: list[tuple[int, ...]]) -> Any:
    """Call `engine.sweep.worker.measure_points` in a worker."""
    import importlib.util
    import sys

    if importlib.util.find_spec("engine") is None:
        package = importlib.util.find_spec("convolume")
        if package is None or not package.submodule_search_locations:
            raise ModuleNotFoundError("Convolume is not installed there")
        sys.path.insert(0, next(iter(package.submodule_search_locations)))
    worker = importlib.import_module("engine.sweep.worker")
    return worker.measure_points(message, points)
