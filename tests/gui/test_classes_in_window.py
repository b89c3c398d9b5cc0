"""The most likely classes of a classifier: in the picture of the volumes, in the panel Input, and after a new photo."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.explain.classes import LikelyClass, Prediction
from engine.layers import Activation, Dense
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.run.execute import run_all
from engine.run.request import RunRequest
from gui.export.report import make_report
from gui.paint.volumes.class_line import lay_out_classes
from gui.paint.volumes.description import describe_volumes
from gui.paint.volumes.drawing import paint_volumes
from gui.panels.input_panel import InputPanel
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult
from tests.gui.panel_harness import PanelHarness
from tests.gui.view_harness import state_of
from tests.recording_painter import drawn_texts

NAMES = ("cat", "dog", "hen", "pig", "cow", "ant")
NETWORK = Network((Node("dense", Dense(len(NAMES))),))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A classifier of noise with six classes, and a design beside it that is none."""
    path = tmp_path / "animals.txt"
    path.write_text("\n".join(NAMES), encoding="utf-8")
    other = Design("maps", Network((Node("relu", Activation("relu")),)))
    return Project(NoiseInput((2, 4, 4)), (Design("classifier", NETWORK), other), labels=str(path))


def state_after_run(project: Project) -> ViewState:
    request = RunRequest.of(project)
    results = run_all(request, lambda started: None)
    return replace(
        state_of(project), run=RunView({ref: VolumeResult(done.key, done.volume) for ref, done in results.items()})
    )


def likeliest(state: ViewState) -> list[str]:
    """The names of the classes by their values, the largest first."""
    volume = state.volume_at(("classifier", "dense")).volume
    assert volume is not None
    return [NAMES[index] for index in np.argsort(-volume.reshape(-1))]


def test_only_classifiers_that_have_run_with_these_settings_have_classes(project: Project):
    state = state_after_run(project)
    assert set(state.predictions) == {"classifier"}
    assert [likely.label for likely in state.predictions["classifier"].classes] == likeliest(state)[:5]
    assert state_of(project).predictions == {}
    edited = replace(state_of(replace(project, seed=5)), run=state.run)
    assert edited.predictions == {}


@pytest.mark.parametrize("size", [(1400, 900), (700, 500)])
def test_the_heading_of_a_classifier_names_its_classes(qtbot: QtBot, project: Project, size: tuple[int, int]):
    state = state_after_run(project)
    drawn = drawn_texts(paint_volumes, *size, state)
    texts = [text.text for text in drawn]
    first, second = state.predictions["classifier"].classes[:2]
    assert first.label in texts
    assert second.label in texts
    assert not any(text.is_cut for text in drawn if text.text in NAMES)
    assert not set(NAMES) & {text.text for text in drawn_texts(paint_volumes, *size, state_of(project))}
    assert f"classes: {first.text}, {second.text}" in describe_volumes(state)


@pytest.mark.parametrize("width", [1200.0, 500.0, 250.0, 60.0])
def test_as_many_classes_are_listed_as_fit_and_their_bars_are_as_long_as_they_are_likely(qtbot: QtBot, width: float):
    shares = (0.6, 0.2, 0.1, 0.05, 0.0001)
    classes = tuple(LikelyClass(number, "a class with a name", share) for number, share in enumerate(shares))
    line = lay_out_classes(Prediction(classes, True), QPointF(10, 20), width, 12)
    lengths = [bar.width() for bar in line.bars]
    assert lengths[:4] == pytest.approx([9 * 12 * share for share in shares[: len(lengths)]][:4])
    assert len(lengths) == 1 or max(label.x + label.width for label in line.labels) <= 10 + width
    assert (len(lengths) == 5) == (width == 1200.0)
    assert [label.text for label in line.labels if "softmax" in label.text] == (
        ["by softmax of the last volume"] if width == 1200.0 else []
    )


def test_a_list_of_classes_is_chosen_and_removed_in_the_panel(
    qtbot: QtBot, project: Project, monkeypatch: pytest.MonkeyPatch
):
    panel = InputPanel(state_of(replace(project, labels="")))
    harness = PanelHarness(qtbot, panel)
    assert not panel.labels.remove.isEnabled()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: (project.labels, ""))
    panel.labels.file.browse.click()
    assert harness.edits[-1].text == "Use the classes of animals.txt"
    assert harness.state.project == project
    assert panel.labels.file.label.text() == "animals.txt"
    assert panel.labels.note.text() == "6 classes"
    panel.labels.remove.click()
    assert harness.edits[-1].text == "Use no list of classes"
    assert harness.state.project.labels == ""
    (imagenet,) = panel.labels.bundled.menu().actions()
    imagenet.trigger()
    assert harness.state.project.labels == "resources:labels/imagenet.txt"
    assert "names 1,000 classes, but design 'classifier' ends in 6 channels" in panel.label_field.error.text()


def test_the_panel_says_where_probabilities_come_from(qtbot: QtBot, project: Project):
    panel = InputPanel(state_after_run(project))
    qtbot.addWidget(panel)
    assert panel.labels.note.text() == "6 classes; probabilities by softmax of the last volume"


def test_a_report_has_the_classes_of_a_project_that_has_run(qtbot: QtBot, project: Project, tmp_path: Path):
    state = state_after_run(project)
    page = make_report(state, tmp_path / "r.html").decode()
    (first, *_) = state.predictions["classifier"].classes
    assert "Most likely classes" in page
    assert first.label in page
    assert "Most likely classes" not in make_report(state_of(project), tmp_path / "r.html").decode()
