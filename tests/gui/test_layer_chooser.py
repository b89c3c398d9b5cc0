"""Layers typed as text: what it means, what the dialog offers, and what Enter adds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS, Inception
from engine.layers import LAYERS, Activation, AvgPool2d, BatchNorm, Conv2d, Dense, MaxPool2d
from engine.network.graph import INPUT, Network
from gui.state import edits
from gui.state.edit import Edit
from gui.state.focus import Focus
from gui.state.layer_texts import match_layer, split_layers
from gui.window.layer_chooser import LayerChooser
from tests.gui.test_edits import CHAIN, INCEPTION, edited_network, networks, project, wires
from tests.gui.view_harness import state_of


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("1x1 64", Conv2d(64, 1)),
        ("3×3 128", Conv2d(128, 3)),
        ("conv 1x7 8", Conv2d(8, (1, 7))),
        ("7x7/2 64", Conv2d(64, 7, 2)),
        ("64", Conv2d(64, 3)),
        ("conv s2", Conv2d(32, 3, 2)),
        ("Pointwise 16", Conv2d(16, 1)),
        ("max 3x3 s1", MaxPool2d(3, 1, "same")),
        ("max same", MaxPool2d(3, 1, "same")),
        ("max_pool2d 3x3", MaxPool2d(3)),
        ("avg 7x7", AvgPool2d(7)),
        ("relu", Activation("relu")),
        ("tanh", Activation("tanh")),
        ("batch norm", BatchNorm()),
        ("dense 10", Dense(10)),
        ("inception 64 96 128 16 32 32", Inception(64, 96, 128, 16, 32, 32)),
    ],
)
def test_a_text_means_a_layer(text: str, layer: object):
    assert match_layer(text)[0].layer == layer


@pytest.mark.parametrize("text", ["spline", "conv 0", "relu 3", "concat 3x3", "global 1", "9" * 40])
def test_a_text_that_no_kind_fits_means_nothing(text: str):
    assert match_layer(text) == ()


def test_an_empty_text_offers_every_kind_and_each_is_found_by_its_title():
    assert {type(match.layer) for match in match_layer("")} == {*LAYERS, *BLOCKS}
    for kind in (*LAYERS, *BLOCKS):
        assert type(match_layer(kind.title)[0].layer) is kind


def test_commas_and_arrows_separate_layers():
    assert split_layers("1x1 96, 3x3 128") == split_layers("1x1 96 > 3x3 128") == ("1x1 96", "3x3 128")


@given(st.text(max_size=30))
def test_any_text_is_answered(text: str):
    for part in split_layers(text):
        assert all(match.text for match in match_layer(part))


@given(networks(), st.integers(0, 6), st.sampled_from(["after", "before", "in parallel"]))
def test_typed_layers_follow_one_another_and_are_selected_together(network: Network, at: int, side: edits.Side):
    names = [INPUT, *(node.name for node in network.nodes)]
    state = state_of(project(network), Focus("d0", names[at % len(names)]))
    edit = edits.add_layers((Conv2d(4, 1), Conv2d(4, 3), Activation("relu")), side, state)
    if edit is None:
        assert side == "before"
        return
    result = wires(edited_network(edit))
    assert result["conv3x3"] == ("conv1x1",)
    assert result["relu"] == ("conv3x3",)
    assert edit.focus == Focus("d0", "relu", others=frozenset({"conv1x1", "conv3x3"}))


# The dialog


def open_chooser(qtbot: QtBot, network: Network, node: str, side: edits.Side) -> tuple[LayerChooser, list[Edit]]:
    proposed: list[Edit] = []
    chooser = LayerChooser(state_of(project(network), Focus("d0", node)), side, proposed.append, None)
    qtbot.addWidget(chooser)
    with qtbot.waitActive(chooser):
        chooser.show()
        chooser.activateWindow()
    return chooser, proposed


def test_enter_adds_what_the_note_below_the_list_says(qtbot: QtBot):
    chooser, proposed = open_chooser(qtbot, INCEPTION, "conv1x1", "in parallel")
    qtbot.keyClicks(chooser.line, "1x1 96, 3x3 128")
    assert chooser.note.text() == "Enter: Add conv1x1_2 and conv3x3 in parallel to conv1x1"
    assert chooser.list.currentItem().text() == "Convolution: 3×3, 128 filters"
    qtbot.keyClick(chooser.line, Qt.Key.Key_Return)
    (edit,) = proposed
    assert edit.text == "Add conv1x1_2 and conv3x3 in parallel to conv1x1"
    assert wires(edited_network(edit))["output"] == ("conv1x1", "conv3x3", "conv5x5")


def test_arrow_keys_select_another_of_the_layers_that_fit(qtbot: QtBot):
    chooser, proposed = open_chooser(qtbot, CHAIN, "relu", "after")
    qtbot.keyClicks(chooser.line, "conv")
    qtbot.keyClick(chooser.line, Qt.Key.Key_Down)
    qtbot.keyClick(chooser.line, Qt.Key.Key_Return)
    assert proposed[0].project.network("d0").node("conv1x1").layer == Conv2d(32, 1)


def test_a_text_that_fits_nothing_is_named_and_enter_does_nothing(qtbot: QtBot):
    chooser, proposed = open_chooser(qtbot, CHAIN, "relu", "after")
    for text, reason in (("spline", "no layer fits 'spline'"), ("foo, conv", "no layer fits 'foo'")):
        chooser.line.setText(text)
        assert chooser.note.text() == reason
        qtbot.keyClick(chooser.line, Qt.Key.Key_Return)
    assert proposed == []
    assert chooser.isVisible()


def test_the_place_is_changed_by_its_button(qtbot: QtBot):
    chooser, _ = open_chooser(qtbot, CHAIN, "relu", "after")
    assert [button.text().replace("&", "") for button in chooser.sides.values()] == [
        "After relu",
        "Before relu",
        "In parallel to relu",
    ]
    chooser.line.setText("batch norm")
    qtbot.mouseClick(chooser.sides["before"], Qt.MouseButton.LeftButton)
    assert chooser.note.text() == "Enter: Add batch_norm before relu"
    assert chooser.line.hasFocus()


def test_nothing_is_added_before_a_design(qtbot: QtBot):
    chooser, _ = open_chooser(qtbot, CHAIN, INPUT, "after")
    assert not chooser.sides["before"].isEnabled()
    chooser.line.setText("batch norm")
    assert chooser.note.text() == "Enter: Add batch_norm to d0"
