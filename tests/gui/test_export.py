"""Files that are drawn: they equal what is shown, keep text as text, and are whole or not there."""

import errno
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from pytestqt.qtbot import QtBot

import gui.export.files
from engine.cost.counting import convention_by_id
from engine.network.input_specs import NoiseInput
from engine.project.file import load_project
from engine.project.project import Project
from engine.text.problems import ProjectError
from gui.catalogue.views import VIEWS_WITH_PICTURE
from gui.command_line.main import main
from gui.export.files import export_files
from gui.export.pictures import EXPORTERS, figure_of, render_view
from gui.export.texts import TEXT_FORMATS, table_texts, text_for_file
from gui.state.view_state import Focus
from gui.window.main_window import MainWindow
from gui.workbench.workbench import Workbench

PROJECTS = Path(__file__).resolve().parents[2] / "resources" / "projects"
ATTACHED = [file_format.ending for file_format in TEXT_FORMATS if file_format.of_design]


@pytest.fixture
def ran(workbench: Workbench, qtbot: QtBot) -> Workbench:
    with qtbot.waitSignal(workbench.runner.ended):
        workbench.run()
    return workbench


@pytest.mark.parametrize("view", VIEWS_WITH_PICTURE)
def test_a_png_has_the_size_of_the_figure_times_the_scale(ran: Workbench, view: str) -> None:
    image = QImage.fromData(render_view(ran.state, view, "png", 1.5))
    assert image.size() == QSize(*figure_of(view).default_size(ran.state)) * 1.5  # Qt rounds a half up


@pytest.mark.parametrize("view", VIEWS_WITH_PICTURE)
def test_svg_keeps_text_as_text_and_is_what_the_png_shows(ran: Workbench, view: str) -> None:
    content = render_view(ran.state, view, "svg")
    texts = " ".join(ElementTree.fromstring(content).itertext())
    assert "naive" in texts
    size = QSize(*figure_of(view).default_size(ran.state))
    drawn = QImage(size, QImage.Format.Format_RGB32)
    painter = QPainter(drawn)
    renderer = QSvgRenderer(content)
    assert renderer.isValid()
    renderer.render(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    assert mean_difference(drawn, QImage.fromData(render_view(ran.state, view, "png"))) < 8


def mean_difference(first: QImage, second: QImage) -> float:
    """Mean absolute difference of gray levels at a coarse grid."""
    a, b = (image.scaled(80, 45).convertToFormat(QImage.Format.Format_Grayscale8) for image in (first, second))
    pairs = [(a.pixelColor(x, y).lightness(), b.pixelColor(x, y).lightness()) for x in range(80) for y in range(45)]
    return sum(abs(p - q) for p, q in pairs) / len(pairs)


@pytest.mark.parametrize("view", VIEWS_WITH_PICTURE)
def test_pdf_has_one_page_of_the_figures_size(ran: Workbench, view: str) -> None:
    content = render_view(ran.state, view, "pdf")
    width, _height = figure_of(view).default_size(ran.state)
    assert content.startswith(b"%PDF")
    assert f"/MediaBox [0 0 {width}".encode() in content
    assert b"/DCTDecode" not in content, "maps must not become JPEG"


def test_export_writes_every_view_in_every_format_and_the_table_as_text(ran: Workbench, tmp_path: Path) -> None:
    written = export_files(ran.state, tmp_path / "new" / "folder", VIEWS_WITH_PICTURE, EXPORTERS, 1.0)
    texts = {f"table{file_format.ending}" for file_format in TEXT_FORMATS if not file_format.of_design}
    attached = {f"{design}{ending}" for design in ("naive", "bottleneck") for ending in ATTACHED}
    expected = {f"{view}.{file_format}" for view in VIEWS_WITH_PICTURE for file_format in EXPORTERS} | texts | attached
    assert {path.name for path in written} == expected == {p.name for p in (tmp_path / "new" / "folder").iterdir()}
    assert "conv5x5" in (tmp_path / "new" / "folder" / "table.md").read_text()


def test_texts_count_as_the_window_does(workbench: Workbench) -> None:
    rule = convention_by_id("ptflops")
    state = replace(workbench.state, look=replace(workbench.state.look, metric="ops", convention=rule))
    written = table_texts(state)
    assert "Operations, as ptflops counts" in written["table.md"]
    assert json.loads(written["table.json"])["counting"]["id"] == "ptflops"
    node_data = json.loads(written["naive.model-explorer.json"])
    layer = state.check.reports["naive", "conv5x5"]
    assert layer.macs
    assert layer.output_shape
    assert node_data["name"] == "Operations, as ptflops counts, naive"
    assert node_data["results"]["conv5x5"]["value"] == layer.macs + layer.output_shape.size


def test_closed_blocks_are_one_row_for_readers_and_their_layers_for_programs(workbench: Workbench) -> None:
    workbench.show_project(load_project(PROJECTS / "inception_3a_192.toml").project)
    written = table_texts(replace(workbench.state, look=replace(workbench.state.look, blocks="closed")))
    for name in ("table.csv", "table.tsv", "table.json", "naive.netron.json"):
        assert "inception_3a/concat" in written[name]
    for name in ("table.md", "table.tex"):
        assert "inception_3a/concat" not in written[name].replace(r"\_", "_")
        assert "inception_3a" in written[name].replace(r"\_", "_")


def test_the_longest_ending_of_a_name_says_its_format(workbench: Workbench) -> None:
    state = workbench.state
    assert "signature" in json.loads(text_for_file(state, "a.netron.json") or "")
    assert "gradient" in json.loads(text_for_file(state, "A.MODEL-EXPLORER.JSON") or "")
    assert "designs" in json.loads(text_for_file(state, "a.b.json") or "")
    assert text_for_file(state, "a.png") is None


def test_attachments_are_of_the_chosen_design(workbench: Workbench) -> None:
    for design in ("naive", "bottleneck"):
        workbench.set_focus(Focus(design))
        assert json.loads(text_for_file(workbench.state, "a.model-explorer.json") or "")["name"] == f"MACs, {design}"


def test_attachments_of_a_project_without_designs_are_refused(workbench: Workbench) -> None:
    workbench.show_project(Project(NoiseInput((1, 2, 3))))
    with pytest.raises(ProjectError, match="the project has none: add one"):
        text_for_file(workbench.state, "a.netron.json")


def test_export_into_what_is_not_a_folder_is_told(ran: Workbench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="file"):
        export_files(ran.state, tmp_path / "file", VIEWS_WITH_PICTURE, ("png",), 1.0)


@pytest.mark.parametrize("there", [False, True])
def test_an_export_that_ends_half_way_leaves_nothing_behind(
    ran: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    out = tmp_path / "out"
    if there:
        out.mkdir()
        (out / "volumes.png").write_text("an older figure")
    drawn = iter(range(2))
    monkeypatch.setattr(
        gui.export.files, "render_view", lambda *_: b"" if next(drawn, None) is not None else _no_space()
    )
    with pytest.raises(ProjectError, match=r"out.*No space left"):
        export_files(ran.state, out, VIEWS_WITH_PICTURE, ("png",), 1.0)
    assert out.exists() is there
    if there:
        assert [(file.name, file.read_text()) for file in out.iterdir()] == [("volumes.png", "an older figure")]


def _no_space() -> bytes:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_the_same_state_gives_the_same_bytes(ran: Workbench) -> None:
    assert render_view(ran.state, "volumes", "png") == render_view(ran.state, "volumes", "png")


def test_dark_figures_are_dark(ran: Workbench) -> None:
    from msgspec.structs import replace

    state = replace(ran.state, look=replace(ran.state.look, theme="dark"))
    assert QImage.fromData(render_view(state, "bars", "png")).pixelColor(1198, 698).lightness() < 60


def test_the_command_line_exports_and_draws_the_window(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], open_window: Callable[[], MainWindow]
) -> None:
    project = str(PROJECTS / "fixed_kernels.toml")
    assert main(["export", project, "--out", str(tmp_path / "out"), "--views", "volumes,table", "--scale", "0.5"]) == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        *(
            "volumes.png",
            "table.png",
            *(f"table{file_format.ending}" for file_format in TEXT_FORMATS if not file_format.of_design),
        ),
        *(f"{design}{ending}" for design in ("waves", "blur and edges") for ending in ATTACHED),
    }
    picture = tmp_path / "window.png"
    assert main(["screenshot", project, "--out", str(picture), "--size", "1200x800", "--theme", "dark"]) == 0
    assert QImage(str(picture)).size() == QSize(1200, 800)
    assert "run 1/" in capsys.readouterr().err
