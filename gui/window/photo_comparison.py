"""The command that compares two designs over a folder of photos."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePath
from typing import NamedTuple

from PySide6.QtWidgets import QFileDialog, QWidget

from engine.files.photo_folder import photos_in
from engine.kernels import Checkpoint
from engine.network.input_specs import ImageInput
from engine.project.project import Project
from engine.reports.differences import DesignDifferences
from engine.reports.photo_comparison import photo_comparison_sentences, photo_comparison_text
from engine.run.photo_comparison import PhotoComparison, compare_on_photos
from gui.state.comparison import compared_pair, layer_differences
from gui.state.view_state import ViewState
from gui.window.banner_task import BannerTask, Pace
from gui.window.banners import Banner, BannerArea
from gui.workbench.workbench import Workbench

_LEGEND = (
    "Per layer the number of maps, of those that are 0 on every photo, and of those that are copies of an earlier map: "
    "correlated with it above 0.9999 on every photo."
)


class _Result(NamedTuple):
    comparison: PhotoComparison
    differences: DesignDifferences


def has_photo_pair(state: ViewState) -> bool:
    """Whether two designs receive a photo."""
    return isinstance(state.project.input, ImageInput) and compared_pair(state) is not None


class PhotoComparisonCommand(BannerTask):
    """Runs the two designs that are compared on every photo of a folder."""

    title = "Compare on photos"

    def __init__(
        self, window: QWidget, workbench: Workbench, area: BannerArea, show_message: Callable[[str, str], object]
    ) -> None:
        super().__init__(workbench, area, show_message, window)
        self._window = window

    def choose(self) -> None:
        """Ask for the folder, and begin."""
        folder = QFileDialog.getExistingDirectory(self._window, "Folder of photos on which two designs are compared")
        if folder:
            self.start(Path(folder))

    def start(self, folder: Path) -> None:
        state = self._workbench.state
        differences = layer_differences(state)
        if differences is not None:
            text = f"{differences.first} and {differences.second} are compared on the photos of {folder.name}"
            self._begin(text, lambda checkpoint: _compare(state.project, differences, folder, checkpoint))

    def result_banner(self, result: _Result) -> Banner:
        comparison, differences = result
        title = f"{differences.first} and {differences.second} on {comparison.photos:,} photos"
        text = " ".join(photo_comparison_sentences(comparison))
        return Banner(title, text, (("Layers…", partial(self._show_layers, result)), ("Close", self._close)))

    def _show_layers(self, result: _Result) -> None:
        from gui.widgets.difference_box import DifferenceBox  # a dialog that few windows show, and all would load

        lines = photo_comparison_text(*result).splitlines()
        DifferenceBox(self._window, "Maps that carry nothing", _LEGEND, lines, {}).show()


def _compare(
    project: Project, differences: DesignDifferences, folder: Path, checkpoint: Checkpoint
) -> Iterator[str | _Result]:
    """In the thread: texts about the progress, then the result."""
    pace, designs = Pace(), (differences.first, differences.second)
    for event in compare_on_photos(project, designs, photos_in(folder), checkpoint):
        if isinstance(event, PhotoComparison):
            yield _Result(event, differences)
        elif pace.is_due():
            yield f"Photo {event.done + 1:,} of {event.total:,}: {PurePath(event.path).name}"
