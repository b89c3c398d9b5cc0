"""What a step selects and draws, as a state."""

from msgspec.structs import replace

from engine.run.check import check
from gui.lessons.lesson import Show
from gui.lessons.reader import load_lesson
from gui.lessons.states import step_state
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from tests.gui.lesson_files import write_lesson


def test_a_layer_in_a_closed_block_is_selected_if_the_step_opens_the_block(tmp_path):
    project = load_lesson(write_lesson(tmp_path)).projects["small"]
    state = ViewState(project, check(project), RunView(), Focus(), Look())
    show = Show(blocks="closed", select="thin/mod/5x5")
    assert step_state(state, show).focus.ref == ("thin", "mod")
    opened = replace(show, open_blocks=("thin/mod",))
    assert step_state(state, opened).focus.ref == ("thin", "mod/5x5")
