"""Edits of the input of a project, and of the names of its classes: project → Edit."""

from pathlib import PurePath

from msgspec.structs import replace

from engine.files.paths import BUNDLED
from engine.network.input_specs import ImageInput, Input
from engine.project.project import Project
from gui.state.edit import Edit


def set_input(project: Project, spec: Input, text: str, merge: str = "") -> Edit:
    return Edit(text, replace(project, input=spec), merge and f"input/{merge}")


def set_labels(project: Project, path: str) -> Edit:
    """Use the classes of a file, or with "" none."""
    text = f"Use the classes of {PurePath(path.removeprefix(BUNDLED)).name}" if path else "Use no list of classes"
    return Edit(text, replace(project, labels=path))


def with_channels(spec: ImageInput, channels: str) -> ImageInput:
    """The photo with other channels; mean and std follow their colours, gray gets their average."""

    def ordered(values: tuple[float, ...]) -> tuple[float, ...]:
        if len(values) < 2:
            return values
        return (sum(values) / len(values),) if channels == "gray" else values[::-1]

    if channels == spec.channels:
        return spec
    return replace(spec, channels=channels, mean=ordered(spec.mean), std=ordered(spec.std))
