"""Ctrl+C, SIGTERM and SIGHUP end the program at once: unfinished files are removed, complete ones stay.

An exception in the middle of Qt's calls would crash; so the process ends without one. Imports little, as the handlers
are installed before everything else.
"""

import atexit
import os
import signal
from contextlib import suppress
from functools import partial
from types import FrameType

from engine.files import unfinished

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def end_on_signals() -> None:
    """Let these signals end the program, unless it was started to ignore them, as by nohup."""
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _on_signal)
    atexit.register(_ignore_signals)


def exit_status(number: int) -> int:
    """The exit status of a program that a signal ended: 130 for Ctrl+C, 143 for SIGTERM, 129 for SIGHUP."""
    return 128 + number


def end(number: int) -> None:
    """End the program as the signal requests, without an exception."""
    unfinished.remove_all()
    with suppress(OSError):  # nobody listens
        os.write(2, b"cancelled\n")
    os._exit(exit_status(number))


def _on_signal(number: int, _frame: FrameType | None) -> None:
    unfinished.outside_commit(partial(end, number))


def _ignore_signals() -> None:
    """From here on all work is complete, and its status counts.

    Python takes its handlers away while it ends; without them a signal would end the process as if it had done nothing.
    """
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
