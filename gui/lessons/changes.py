"""The actions of a solution as edits: the same that a person makes in the window."""

from pathlib import Path

import msgspec
from msgspec.structs import replace

from engine.expressions.faults import ExpressionError
from engine.network.graph import INPUT, Node
from engine.network.node_ref import NodeRef
from engine.network.weight_specs import relocate_weights
from engine.project.file import node_data
from engine.project.project import Project
from engine.project.reader import ProjectReader
from engine.project.table_reader import TooManyProblemsError
from engine.run.check import check
from engine.text.messages import suggestion
from gui.lessons.facts import ProjectFacts
from gui.lessons.lesson import Change, InsertNode, RemoveNode, SetSettings, Show
from gui.state.edit import Edit
from gui.state.edits import (
    add_layer,
    add_layer_before,
    name_refusal,
    remove_nodes,
    rename_node,
    set_inputs,
    set_settings,
    set_weights,
)


class ChangeError(Exception):
    """An action cannot be done with a project, such as one that names a layer that there is not."""


def change_edit(project: Project, change: Change, folder: Path = Path()) -> Edit | None:
    """The edit of an action; None if it changes only what is shown.

    Parameters
    ----------
    folder
        The folder of the lesson's file, to which paths of weights are relative.

    Raises
    ------
    ChangeError
        The project has no such layer, or a value is not valid.
    """
    match change:
        case SetSettings():
            return _settings_edit(project, change, folder)
        case InsertNode():
            return _insertion_edit(project, change)
        case RemoveNode(node=text):
            design, node = _own_node(project, text)
            return remove_nodes(project, design, [node])
        case Show():
            return None


def changed_project(project: Project, changes: tuple[Change, ...], folder: Path = Path()) -> Project:
    """The project after all actions of a solution; ChangeError as `change_edit`."""
    for change in changes:
        edit = change_edit(project, change, folder)
        project = project if edit is None else edit.project
    return project


def _own_node(project: Project, text: str, *, may_be_input: bool = False) -> NodeRef:
    """The node of the project itself, no part of a block, that a text names."""
    try:
        design, node = ref = ProjectFacts(project).locate(text).ref
    except ExpressionError as error:
        raise ChangeError(error.text) from None
    names = [own.name for own in dict(project.networks())[design].nodes] if design in dict(project.networks()) else []
    if node in names or (may_be_input and node == INPUT and design in dict(project.networks())):
        return ref
    raise ChangeError(f"{text} cannot be changed, as it is no layer or block of the list; {suggestion(node, names)}")


def _settings_edit(project: Project, change: SetSettings, folder: Path) -> Edit:
    ref = design, name = _own_node(project, change.node)
    node = project.network(design).node(name)
    before = {"name": name} if "kind" in change.set else _plain(node)
    changed = _read_node({**before, **change.set, "name": name}, folder)
    if "kind" in change.set:
        network = project.network(design).with_node_replaced(name, changed)
        return Edit(f"Change {name}", project.with_network(design, network))
    edit = Edit(f"Change {name}", project)
    if changed.weights != node.weights:
        edit = set_weights(edit.project, ref, changed.weights, "other")
    if changed.inputs != node.inputs:
        edit = set_inputs(edit.project, ref, changed.inputs)
    return edit if changed.layer == node.layer else set_settings(edit.project, ref, changed.layer)


def _plain(node: Node) -> dict[str, object]:
    """A node as a file has it, with lists for tuples."""
    data: dict[str, object] = msgspec.json.decode(msgspec.json.encode(node_data(node)))
    return data


def _read_node(data: dict[str, object], folder: Path) -> Node:
    reader = ProjectReader(folder)
    try:
        node = reader.node(data, "")
    except TooManyProblemsError:
        node = None
    if node is None or reader.problems:
        raise ChangeError("; ".join(f"{problem.place.removeprefix('.')} {problem.text}" for problem in reader.problems))
    return node if node.weights is None else replace(node, weights=relocate_weights(node.weights, reader.absolute))


def _insertion_edit(project: Project, change: InsertNode) -> Edit:
    design, node = _own_node(project, change.node, may_be_input=change.where == "after")
    analysis = check(project).analyses[design]
    shapes = {
        INPUT: analysis.input_shape,
        **{name: report.output_shape for name, report in analysis.report_by_name.items()},
    }
    insert = add_layer_before if change.where == "before" else add_layer
    edit = insert(project, design, node, change.layer, shapes)
    assert edit.focus is not None, "the new layer is selected"
    added = edit.focus.node
    if change.name in ("", added):
        return edit
    refusal = name_refusal(edit.project, (design, added), change.name)
    if refusal:
        raise ChangeError(f"name {change.name!r}: {refusal}")
    renamed = rename_node(edit.project, design, added, change.name)
    return replace(renamed, text=edit.text.replace(added, change.name, 1))
