"""Drags in the picture of the volumes: boxes are moved and connected, a rubber band selects; the camera still turns."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.layers import Activation
from engine.network.graph import INPUT, Network, Node, topological_order
from engine.project.project import Project
from gui.paint.volumes.scene import PlacedBox
from gui.state import edits
from gui.state.focus import Focus
from gui.state.node_selection import select_nodes
from gui.views.volumes import VolumesView
from gui.workbench.workbench import Workbench
from tests.gui.test_edits import CHAIN, INCEPTION, networks, project, wires
from tests.gui.user_input import move_mouse

LEFT, NO_MODIFIER = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier


class Picture:
    """The view of the volumes of a workbench, and the mouse on it."""

    def __init__(self, qtbot: QtBot, project: Project) -> None:
        self.workbench = Workbench(project)
        self.view = VolumesView(self.workbench.state)
        self.canvas = self.view.canvas
        self.workbench.changed.connect(self.view.show_state)
        self.view.focus_requested.connect(self.workbench.set_focus)
        self.view.look_requested.connect(self.workbench.set_look)
        self.view.edit_proposed.connect(
            lambda edit: self.workbench.edit(edit.text, edit.project, edit.merge, edit.focus)
        )
        self.texts: list[str] = []
        self.canvas.hovered.connect(self.texts.append)
        qtbot.addWidget(self.view)
        self.view.resize(900, 500)
        with qtbot.waitActive(self.view):
            self.view.show()
            self.view.activateWindow()
        self.canvas.setFocus()

    def box(self, node: str, design: str = "d0") -> PlacedBox:
        return next(box for box in self.canvas.current_layout().scene.boxes if box.ref == (design, node))

    def at(self, node: str, share: float = 0.5, design: str = "d0") -> QPoint:
        """A point of a box, from its left to its right side."""
        rect = self.canvas.drag._rect(self.box(node, design))
        return QPointF(rect.left() + share * rect.width(), rect.center().y()).toPoint()

    def press(self, start: QPoint, *points: QPoint, modifier: Qt.KeyboardModifier = NO_MODIFIER) -> None:
        port = self.canvas.viewport()
        move_mouse(port, start)
        QTest.mousePress(port, LEFT, modifier, start)
        for point in points:
            for step in (start + QPoint(8, 3), point):
                move_mouse(port, step, LEFT, modifier)
                QApplication.processEvents()
                QTest.qWait(12)  # the scene leaves out moves that follow too closely

    def drag(self, start: QPoint, *points: QPoint, modifier: Qt.KeyboardModifier = NO_MODIFIER) -> None:
        self.press(start, *points, modifier=modifier)
        QTest.mouseRelease(self.canvas.viewport(), LEFT, modifier, points[-1])

    @property
    def project(self) -> Project:
        return self.workbench.state.project

    @property
    def wires(self) -> dict[str, tuple[str, ...]]:
        return wires(self.project.network("d0"))

    @property
    def steps(self) -> int:
        return self.workbench.document.undo_stack.count()


@pytest.fixture
def open_picture(qtbot: QtBot) -> Iterator[Callable[..., Picture]]:
    """Open views of designs with these networks."""
    pictures: list[Picture] = []

    def open_networks(*networks: Network) -> Picture:
        pictures.append(Picture(qtbot, project(*networks)))
        return pictures[-1]

    yield open_networks
    for picture in pictures:
        picture.workbench.close()


@pytest.fixture
def inception(open_picture: Callable[..., Picture]) -> Picture:
    return open_picture(INCEPTION)


def test_a_box_is_dragged_behind_another_in_one_undo_step(open_picture):
    picture = open_picture(CHAIN)
    picture.drag(picture.at("conv3x3"), picture.at("pool", 0.9))
    assert picture.wires == {"relu": (INPUT,), "pool": ("relu",), "conv3x3": ("pool",)}
    assert picture.steps == 1
    picture.workbench.document.undo_stack.undo()
    assert picture.wires == wires(CHAIN)


def test_a_box_is_dragged_into_a_branch(inception: Picture):
    inception.drag(inception.at("reduce"), inception.at("conv1x1", 0.1))
    assert inception.wires == {
        "conv1x1": ("reduce",),
        "reduce": (INPUT,),
        "conv5x5": (INPUT,),
        "output": ("conv1x1", "conv5x5"),
    }
    assert inception.workbench.state.focus.ref == ("d0", "reduce")


def test_what_a_drop_does_is_said_and_drawn_while_dragging(inception: Picture):
    before = inception.canvas.grab().toImage()
    inception.press(inception.at("reduce"), inception.at("conv1x1", 0.9))
    assert inception.texts[-1] == "Move reduce after conv1x1"
    assert inception.canvas.grab().toImage() != before
    assert inception.steps == 0
    QTest.mouseRelease(inception.canvas.viewport(), LEFT, NO_MODIFIER, inception.at("conv1x1", 0.9))
    assert inception.texts[-1] != "Move reduce after conv1x1"


def test_a_line_from_the_port_of_a_box_connects_it_to_another(inception: Picture):
    port = inception.canvas.drag.port(inception.box("reduce")).toPoint()
    move_mouse(inception.canvas.viewport(), inception.at("reduce"))
    inception.drag(port, inception.at("output"))
    assert inception.wires == {**wires(INCEPTION), "output": ("conv1x1", "conv5x5", "reduce")}
    assert inception.steps == 1
    assert inception.workbench.state.focus.ref == ("d0", "output")


def test_ctrl_and_a_drag_from_box_to_box_replaces_the_input_of_a_layer_that_receives_one(inception: Picture):
    inception.drag(inception.at("conv1x1"), inception.at("conv5x5"), modifier=CTRL)
    assert inception.wires == {**wires(INCEPTION), "conv5x5": ("conv1x1",)}
    inception.drag(inception.at(INPUT), inception.at("conv5x5"), modifier=CTRL)
    assert inception.wires == {**wires(INCEPTION), "conv5x5": (INPUT,)}


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("conv5x5", "reduce", "conv5x5 depends on reduce: this would be a cycle"),
        ("conv1x1", "output", "output receives conv1x1 already"),
        ("conv1x1", INPUT, "the input of a design receives nothing"),
    ],
)
def test_a_connection_that_is_refused_says_why_and_changes_nothing(inception: Picture, source, target, reason):
    inception.press(inception.at(source), inception.at(target), modifier=CTRL)
    assert inception.texts[-1] == reason
    assert inception.canvas.viewport().cursor().shape() == Qt.CursorShape.ForbiddenCursor
    QTest.mouseRelease(inception.canvas.viewport(), LEFT, CTRL, inception.at(target))
    assert (inception.steps, inception.wires) == (0, wires(INCEPTION))


def test_boxes_of_two_designs_are_neither_connected_nor_moved_across(open_picture):
    picture = open_picture(CHAIN, CHAIN)
    picture.press(picture.at("relu"), picture.at("pool", 0.5, "d1"), modifier=CTRL)
    assert picture.texts[-1] == "only layers of one design are connected"
    QTest.mouseRelease(picture.canvas.viewport(), LEFT, CTRL, picture.at("pool", 0.5, "d1"))
    picture.press(picture.at("relu"), picture.at("pool", 0.5, "d1"))
    assert picture.texts[-1] == "layers are moved within their design"
    QTest.mouseRelease(picture.canvas.viewport(), LEFT, NO_MODIFIER, picture.at("pool", 0.5, "d1"))
    assert picture.steps == 0


@pytest.mark.parametrize("modifier", [NO_MODIFIER, CTRL])
def test_esc_cancels_a_drag(inception: Picture, modifier: Qt.KeyboardModifier):
    inception.press(inception.at("reduce"), inception.at("output", 0.9), modifier=modifier)
    assert inception.canvas.drag.active
    QTest.keyClick(inception.canvas, Qt.Key.Key_Escape)
    assert not inception.canvas.drag.active
    QTest.mouseRelease(inception.canvas.viewport(), LEFT, modifier, inception.at("output", 0.9))
    assert (inception.steps, inception.wires) == (0, wires(INCEPTION))


def test_a_small_movement_on_a_box_is_a_click(inception: Picture):
    start = inception.at("reduce")
    QTest.mousePress(inception.canvas.viewport(), LEFT, NO_MODIFIER, start)
    move_mouse(inception.canvas.viewport(), start + QPoint(2, 1), LEFT)
    QTest.mouseRelease(inception.canvas.viewport(), LEFT, NO_MODIFIER, start + QPoint(2, 1))
    assert inception.workbench.state.focus.ref == ("d0", "reduce")
    assert inception.steps == 0


def test_a_drag_on_empty_space_turns_the_camera(inception: Picture):
    before = inception.workbench.state.look
    inception.drag(QPoint(300, 12), QPoint(380, 40))
    after = inception.workbench.state.look
    assert (after.yaw, after.pitch) != (before.yaw, before.pitch)
    assert inception.steps == 0


def test_ctrl_and_a_drag_on_empty_space_selects_the_boxes_in_the_rubber_band(inception: Picture):
    boxes = [inception.canvas.drag._rect(inception.box(node)) for node in ("reduce", "conv5x5")]
    band = boxes[0].united(boxes[1]).adjusted(-12, -6, 12, 6)
    start, end = band.topLeft().toPoint(), band.bottomRight().toPoint()
    assert inception.canvas.hit_at(QPointF(start)) is None
    inception.workbench.set_focus(Focus("d0"))
    inception.drag(start, end, modifier=CTRL)
    focus = inception.workbench.state.focus
    assert {focus.node, *focus.others} == {"reduce", "conv5x5"}


def test_several_selected_boxes_are_dragged_together(open_picture):
    picture = open_picture(CHAIN)
    picture.workbench.set_focus(Focus("d0", "relu", others=frozenset({"conv3x3"})))
    picture.drag(picture.at("relu"), picture.at("pool", 0.9))
    assert picture.wires == {"pool": (INPUT,), "conv3x3": ("pool",), "relu": ("conv3x3",)}


def test_a_rubber_band_adds_to_the_selection_of_its_design_or_selects_in_that_of_most_boxes():
    assert select_nodes(Focus("d", "a"), []) is None
    assert select_nodes(Focus("d", "a"), [("d", "b"), ("e", "c"), ("e", "d")]) == Focus(
        "d", "a", others=frozenset({"b"})
    )
    assert select_nodes(Focus("x", "a"), [("d", "b"), ("e", "c"), ("e", "d")]) == Focus(
        "e", "d", others=frozenset({"c"})
    )


@given(networks(), st.integers(0, 6), st.integers(0, 6), st.booleans())
def test_any_drop_of_a_box_or_line_leaves_no_cycle_and_every_layer(network: Network, first: int, second: int, after):
    names = [INPUT, *(node.name for node in network.nodes)]
    source, target = ("d0", names[first % len(names)]), ("d0", names[second % len(names)])
    start = project(network)
    moved = edits.move_beside(start, "d0", [source[1]], target[1], after=after) if source[1] != INPUT else None
    for edit in (moved, edits.connect(start, source, target)):
        if edit is not None:
            result = edit.project.network("d0")
            order = topological_order(result)
            assert not order.stuck
            assert all(one is not None for sources in order.sources for one in sources)
            assert {node.name for node in result.nodes} == {node.name for node in network.nodes}


def test_a_moved_chain_may_not_be_taken_apart_or_joined():
    network = Network((*INCEPTION.nodes, Node("relu", Activation("relu"))))
    assert edits.move_beside(project(network), "d0", ["output"], "relu", after=True) is None
    assert edits.move_beside(project(network), "d0", ["conv1x1", "conv5x5"], "relu", after=True) is None


def test_a_right_click_selects_the_box_and_the_menu_adds_layers(open_window, inception: Picture):
    QTest.mouseClick(inception.canvas.viewport(), Qt.MouseButton.RightButton, NO_MODIFIER, inception.at("reduce"))
    assert inception.workbench.state.focus.ref == ("d0", "reduce")
    window = open_window(inception.project)
    window.workbench.set_focus(inception.workbench.state.focus)
    canvas = window.views["volumes"].canvas
    menus = {action.text().replace("&", ""): action.menu() for action in canvas.actions() if action.menu()}
    assert {"Add after", "Add before", "Add in parallel"} <= menus.keys()
    next(action for action in menus["Add in parallel"].actions() if "Convolution" in action.text()).trigger()
    assert wires(window.workbench.state.project.network("d0"))["conv3x3"] == (INPUT,)


def test_a_right_click_on_one_of_several_selected_boxes_keeps_the_selection(inception: Picture):
    focus = Focus("d0", "conv1x1", others=frozenset({"reduce"}))
    inception.workbench.set_focus(focus)
    QTest.mouseClick(inception.canvas.viewport(), Qt.MouseButton.RightButton, NO_MODIFIER, inception.at("reduce"))
    assert inception.workbench.state.focus == focus
