"""Fixes of mistakes as edits: the values that a problem offers, as one step. No Qt here."""

from typing import Any

import msgspec
from msgspec.structs import replace

from engine.network.graph import INPUT, Network, Node
from engine.network.node_ref import STEM, NodeRef
from engine.project.project import Project
from engine.text.names import unique_name
from engine.text.problems import Fix, Problem
from gui.state.edit import Edit
from gui.state.edits.names import default_name, describe_design, is_automatic, node_names
from gui.state.focus import Focus
from gui.state.view_state import ViewState


def apply_fix(project: Project, problem: Problem, fix: Fix) -> Edit:
    """The project with the values of a fix of one of its problems."""
    design = problem.design
    assert design is not None, "a fix belongs to the stem or to a design"
    is_input = (design, problem.node) == (STEM, INPUT)
    subject = "the input" if is_input else problem.node or describe_design(design)
    text = f"Fix {subject}: {fix.text[:1].lower()}{fix.text[1:]}"
    if is_input:
        return Edit(text, replace(project, input=dict(fix.changes)["input"]), focus=Focus(STEM))
    assert problem.index is not None, "a fix belongs to a node or a design"
    if not problem.node:
        return _rename_design(project, problem.index, dict(fix.changes)["name"], text)
    network = project.network(design)
    index = network.index(fix.node) if fix.node else problem.index
    node, changed = network.nodes[index], _changed(network, index, fix)
    if network.index(node.name) == index:
        project = project.with_network(design, network.with_node_replaced(node.name, replace(changed, name=node.name)))
        project = project.with_node_renamed(design, node.name, changed.name)
    else:  # another node has the name, to which all inputs of this name refer
        network = Network((*network.nodes[:index], changed, *network.nodes[index + 1 :]))
        project = project.with_network(design, network)
    name = changed.name if problem.node == node.name else problem.node
    return Edit(text, project, focus=Focus(design, name))


def fixes_at(state: ViewState, ref: NodeRef) -> tuple[tuple[Problem, Fix], ...]:
    """Every fix of the problems of a node, or if the node is INPUT, of a design and of the input that it receives."""
    refs = {ref, (STEM, INPUT)} if ref[1] == INPUT and state.project.stem is None else {ref}
    problems = [p for p in state.problems if (p.design, p.node or INPUT) in refs]
    return tuple((problem, fix) for problem in problems for fix in problem.fixes)


def fixes_by_setting(state: ViewState, ref: NodeRef) -> dict[str, dict[str, Edit]]:
    """The fixes of a node by the setting that has the mistake: the edit of each by its words.

    Those of mistakes within a block are under "".
    """
    fixes: dict[str, dict[str, Edit]] = {}
    for problem, fix in fixes_at(state, ref):
        fixes.setdefault(problem.setting, {}).setdefault(fix.text, apply_fix(state.project, problem, fix))
    block = state.check.block(ref)
    for part in () if block is None else block.parts:
        for problem, fix in fixes_at(state, (ref[0], part.name)) if part.mistakes else ():
            fixes.setdefault("", {}).setdefault(fix.text, apply_fix(state.project, problem, fix))
    return fixes


def fix_selection(state: ViewState) -> Edit | None:
    """The first fix of the selected layer or design; None if no mistake of it has one."""
    for problem, fix in fixes_at(state, state.focus.ref):
        return apply_fix(state.project, problem, fix)
    return None


def _rename_design(project: Project, index: int, name: str, text: str) -> Edit:
    designs = list(project.designs)
    designs[index] = replace(designs[index], name=name)
    return Edit(text, project.with_designs(designs), focus=Focus(name))


def _changed(network: Network, index: int, fix: Fix) -> Node:
    """The node with the values of a fix; an automatic name follows its settings."""
    node = network.nodes[index]
    own = {name: value for name, value in fix.changes if name in ("name", "inputs", "weights")}
    settings: dict[str, Any] = {name: value for name, value in fix.changes if name not in own}
    if settings:
        layer = msgspec.convert({**msgspec.to_builtins(node.layer), **settings}, type(node.layer))
        own["layer"] = layer
        if is_automatic(node.name, node.layer) and default_name(layer) != default_name(node.layer):
            own["name"] = unique_name(default_name(layer), node_names(network, but=node.name))
    return replace(node, **own)
