"""The button that takes the table of a sweep out of the window: to the clipboard, or to a file."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton, QWidget

from engine.files.atomic_write import write_atomically
from engine.sweep.columns import Values
from engine.sweep.points_file import points_text
from engine.sweep.points_parquet import has_pyarrow, parquet_content
from engine.sweep.sweep import Sweep
from gui.widgets.message import Message
from gui.worker import Worker

_Table = tuple[Sequence[str], Sequence[Values]]


class ExportButton(QToolButton):
    """Copies the table as it is shown; its menu writes files.

    Parameters
    ----------
    table
        Returns the heads and the rows of the table, filtered and sorted as they are shown.
    sweep
        Returns the sweep whose rows they are.
    """

    def __init__(
        self, table: Callable[[], _Table], sweep: Callable[[], Sweep | None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._table, self._sweep = table, sweep
        self._worker = Worker(self)
        self._worker.ended.connect(self._on_worker_ended)
        self.setText("Copy table")
        self.setToolTip("Copy the rows that are shown with all digits, for a spreadsheet (Ctrl+C in the table)")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.clicked.connect(self.copy)
        menu = QMenu(self)
        self.csv = QAction("Export as CSV…", menu)
        self.csv.triggered.connect(self._export_csv)
        self.parquet = QAction("Export as Parquet…", menu)
        self.parquet.triggered.connect(self._export_parquet)
        if not has_pyarrow():
            self.parquet.setText("Export as Parquet (needs pyarrow: pip install 'convolume[parquet]')")
        menu.addActions((self.csv, self.parquet))
        self.setMenu(menu)
        self.set_available(False)

    def set_available(self, is_available: bool) -> None:
        """Whether there are rows."""
        for part in (self, self.csv):
            part.setEnabled(is_available)
        self.parquet.setEnabled(is_available and has_pyarrow())

    def copy(self) -> None:
        """Copy the table with all digits."""
        QGuiApplication.clipboard().setText(points_text(*self._table(), "excel-tab"))

    def close_down(self) -> None:
        self._worker.close()

    def _export_csv(self) -> None:
        table = self._table()
        self._export("points.csv", "CSV (*.csv)", lambda: points_text(*table).encode())

    def _export_parquet(self) -> None:
        sweep, rows = self._sweep(), self._table()[1]
        if sweep is not None:
            self._export("points.parquet", "Parquet (*.parquet)", lambda: parquet_content(sweep, rows))

    def _export(self, proposal: str, kind: str, content: Callable[[], bytes]) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Export the rows that are shown", proposal, kind)
        if name:
            self._worker.start(lambda checkpoint: _write(Path(name), content))

    def _on_worker_ended(self, error: Exception | None) -> None:
        if isinstance(error, OSError):
            Message(self.window(), "The table was not exported", str(error.strerror or error)).open()
        elif error is not None:
            raise error


def _write(path: Path, content: Callable[[], bytes]) -> Iterator[object]:
    write_atomically(path, content())
    yield path
