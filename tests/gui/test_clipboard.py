"""The clipboard: layers and designs as text of a project file, between designs, windows and text editors; photos."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.files.paths import RESOURCES
from engine.layers import Activation, Add, Concat, Conv2d
from engine.layers.settings import settings_text
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import ImageInput, NoiseInput
from engine.network.weight_specs import FileWeights, LowRankWeights, SeedWeights
from engine.project.file import load_project
from engine.project.fragment import Fragment, designs_text, fragment_nodes, nodes_text, read_fragment
from engine.project.project import Design, Note, Project, Published
from engine.run.check import check
from engine.shapes import Shape
from engine.text.problems import ProjectError
from gui.state import edits
from gui.state.edits.clipboard import paste_designs, paste_nodes
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.window.main_window import MainWindow
from tests.engine import strategies
from tests.gui.window_input import activate

RELU = Activation("relu")
CHAIN = Network((Node("first", Conv2d(8, 3)), Node("relu", RELU), Node("last", Conv2d(4, 1))))
BRANCHES = Network(
    (
        Node("stem", Conv2d(8, 3)),
        Node("left", Conv2d(4, 1), ("stem",)),
        Node("right", Conv2d(6, 3), ("stem",)),
        Node("join", Concat(), ("left", "right")),
        Node("end", RELU),
    )
)
PROJECT = Project(NoiseInput((4, 8, 8)), (Design("chain", CHAIN), Design("branches", BRANCHES)))
HERE = Path("/somewhere")


def connections(network: Network) -> dict[str, tuple[str, ...]]:
    return {node.name: network.inputs_of(index) for index, node in enumerate(network.nodes)}


def paste(text: str, design: str, after: str, project: Project = PROJECT) -> Network:
    return paste_nodes(project, design, after, read_fragment(text, HERE)).project.network(design)


def test_copied_layers_are_the_tables_of_a_project_file():
    text = nodes_text(BRANCHES, ("left", "right", "join"))
    assert tomllib.loads(text)["designs"]["nodes"][0] == {
        "name": "left", "kind": "conv2d", "filters": 4, "kernel": 1, "inputs": ["stem"],
    }  # fmt: skip
    whole = 'format = 1\n[input]\nkind = "noise"\nshape = [4, 8, 8]\n[[designs]]\nname = "d"\n'
    whole += nodes_text(BRANCHES, ("stem",)) + text
    assert [node["name"] for node in tomllib.loads(whole)["designs"][0]["nodes"]] == ["stem", "left", "right", "join"]


def test_a_pasted_layer_stands_behind_the_selected_one_whose_users_receive_it():
    network = paste(nodes_text(CHAIN, ("relu",)), "chain", "first")
    assert [node.name for node in network.nodes] == ["first", "relu_2", "relu", "last"]
    assert connections(network) == {
        "first": (INPUT,), "relu_2": ("first",), "relu": ("relu_2",), "last": ("relu",),
    }  # fmt: skip
    assert all(not node.inputs for node in network.nodes)


def test_pasted_branches_receive_each_other_and_the_selected_layer():
    network = paste(nodes_text(BRANCHES, ("left", "right", "join")), "chain", "relu")
    assert connections(network) == {
        "first": (INPUT,), "relu": ("first",),
        "left": ("relu",), "right": ("relu",), "join": ("left", "right"), "last": ("join",),
    }  # fmt: skip


def test_loose_ends_change_nothing_of_the_design_that_they_are_pasted_into():
    network = paste(nodes_text(BRANCHES, ("left", "right")), "chain", "relu")
    assert connections(network)["last"] == ("relu",)
    assert connections(network)["right"] == ("relu",)


def test_a_further_input_from_outside_is_the_layer_of_that_name_unless_it_would_close_a_cycle():
    text = nodes_text(Network((Node("sum", Add(), ("a", "first")),)), ("sum",))
    assert connections(paste(text, "chain", "relu"))["sum"] == ("relu", "first")
    text = nodes_text(Network((Node("sum", Add(), ("a", "last")),)), ("sum",))
    assert connections(paste(text, "chain", "relu"))["sum"] == ("relu", "relu")
    text = nodes_text(Network((Node("c", RELU), Node("sum", Add(), ("c", INPUT)))), ("c", "sum"))
    assert connections(paste(text, "chain", "relu"))["sum"] == ("c", "relu")


def test_paste_at_the_beginning_and_into_an_empty_design():
    assert connections(paste(nodes_text(CHAIN, ("relu",)), "chain", INPUT))["first"] == ("relu_2",)
    empty = Project(PROJECT.input, (Design("d", Network()),))
    names = ("stem", "left", "right", "join", "end")
    assert connections(paste(nodes_text(BRANCHES, names), "d", INPUT, empty)) == connections(BRANCHES)


@given(st.data())
def test_a_copied_network_is_pasted_as_it_was(data: st.DataObject):
    network = data.draw(strategies.networks(Shape(3, 5, 5)))
    names = tuple(node.name for node in network.nodes)
    empty = Project(NoiseInput((3, 5, 5)), (Design("d", Network()),))
    pasted = paste(nodes_text(network, names), "d", INPUT, empty)
    assert [node.layer for node in pasted.nodes] == [node.layer for node in network.nodes]
    assert connections(pasted) == connections(network)


@given(st.data())
def test_any_part_of_a_network_is_read_as_it_was_written_and_pasted_without_a_cycle(data: st.DataObject):
    network = data.draw(strategies.networks(Shape(3, 5, 5)))
    names = data.draw(st.sets(st.sampled_from([node.name for node in network.nodes]), min_size=1))
    after = data.draw(st.sampled_from([INPUT, *(node.name for node in network.nodes)]))
    nodes = fragment_nodes(network, tuple(names))
    assert read_fragment(nodes_text(network, tuple(names)), HERE).nodes == nodes
    project = Project(NoiseInput((3, 5, 5)), (Design("d", network),))
    changed = paste_nodes(project, "d", after, Fragment(nodes)).project
    assert len(changed.network("d").nodes) == len(network.nodes) + len(nodes)
    assert not [
        p.text for p in check(changed).problems if "cycle" in p.text or "taken" in p.text or "no node" in p.text
    ]


def test_weights_follow_unless_they_are_fitted_together_with_layers_that_are_not_copied(tmp_path: Path):
    recipe = LowRankWeights("1x1+kxk", ("a", "b"), SeedWeights("chain", "first"))
    network = Network((Node("a", Conv2d(2, 1), (), recipe), Node("b", Conv2d(8, 3), (), recipe)))
    project = Project(PROJECT.input, (Design("d", network),))
    both = paste_nodes(project, "d", "b", Fragment(fragment_nodes(network, ("a", "b")))).project.network("d")
    assert both.node("a_2").weights.nodes == both.node("b_2").weights.nodes == ("a_2", "b_2")
    one = paste_nodes(project, "d", "b", Fragment(fragment_nodes(network, ("b",)))).project.network("d")
    assert one.node("b_2").weights is None
    text = '[[nodes]]\nname = "c"\nkind = "dense"\nunits = 3\nweights = { source = "file", path = "w.npz" }\n'
    assert read_fragment(text, tmp_path).nodes[0].weights == FileWeights(str(tmp_path / "w.npz"))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[[designs.nodes]]\nname = "c"\nkind = "conv2d"\nfilters = 3\nkernel = 5\n', ["c"]),
        ('[[nodes]]\nname = "c"\nkind = "lrn"\n[[nodes]]\nname = "d"\nkind = "lrn"\n', ["c", "d"]),
        ('[[stem.nodes]]\nname = "c"\nkind = "lrn"\n', ["c"]),
        ('name = "c"\nkind = "lrn"\n', ["c"]),
        ('nodes = [{ name = "c", kind = "lrn" }]', ["c"]),
        ('{"nodes": [{"name": "c", "kind": "lrn"}]}', ["c"]),
    ],
)
def test_layers_written_by_hand_are_read(text: str, names: list[str]):
    assert [node.name for node in read_fragment(text, HERE).nodes] == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[[designs.nodes]]\nname = "c"\nkind = "conv2d"\nfilters = 0\nkernel = 1',
            "line 4, filters: is 0; an integer",
        ),
        ('[[nodes]]\nname = "c"\nkind = "lrn"\n\n[[nodes]]\nname = "d"\nkind = "conv3"', "line 7, kind: is 'conv3'"),
        (
            '[[designs]]\nname = "a"\n[[designs.nodes]]\nkind = "lrn"',
            "line 3, name: is missing; each node needs a name",
        ),
        ('[[designs]]\nname = "a"\n[[designs]]\n# b\nname = 3', "line 5, name: is 3"),
        ('[[nodes]]\nname = "c"\nkind = lrn', "line 3, column 8: not valid TOML"),
        ('title = "x"', "neither layers nor designs; write layers as [[designs.nodes]]"),
        ("just = words", "line 1"),
        ('[[nodes]]\nname = "c"\nkind = "lrn"\n[[notes]]\nnode = "c"', "line 4, text: is missing"),
    ],
)
def test_mistakes_of_a_text_are_refused_with_line_and_value(text: str, message: str):
    with pytest.raises(ProjectError) as refusal:
        read_fragment(text, HERE)
    assert message in str(refusal.value)


def test_designs_and_whole_projects_are_pasted_behind_the_selected_design_under_names_of_their_own():
    fragment = read_fragment(designs_text(PROJECT.designs), HERE)
    edit = paste_designs(PROJECT, "chain", fragment)
    assert [design.name for design in edit.project.designs] == ["chain", "chain_2", "branches_2", "branches"]
    assert edit.project.design("branches_2").network == BRANCHES
    assert len({design.colour for design in edit.project.designs}) == 4
    sample = RESOURCES / "projects" / "residual_bottleneck.toml"
    whole = read_fragment(sample.read_text(encoding="utf-8"), sample.parent)
    assert whole.is_project
    assert [d.network for d in whole.designs] == [d.network for d in load_project(sample).project.designs]


REMARKED = replace(
    PROJECT,
    source="a paper",
    notes=(
        Note("of all"),
        Note("of the design", "chain"),
        Note("why", "chain", "relu"),
        Note("end", "branches", "end"),
    ),
    published=(
        Published("chain", "first", "conv 3×3", "288", "18K", "a remark"),
        Published("chain", "last", "conv 1×1", "32"),
    ),
)
NEW = Project(PROJECT.input, (Design("chain", Network((Node("relu", RELU),))),))
"""Another project, with a name in common."""


def state_of(project: Project, focus: Focus) -> ViewState:
    return ViewState(project, check(project), RunView(), focus, Look())


def copied(project: Project, focus: Focus) -> Fragment:
    """What is read from the text of a copy."""
    return read_fragment(edits.copied_text(state_of(project, focus)), HERE)


def test_a_pasted_design_has_the_notes_and_the_published_figures_of_its_original():
    pasted = paste_designs(NEW, "chain", copied(REMARKED, Focus("chain"))).project
    first, last = (settings_text(CHAIN.node(name).layer) for name in ("first", "last"))
    assert pasted.published == (
        Published("chain_2", "first", "conv 3×3", "288", "18K", "a remark", first),
        Published("chain_2", "last", "conv 1×1", "32", settings=last),
    )
    assert pasted.notes == (
        Note("of the design", "chain_2"), Note("why", "chain_2", "relu"), Note("Published figures: a paper", "chain_2"),
    )  # fmt: skip


def test_the_text_of_a_design_with_notes_and_figures_can_be_put_into_a_project_file(tmp_path: Path):
    path = tmp_path / "p.toml"
    text = edits.copied_text(state_of(REMARKED, Focus("chain")))
    path.write_text(f'format = 1\n[input]\nkind = "noise"\nshape = [4, 8, 8]\n{text}', encoding="utf-8")
    read = load_project(path).project
    assert read.published == REMARKED.published
    assert read.notes == (*REMARKED.notes[1:3], Note("Published figures: a paper", "chain"))


def test_pasted_layers_have_the_notes_and_the_published_figures_of_their_originals():
    layers = copied(REMARKED, Focus("chain", "last", others=frozenset({"relu"})))
    pasted = paste_nodes(NEW, "chain", "relu", layers).project
    assert pasted.notes == (Note("why", "chain", "relu_2"), Note("Published figures: a paper", "chain", "last"))
    last = settings_text(CHAIN.node("last").layer)
    assert pasted.published == (Published("chain", "last", "conv 1×1", "32", settings=last),)
    plain = copied(REMARKED, Focus("branches", "left"))
    assert paste_nodes(NEW, "chain", "relu", plain).project.notes == ()


def test_figures_pasted_into_the_project_that_they_come_from_need_no_note_on_their_source():
    pasted = paste_designs(REMARKED, "chain", copied(REMARKED, Focus("chain"))).project
    assert pasted.notes == (*REMARKED.notes, Note("of the design", "chain_2"), Note("why", "chain_2", "relu"))


def test_figures_of_settings_that_a_pasted_layer_has_no_more_are_left_out():
    entry = replace(REMARKED.published[1], settings="conv2d filters=5 kernel=1")
    other = replace(REMARKED, published=(entry,))
    assert paste_nodes(NEW, "chain", "relu", copied(other, Focus("chain", "last"))).project.published == ()


def test_a_layer_that_is_cut_and_pasted_has_each_note_once():
    state = state_of(REMARKED, Focus("chain", "relu"))
    cut = edits.cut_selection(state).project
    pasted = paste_nodes(cut, "chain", "first", read_fragment(edits.copied_text(state), HERE)).project
    assert pasted.network("chain") == CHAIN
    assert pasted.notes == REMARKED.notes


def test_a_pasted_project_brings_the_notes_and_figures_of_its_designs():
    sample = RESOURCES / "projects" / "googlenet.toml"
    original = load_project(sample).project
    whole = read_fragment(sample.read_text(encoding="utf-8"), sample.parent)
    pasted = paste_designs(NEW, "chain", whole).project
    (name,) = (design.name for design in original.designs)
    assert [(p.node, p.params, p.ops) for p in pasted.published] == [
        (p.node, p.params, p.ops) for p in original.published
    ]
    assert {note.text for note in pasted.notes if note.design == name} == {
        f"Published figures: {original.source}", *(note.text for note in original.notes if note.design),
    }  # fmt: skip


@pytest.fixture
def edited(window: MainWindow, qtbot: QtBot) -> MainWindow:
    activate(window, qtbot)
    window.workbench.show_project(PROJECT)
    window.designs.tree.setFocus()
    return window


def press(window: MainWindow, qtbot: QtBot, key: str) -> None:
    qtbot.keyClick(window.focusWidget(), getattr(Qt.Key, f"Key_{key}"), Qt.KeyboardModifier.ControlModifier)


def test_keys_cut_copy_and_paste_the_selected_layers_in_the_list(edited: MainWindow, qtbot: QtBot):
    bench = edited.workbench
    bench.set_focus(Focus("branches", "left", others=frozenset({"right"})))
    press(edited, qtbot, "C")
    assert [node.name for node in read_fragment(QGuiApplication.clipboard().text(), HERE).nodes] == ["left", "right"]
    bench.set_focus(Focus("chain", "relu"))
    press(edited, qtbot, "X")
    assert [node.name for node in bench.state.project.network("chain").nodes] == ["first", "last"]
    assert bench.document.undo_stack.undoText() == "Cut relu"
    bench.set_focus(Focus("branches", "join"))
    press(edited, qtbot, "V")
    assert bench.state.focus.ref == ("branches", "relu")
    assert connections(bench.state.project.network("branches"))["end"] == ("relu",)
    bench.document.undo_stack.undo()
    assert bench.state.focus.ref == ("branches", "join")


def test_keys_act_in_the_volumes_as_well(edited: MainWindow, qtbot: QtBot):
    edited.workbench.set_focus(Focus("chain", "relu"))
    edited.parts.canvas.setFocus()
    press(edited, qtbot, "C")
    press(edited, qtbot, "V")
    assert [node.name for node in edited.workbench.state.project.network("chain").nodes] == [
        "first", "relu", "relu_2", "last",
    ]  # fmt: skip


def test_keys_copy_and_paste_a_design_and_a_part_of_a_block(edited: MainWindow, qtbot: QtBot):
    bench = edited.workbench
    bench.set_focus(Focus("chain"))
    press(edited, qtbot, "C")
    press(edited, qtbot, "V")
    assert [design.name for design in bench.state.project.designs] == ["chain", "chain_2", "branches"]
    bench.open(RESOURCES / "projects" / "residual_bottleneck.toml", sample=True)
    bench.set_focus(Focus("bottleneck", "bottleneck/conv2"))
    edited.actions_by_id["copy"].trigger()
    [node] = read_fragment(QGuiApplication.clipboard().text(), HERE).nodes
    assert (node.name, node.layer) == ("conv2", bench.state.report(("bottleneck", "bottleneck/conv2")).layer)
    assert not edited.actions_by_id["cut"].isEnabled()


def test_a_text_that_cannot_be_pasted_changes_nothing_and_is_reported(
    edited: MainWindow, monkeypatch: pytest.MonkeyPatch
):
    messages = []
    monkeypatch.setattr(edited.files, "show_message", lambda title, details: messages.append(details))
    QGuiApplication.clipboard().setText('[[nodes]]\nname = "c"\nkind = "conv2d"\nfilters = -1\nkernel = 1\n')
    edited.actions_by_id["paste"].trigger()
    assert messages == ["line 4, filters: is -1; an integer from 1 to 1000000000 is expected (layer 'c')"]
    assert edited.workbench.document.clean


def test_a_text_field_keeps_its_keys(edited: MainWindow, qtbot: QtBot):
    edited.parts.begin("layer")
    edited.workbench.set_focus(Focus("chain", "first"))
    edited.form.name.edit.setFocus()
    edited.form.name.edit.selectAll()
    press(edited, qtbot, "C")
    assert QGuiApplication.clipboard().text() == "first"


def test_a_pasted_photo_is_stored_beside_the_project_and_becomes_the_input(edited: MainWindow, tmp_path: Path):
    edited.workbench.document.save(tmp_path / "p.toml")
    (tmp_path / "pasted photo.png").write_bytes(b"of someone")
    image = QImage(20, 10, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    edited.actions_by_id["paste"].trigger()
    spec = edited.workbench.state.project.input
    assert isinstance(spec, ImageInput)
    assert Path(spec.path) == tmp_path / "pasted photo_2.png"
    assert QImage(spec.path).size() == image.size()
    assert (tmp_path / "pasted photo.png").read_bytes() == b"of someone"
    edited.workbench.document.undo_stack.undo()
    assert edited.workbench.state.project.input == PROJECT.input


def test_without_a_file_of_the_project_the_place_of_a_photo_is_asked_for(
    edited: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    QGuiApplication.clipboard().setImage(QImage(4, 4, QImage.Format.Format_RGB32))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    edited.actions_by_id["paste"].trigger()
    assert edited.workbench.document.clean
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "x.png"), ""))
    edited.actions_by_id["paste"].trigger()
    assert edited.workbench.state.project.input.path == str(tmp_path / "x.png")


@pytest.mark.parametrize("form", ["url", "path", "file url as text"])
def test_a_pasted_file_is_used_like_a_dropped_one(edited: MainWindow, form: str):
    photo = str(RESOURCES / "photos" / "chelsea.png")
    data = QMimeData()
    if form == "url":
        data.setUrls([QUrl.fromLocalFile(photo)])
    else:
        data.setText(photo if form == "path" else QUrl.fromLocalFile(photo).toString())
    QGuiApplication.clipboard().setMimeData(data)
    edited.actions_by_id["paste"].trigger()
    assert edited.workbench.state.project.input.path == photo


def test_an_address_on_the_web_is_not_opened_and_the_status_bar_says_what_to_do(edited: MainWindow):
    texts = []
    edited.clipboard.done.connect(texts.append)
    QGuiApplication.clipboard().setText("https://example.org/cat.png")
    edited.actions_by_id["paste"].trigger()
    assert texts == ["Nothing on the web is opened: save the file, then paste or drop it"]
    assert edited.workbench.document.clean


def test_a_copied_picture_has_pixels_and_lines(edited: MainWindow, qtbot: QtBot):
    edited.actions_by_id["copy_picture"].trigger()
    qtbot.waitUntil(lambda: not edited.exports.single.busy)
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasImage()
    assert b"<svg" in bytes(data.data("image/svg+xml").data())


def test_an_empty_clipboard_pastes_nothing(edited: MainWindow):
    QGuiApplication.clipboard().clear()
    edited.actions_by_id["paste"].trigger()
    assert edited.workbench.document.clean


def test_fitted_weights_have_tables_of_their_own_in_the_text_and_are_read_again():
    recipe = LowRankWeights("1x1+kxk", ("a", "b"), SeedWeights("d", "c"), (NoiseInput((4, 8, 8)),))
    network = Network((Node("a", Conv2d(2, 1), (), recipe), Node("b", Conv2d(8, 3), (), recipe)))
    text = nodes_text(network, ("a", "b"))
    assert text.count("[[designs.nodes]]") == 2
    assert "[designs.nodes.weights" in text
    assert read_fragment(text, HERE).nodes == network.nodes
