"""Faults of the program: each is logged with its traceback and shown once, in one message at a time."""

import logging
import sys
import threading
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QWidget

from gui.widgets.message import Message

_LOG_BYTES = 2**20
"""Size at which a log file becomes the previous one, the only one beside it."""
_LOG_NAME = "convolume.log"
_logger = logging.getLogger("convolume")


def log_path() -> Path:
    """Where faults are logged."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation)) / _LOG_NAME


class FaultReport(QObject):
    """Handles exceptions that nothing else does. The window stays open.

    Parameters
    ----------
    window
        Where messages are shown.
    path
        The log file; without a folder that can be written to, there is none.
    """

    _faulted = Signal(str, str, str)
    """The place of the fault, one line, and the traceback. Queued: it may occur while painting, or in a thread."""

    def __init__(self, window: QWidget, path: Path) -> None:
        super().__init__(window)
        self._window = window
        self._path = path
        self._handler = _open_log(path)
        self._shown: set[str] = set()
        """The places of faults that a message has shown; the text may differ each time."""
        self._message: _FaultMessage | None = None
        self._more = 0
        self._faulted.connect(self._on_faulted, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Handle the exceptions of all threads."""
        sys.excepthook = self.report
        threading.excepthook = lambda args: self.report(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )

    def close_down(self) -> None:
        if self._handler is not None:
            _logger.removeHandler(self._handler)
            self._handler.close()
            self._handler = None

    def report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Print, log and show an exception."""
        text = "".join(traceback.format_exception(kind, error, trace))
        sys.__excepthook__(kind, error, trace)
        if self._handler is not None:
            _logger.error("%s", text.rstrip())
        place = "".join((kind.__name__, *traceback.format_tb(trace)))
        self._faulted.emit(place, f"{kind.__name__}: {error}", text)

    def _on_faulted(self, place: str, line: str, text: str) -> None:
        if place in self._shown:
            return
        self._shown.add(place)
        if self._message is not None:
            self._more += 1
            self._message.setInformativeText(self._details(self._message.line))
            self._message.copied += f"\n{text}"
            return
        self._more = 0
        self._message = _FaultMessage(self._window, line, self._details(line), text)
        self._message.finished.connect(self._on_message_finished)
        self._message.open()

    def _details(self, line: str) -> str:
        more = f"\n\nand {self._more} more since" if self._more else ""
        log = f"\n\nThe log is {self._path}" if self._handler is not None else ""
        return f"{line}{more}\n\nThe project is still open; save it under another name to be safe.{log}"

    def _on_message_finished(self) -> None:
        self._message = None


class _FaultMessage(Message):
    def __init__(self, parent: QWidget, line: str, details: str, text: str) -> None:
        super().__init__(parent, "Internal error", details, text, "Copy traceback")
        self.line = line
        self.setDetailedText(text)


def _open_log(path: Path) -> RotatingFileHandler | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8", errors="replace")
    except OSError:
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _logger.addHandler(handler)
    _logger.propagate = False
    return handler
