"""Draws every picture of the README and the manual into resources/pictures, without a display: `make pictures`.

A picture is a row of PICTURES: a figure of a view, or the whole window. Named on the command line, only those are
drawn.
"""

import io
import sys
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace
from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication

from engine.files.paths import RESOURCES
from engine.network.node_ref import STEM
from engine.project.file import load_project
from gui.catalogue.figures import FIGURE_IDS
from gui.command_line.offscreen import offscreen_application, window_after_run
from gui.export.files import write_file
from gui.export.pictures import png_bytes, prepare_view, render_paper_figure, render_view
from gui.paint.basics.page import screen_page
from gui.state.focus import Focus

FOLDER = RESOURCES / "pictures"
LARGEST = 300 * 1024
"""Bytes of a picture's file."""


class Picture(Struct, frozen=True):
    """A picture file, drawn after a run."""

    name: str
    project: str
    size: tuple[int, int] | None = (1600, 1000)
    """Pixels; None for the natural size of a figure."""
    view: str = ""
    """The view or the figure for slides to draw; "" for the whole window."""
    theme: Literal["light", "dark"] = "light"
    focus: Focus | None = None
    """The selection; None for the first selection of the window."""
    look: Mapping[str, Any] = {}
    """Fields of the look that differ from the default."""
    front: tuple[str, ...] = ()
    """Docks brought forward, by their ids."""


PICTURES = (
    Picture("window-light", "inception_3a_5x5_branch", (1280, 800)),
    Picture("inception-dark", "inception_3a_256", (1200, 700), "volumes", theme="dark"),
    Picture("filters", "inception_3a_5x5_branch", (1200, 760), "filters",
            focus=Focus("naive", "conv5x5", channel=7, pixel=(12, 9))),
    Picture("inspector", "inception_3a_5x5_branch", (1100, 500), "inspector",
            focus=Focus("naive", "conv5x5", channel=7, pixel=(12, 9))),
    Picture("inspector-1x1", "inception_3a_5x5_branch", (1100, 500), "inspector",
            focus=Focus("bottleneck", "reduce", channel=3, pixel=(12, 9))),
    Picture("bottleneck", "inception_3a_5x5_branch", (1200, 640), "bottleneck", focus=Focus(STEM, "conv3_3")),
    Picture("one-by-one", "inception_3a_5x5_branch", (1600, 900), "one-by-one"),
    Picture("googlenet", "googlenet", (1280, 800), focus=Focus("GoogLeNet", "inception_3a"), front=("paper",)),
    Picture("paper-table", "googlenet", None, "paper"),
)  # fmt: skip


def draw(picture: Picture) -> bytes:
    """The content of its PNG file."""
    path = RESOURCES / "projects" / f"{picture.project}.toml"
    with window_after_run(load_project(path).project, path, picture.size or (1600, 1000), picture.theme) as window:
        workbench = window.workbench
        workbench.set_look(replace(workbench.state.look, **picture.look))
        workbench.set_focus(picture.focus or workbench.state.focus)
        for dock in picture.front:
            window.docks.bring_forward(dock)
        settle()
        if picture.view in FIGURE_IDS:
            return compress_png(
                render_paper_figure(workbench.state, picture.view, "png", screen_page(*picture.size or (1600, 900)))
            )
        if picture.view:
            state = prepare_view(workbench.state, picture.view)
            size = None if picture.size is None else QSize(*picture.size)
            return compress_png(render_view(state, picture.view, "png", size=size))
        return compress_png(png_bytes(window.grab().toImage()))


def settle() -> None:
    """Let the window finish drawing, and its workers end."""
    for _ in range(50):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def compress_png(png: bytes) -> bytes:
    """The same picture in at most LARGEST bytes if possible: unchanged, else with a palette."""
    with Image.open(io.BytesIO(png)) as image:
        original = image.convert("RGB")
    content = encode_png(original)
    if len(content) <= LARGEST:
        return content
    # Maximum coverage keeps rare colours, as those of a thin arrow; k-means keeps those of large areas.
    method = Image.Quantize.MAXCOVERAGE
    return encode_png(original.quantize(256, method, kmeans=1, dither=Image.Dither.NONE))


def encode_png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True)
    return content.getvalue()


def main(names: list[str]) -> None:
    for picture in PICTURES:
        if not names or picture.name in names:
            with offscreen_application(picture.theme):
                content = draw(picture)
            path = FOLDER / f"{picture.name}.png"
            write_file(path, content)
            print(f"{path.name}: {len(content) // 1024} KiB")


if __name__ == "__main__":
    main(sys.argv[1:])
