"""Which inputs weights are fitted to, and which only check them."""

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from engine.files import paths
from engine.files.paths import FileFault, Stamp
from engine.network.input_specs import ImageInput, Input, NoiseInput
from engine.project.project import Project
from engine.run import inputs
from engine.text.problems import Problem, ProjectError

_BUNDLED_PHOTOS = ("astronaut", "chelsea", "coffee", "rocket")
_PHOTO_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


class CalibrationSet(Struct, frozen=True):
    """Inputs that weights are fitted to, and others that only check them."""

    fit_inputs: tuple[Input, ...]
    check_inputs: tuple[Input, ...] = ()
    stamps: tuple[Stamp, ...] = ()
    """The state in which the files of photos were found: of others the same photos are other samples."""


def calibration_set(project: Project, folder: Path | None = None) -> CalibrationSet:
    """Photos prepared as the project's own: those of a folder, else its own and the bundled ones.

    Of several every third, in the order of their names, checks; the project's own photo is fitted to. Where the
    project receives no photo it is its input that is fitted to, and for noise the noise of the next seed that checks.

    Raises
    ------
    ProjectError
        The folder has no photo, or a photo cannot be used.
    """
    chosen = _choose_inputs(project, folder)
    photos = [spec for spec in (*chosen.fit_inputs, *chosen.check_inputs) if isinstance(spec, ImageInput)]
    where = "$.input.path" if folder is None else "--photos"
    problems = [Problem(str(fault), where) for spec in photos for fault in inputs.input_faults(spec)]
    if problems:
        raise ProjectError(problems)
    return replace(chosen, stamps=tuple(paths.stamp_of(spec.path) for spec in photos))


def _choose_inputs(project: Project, folder: Path | None) -> CalibrationSet:
    own = project.input
    if not isinstance(own, ImageInput):
        if folder is not None:
            text = "photos cannot be used: the project's input is none; make it a photo, or leave the folder out"
            raise ProjectError([Problem(text, "--photos")])
        return CalibrationSet((own,), (replace(own, seed=own.seed + 1),) if isinstance(own, NoiseInput) else ())
    if folder is not None:
        if not folder.is_dir():
            raise ProjectError([Problem(f"{folder} is no folder; name one that holds photos", "--photos")])
        paths = _photos(folder)
        if not paths:
            known = ", ".join(_PHOTO_ENDINGS)
            raise ProjectError(
                [Problem(f"{folder} has no photo; files that end in {known} are looked for", "--photos")]
            )
        paths = [str(Path(path).absolute()) for path in paths]
        held = paths[2::3] or paths[1:]
        fitted = [path for path in paths if path not in held]
    else:
        others = [path for name in _BUNDLED_PHOTOS if (path := f"resources:photos/{name}.png") != own.path]
        held = others[1::3]
        fitted = [own.path, *(path for path in others if path not in held)]
    seen, unseen = (tuple(replace(own, path=path) for path in paths) for paths in (fitted, held))
    return CalibrationSet(seen, unseen)


def _photos(folder: Path) -> list[str]:
    """The photos of a folder in the order of their names; what a system hides there is none."""
    try:
        with paths.name_file_in_errors(str(folder)):
            found = sorted(folder.iterdir())
    except FileFault as fault:
        raise ProjectError([Problem(str(fault), "--photos")]) from None
    return [
        str(file)
        for file in found
        if file.suffix.lower() in _PHOTO_ENDINGS and not file.name.startswith(".") and not file.is_dir()
    ]
