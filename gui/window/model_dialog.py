"""The dialog of Export model: which design, in which format, into which file."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.files.atomic_write import file_name
from engine.model_export.export import MODEL_FORMATS, ModelFormat
from engine.network.node_ref import design_text
from gui.widgets.file_filters import file_filter
from gui.widgets.line_edit import LineEdit
from gui.widgets.texts import make_error_note, make_note, show_note


class ModelChoice(NamedTuple):
    """The design, format and file that the user has chosen."""

    design: str
    format: ModelFormat
    path: Path


class ModelDialog(QDialog):
    """Asks for a `ModelChoice`.

    Parameters
    ----------
    designs
        Names, the stem's among them if there is one.
    first
        What is proposed; its path is a folder.
    refusal
        Returns why a choice cannot be written; "" if nothing is known that forbids it.
    """

    def __init__(
        self, parent: QWidget, designs: Sequence[str], first: ModelChoice, refusal: Callable[[ModelChoice], str]
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export model")
        self._refusal = refusal
        self.design, self.format = QComboBox(), QComboBox()
        for name in designs:
            self.design.addItem(design_text(name), name)
        for row in MODEL_FORMATS:
            self.format.addItem(f"{row.title[0].upper()}{row.title[1:]} ({row.suffix})", row.id)
        self.design.setCurrentIndex(list(designs).index(first.design))
        self.format.setCurrentIndex(MODEL_FORMATS.index(first.format))
        self.file = LineEdit(str(first.path / self._proposed_name()))
        self.file.setAccessibleName("File")
        self.browse = QPushButton("Browse…")
        self.note, self.fault = make_note(), make_error_note()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export = self.buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self._compose()
        self.design.currentIndexChanged.connect(self._on_choice_changed)
        self.format.currentIndexChanged.connect(self._on_choice_changed)
        self.file.textChanged.connect(self._refresh)
        self.browse.clicked.connect(self._on_browse_clicked)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._refresh()

    @property
    def choice(self) -> ModelChoice:
        path = os.path.expanduser(self.file.text().strip().replace("\0", ""))
        return ModelChoice(self.design.currentData(), MODEL_FORMATS[self.format.currentIndex()], Path(path))

    def _proposed_name(self) -> str:
        suffix = MODEL_FORMATS[self.format.currentIndex()].suffix
        return f"{file_name(self.design.currentText())}{suffix}"

    def _compose(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.file, 1)
        row.addWidget(self.browse)
        form = QFormLayout()
        form.addRow("&Design", self.design)
        form.addRow("&Format", self.format)
        label = QLabel("F&ile")
        label.setBuddy(self.file)
        form.addRow(label, row)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.note)
        column.addWidget(self.fault)
        column.addWidget(self.buttons)
        self.resize(520, self.sizeHint().height())

    def _refresh(self) -> None:
        choice = self.choice
        fault = self._refusal(choice) if self.file.text().strip() else "Choose a file."
        names = [path.name for path in choice.format.paths(choice.path)]
        replaced = sum(path.exists() for path in choice.format.paths(choice.path)) if not fault else 0
        text = f"Writes {' and '.join(names)}." + (f" {replaced} there will be replaced." if replaced else "")
        show_note(self.note, "" if fault else text)
        show_note(self.fault, fault)
        self.export.setEnabled(not fault)

    def _on_choice_changed(self) -> None:
        """Propose a name for the file that fits, in the same folder."""
        self.file.setText(str(self.choice.path.parent / self._proposed_name()))

    def _on_browse_clicked(self) -> None:
        row = self.choice.format
        kinds = file_filter(row.title, (row.suffix,))
        name, _ = QFileDialog.getSaveFileName(self, "Export model", self.file.text(), kinds)
        if name:
            self.file.setText(name)
