"""Export all: it asks, remembers, writes nothing empty, and leaves the window usable while it writes."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

import gui.export.files
from engine.network.graph import Network
from engine.network.input_specs import NoiseInput
from engine.project.file import save_project
from engine.project.project import Design, Project
from gui.catalogue.views import VIEW_IDS
from gui.export import pictures
from gui.export.banded_painter import BandedPainter
from gui.export.texts import TEXT_FORMATS
from gui.state.focus import Focus
from gui.window.export_dialog import FORMAT_IDS, ExportDialog
from gui.window.main_window import MainWindow
from tests.gui.conftest import NAIVE, PROJECT
from tests.gui.window_input import run

NEED_NO_RUN = {"volumes", "bars", "table", "paper", "counting", "differences"}
TEXTS = {f"table{text_format.ending}" for text_format in TEXT_FORMATS if not text_format.of_design}
ATTACHMENTS = {
    f"{design}{text_format.ending}"
    for design in ("naive", "bottleneck")
    for text_format in TEXT_FORMATS
    if text_format.of_design
}


def ask(window: MainWindow) -> ExportDialog:
    window.actions_by_id["export_all"].trigger()
    assert window.exports.all.dialog is not None
    return window.exports.all.dialog


def choose(dialog: ExportDialog, folder: Path, views: set[str], formats: set[str]) -> None:
    dialog.folder.setText(str(folder))
    for boxes, chosen in ((dialog.views, views), (dialog.formats, formats)):
        for name, box in boxes.items():
            if box.isEnabled():
                box.setChecked(name in chosen)


def wait_until_written(window: MainWindow, dialog: ExportDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.exports.done, timeout=60_000, check_params_cb=lambda text: text.startswith("Wrote")):
        dialog.export.click()


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"settings.ini"}


def test_everything_is_written_after_a_run(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    run(window, qtbot)
    window.workbench.set_focus(Focus("naive", "conv5x5", 1, (2, 3)))
    dialog = ask(window)
    choose(dialog, tmp_path / "new" / "out", set(VIEW_IDS), set(FORMAT_IDS))
    wait_until_written(window, dialog, qtbot)
    views = set(VIEW_IDS) - {"bottleneck", "sweep"}  # nothing was searched for or swept
    expected = {f"{view}.{end}" for view in views for end in ("png", "svg", "pdf")} | TEXTS | ATTACHMENTS
    assert names_in(tmp_path / "new" / "out") == expected
    assert all(path.stat().st_size for path in (tmp_path / "new" / "out").iterdir())
    assert window.status.hover.text() == f"Wrote {len(expected)} files into {tmp_path / 'new' / 'out'}"
    assert window.exports.all.progress is None


def test_only_the_chosen_views_and_formats_are_written(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = ask(window)
    choose(dialog, tmp_path / "out", {"bars", "table"}, {"svg", "csv"})
    assert dialog.note.text() == "3 files."
    wait_until_written(window, dialog, qtbot)
    assert names_in(tmp_path / "out") == {"bars.svg", "table.svg", "table.csv"}


def test_views_with_nothing_to_show_cannot_be_chosen_and_the_reason_is_given(window: MainWindow) -> None:
    dialog = ask(window)
    assert {view for view, box in dialog.views.items() if box.isEnabled()} == NEED_NO_RUN
    assert "run it first" in dialog.views["filters"].toolTip()
    assert "search first" in dialog.views["bottleneck"].toolTip()
    dialog.reject()


def test_a_project_without_layers_writes_nothing(open_window: Callable[[Project], MainWindow]) -> None:
    dialog = ask(open_window(Project(NoiseInput((1, 2, 3)), (Design("empty", Network()),))))
    assert not any(box.isEnabled() for box in dialog.views.values())
    assert not dialog.export.isEnabled()
    dialog.reject()


def test_a_design_without_layers_has_no_empty_attachments(
    open_window: Callable[[Project], MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    window = open_window(Project(NoiseInput((8, 12, 12)), (Design("full", NAIVE), Design("empty", Network()))))
    dialog = ask(window)
    choose(dialog, tmp_path / "out", {"table"}, {"netron", "model-explorer"})
    wait_until_written(window, dialog, qtbot)
    assert names_in(tmp_path / "out") == {"full.netron.json", "full.model-explorer.json"}
    assert json.loads((tmp_path / "out" / "full.netron.json").read_text(encoding="utf-8"))["metrics"]


def test_folder_views_and_formats_are_remembered(
    open_window: Callable[[], MainWindow], qtbot: QtBot, tmp_path: Path, settings: QSettings
) -> None:
    window = open_window()
    dialog = ask(window)
    choose(dialog, tmp_path / "out", {"bars"}, {"svg", "tsv"})
    wait_until_written(window, dialog, qtbot)
    window.close()
    dialog = ask(open_window())
    assert dialog.folder.text() == str(tmp_path / "out")
    assert {view for view, box in dialog.views.items() if box.isChecked()} == {"bars"}
    assert {name for name, box in dialog.formats.items() if box.isChecked()} == {"svg", "tsv"}
    assert dialog.note.text() == "1 file; 1 there will be replaced."
    dialog.reject()
    assert window.exports.recent_folders() == {tmp_path / "out"}
    assert "filters" in settings.value("export/views", "", type=str)  # not offered, so not declined


def test_the_first_folder_is_that_of_the_project(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    save_project(PROJECT, tmp_path / "work" / "p.toml")
    window.files.open_path(tmp_path / "work" / "p.toml")
    dialog = ask(window)
    assert dialog.folder.text() == str(tmp_path / "work")
    dialog.reject()


def test_the_folder_can_be_browsed_for(window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dialog = ask(window)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    dialog.browse.click()
    assert dialog.folder.text() == str(tmp_path)
    dialog.reject()


def test_without_a_view_a_format_or_a_folder_nothing_can_be_exported(window: MainWindow, tmp_path: Path) -> None:
    dialog = ask(window)
    for folder, views, formats in ((tmp_path, set(), {"png"}), (tmp_path, {"bars"}, set()), ("", {"bars"}, {"png"})):
        choose(dialog, folder, views, formats)
        assert not dialog.export.isEnabled()
        assert dialog.note.text().startswith("Choose a ")
    choose(dialog, tmp_path, {"bars"}, {"png"})
    assert dialog.export.isEnabled()
    dialog.reject()


def test_esc_closes_the_dialog(window: MainWindow, qtbot: QtBot) -> None:
    dialog = ask(window)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert window.exports.all.dialog is None


class SlowPictures:
    """Pictures that are not made before the window has handled events: on its thread that would never happen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.window_lives = threading.Event()
        monkeypatch.setattr(gui.export.files, "render_view", self._render)

    def _render(self, *_: object) -> bytes:
        assert self.window_lives.wait(30), "the window handled no event"
        return b"picture"


def test_the_window_stays_usable_while_files_are_written(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowPictures(monkeypatch)
    dialog = ask(window)
    choose(dialog, tmp_path / "out", {"bars", "volumes"}, {"png"})
    dialog.export.click()
    row = window.status.export
    assert row.isVisible()
    qtbot.waitUntil(lambda: row.label.text() == "export 1/2 · volumes.png")
    assert (row.bar.value(), row.bar.maximum()) == (0, 2)
    window.workbench.set_focus(Focus("bottleneck", "reduce"))
    window.actions_by_id["dark"].trigger()
    with qtbot.waitSignal(window.exports.done, check_params_cb=lambda text: text.startswith("Wrote")):
        QTimer.singleShot(0, slow.window_lives.set)
    assert names_in(tmp_path / "out") == {"bars.png", "volumes.png"}
    assert not row.isVisible()


@pytest.mark.parametrize("end", ["cancel", "close"])
def test_a_cancelled_export_leaves_the_folder_as_it_was(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    slow = SlowPictures(monkeypatch)
    dialog = ask(window)
    choose(dialog, tmp_path / "new" / "out", {"bars", "volumes"}, {"png"})
    dialog.export.click()
    qtbot.waitUntil((tmp_path / "new" / "out").exists)
    assert window.exports.all.progress is not None
    if end == "cancel":
        qtbot.mouseClick(window.status.export.cancel, Qt.MouseButton.LeftButton)
        assert not window.status.export.isVisible()
        assert window.status.hover.text() == "Export cancelled; nothing was written"
    threading.Timer(0.1, slow.window_lives.set).start()
    if end == "close":
        window.close()
    qtbot.waitUntil(lambda: not window.exports.all._writer.busy)
    assert not (tmp_path / "new").exists()
    assert window.exports.all.progress is None


def test_a_folder_that_cannot_be_written_to_is_reported(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    monkeypatch.setattr(window.files, "show_message", lambda title, text: messages.append(text))
    (tmp_path / "file").write_text("a file where a folder should be")
    dialog = ask(window)
    choose(dialog, tmp_path / "file" / "out", {"bars"}, {"png"})
    dialog.export.click()
    qtbot.waitUntil(lambda: bool(messages))
    assert "cannot be written to" in messages[0]
    assert window.exports.all.progress is None


def test_pictures_made_on_a_thread_equal_those_of_the_window(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    run(window, qtbot)
    state = window.workbench.state
    dialog = ask(window)
    window.exports.set_scale(2)
    choose(dialog, tmp_path / "out", set(VIEW_IDS), {"png"})
    wait_until_written(window, dialog, qtbot)
    for view in NEED_NO_RUN | {"filters", "inspector"}:
        assert (tmp_path / "out" / f"{view}.png").read_bytes() == pictures.render_view(state, view, "png", 2), view


# Large pictures in vector files


@pytest.mark.parametrize("alpha", [False, True])
def test_bands_of_a_large_picture_look_like_the_whole(alpha: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(1).integers(0, 256, (1300, 900), np.uint32)
    pixels = np.uint32(0xFF000000) | values | values << np.uint32(8)
    if alpha:
        pixels[:, 400:500] = 0
    form = QImage.Format.Format_ARGB32_Premultiplied if alpha else QImage.Format.Format_RGB32
    image = QImage(pixels.tobytes(), 900, 1300, form)
    rect = QRectF(3.3, 4.7, 311.1, 417.3)

    def draw(painter: QPainter) -> None:
        painter.fillRect(QRectF(0, 0, 320, 430), QColor("white"))
        painter.drawImage(rect, image)

    def pixels_of(svg: bytes) -> np.ndarray:
        picture = QImage(1280, 1720, QImage.Format.Format_RGB32)
        painter = QPainter(picture)
        QSvgRenderer(svg).render(painter, QRectF(0, 0, 1280, 1720))
        painter.end()
        return np.frombuffer(picture.constBits(), np.uint8).reshape(1720, 1280, 4)[..., :3].astype(int)

    banded = pictures.EXPORTERS["svg"](draw, QSize(320, 430), 1.0, "")
    monkeypatch.setattr(pictures, "BandedPainter", QPainter)
    whole = pictures.EXPORTERS["svg"](draw, QSize(320, 430), 1.0, "")
    assert (banded.count(b"<image"), whole.count(b"<image")) == (6, 1)
    assert np.abs(pixels_of(banded) - pixels_of(whole)).mean() < 3


def test_a_translucent_picture_is_drawn_as_a_whole() -> None:
    image = QImage(1000, 1000, QImage.Format.Format_ARGB32)
    image.fill(QColor(10, 20, 30, 128))
    svg = pictures.EXPORTERS["svg"](
        lambda painter: painter.drawImage(QRectF(0, 0, 100, 100), image), QSize(100, 100), 1.0, ""
    )
    assert svg.count(b"<image") == 1
    assert issubclass(BandedPainter, QPainter)
