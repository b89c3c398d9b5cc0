"""Figures and texts as files in a folder, each whole or not there."""

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QSize

from engine.files.atomic_write import write_atomically, write_folder_atomically
from engine.text.problems import Problem, ProjectError
from gui.catalogue.views import view_row
from gui.export.pictures import render_printed_figure, render_view
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
    names: Iterable[str] = (),
    page: Page | None = None,
) -> list[Path]:
    """Write `<view>.<format>` for every pair, and the table as text too; returns what was written.

    `size` in pixels before scaling, else each view's own. The figures in `names` go with them, on a page of their own.

    Raises
    ------
    ProjectError
        The folder cannot be made or written to; nothing is left there then.
    """
    formats = tuple(formats)
    with write_folder_atomically(folder) as unfinished:
        for view in views:
            for format in formats:
                content = render_view(state, view, format, scale, size and QSize(*size))
                (unfinished / f"{view}.{format}").write_bytes(content)
            if view_row(view).has_texts:
                for file, text in table_texts(state).items():
                    (unfinished / file).write_bytes(text.encode())
        for name in names:
            for format in formats:
                (unfinished / f"{name}.{format}").write_bytes(render_printed_figure(state, name, format, page, scale))
        written = [file.name for file in sorted(unfinished.iterdir())]
    return [folder / name for name in written]


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole, its folder with it; ProjectError says why not."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    except OSError as error:
        raise ProjectError(
            [Problem(f"cannot be written: {error.strerror or error}; choose another place", "")], path
        ) from None
