"""Find: layers by name, kind or setting in all designs, marked in the list and in the volumes."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.blocks import Fire
from engine.layers import Activation, AvgPool2d, Conv2d, MaxPool2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.run.check import check
from gui.paint.volumes.drawing import paint_volumes
from gui.panels.design_row_delegate import ROW_ROLE
from gui.state.find import find_nodes, next_match
from gui.state.focus import Focus
from gui.theme import THEMES
from gui.window.main_window import MainWindow
from tests.gui.view_harness import svg
from tests.gui.window_input import activate

A = Network(
    (
        Node("first", Conv2d(64, 7, 2)),
        Node("relu", Activation("relu")),
        Node("pool", MaxPool2d(3, 2)),
        Node("wide", Conv2d(128, (3, 5), bias=False)),
        Node("deep", Conv2d(128, 3, groups=2, padding=1)),
    )
)
B = Network((Node("fire2", Fire(16, 64, 64)), Node("mean", AvgPool2d(2)), Node("soft", Activation("softmax"))))
PROJECT = Project(NoiseInput((4, 32, 32)), (Design("a", A), Design("b", B)))


def found(query: str) -> list[str]:
    return [node for _, node in find_nodes(check(PROJECT), query)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", []),
        ("   ", []),
        ("FIRST", ["first"]),
        ("conv", ["first", "wide", "deep", "fire2/squeeze", "fire2/expand1x1", "fire2/expand3x3"]),
        ("pooling", ["pool", "mean"]),
        ("stride=2", ["first", "pool", "mean"]),
        ("stride = 2 conv", ["first"]),
        ("kernel:7", ["first"]),
        ("7x7", ["first"]),
        ("3×5", ["wide"]),
        ("kernel=3x5", ["wide"]),
        ("3x3", ["pool", "deep", "fire2/expand3x3"]),
        ("kernel>=3 stride<2", ["wide", "deep", "fire2/expand3x3"]),
        ("groups>1", ["deep"]),
        ("filters 64", ["first", "fire2/expand1x1", "fire2/expand3x3"]),
        ("filters>=128", ["wide", "deep"]),
        ("filters != 128 conv2d bias on", ["first", "fire2/squeeze", "fire2/expand1x1", "fire2/expand3x3"]),
        ("bias off", ["wide"]),
        ("padding same conv2d filters>64", ["wide"]),
        ("padding=1", ["deep"]),
        ("softmax", ["soft"]),
        ("function softmax", ["soft"]),
        ("squeeze 16", ["fire2"]),
        ("nothing of it", []),
        ("stride=", []),
        ("filters", ["first", "wide", "deep", "fire2/squeeze", "fire2/expand1x1", "fire2/expand3x3"]),
    ],
)
def test_all_words_of_a_query_have_to_match(query: str, names: list[str]):
    assert sorted(found(query)) == sorted(names)


def test_matches_are_in_the_order_of_the_list():
    refs = find_nodes(check(PROJECT), "relu")
    assert refs[0] == ("a", "relu")
    assert [design for design, _ in refs] == ["a", "b", "b", "b"]


@pytest.fixture
def finding(window: MainWindow, qtbot: QtBot) -> MainWindow:
    activate(window, qtbot)
    window.workbench.show_project(PROJECT)
    window.actions_by_id["find"].trigger()
    return window


def marked_rows(window: MainWindow) -> list[str]:
    tree = window.designs.tree
    heads = [tree.topLevelItem(number) for number in range(tree.topLevelItemCount())]
    items = [head.child(number) for head in heads for number in range(head.childCount())]
    return [item.text(0) for item in items if item.data(0, ROW_ROLE).is_found]


def test_typing_marks_the_matches_and_selects_the_first_after_the_selection(finding: MainWindow, qtbot: QtBot):
    bar, bench = finding.designs.find_bar, finding.workbench
    assert bar.edit.hasFocus()
    bench.set_focus(Focus("a", "relu"))
    qtbot.keyClicks(bar.edit, "conv2d stride=1")
    assert bench.state.focus.ref == ("a", "wide")
    assert bar.edit.hasFocus()
    assert bar.count.text() == "1 of 5"
    assert marked_rows(finding) == ["wide", "deep", "fire2"]
    assert ("b", "fire2/squeeze") in bench.state.found_boxes
    assert THEMES["light"].warning in svg(paint_volumes, bench.state)


def test_keys_go_to_the_next_and_the_previous_match_around_the_end(finding: MainWindow, qtbot: QtBot):
    bar, bench = finding.designs.find_bar, finding.workbench
    qtbot.keyClicks(bar.edit, "pool")
    refs = []
    for key, modifier in (("Return", "No"), ("Return", "No"), ("Return", "Shift"), ("Return", "Shift")):
        modifiers = getattr(Qt.KeyboardModifier, f"{modifier}Modifier")
        qtbot.keyClick(bar.edit, getattr(Qt.Key, f"Key_{key}"), modifiers)
        refs.append(bench.state.focus.ref)
    assert refs == [("a", "pool"), ("b", "mean"), ("a", "pool"), ("b", "mean")]
    finding.actions_by_id["find_next"].trigger()
    assert bench.state.focus.ref == ("a", "pool")
    finding.actions_by_id["find_previous"].trigger()
    assert bench.state.focus.ref == ("b", "mean")


def test_escape_closes_the_bar_and_unmarks_and_its_text_is_there_again(finding: MainWindow, qtbot: QtBot):
    bar, bench = finding.designs.find_bar, finding.workbench
    qtbot.keyClicks(bar.edit, "pool")
    qtbot.keyClick(bar.edit, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert bench.state.query == ""
    assert marked_rows(finding) == []
    assert finding.designs.tree.hasFocus()
    assert not finding.actions_by_id["find_next"].isEnabled()
    finding.actions_by_id["find"].trigger()
    assert bar.edit.text() == "pool"
    assert bar.edit.selectedText() == "pool"
    assert marked_rows(finding) == ["pool", "mean"]


def test_a_part_of_a_block_is_found_and_its_block_opens(finding: MainWindow, qtbot: QtBot):
    qtbot.keyClicks(finding.designs.find_bar.edit, "filters 64 1x1")
    assert finding.workbench.state.focus.ref == ("b", "fire2/expand1x1")
    current = finding.designs.tree.currentItem()
    assert current.text(0) == "expand1x1"
    assert current.data(0, ROW_ROLE).is_found


def test_without_a_match_the_selection_stays_and_the_bar_says_so(finding: MainWindow, qtbot: QtBot):
    before = finding.workbench.state.focus
    qtbot.keyClicks(finding.designs.find_bar.edit, "filters>1000")
    assert finding.designs.find_bar.count.text() == "0 found"
    assert finding.workbench.state.focus == before


@pytest.mark.parametrize(("ref", "by", "expected"), [
    (("a", INPUT), 1, ("a", "pool")),
    (("b", INPUT), 1, ("b", "mean")),
    (("b", INPUT), -1, ("a", "pool")),
    (("a", "first"), -1, ("b", "mean")),
    (("b", "soft"), 1, ("a", "pool")),
])  # fmt: skip
def test_from_elsewhere_the_nearest_match_in_the_list_is_next(ref, by, expected):
    checked = check(PROJECT)
    assert next_match(checked, find_nodes(checked, "pooling"), ref, by) == expected
