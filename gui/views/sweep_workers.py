"""Where a sweep of the window measures: a button that says it, and a dialog that asks for it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGridLayout,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from engine.kernels.threads import available_cores
from engine.sweep.worker_settings import TlsFiles, WorkerSettings
from engine.text.units import count_text
from gui.widgets.line_edit import LineEdit
from gui.widgets.number_controls import IntegerBox
from gui.widgets.texts import make_error_note, make_note, show_note

_MOST_PROCESSES = 1000
_TRUST = (
    "Trusted networks only: dask executes code that its peers send, so whoever reaches the scheduler can run programs "
    "as you. Its workers need the same version of Convolume."
)
_TLS_FIELDS = ("Certificates of the authority", "Own certificate", "Its key")
_SCHEMES = ("tcp://", "tls://")


class WorkersButton(QPushButton):
    """Says where points are measured; a press asks for another place."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.settings = WorkerSettings()
        self.setToolTip("Where points are measured: processes of this machine, or a dask cluster")
        self.clicked.connect(self._ask)
        self._show()

    def _show(self) -> None:
        settings = self.settings
        if settings.scheduler:
            place = settings.scheduler
        elif settings.count is None:
            place = "automatic"
        else:
            place = count_text(settings.count, "process") if settings.count else "this process"
        self.setText(f"Workers: {place}…")

    def _ask(self) -> None:
        dialog = WorkersDialog(self.settings, self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._change(dialog.settings))
        dialog.open()

    def _change(self, settings: WorkerSettings) -> None:
        if settings != self.settings:
            self.settings = settings
            self._show()
            self.changed.emit()


class WorkersDialog(QDialog):
    """Asks for `WorkerSettings`."""

    def __init__(self, settings: WorkerSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Workers of sweeps")
        self.automatic = QRadioButton("&Automatic: a process per core if many points are measured")
        self.here = QRadioButton("&This process, with all its threads")
        self.local = QRadioButton("&Processes of this machine, of one thread each:")
        self.remote = QRadioButton("A dask &scheduler:")
        self.places = (self.automatic, self.here, self.local, self.remote)
        self.count = IntegerBox(1, _MOST_PROCESSES)
        self.scheduler = LineEdit(settings.scheduler)
        self.tls_files = [LineEdit(text or "") for text in _tls_texts(settings.tls)]
        self.fault = make_error_note()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._group = QButtonGroup(self)
        for button in self.places:
            self._group.addButton(button)
        self.count.setValue(settings.count or available_cores())
        at = 3 if settings.scheduler else {None: 0, 0: 1}.get(settings.count, 2)
        self.places[at].setChecked(True)
        self._describe()
        self._compose()
        self._group.buttonToggled.connect(self._refresh)
        self.scheduler.textChanged.connect(self._refresh)
        for field in self.tls_files:
            field.textChanged.connect(self._refresh)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._refresh()

    @property
    def settings(self) -> WorkerSettings:
        """What the fields say."""
        if self.remote.isChecked():
            files = TlsFiles(*(field.text().strip() or None for field in self.tls_files))
            address = self.scheduler.text().strip()
            return WorkerSettings(scheduler=address, tls=files if address.startswith("tls:") else TlsFiles())
        if self.local.isChecked():
            return WorkerSettings(self.count.value())
        return WorkerSettings(0 if self.here.isChecked() else None)

    def _describe(self) -> None:
        self.count.setAccessibleName("Number of processes")
        self.scheduler.setAccessibleName("Address of the scheduler")
        self.scheduler.setPlaceholderText("tcp://HOST:8786 or tls://HOST:8786")

    def _compose(self) -> None:
        places = QGridLayout()
        for row, button in enumerate(self.places):
            places.addWidget(button, row, 0)
        places.addWidget(self.count, 2, 1)
        places.addWidget(self.scheduler, 3, 1)
        places.setColumnStretch(1, 1)
        self.tls = QWidget()
        form = QFormLayout(self.tls)
        form.setContentsMargins(24, 0, 0, 0)
        for title, field in zip(_TLS_FIELDS, self.tls_files, strict=True):
            form.addRow(title, field)
        column = QVBoxLayout(self)
        column.addLayout(places)
        column.addWidget(self.tls)
        column.addWidget(make_note(_TRUST))
        column.addWidget(self.fault)
        column.addWidget(self.buttons)
        self.resize(560, self.sizeHint().height())

    def _refresh(self) -> None:
        is_remote = self.remote.isChecked()
        self.count.setEnabled(self.local.isChecked())
        self.scheduler.setEnabled(is_remote)
        self.tls.setEnabled(is_remote and self.scheduler.text().strip().startswith("tls:"))
        fault = "" if not is_remote else _address_fault(self.scheduler.text().strip())
        show_note(self.fault, fault)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not fault)


def _tls_texts(files: TlsFiles) -> tuple[str | None, str | None, str | None]:
    return files.ca, files.certificate, files.key


def _address_fault(address: str) -> str:
    """What is wrong with the address of a scheduler; "" if nothing is."""
    if not address:
        return "Enter the address that the scheduler printed."
    host = next((address.removeprefix(scheme) for scheme in _SCHEMES if address.startswith(scheme)), "")
    name, _, port = host.rpartition(":")
    return "" if name and port.isascii() and port.isdigit() else "An address is tcp://HOST:PORT or tls://HOST:PORT."
