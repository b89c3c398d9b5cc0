"""Opens an ONNX model, and asks for the size of its input if the model leaves it open."""

from pathlib import Path

from PySide6.QtWidgets import QInputDialog, QWidget

from engine.onnx_files.importer import ImportedModel, OpenSize, import_model
from engine.text.problems import Problem, ProjectError

_USUAL = "224x224"


def import_or_ask_size(window: QWidget, path: Path) -> ImportedModel | None:
    """The project of a model; None if the user gives no size. ProjectError if the model cannot be read."""
    try:
        return import_model(path)
    except OpenSize:
        text, is_given = QInputDialog.getText(
            window, "Size of the input", f"{path.name} takes photos of any size.\nHeight x width:", text=_USUAL
        )
    if not is_given:
        return None
    height, _, width = text.lower().replace("×", "x").partition("x")
    if not (height.strip().isdecimal() and width.strip().isdecimal() and int(height) and int(width)):
        raise ProjectError([Problem(f"{text!r} is no size; height x width is expected: {_USUAL}", "")], path)
    return import_model(path, (int(height), int(width)))
