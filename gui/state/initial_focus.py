"""What is selected in a project that opens, and after the selected node is gone."""

from engine.network.graph import INPUT
from engine.network.node_ref import STEM
from engine.project.project import Project
from engine.run.check import ProjectCheck
from gui.state.focus import Focus


def initial_focus(project: Project, project_check: ProjectCheck) -> Focus:
    """The last volume of the first design, or the input if there is no design.

    A classifier ends in single values, which show little: for it, the output of the first layer or block.
    """
    if not project.designs:
        return Focus(STEM, INPUT)
    name = project.designs[0].name
    analysis = project_check.analyses[name]
    if analysis.reports and analysis.output_shape is not None and analysis.output_shape[1:] == (1, 1):
        first = analysis.reports[0]
        return Focus(name, first.block or first.name)
    return Focus(name, analysis.output)


def fallback_focus(focus: Focus, project: Project, project_check: ProjectCheck) -> Focus:
    """The selection after its node is gone: the last volume of the design, or else of the first design."""
    if focus.design in project_check.analyses:
        return Focus(focus.design, project_check.analyses[focus.design].output)
    return initial_focus(project, project_check)
