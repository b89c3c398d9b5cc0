"""Convolume: hands the arguments to the command line, which opens the window or works without one."""

import gc
import os
import signal
import sys
from types import FrameType


def _end(number: int, _frame: FrameType | None) -> None:
    """End before anything has begun: the imports take long enough to be interrupted, and would print a traceback."""
    os._exit(128 + number)


# Before every other import.
for _number in (signal.SIGINT, signal.SIGTERM):
    if signal.getsignal(_number) is not signal.SIG_IGN:
        signal.signal(_number, _end)

# The kernels share their work among threads of their own. BLAS would start threads as NumPy is imported, which spin
# for 70 ms of a second core before they are limited.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Modules stay: looking through them for garbage while they are imported takes a tenth of the time.
gc.disable()

# Installed, this file lies in a folder of its own beside engine and gui; run as a script, Python adds that itself.
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))


def main() -> int:
    """Run the program and return its exit status."""
    from gui.command_line.signals import end_on_signals

    end_on_signals()
    from gui.command_line.main import main as run_command

    gc.freeze()
    gc.enable()
    return run_command()


if __name__ == "__main__":
    sys.exit(main())
