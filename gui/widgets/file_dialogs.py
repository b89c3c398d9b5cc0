"""Asking for a file."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

PHOTOS = "Photos (*.png *.jpg *.jpeg *.webp *.tif *.tiff *.bmp *.gif);;All files (*)"
ARRAYS = "Arrays (*.npy *.npz *.safetensors);;All files (*)"


def ask_for_file(parent: QWidget, title: str, filters: str, near: str = "") -> str:
    """The absolute path of the file that a person chooses, "" where none; the dialog starts beside `near`."""
    folder = str(Path(near).parent) if near and Path(near).parent.is_dir() else ""
    path, _ = QFileDialog.getOpenFileName(parent, title, folder, filters)
    return str(Path(path).absolute()) if path else ""
