"""The projects of a lesson's steps, which follow from its file alone."""

from engine.project.project import Project
from gui.lessons.changes import changed_project
from gui.lessons.lesson import Lesson, Task


def step_project(lesson: Lesson, index: int) -> Project:
    """The project with which a step begins.

    That of its file or, if the step before shows the same one, that of the step before with its task solved.

    Raises
    ------
    ChangeError
        A solution does not fit the project.
    """
    name = lesson.steps[index].project
    start = index
    while start and lesson.steps[start - 1].project == name:
        start -= 1
    project = lesson.projects[name]
    for number in range(start, index):
        project = _solved(lesson, number, project)
    return project


def solved_project(lesson: Lesson, index: int) -> Project:
    """The project of a step with its task solved, if it has one; ChangeError as `step_project`."""
    return _solved(lesson, index, step_project(lesson, index))


def _solved(lesson: Lesson, index: int, project: Project) -> Project:
    exercise = lesson.steps[index].exercise
    return changed_project(project, exercise.solution, lesson.path.parent) if isinstance(exercise, Task) else project
