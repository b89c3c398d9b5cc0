"""The notes of a project: listed with what they are about, which a click selects."""

from msgspec.structs import replace
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.files.paths import RESOURCES
from engine.network.graph import INPUT
from engine.project.file import load_project
from engine.project.project import Note, Published
from gui.panels.notes import _NOTHING, NotesPanel
from gui.state.focus import Focus
from tests.golden.projects import start
from tests.gui.view_harness import state_of

PROJECT = replace(
    start(),
    source="a paper",
    notes=(
        Note("about all"),
        Note("about a design", "naive"),
        Note("about a node", "bottleneck", "reduce"),
        Note("about a removed node", "naive", "gone"),
    ),
    published=(
        Published("naive", "conv5x5", ops="161M", note="cut, not rounded"),
        Published("bottleneck", "reduce", ops="1M", note="noted above already"),
    ),
)


def lines(panel: NotesPanel) -> list[str]:
    return [panel.list.item(row).text() for row in range(panel.list.count())]


def test_notes_name_their_node_and_figures_of_a_node_with_a_note_add_none(qtbot: QtBot) -> None:
    panel = NotesPanel(state_of(PROJECT))
    qtbot.addWidget(panel)
    assert panel.source.text() == "Source: a paper"
    assert lines(panel) == [
        "about all",
        "naive\nabout a design",
        "bottleneck › reduce\nabout a node",
        "naive › gone\nabout a removed node",
        "naive › conv5x5\ncut, not rounded",
    ]
    assert panel.count == 5


def test_a_click_on_a_note_selects_its_node_if_it_exists(qtbot: QtBot) -> None:
    panel, focuses = NotesPanel(state_of(PROJECT)), []
    qtbot.addWidget(panel)
    panel.focus_requested.connect(focuses.append)
    panel.resize(300, 600)
    panel.show()
    for row in range(panel.list.count()):
        rect = panel.list.visualItemRect(panel.list.item(row))
        qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    assert focuses == [Focus("naive", INPUT), Focus("bottleneck", "reduce"), Focus("naive", "conv5x5")]


def test_a_project_without_notes_says_so(qtbot: QtBot) -> None:
    panel = NotesPanel(state_of(start()))
    qtbot.addWidget(panel)
    assert (panel.source.text(), panel.count) == (_NOTHING, 0)
    assert panel.list.isHidden()


def test_the_window_counts_the_notes_of_a_published_network(open_window) -> None:
    window = open_window(load_project(RESOURCES / "projects" / "googlenet.toml").project)
    assert window.docks["notes"].windowTitle() == f"Notes ({window.notes.count})"
    assert window.notes.count >= 4
