"""How large the texts of a picture of volumes are, and how much text it has."""

from typing import Literal

from msgspec import Struct

ArrowDetail = Literal["formula", "line", "lines", "first", "whole", "stacked", "narrow"]
"""Text at an arrow: the operator with its cost formula, in one line, in two, or without its numbers.

In figures: the operator with its formula in one line ("whole"), in two ("stacked") or in three ("narrow").
"""

DETAILS: tuple[ArrowDetail, ...] = ("formula", "line", "lines", "first")


class TextSizes(Struct, frozen=True):
    """Pixel sizes of the text in the picture."""

    em: int

    @property
    def small(self) -> int:
        return round(0.84 * self.em)


class TextOptions(Struct, frozen=True):
    """How much text a picture has."""

    arrow_details: tuple[ArrowDetail, ...] = DETAILS
    """Possible texts at the arrows, the longest first."""
    has_names: bool = True
    """Whether names are shown below volumes."""
    one_line_captions: bool = False
    """Whether a name and the note on the front face always share a line."""
    has_kernel_depth: bool = False
    """Whether operators show the depth of their kernels: 5×5×256."""
    edge_numbers: str = "CHW"
    """Edges with numbers."""
    has_sparse_numbers: bool = False
    """Whether H and W are shown only at the volumes where they change."""
    notes: Literal["all", "fronts", "none"] = "all"
    """Whether volumes have notes on what their faces show; "fronts": only the channel of a visible front."""
    least_box_size: float = 4.0
    """Least mean size of boxes, in ems; below it text shrinks, too."""
    arrow_padding: float = 1.4
    """Free length of an arrow beside its text, in ems."""
    branch_spread: float = 1.0
    """Greatest factor by which branches may be farther apart than necessary."""
    camera_is_fixed: bool = False
    """Whether the camera never turns; if it can, boxes seen straight on have equal space on both sides."""


SCREEN_TEXT_OPTIONS = TextOptions()
