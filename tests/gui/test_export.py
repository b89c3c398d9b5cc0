"""Exported files: they show what the screen shows, keep text as text, and are written whole or not at all."""

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
from engine.layers import Activation
from engine.network.graph import Network, Node
from engine.network.input_specs import ImageInput, NoiseInput
from engine.project.file import load_project
from engine.project.project import Design, Project
from engine.text.problems import ProjectError
from gui.catalogue.views import VIEW_IDS
from gui.command_line.main import main
from gui.export.files import export_files
from gui.export.pictures import EXPORTERS, figure_of, missing_content, render_view
from gui.export.texts import TEXT_FORMATS, table_texts, text_for_file
from gui.state.focus import Focus
from gui.window.main_window import MainWindow
from gui.workbench.workbench import Workbench
from tests.golden.projects import mistaken, start
from tests.gui.view_harness import state_of

PROJECTS = Path(__file__).resolve().parents[2] / "resources" / "projects"
ATTACHMENT_ENDINGS = [file_format.ending for file_format in TEXT_FORMATS if file_format.of_design]


@pytest.fixture
def workbench_after_run(workbench: Workbench, qtbot: QtBot) -> Workbench:
    with qtbot.waitSignal(workbench.runner.ended):
        workbench.run()
    return workbench


@pytest.mark.parametrize("view", VIEW_IDS)
def test_a_png_has_the_size_of_the_figure_times_the_scale(workbench_after_run: Workbench, view: str) -> None:
    image = QImage.fromData(render_view(workbench_after_run.state, view, "png", 1.5))
    assert image.size() == QSize(*figure_of(view).default_size(workbench_after_run.state)) * 1.5  # Qt rounds a half up


@pytest.mark.parametrize("view", VIEW_IDS)
def test_an_svg_keeps_text_as_text_and_looks_like_the_png(workbench_after_run: Workbench, view: str) -> None:
    content = render_view(workbench_after_run.state, view, "svg")
    texts = " ".join(ElementTree.fromstring(content).itertext())
    assert "naive" in texts
    size = QSize(*figure_of(view).default_size(workbench_after_run.state))
    image = QImage(size, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    renderer = QSvgRenderer(content)
    assert renderer.isValid()
    renderer.render(painter, QRectF(0, 0, size.width(), size.height()))
    painter.end()
    assert mean_difference(image, QImage.fromData(render_view(workbench_after_run.state, view, "png"))) < 8


def mean_difference(first: QImage, second: QImage) -> float:
    """Mean absolute difference of gray levels on a coarse grid."""
    a, b = (image.scaled(80, 45).convertToFormat(QImage.Format.Format_Grayscale8) for image in (first, second))
    pairs = [(a.pixelColor(x, y).lightness(), b.pixelColor(x, y).lightness()) for x in range(80) for y in range(45)]
    return sum(abs(p - q) for p, q in pairs) / len(pairs)


@pytest.mark.parametrize("view", VIEW_IDS)
def test_a_pdf_is_one_page_as_wide_as_the_figure(workbench_after_run: Workbench, view: str) -> None:
    content = render_view(workbench_after_run.state, view, "pdf")
    width, _ = figure_of(view).default_size(workbench_after_run.state)
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") == 1
    assert f"/MediaBox [0 0 {width}".encode() in content
    assert b"/DCTDecode" not in content, "maps must not become JPEG"


def test_all_views_are_exported_in_every_format_with_the_tables_and_attachments_as_text(
    workbench_after_run: Workbench, tmp_path: Path
) -> None:
    paths = export_files(workbench_after_run.state, tmp_path / "new" / "folder", VIEW_IDS, EXPORTERS, 1.0)
    texts = {f"table{file_format.ending}" for file_format in TEXT_FORMATS if not file_format.of_design}
    attachments = {f"{design}{ending}" for design in ("naive", "bottleneck") for ending in ATTACHMENT_ENDINGS}
    expected = {f"{view}.{file_format}" for view in VIEW_IDS for file_format in EXPORTERS} | texts | attachments
    assert {path.name for path in paths} == expected == {p.name for p in (tmp_path / "new" / "folder").iterdir()}
    assert "conv5x5" in (tmp_path / "new" / "folder" / "table.md").read_text()


def test_exported_texts_follow_the_counting_rule_of_the_window(workbench: Workbench) -> None:
    rule = convention_by_id("ptflops")
    state = replace(workbench.state, look=replace(workbench.state.look, metric="ops", convention=rule))
    texts = table_texts(state)
    assert "Operations, as ptflops counts" in texts["table.md"]
    assert json.loads(texts["table.json"])["counting"]["id"] == "ptflops"
    node_data = json.loads(texts["naive.model-explorer.json"])
    layer = state.check.reports["naive", "conv5x5"]
    assert layer.macs
    assert layer.output_shape
    assert node_data["name"] == "Operations, as ptflops counts, naive"
    assert node_data["results"]["conv5x5"]["value"] == layer.macs + layer.output_shape.size


def test_a_closed_block_is_one_row_in_tables_for_readers_and_its_layers_in_files_for_programs(
    workbench: Workbench,
) -> None:
    workbench.show_project(load_project(PROJECTS / "inception_3a_192.toml").project)
    texts = table_texts(replace(workbench.state, look=replace(workbench.state.look, blocks="closed")))
    for name in ("table.csv", "table.tsv", "table.json", "naive.netron.json"):
        assert "inception_3a/concat" in texts[name]
    for name in ("table.md", "table.tex"):
        assert "inception_3a/concat" not in texts[name].replace(r"\_", "_")
        assert "inception_3a" in texts[name].replace(r"\_", "_")


def test_the_longest_matching_ending_of_a_name_decides_the_format(workbench: Workbench) -> None:
    state = workbench.state
    assert "signature" in json.loads(text_for_file(state, "a.netron.json") or "")
    assert "gradient" in json.loads(text_for_file(state, "A.MODEL-EXPLORER.JSON") or "")
    assert "designs" in json.loads(text_for_file(state, "a.b.json") or "")
    assert text_for_file(state, "a.png") is None


def test_attachments_are_of_the_focused_design(workbench: Workbench) -> None:
    for design in ("naive", "bottleneck"):
        workbench.set_focus(Focus(design))
        assert json.loads(text_for_file(workbench.state, "a.model-explorer.json") or "")["name"] == f"MACs, {design}"


def test_attachments_of_a_project_without_designs_are_refused(workbench: Workbench) -> None:
    workbench.show_project(Project(NoiseInput((1, 2, 3))))
    with pytest.raises(ProjectError, match="the project has none: add one"):
        text_for_file(workbench.state, "a.netron.json")


def test_export_into_a_file_instead_of_a_folder_is_refused(workbench_after_run: Workbench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="file"):
        export_files(workbench_after_run.state, tmp_path / "file", VIEW_IDS, ("png",), 1.0)


@pytest.mark.parametrize("folder_exists", [False, True])
def test_a_failed_export_leaves_the_folder_as_it_was(
    workbench_after_run: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder_exists: bool
) -> None:
    out = tmp_path / "out"
    if folder_exists:
        out.mkdir()
        (out / "volumes.png").write_text("an older figure")
    pictures = iter((b"first", b"second"))
    monkeypatch.setattr(gui.export.files, "render_view", lambda *_: next(pictures, None) or run_out_of_space())
    with pytest.raises(ProjectError, match=r"out.*No space left"):
        export_files(workbench_after_run.state, out, VIEW_IDS, ("png",), 1.0)
    assert out.exists() is folder_exists
    if folder_exists:
        assert [(file.name, file.read_text()) for file in out.iterdir()] == [("volumes.png", "an older figure")]


def run_out_of_space() -> bytes:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_pictures_of_the_same_state_are_equal_byte_by_byte(workbench_after_run: Workbench) -> None:
    first, second = (render_view(workbench_after_run.state, "volumes", "png") for _ in range(2))
    assert first == second


def test_a_picture_has_the_theme_of_the_state(workbench_after_run: Workbench) -> None:
    state = replace(workbench_after_run.state, look=replace(workbench_after_run.state.look, theme="dark"))
    assert QImage.fromData(render_view(state, "bars", "png")).pixelColor(1198, 698).lightness() < 60


def test_the_command_line_exports_files_and_takes_a_screenshot(
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
        *(f"{design}{ending}" for design in ("waves", "blur and edges") for ending in ATTACHMENT_ENDINGS),
    }
    picture = tmp_path / "window.png"
    assert main(["screenshot", project, "--out", str(picture), "--size", "1200x800", "--theme", "dark"]) == 0
    assert QImage(str(picture)).size() == QSize(1200, 800)
    assert "run 1/" in capsys.readouterr().err


EMPTY = Project(NoiseInput((1, 2, 3)))
STATES = {
    "no design": EMPTY,
    "a design without layers": replace(EMPTY, designs=(Design("empty", Network()),)),
    "only a stem": replace(EMPTY, stem=Network((Node("relu", Activation("relu")),))),
    "a mistake": mistaken(),
    "no input": replace(start(), input=ImageInput("/no/photo.png")),
    "many designs": replace(start(), designs=tuple(replace(start().designs[0], name=f"d{i}") for i in range(40))),
}


@pytest.mark.parametrize("view", VIEW_IDS)
@pytest.mark.parametrize("name", STATES)
def test_every_view_can_be_drawn_in_every_state_and_size(name: str, view: str) -> None:
    state = state_of(STATES[name])
    for size in (None, QSize(200, 200)):
        for file_format in EXPORTERS:
            assert render_view(state, view, file_format, 1.0, size)
    assert isinstance(missing_content(state, view), str)
