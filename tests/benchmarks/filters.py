"""The filters view: time from a new result to the repainted mosaic, and from another map to its details."""

import statistics
from collections.abc import Callable
from time import perf_counter, sleep

import numpy as np
from msgspec.structs import replace
from PySide6.QtWidgets import QApplication

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Design, Project
from engine.run.check import check
from gui.app import make_application
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import Float32Volume, VolumeResult
from gui.views.filters import FiltersView

ROUNDS = 20
AIM = 16.0
DOCK = 416, 940
SHAPES = ((1024, 14, 14), (1024, 28, 28), (512, 112, 112))
LOOKS: tuple[tuple[str, Look], ...] = (
    ("maps", Look()),
    ("maps by mean", Look(order="mean")),
    ("maps + difference", Look(comparison="maps + difference")),
    ("maps, range per map", Look(range="per map")),
)
INPUT_CHANNELS = 8


class Case:
    """A view of two designs whose last volumes have this shape; `show` replaces that of the first design."""

    def __init__(self, shape: tuple[int, int, int], look: Look) -> None:
        nodes = (Node("conv", Conv2d(filters=shape[0], kernel=3)),)
        designs = tuple(Design(name, Network(nodes)) for name in ("first", "second"))
        project = Project(NoiseInput((INPUT_CHANNELS, *shape[1:])), designs)
        self.project_check = check(project)
        random = np.random.default_rng(0)
        self.volumes = [random.standard_normal(shape, dtype=np.float32) for _ in range(3)]
        received = random.standard_normal((INPUT_CHANNELS, *shape[1:]), dtype=np.float32)
        results = {
            (STEM, "input"): VolumeResult(self.project_check.keys[STEM, "input"], received),
            ("second", "conv"): VolumeResult(self.project_check.keys["second", "conv"], self.volumes[2]),
        }
        self.state = ViewState(project, self.project_check, RunView(results), Focus("first", "conv"), look)
        self.view = FiltersView(self.state)
        self.view.resize(*DOCK)
        self.view.show()
        QApplication.processEvents()

    def show(self, volume: Float32Volume) -> None:
        """Replace the volume of the first design as a run does."""
        results = {
            **self.state.run.results,
            ("first", "conv"): VolumeResult(self.project_check.keys["first", "conv"], volume),
        }
        self.change(run=RunView(results))

    def change(self, **parts: object) -> None:
        old, self.state = self.state, replace(self.state, **parts)
        self.view.show_state(old, self.state)
        QApplication.processEvents()

    def settle(self) -> None:
        """Wait for other threads, as between two nodes of a run."""
        for _ in range(8):
            sleep(0.01)
            QApplication.processEvents()

    def close(self) -> None:
        self.view.close_down()
        self.view.close()
        self.view.deleteLater()
        QApplication.processEvents()


def median_ms(action: Callable[[int], None], prepare: Callable[[int], None] = lambda number: None) -> float:
    durations = []
    for number in range(ROUNDS):
        prepare(number)
        start = perf_counter()
        action(number)
        durations.append(1000 * (perf_counter() - start))
    return statistics.median(durations[3:])


def update_ms(shape: tuple[int, int, int], look: Look) -> float:
    """From a new result to the painted view, without the later results of other threads."""
    case = Case(shape, look)
    new: list[Float32Volume] = [case.volumes[0]]

    def prepare(number: int) -> None:
        new[0] = case.volumes[number % 2].copy()
        case.settle()

    duration = median_ms(lambda number: case.show(new[0]), prepare)
    case.close()
    return duration


def selection_ms(shape: tuple[int, int, int], look: Look) -> float:
    """From the selection of another map to the painted view."""
    case = Case(shape, look)
    case.show(case.volumes[0])
    duration = median_ms(lambda number: case.change(focus=Focus("first", "conv", number, (3, 3))))
    case.close()
    return duration


def main() -> None:
    make_application()
    print(f"{'filters view of {}×{}, offscreen'.format(*DOCK):<56} {'ms':>8} {'aim':>8}")
    for shape in SHAPES:
        words = "×".join(map(str, shape))
        rows = [(f"2 · {words}, {name}: a new result", update_ms(shape, look)) for name, look in LOOKS]
        for detail in ("kernel", "histogram", "contributions"):
            rows.append((f"2 · {words}, {detail}: another map", selection_ms(shape, Look(detail=detail))))
        for name, ms in rows:
            print(f"{name:<56} {ms:>8.1f} {AIM:>8.0f}  {'ok' if ms <= AIM else 'over'}", flush=True)


if __name__ == "__main__":
    main()
