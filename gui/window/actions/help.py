"""Commands of the menu Help, and those of a lesson."""

from gui.state.view_state import ViewState
from gui.window.actions.base import SEPARATOR, Action, Menus


def _in_lesson(state: ViewState) -> bool:
    return state.lesson is not None


def _has_step_before(state: ViewState) -> bool:
    return state.lesson is not None and state.lesson.step > 0


def _has_next_step(state: ViewState) -> bool:
    return state.lesson is not None and state.lesson.step < state.lesson.steps - 1


HELP_ACTIONS: tuple[Action, ...] = (
    Action("manual", "Manual", "F1", run=lambda window: window.help.open_manual(),
           tip="The page about the panel or view that has the keyboard focus"),
    Action("palette", "Find a command…", "Ctrl+Shift+P", run=lambda window: window.help.find_command()),
    Action("shortcuts", "Keyboard shortcuts", "Ctrl+F1", run=lambda window: window.help.list_shortcuts(),
           tip="All keys of commands and drawings, to search and to copy"),
    Action("lesson_next", "Next step", "Alt+Right", run=lambda window: window.lessons.player.go_on(),
           allowed=_has_next_step, tip="Of the lesson"),
    Action("lesson_back", "Step before", "Alt+Left", run=lambda window: window.lessons.player.go_back(),
           allowed=_has_step_before, tip="Of the lesson"),
    Action("lesson_restore", "Back to the lesson", run=lambda window: window.lessons.player.restore(),
           allowed=_in_lesson, tip="Show the window as it was at the beginning of this step"),
    Action("lesson_solve", "Show me the solution", run=lambda window: window.lessons.player.solve(),
           allowed=_in_lesson, tip="Do the task of this step, or show the answer to its question"),
    Action("lesson_end", "End the lesson", run=lambda window: window.lessons.player.end(), allowed=_in_lesson,
           tip="Your own project comes back as it was"),
    Action("about", "About Convolume", run=lambda window: window.help.open_about()),
)  # fmt: skip

HELP_MENUS: Menus = {
    "Help": ("manual", "palette", "shortcuts", SEPARATOR, "lessons", "Lesson", SEPARATOR, "about"),
    "Lesson": ("lesson_next", "lesson_back", "lesson_restore", "lesson_solve", SEPARATOR, "lesson_end"),
}
