"""Commands of the menu File: projects, inputs, figures and exports."""

from functools import partial

from PySide6.QtGui import QKeySequence

from gui.catalogue.figures import FIGURE_IDS, FIGURES
from gui.state.view_state import ViewState
from gui.window.actions.base import SEPARATOR, Action, CommandWindow, Menus

_KEYS = QKeySequence.StandardKey


def _export_figure(name: str, window: CommandWindow) -> None:
    window.exports.export_figure(name)


def _has_layers(state: ViewState) -> bool:
    return any(analysis.reports for analysis in state.check.analyses.values())


FILE_ACTIONS: tuple[Action, ...] = (
    Action("new", "New", _KEYS.New, "new", run=lambda window: window.files.new()),
    Action("open", "Open…", _KEYS.Open, "open", run=lambda window: window.files.open()),
    Action("start_page", "Start pa&ge", run=lambda window: window.show_start_page(),
           tip="Samples, recent files, and what can be dropped"),
    Action("save", "&Save", _KEYS.Save, "save", run=lambda window: window.files.save()),
    Action("save_as", "Save &as…", _KEYS.SaveAs, run=lambda window: window.files.save_as()),
    Action("choose_photo", "Choose photo…", "Ctrl+I", "input", run=lambda window: window.files.choose_photo(),
           tip="The photo that all designs receive"),
    Action("choose_array", "Choose array…", run=lambda window: window.files.choose_array(),
           tip="An array (C×H×W) that all designs receive"),
    Action("export_all", "Export all…", "Ctrl+E", "export", run=lambda window: window.exports.export_all(),
           tip="Write views as pictures and tables into a folder"),
    Action("export_report", "Export report…", run=lambda window: window.exports.export_report(),
           tip="Write one web page about the project to send, with pictures, tables and the project file"),
    Action("export_model", "Export model…", run=lambda window: window.exports.export_model(),
           allowed=_has_layers, disabled_tip="No design has layers yet; add one",
           tip="Write a design as an ONNX model, as Python for PyTorch or Keras, or its weights alone"),
    Action("export_lesson", "Export lesson…",
           run=lambda window: window.exports.export_lesson(window.lessons.player.lesson),
           tip="Write this lesson, or one from a file, as one web page with pictures, answers and computed numbers"),
    *(
        Action(f"figure_{row.id}", f"{row.title}…", run=partial(_export_figure, row.id), tip=row.tip)
        for row in FIGURES
    ),
    Action("turn", "Turn from 3-D to top as GIF…", run=lambda window: window.exports.export_turn(),
           tip="Save the motion of the camera as an animation"),
    Action("quit", "Quit", _KEYS.Quit, run=lambda window: window.close()),
)  # fmt: skip

FILE_MENUS: Menus = {
    "File": ("new", "open", "samples", "recent", "start_page", SEPARATOR, "save", "save_as", SEPARATOR, "Input",
             SEPARATOR, "Figures", "export_view", "export_all", "export_model", "export_report", "export_lesson",
             "quit"),
    "Input": ("choose_photo", "choose_array"),
    "Figures": (*(f"figure_{name}" for name in FIGURE_IDS), SEPARATOR, "turn", SEPARATOR, "figure_width", "scale"),
}  # fmt: skip
