"""Files are written whole or not at all."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from urllib.parse import quote

from engine.text.problems import Problem, ProjectError


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file by a complete new one; on any failure the old one stays and nothing is left beside it.

    A link stays a link: what it leads to is replaced. OSError says what failed; a file that may not be written to is
    not replaced either, though its folder would allow it.
    """
    target = Path(os.path.realpath(path))
    known = target.exists()
    if known and not os.access(target, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES), str(target))
    unfinished = target.with_name(f".convolume-{token_hex(8)}")
    try:
        with unfinished.open("xb") as file:
            if known:
                with suppress(PermissionError):  # some file systems know no permissions
                    os.chmod(unfinished, target.stat().st_mode & 0o777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, target)
    except BaseException:
        with suppress(OSError):  # it may not even have been made
            unfinished.unlink()
        raise


@contextmanager
def write_folder_atomically(out: Path) -> Iterator[Path]:
    """A folder inside `out` for what is not finished; in the end its files are moved to `out`.

    Whatever ends the work before, the folder goes, and so does an `out` made here. It is made before the work, which
    may be long, so that a place that cannot be written to is told at once, by ProjectError.
    """
    made = [folder for folder in (out, *out.parents) if not os.path.exists(folder)]
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out, prefix=".unfinished-") as unfinished:
            yield Path(unfinished)
            for file in sorted(Path(unfinished).iterdir()):
                os.replace(file, out / file.name)
    except BaseException as error:
        for folder in made:
            with suppress(OSError):  # it may hold what was finished
                folder.rmdir()
        if isinstance(error, OSError):
            reason = f"cannot be written to: {error.strerror or error}; choose another folder"
            raise ProjectError([Problem(reason, "")], out) from None
        raise


def file_name(design: str) -> str:
    """The design's name; what some system allows in no file's name is written as in an address, "/" as %2F."""
    return re.sub(r'[\x00-\x1f\x7f%<>:"/\\|?*]', lambda found: quote(found[0], safe=""), design)
