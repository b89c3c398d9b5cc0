"""The photos of a folder."""

import os
from pathlib import Path

from engine.files import paths
from engine.files.paths import FileFault
from engine.files.photo_formats import PHOTO_SUFFIXES
from engine.text.problems import Problem, ProjectError

_ENDINGS = tuple(suffix for suffix in PHOTO_SUFFIXES if suffix != ".gif")
_PLACE = "--photos"


def photos_in(folder: Path) -> list[str]:
    """Absolute paths of the photos of a folder in the order of their names, without hidden files.

    Raises
    ------
    ProjectError
        There is no such folder, or no photo in it.
    """
    if not os.path.isdir(folder):  # Path.is_dir would raise for too long a name
        raise ProjectError([Problem(f"{folder} is no folder; name one that holds photos", _PLACE)])
    try:
        with paths.name_file_in_errors(str(folder)):
            entries = sorted(folder.iterdir())
    except FileFault as fault:
        raise ProjectError([Problem(str(fault), _PLACE)]) from None
    photos = [
        str(file.absolute())
        for file in entries
        if file.suffix.lower() in _ENDINGS and not file.name.startswith(".") and not file.is_dir()
    ]
    if not photos:
        text = f"{folder} has no photo; files that end in {', '.join(_ENDINGS)} are looked for"
        raise ProjectError([Problem(text, _PLACE)])
    return photos
