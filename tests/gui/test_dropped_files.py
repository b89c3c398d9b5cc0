"""Files that are dropped, several at once: each goes where it belongs, and what cannot be used is named once."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtWidgets import QMessageBox

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import ArrayInput, ImageInput, NoiseInput
from engine.network.weight_specs import FileWeights
from engine.project.file import save_project
from engine.project.project import Design, Project
from gui.export import project_pictures
from gui.window.file_commands import NEW_PROJECT
from gui.window.main_window import MainWindow
from tests.gui.conftest import PROJECT

LAYERS = (
    Node("first", Conv2d(filters=4, kernel=3)),
    Node("second", Conv2d(filters=5, kernel=1)),
    Node("third", Conv2d(filters=5, kernel=1)),
)
LECTURE = Project(NoiseInput((3, 10, 10)), (Design("a", Network(LAYERS)),), title="Lecture")
WEIGHTS = {"first.weight": (4, 3, 3, 3), "second.weight": (5, 4, 1, 1), "second.bias": (5,)}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Files to drop, by what they are."""
    paths = {
        name: tmp_path / name
        for name in (
            "lecture.toml",
            "exam.toml",
            "red.png",
            "blue.png",
            "weights.npz",
            "volume.npy",
            "kernel.npy",
            "notes.docx",
        )
    }
    save_project(LECTURE, paths["lecture.toml"])
    save_project(PROJECT, paths["exam.toml"])
    for name in ("red.png", "blue.png"):
        image = QImage(20, 10, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.red)
        image.save(str(paths[name]))
    np.savez(paths["weights.npz"], **{name: np.ones(shape, np.float32) for name, shape in WEIGHTS.items()})
    np.save(paths["volume.npy"], np.zeros((3, 9, 9), np.float32))
    np.save(paths["kernel.npy"], np.zeros((7, 7, 7, 7, 7), np.float32))
    paths["notes.docx"].write_text("", encoding="utf-8")
    return paths


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Title and text of each message, which no box shows."""
    texts: list[tuple[str, str]] = []
    monkeypatch.setattr("gui.window.file_commands.FileCommands.show_message", lambda _, *parts: texts.append(parts))
    return texts


def drop(window: MainWindow, *paths: Path | str) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) if isinstance(path, Path) else QUrl(path) for path in paths])
    window.dropEvent(
        QDropEvent(
            QPointF(9, 9), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )


def weights_of(window: MainWindow) -> dict[str, object]:
    return {node.name: node.weights for node in window.workbench.state.project.designs[0].network.nodes}


def test_a_project_a_photo_and_weights_go_each_where_they_belong_in_any_order(
    window: MainWindow, files: dict[str, Path], messages: list[tuple[str, str]]
):
    drop(window, files["weights.npz"], files["red.png"], files["lecture.toml"])
    project = window.workbench.state.project
    assert project.title == "Lecture"
    assert window.workbench.state.path == files["lecture.toml"]
    assert project.input == ImageInput(str(files["red.png"]))
    path = str(files["weights.npz"])
    assert weights_of(window) == {
        "first": FileWeights(path, "first.weight"),  # of which several layouts fit
        "second": FileWeights(path, "second.weight", bias="second.bias", layout="oihw"),
        "third": None,
    }
    assert messages == []
    stack = window.workbench.document.undo_stack
    assert [stack.text(index) for index in range(stack.count())] == [
        "Use photo red.png",
        "Use weights.npz weights for 2 layers",
    ]


def test_what_cannot_be_used_is_named_in_one_message(
    window: MainWindow, files: dict[str, Path], messages: list[tuple[str, str]]
):
    web = "https://example.org/cat.gif2"
    drop(
        window,
        *(
            files[name]
            for name in ("notes.docx", "lecture.toml", "exam.toml", "red.png", "blue.png", "volume.npy", "kernel.npy")
        ),
        web,
    )
    [(title, text)] = messages
    assert title == "6 files cannot be used"
    lines = text.splitlines()
    assert len(lines) == 6
    for name, reason in (
        ("notes.docx", ".docx is unknown; known are .toml, .json"),
        ("cat.gif2", ".gif2 is unknown"),
        ("exam.toml", "only one project opens, lecture.toml"),
        ("blue.png", "there is one input, red.png"),
        ("volume.npy", "its arrays fit no layer, and red.png is the input"),
        ("kernel.npy", "its arrays fit no layer, and red.png is the input"),
    ):
        assert any(name in line and reason in line for line in lines), name
    assert window.workbench.state.project.title == "Lecture"
    assert window.workbench.state.project.input == ImageInput(str(files["red.png"]))


def test_a_broken_project_among_others_is_named_and_the_others_are_used(
    window: MainWindow, files: dict[str, Path], messages: list[tuple[str, str]]
):
    files["lecture.toml"].write_text("format = 1\nwrong = 2", encoding="utf-8")
    drop(window, files["lecture.toml"], files["red.png"])
    assert window.workbench.state.project.input == ImageInput(str(files["red.png"]))
    [(title, text)] = messages
    assert title == "This file cannot be used"
    assert "$.wrong: unknown key" in text


def test_staying_with_unsaved_changes_uses_none_of_the_files(
    window: MainWindow, files: dict[str, Path], messages: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
):
    window.actions_by_id["add_design"].trigger()
    before = window.workbench.state.project
    monkeypatch.setattr(QMessageBox, "exec", lambda _: QMessageBox.StandardButton.Cancel)
    drop(window, files["red.png"], files["lecture.toml"], files["notes.docx"])
    assert window.workbench.state.project is before
    assert messages == []


def test_arrays_that_fit_the_selected_layer_are_for_it_alone(window: MainWindow, files: dict[str, Path]):
    drop(window, files["lecture.toml"])
    assert window.workbench.state.focus.node == "third"
    np.save(files["volume.npy"], np.ones((5, 5, 1, 1), np.float32))
    drop(window, files["volume.npy"])
    assert {name for name, weights in weights_of(window).items() if weights} == {"third"}


def test_arrays_without_names_are_for_the_only_layer_that_they_fit(window: MainWindow, files: dict[str, Path]):
    drop(window, files["lecture.toml"])
    np.save(files["volume.npy"], np.ones((4, 3, 3, 3), np.float32))
    drop(window, files["volume.npy"])
    assert {name for name, weights in weights_of(window).items() if weights} == {"first"}


@pytest.fixture
def start(open_window: Callable[..., MainWindow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window on its start page, without a project."""
    monkeypatch.setattr(project_pictures, "picture_folder", lambda: tmp_path / "pictures")
    monkeypatch.setattr(project_pictures, "_run_results", lambda *_: {})
    window = open_window(NEW_PROJECT)
    monkeypatch.setattr(window.workbench, "run", lambda: None)
    window.show_start_page()
    return window


def test_a_photo_on_the_start_page_becomes_the_input_of_the_first_sample(start: MainWindow, files: dict[str, Path]):
    drop(start, files["red.png"])
    assert not start.start.is_shown
    spec = start.workbench.state.project.input
    assert spec.path == str(files["red.png"])
    assert spec.channels == "bgr"  # as the trained stem expects
    assert start.workbench.state.project.title.startswith("Inception 3a, 5×5 branch")
    start.actions_by_id["undo"].trigger()
    assert start.workbench.state.project.input.path == "resources:photos/chelsea.png"


def test_an_array_on_the_start_page_becomes_the_input_of_a_new_project(start: MainWindow, files: dict[str, Path]):
    drop(start, files["volume.npy"])
    assert not start.start.is_shown
    assert start.workbench.state.project.input == ArrayInput(str(files["volume.npy"]), axes="chw")
    assert start.workbench.state.project.designs == NEW_PROJECT.designs


def test_a_file_that_cannot_be_used_leaves_the_start_page(
    start: MainWindow, files: dict[str, Path], messages: list[tuple[str, str]]
):
    drop(start, files["notes.docx"])
    assert start.start.is_shown
    assert len(messages) == 1
    drop(start, files["lecture.toml"])
    assert not start.start.is_shown
    assert start.workbench.state.path == files["lecture.toml"]
