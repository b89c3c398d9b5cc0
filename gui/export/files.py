"""Writes figures and texts to a folder, completely or not at all."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QSize

from engine.files.atomic_write import write_atomically, write_folder_atomically
from engine.files.unfinished import missing_folders, removed_on_failure
from engine.text.problems import Problem, ProjectError
from gui.catalogue.views import view_row
from gui.export.pictures import render_paper_figure, render_view
from gui.export.texts import table_texts
from gui.paint.basics.page import Page
from gui.state.view_state import ViewState


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
    """Write `<view>.<format>` for every pair, and the table also as text; returns the paths of the files.

    `size` is in pixels before scaling, by default each view's own. `figures` are written on `page`, or their own.

    Raises
    ------
    ProjectError
        The folder cannot be created or written to; then nothing is left there.
    """
    formats = tuple(formats)
    with write_folder_atomically(folder) as unfinished:
        for view in views:
            for file_format in formats:
                content = render_view(state, view, file_format, scale, size and QSize(*size))
                (unfinished / f"{view}.{file_format}").write_bytes(content)
            if view_row(view).has_texts:
                for file, text in table_texts(state).items():
                    (unfinished / file).write_bytes(text.encode())
        for name in figures:
            for file_format in formats:
                (unfinished / f"{name}.{file_format}").write_bytes(
                    render_paper_figure(state, name, file_format, page, scale)
                )
        file_names = [file.name for file in sorted(unfinished.iterdir())]
    return [folder / name for name in file_names]


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
