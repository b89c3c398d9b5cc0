"""Commands of the menu File: projects, inputs, figures and exports."""

from functools import partial

from PySide6.QtGui import QKeySequence

from gui.paint.figures.catalogue import PRINTED_FIGURES
from gui.window.actions.base import SEPARATOR, Action, CommandWindow, Menus

_KEYS = QKeySequence.StandardKey


def _export_figure(id: str, window: CommandWindow) -> None:
    window.files.export_figure(id)


FILE_ACTIONS: tuple[Action, ...] = (
    Action("new", "New", _KEYS.New, "new", run=lambda window: window.files.new()),
    Action("open", "Open…", _KEYS.Open, "open", run=lambda window: window.files.open()),
    Action("save", "&Save", _KEYS.Save, "save", run=lambda window: window.files.save()),
    Action("save_as", "Save &as…", _KEYS.SaveAs, run=lambda window: window.files.save_as()),
    Action("choose_photo", "Use a photo…", "Ctrl+I", "input", run=lambda window: window.files.choose_photo(),
           tip="Choose the photo that the designs receive"),
    Action("choose_array", "Use an array…", run=lambda window: window.files.choose_array(),
           tip="Choose an array (C×H×W) that the designs receive"),
    Action("export_all", "Export all…", "Ctrl+E", "export", run=lambda window: window.files.export_all(),
           tip="Write every view as PNG, SVG and PDF"),
    *(
        Action(f"figure_{id}", f"{figure.title}…", run=partial(_export_figure, id), tip=figure.tip)
        for id, figure in PRINTED_FIGURES.items()
    ),
    Action("turn", "Turn from 3-D to top as GIF…", run=lambda window: window.files.export_turn(),
           tip="Write the camera's motion as an animation"),
    Action("quit", "Quit", _KEYS.Quit, run=lambda window: window.close()),
)  # fmt: skip

FILE_MENUS: Menus = {
    "File": ("new", "open", "samples", "recent", SEPARATOR, "save", "save_as", SEPARATOR, "choose_photo",
             "choose_array", SEPARATOR, "Figures", "export_view", "export_all", "scale", "copy_view", SEPARATOR,
             "quit"),
    "Figures": (*(f"figure_{id}" for id in PRINTED_FIGURES), SEPARATOR, "turn", SEPARATOR, "figure_width"),
}  # fmt: skip
