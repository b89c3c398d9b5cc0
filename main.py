"""Convolume: hands the arguments to the command line, which opens the window or works without one."""

import sys
from pathlib import Path

# Installed, this file lies in a folder of its own beside engine and gui; run as a script, Python adds that itself.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from gui.command_line.signals import end_on_signals


def main() -> int:
    """Run the program and return its exit status."""
    end_on_signals()  # before the imports, which take long enough to be interrupted
    from gui.command_line.main import main as run_command

    return run_command()


if __name__ == "__main__":
    sys.exit(main())
