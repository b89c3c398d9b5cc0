"""The dialog of Export all: which views, in which formats, into which folder."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.catalogue.pictures import PICTURE_FORMATS
from gui.catalogue.views import VIEW_IDS, view_row
from gui.export.texts import TEXT_FORMAT_IDS, TEXT_FORMATS
from gui.widgets.plain_text import plain_tip
from gui.widgets.texts import make_note

FORMAT_IDS = (*PICTURE_FORMATS, *TEXT_FORMAT_IDS)
_FORMAT_TITLES = {
    **{name: name.upper() for name in PICTURE_FORMATS},
    **{text_format.id: text_format.title for text_format in TEXT_FORMATS},
}
_COLUMNS = 2


class ExportChoice(Struct, frozen=True):
    """The views, formats and folder that the user has chosen."""

    views: tuple[str, ...]
    formats: tuple[str, ...]
    """Of pictures and of texts."""
    folder: Path

    @property
    def picture_formats(self) -> tuple[str, ...]:
        return tuple(name for name in self.formats if name in PICTURE_FORMATS)

    @property
    def text_formats(self) -> tuple[str, ...]:
        return tuple(name for name in self.formats if name in TEXT_FORMAT_IDS)


class ExportDialog(QDialog):
    """Asks for an `ExportChoice`; views that have nothing to show cannot be chosen.

    Parameters
    ----------
    missing
        By view, what is missing before it shows anything; "" for nothing.
    list_names
        Lists the names of the files that a choice writes.
    """

    def __init__(
        self,
        parent: QWidget,
        first: ExportChoice,
        missing: Mapping[str, str],
        list_names: Callable[[ExportChoice], Sequence[str]],
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export all")
        self._list_names = list_names
        self._missing = missing
        self.views = {view: QCheckBox(view_row(view).title) for view in VIEW_IDS}
        self.formats = {name: QCheckBox(_FORMAT_TITLES[name]) for name in FORMAT_IDS}
        self.folder = QLineEdit(str(first.folder))
        self.folder.setAccessibleName("Folder")
        self.browse = QPushButton("Browse…")
        self.note = make_note()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export = self.buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self._show_choice(first)
        self._compose()
        for box in (*self.views.values(), *self.formats.values()):
            box.toggled.connect(self._refresh)
        self.folder.textChanged.connect(self._refresh)
        self.browse.clicked.connect(self._on_browse_clicked)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._refresh()

    @property
    def choice(self) -> ExportChoice:
        return ExportChoice(
            tuple(view for view, box in self.views.items() if box.isChecked()),
            tuple(name for name, box in self.formats.items() if box.isChecked()),
            Path(self._folder_text),
        )

    @property
    def _folder_text(self) -> str:
        return os.path.expanduser(self.folder.text().strip().replace("\0", ""))

    def _show_choice(self, choice: ExportChoice) -> None:
        for view, box in self.views.items():
            reason = self._missing.get(view, "")
            box.setEnabled(not reason)
            box.setChecked(not reason and view in choice.views)
            if reason:
                box.setToolTip(plain_tip(f"Nothing to export: {reason}"))
        for name, box in self.formats.items():
            box.setChecked(name in choice.formats)

    def _compose(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(self.browse)
        folder = QGroupBox("Folder")
        folder.setLayout(row)
        column = QVBoxLayout(self)
        column.addWidget(_group("Views", tuple(self.views.values())))
        column.addWidget(_group("Formats", tuple(self.formats.values())))
        column.addWidget(folder)
        left_out = [f"{view_row(view).title}: {reason}" for view, reason in self._missing.items() if reason]
        if left_out:
            column.addWidget(make_note("Nothing to export yet — " + "; ".join(left_out)))
        column.addWidget(self.note)
        column.addWidget(self.buttons)
        self.resize(460, self.sizeHint().height())

    def _refresh(self) -> None:
        choice = self.choice
        names = self._list_names(choice)
        has_folder = bool(self._folder_text)
        if not names:
            self.note.setText("Choose a view and a format.")
        elif not has_folder:
            self.note.setText("Choose a folder.")
        else:
            replaced = sum(os.path.exists(choice.folder / name) for name in names)
            count = "1 file" if len(names) == 1 else f"{len(names)} files"
            self.note.setText(f"{count}; {replaced} there will be replaced." if replaced else f"{count}.")
        self.export.setEnabled(bool(names) and has_folder)

    def _on_browse_clicked(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Export into a folder", self.folder.text())
        if folder:
            self.folder.setText(folder)


def _group(title: str, boxes: Sequence[QCheckBox]) -> QGroupBox:
    group = QGroupBox(title)
    grid = QGridLayout(group)
    for index, box in enumerate(boxes):
        grid.addWidget(box, index // _COLUMNS, index % _COLUMNS)
    return group
