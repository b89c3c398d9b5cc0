"""Writes figures and texts to a folder, completely or not at all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct
from PySide6.QtCore import QSize

from engine.files.atomic_write import write_atomically, write_folder_atomically
from engine.files.unfinished import missing_folders, removed_on_failure
from engine.kernels import Checkpoint
from engine.text.problems import Problem, ProjectError
from gui.catalogue.views import view_row
from gui.export.pictures import render_paper_figure, render_view
from gui.export.texts import TEXT_FORMAT_IDS, plan_texts
from gui.paint.basics.page import Page
from gui.state.view_state import ViewState


class PlannedFile(Struct, frozen=True):
    """A file to write, whose content is made when it is its turn."""

    name: str
    make: Callable[[], bytes]


class ExportStep(Struct, frozen=True):
    """`done` of `total` files are made; this one is next."""

    name: str
    done: int
    total: int


def plan_views(
    state: ViewState,
    views: Iterable[str],
    formats: Sequence[str],
    scale: float,
    size: tuple[int, int] | None = None,
    text_formats: Iterable[str] = TEXT_FORMAT_IDS,
) -> Iterator[PlannedFile]:
    """`<view>.<format>` for every pair, and the table also as text."""
    for view in views:
        for file_format in formats:
            picture = partial(render_view, state, view, file_format, scale, size and QSize(*size))
            yield PlannedFile(f"{view}.{file_format}", picture)
        if view_row(view).has_texts:
            yield from (PlannedFile(name, make) for name, make in plan_texts(state, text_formats))


def write_planned(files: Sequence[PlannedFile], folder: Path, checkpoint: Checkpoint) -> Iterator[ExportStep]:
    """Write the files, all or none of them; yields before each one.

    Raises
    ------
    ProjectError
        The folder cannot be created or written to; then nothing is left there.
    """
    with write_folder_atomically(folder) as unfinished:
        for number, file in enumerate(files):
            checkpoint()
            yield ExportStep(file.name, number, len(files))
            (unfinished / file.name).write_bytes(file.make())
        checkpoint()


def export_files(
    state: ViewState,
    folder: Path,
    views: Iterable[str],
    formats: Iterable[str],
    scale: float,
    size: tuple[int, int] | None = None,
    figures: Iterable[str] = (),
    page: Page | None = None,
) -> list[Path]:
    """Write views, the table also as text, and figures; returns the paths of the files.

    `size` is in pixels before scaling, by default each view's own. `figures` are written on `page`, or their own.

    Raises
    ------
    ProjectError
        As `write_planned`.
    """
    formats = tuple(formats)
    paper = (
        PlannedFile(f"{name}.{file_format}", partial(render_paper_figure, state, name, file_format, page, scale))
        for name in figures
        for file_format in formats
    )
    files = (*plan_views(state, views, formats, scale, size), *paper)
    for _ in write_planned(files, folder, lambda: None):
        pass
    return [folder / name for name in sorted(file.name for file in files)]


def write_file(path: Path, content: bytes) -> None:
    """Write a file completely or not at all, and create its folder; ProjectError if that fails."""
    try:
        with removed_on_failure(*missing_folders(str(path.parent))):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
    except OSError as error:
        raise ProjectError(
            [Problem(f"cannot be written: {error.strerror or error}; choose another place", "")], path
        ) from None
