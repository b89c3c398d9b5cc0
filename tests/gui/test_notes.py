"""The notes of a project: listed with their place, and leading to it."""

from msgspec.structs import replace
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.files.paths import RESOURCES
from engine.network.graph import INPUT
from engine.project.file import load_project
from engine.project.project import Note, Published
from gui.panels.notes import _NOTHING, NotesPanel
from gui.state.view_state import Focus
from tests.golden.projects import start
from tests.gui.view_harness import state_of

TOLD = replace(
    start(),
    source="a paper",
    notes=(
        Note("about all"),
        Note("about a design", "naive"),
        Note("about a node", "bottleneck", "reduce"),
        Note("about what is gone", "naive", "gone"),
    ),
    published=(
        Published("naive", "conv5x5", ops="161M", note="cut, not rounded"),
        Published("bottleneck", "reduce", ops="1M", note="told above already"),
    ),
)


def lines(panel: NotesPanel) -> list[str]:
    return [panel.list.item(row).text() for row in range(panel.list.count())]


def test_notes_stand_with_their_place_and_those_of_figures_once(qtbot: QtBot) -> None:
    panel = NotesPanel(state_of(TOLD))
    qtbot.addWidget(panel)
    assert panel.source.text() == "Source: a paper"
    assert lines(panel) == [
        "about all",
        "naive\nabout a design",
        "bottleneck › reduce\nabout a node",
        "naive › gone\nabout what is gone",
        "naive › conv5x5\ncut, not rounded",
    ]
    assert panel.count == 5


def test_a_note_leads_to_its_place_if_that_is_there(qtbot: QtBot) -> None:
    panel, asked = NotesPanel(state_of(TOLD)), []
    qtbot.addWidget(panel)
    panel.focus_requested.connect(asked.append)
    panel.resize(300, 600)
    panel.show()
    for row in range(panel.list.count()):
        rect = panel.list.visualItemRect(panel.list.item(row))
        qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert asked == [Focus("naive", INPUT), Focus("bottleneck", "reduce"), Focus("naive", "conv5x5")]


def test_a_project_without_notes_says_so(qtbot: QtBot) -> None:
    panel = NotesPanel(state_of(start()))
    qtbot.addWidget(panel)
    assert (panel.source.text(), panel.count) == (_NOTHING, 0)
    assert panel.list.isHidden()


def test_the_window_counts_the_notes_of_a_published_network(open_window) -> None:
    window = open_window(load_project(RESOURCES / "projects" / "googlenet.toml").project)
    assert window.docks["notes"].windowTitle() == f"Notes ({window.notes.count})"
    assert window.notes.count >= 4
