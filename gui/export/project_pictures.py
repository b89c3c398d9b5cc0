"""Small pictures of projects, painted in a thread and stored, so that the next start shows them at once."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import QObject, QRectF, QStandardPaths, Signal
from PySide6.QtGui import QColor, QImage, QPainter

from engine.files.atomic_write import write_atomically
from engine.files.paths import FileFault
from engine.kernels import Checkpoint
from engine.network.graph import INPUT
from engine.network.input_specs import ImageInput
from engine.network.node_ref import STEM, NodeRef
from engine.project.file import load_project
from engine.run.cache import VolumeCache
from engine.run.check import check
from engine.run.execute import NodeDone, execute
from engine.run.inputs import load_input
from engine.run.request import RunRequest
from engine.text.problems import ProjectError
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult
from gui.theme import THEMES
from gui.worker import Worker

_VERSION = 1
"""Of what pictures show: those of another version are painted again."""
_MOST_BYTES = 8 * 2**20
"""Largest file of a project."""
_MOST_READING = 2**28
"""Memory that reading a photo for its picture may take."""
_MOST_STORED = 200
"""Pictures that are stored; the oldest are removed."""


class PictureRequest(Struct, frozen=True):
    """A picture of a project file, in pixels of the screen; `runs` shows what it computes."""

    path: Path
    size: tuple[int, int]
    ratio: float
    """Pixels of the screen per pixel of the window."""
    theme: str
    runs: bool = False


class ProjectPicture(Struct, frozen=True, eq=False):
    """The answer: a picture, or None if there is none yet, or if the file is no project."""

    path: Path
    image: QImage | None
    modified: float | None
    """When the file was written, in seconds since 1970; None if it is missing."""


def picture_folder() -> Path:
    """Where pictures are stored."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.CacheLocation)) / "pictures"


class ProjectPictures(QObject):
    """Answers the newest requests, one after the other, with stored pictures first."""

    answered = Signal(ProjectPicture)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._worker = Worker(self)
        self._worker.reported.connect(self.answered)
        self._worker.ended.connect(self._on_worker_ended)

    def start(self, requests: Sequence[PictureRequest]) -> None:
        """Answer other requests instead of those before."""
        folder = self._folder
        self._worker.start(lambda checkpoint: answer_requests(requests, folder, checkpoint))

    def cancel(self) -> None:
        self._worker.cancel()

    @property
    def busy(self) -> bool:
        return self._worker.busy

    def close(self) -> None:
        self._worker.close()

    def _on_worker_ended(self, error: Exception | None) -> None:
        if error is not None:
            raise error


def answer_requests(
    requests: Iterable[PictureRequest], folder: Path, checkpoint: Checkpoint
) -> Iterator[ProjectPicture]:
    """Yield stored pictures, then paint the others; those that run come last, after one without values."""
    missing: list[tuple[PictureRequest, Path, float]] = []
    for request in requests:
        checkpoint()
        try:
            modified = request.path.stat().st_mtime
        except (OSError, ValueError):  # a null character in its name
            yield ProjectPicture(request.path, None, None)
            continue
        stored = _stored_path(request, folder)
        image = QImage(str(stored)) if stored is not None else QImage()
        yield ProjectPicture(request.path, None if image.isNull() else image, modified)
        if image.isNull() and stored is not None:
            missing.append((request, stored, modified))
    for request, stored, modified in missing:
        checkpoint()
        painted = _paint_or_none(request, checkpoint, runs=False)
        if painted is not None:
            yield ProjectPicture(request.path, painted, modified)
            if not request.runs:
                _store(painted, stored)
    for request, stored, modified in missing:
        painted = _paint_or_none(request, checkpoint, runs=True) if request.runs else None
        if painted is not None:
            yield ProjectPicture(request.path, painted, modified)
            _store(painted, stored)
    if missing:
        _remove_oldest(folder)


def _stored_path(request: PictureRequest, folder: Path) -> Path | None:
    """The file of a picture, named by all that it depends on; None if the project cannot be read."""
    try:
        with request.path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError:
        return None
    settings = f"{_VERSION} {request.size} {request.ratio} {request.theme} {request.runs}"
    name = blake2b(settings.encode() + b"\n" + content, digest_size=16).hexdigest()
    return None if len(content) > _MOST_BYTES else folder / f"{name}.png"


def _paint_or_none(request: PictureRequest, checkpoint: Checkpoint, *, runs: bool) -> QImage | None:
    """The picture; None for a file that is no project, or that cannot run, which opening it reports."""
    try:
        return paint_project(request, checkpoint, runs=runs)
    except (ProjectError, FileFault):
        return None


def paint_project(request: PictureRequest, checkpoint: Checkpoint, *, runs: bool) -> QImage:
    """Paint the volumes of a project: plain but for its photo, or with the values of a run.

    Raises
    ------
    ProjectError
        The file is no project, or cannot run.
    """
    project = load_project(request.path).project
    state = ViewState(
        project, check(project), RunView(), Focus(), Look(theme="dark" if request.theme == "dark" else "light")
    )
    results = _run_results(state, checkpoint) if runs else _photo_result(state, checkpoint)
    checkpoint()
    return thumbnail_image(
        ViewState(project, state.check, RunView(results), Focus(), state.look), *request.size, request.ratio
    )


def thumbnail_image(state: ViewState, width: int, height: int, ratio: float) -> QImage:
    """A small picture of the volumes, in pixels of the screen with `ratio` of them per pixel of the window."""
    from gui.paint.volumes.thumbnail import paint_thumbnail  # stored pictures need no painter

    theme = THEMES[state.look.theme]
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.base))
    painter = QPainter(image)
    painter.scale(ratio, ratio)
    try:
        paint_thumbnail(painter, QRectF(0, 0, width / ratio, height / ratio), state, theme)
    finally:
        painter.end()
    return image


def _run_results(state: ViewState, checkpoint: Checkpoint) -> dict[NodeRef, VolumeResult]:
    events = execute(RunRequest(state.project, state.check), VolumeCache(), checkpoint)
    return {event.ref: VolumeResult(event.key, event.volume) for event in events if isinstance(event, NodeDone)}


def _photo_result(state: ViewState, checkpoint: Checkpoint) -> dict[NodeRef, VolumeResult]:
    """The photo, if the designs receive it themselves."""
    spec, key = state.project.input, state.check.keys.get((STEM, INPUT))
    if not isinstance(spec, ImageInput) or key is None or state.project.stem is not None:
        return {}
    if state.check.reading_bytes > _MOST_READING:
        return {}
    return {(STEM, INPUT): VolumeResult(key, load_input(spec, checkpoint))}


def _store(image: QImage, path: Path) -> None:
    """Store a picture, if that is possible: it is painted again otherwise."""
    from gui.export.pictures import png_bytes  # here, as the start page is shown before any is painted

    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, png_bytes(image))


def _remove_oldest(folder: Path) -> None:
    with suppress(OSError):
        files = sorted(folder.glob("*.png"), key=lambda file: file.stat().st_mtime)
        for file in files[:-_MOST_STORED]:
            file.unlink(missing_ok=True)
