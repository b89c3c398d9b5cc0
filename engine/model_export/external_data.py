"""The files beside an ONNX model that hold its arrays, for a copy of the model in another folder."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.files import paths
from engine.files.paths import FileFault
from engine.files.targets import require_file, same_file
from engine.text.problems import Problem, ProjectError


def beside(locations: Iterable[str], model: Path, out: Path, read: Iterable[Path]) -> Iterator[tuple[Path, bytes]]:
    """Yield (place, content) of each file that a copy of a model at `out` needs, and that is not there.

    Raises
    ------
    ProjectError
        Another file is in its place.
    """
    sources = list(read)
    for location in locations:
        source, target = model.parent / location, out.parent / location
        if same_file(source, target):
            continue
        require_file(target, sources)
        try:
            with paths.name_file_in_errors(str(source)):
                content = source.read_bytes()
            with paths.name_file_in_errors(str(target)):
                is_there = target.exists()
                if is_there and target.read_bytes() != content:
                    text = f"is another file than {source}, which the copy of the model needs there"
                    raise ProjectError([Problem(f"{text}; choose another folder", "")], target)
        except FileFault as fault:
            raise ProjectError([Problem(str(fault), "")]) from None
        if not is_there:
            yield target, content
