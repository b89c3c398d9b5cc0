"""Chooses the inputs to which weights are fitted, and those that only check them."""

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from engine.files import paths
from engine.files.paths import Stamp
from engine.files.photo_folder import photos_in
from engine.network.input_specs import ImageInput, Input, NoiseInput, with_photo
from engine.project.project import Project
from engine.run import inputs
from engine.text.problems import Problem, ProjectError

_BUNDLED_PHOTOS = ("astronaut", "chelsea", "coffee", "rocket")


class CalibrationSet(Struct, frozen=True):
    """Inputs that weights are fitted to, and others that only check them."""

    fit_inputs: tuple[Input, ...]
    check_inputs: tuple[Input, ...] = ()
    stamps: tuple[Stamp, ...] = ()
    """States of the photos' files: a set of the same paths differs if a file changed."""


def calibration_set(project: Project, folder: Path | None = None) -> CalibrationSet:
    """Photos prepared like the project's own: those of a folder, else its own and the bundled ones.

    Every third, in the order of their names, is for checking; the project's own photo is for fitting. If the project's
    input is no photo, it is for fitting itself, and for noise the noise of the next seed is for checking.

    Raises
    ------
    ProjectError
        The folder has no photo, or a photo cannot be used.
    """
    calibration = _choose_inputs(project, folder)
    photos = [spec for spec in (*calibration.fit_inputs, *calibration.check_inputs) if isinstance(spec, ImageInput)]
    place = "$.input.path" if folder is None else "--photos"
    problems = [Problem(str(fault), place) for spec in photos for fault in inputs.input_faults(spec)]
    if problems:
        raise ProjectError(problems)
    return replace(calibration, stamps=tuple(paths.stamp_of(spec.path) for spec in photos))


def _choose_inputs(project: Project, folder: Path | None) -> CalibrationSet:
    own = project.input
    if not isinstance(own, ImageInput):
        if folder is not None:
            text = "photos cannot be used: the project's input is no photo; make it one, or leave the folder out"
            raise ProjectError([Problem(text, "--photos")])
        return CalibrationSet((own,), (replace(own, seed=own.seed + 1),) if isinstance(own, NoiseInput) else ())
    if folder is not None:
        photos = photos_in(folder)
        check_paths = photos[2::3] or photos[1:]
        fit_paths = [path for path in photos if path not in check_paths]
    else:
        others = [path for name in _BUNDLED_PHOTOS if (path := f"resources:photos/{name}.png") != own.path]
        check_paths = others[1::3]
        fit_paths = [own.path, *(path for path in others if path not in check_paths)]
    fit_inputs, check_inputs = (tuple(with_photo(own, path) for path in photos) for photos in (fit_paths, check_paths))
    return CalibrationSet(fit_inputs, check_inputs)
