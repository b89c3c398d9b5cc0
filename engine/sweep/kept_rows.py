"""Keeps the rows of sweeps that have no folder of their own, for the time when the same sweep begins again."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from engine.files.file_lock import FileLock
from engine.sweep.points_file import POINTS_FILE, PointsFile
from engine.sweep.running import LOCK_FILE, SWEEP_FILE, file_of_sweep, open_folder
from engine.sweep.sweep import Sweep

_MOST_SWEEPS = 20
"""Sweeps whose rows are kept; those that were written last."""


@contextmanager
def kept_rows(sweep: Sweep, base: Path) -> Iterator[PointsFile]:
    """The table of a sweep, with its rows so far: those of the same project, settings and content of files.

    Parameters
    ----------
    base
        A folder with one folder for each sweep.

    Raises
    ------
    ProjectError
        Another window is at the same sweep, or the folder cannot be written to.
    """
    content = b"".join(file_of_sweep(sweep, base / "sweep" / SWEEP_FILE))
    folder = base / sha256(content).hexdigest()
    with open_folder(sweep, folder) as file:
        _forget_old(base, folder)
        yield file


def _forget_old(base: Path, own: Path) -> None:
    """Remove what was written longest ago, unless another window is at it."""
    times = {}
    for table in base.glob(f"*/{POINTS_FILE}"):
        with suppress(OSError):
            times[table.parent] = table.stat().st_mtime
    newest_first = sorted(times, key=lambda folder: (folder != own, -times[folder]))
    for folder in newest_first[_MOST_SWEEPS:]:
        with suppress(OSError):  # it is tried again with the next sweep
            lock = FileLock.take(folder / LOCK_FILE)
            if lock is not None:
                for name in (POINTS_FILE, SWEEP_FILE):
                    (folder / name).unlink(missing_ok=True)
                lock.remove()
                folder.rmdir()
