"""Lays out the scene of a state for a picture size; cached until one of them changes."""

from functools import lru_cache
from typing import NamedTuple

from engine.network.graph import INPUT
from engine.network.input_specs import ImageInput
from engine.network.node_ref import STEM, NodeRef
from engine.shapes import Shape
from engine.text.units import count_text
from gui.paint.volumes.break_candidates import LineBreaks
from gui.paint.volumes.camera import make_camera
from gui.paint.volumes.class_line import CLASSES_HEIGHT
from gui.paint.volumes.line_breaks import break_lines
from gui.paint.volumes.scene import VolumesScene
from gui.paint.volumes.scene_layout import lay_out_scene
from gui.state.view_state import ViewState

VOLUMES_MARGIN = 1.0
"""Free border, in ems."""


class VolumesLayout(NamedTuple):
    """A laid-out picture; `em` is the pixel size of its headings and its legend."""

    scene: VolumesScene
    em: int
    header_height: float
    classes_height: float
    """Of the line with the most likely classes, at the bottom of each header; 0 in projects without labels."""
    legend_height: float


def _text_size(width: float, height: float, text_scale: float) -> int:
    """Text size that is readable from the back of a room: about 1/52 of the picture's height.

    The smallest one grows with `text_scale`, as long as boxes have space besides.
    """
    return max(11, min(round(11 * text_scale), int(height / 36)), min(28, round(min(height / 52, width / 84))))


def lay_out_volumes(state: ViewState, width: float, height: float, text_scale: float = 1.0) -> VolumesLayout:
    """Lay out the designs of `state` for a picture of this size."""
    em = _text_size(width, height, text_scale)
    classes = CLASSES_HEIGHT * em if state.check.labels else 0.0
    header = (2.6 if width > 62 * em else 3.9) * em + classes
    legend = (2.0 if width > 78 * em else 3.3) * em
    designs = [name for name in state.check.analyses if name != STEM]
    space = (max(1.0, width - 2 * VOLUMES_MARGIN * em), max(1.0, height - legend - 0.5 * em - len(designs) * header))
    look = state.look
    line_breaks = break_lines(
        state.check,
        closed_blocks(state),
        _earlier_shapes(state),
        _mistakes_by_ref(state),
        look.scale,
        look.metric,
        look.convention,
        em,
        space,
        _input_text(state),
    )
    return VolumesLayout(_lay_out_scene(line_breaks, look.yaw, look.pitch, em, header), em, header, classes, legend)


@lru_cache(maxsize=3)
def _lay_out_scene(line_breaks: LineBreaks, yaw: float, pitch: float, em: int, header: float) -> VolumesScene:
    return lay_out_scene(
        line_breaks, make_camera(yaw, pitch), VOLUMES_MARGIN * em, 0.5 * em, (header,) * len(line_breaks.design_rows)
    )


def closed_blocks(state: ViewState) -> frozenset[NodeRef]:
    """The blocks that are drawn as one node."""
    blocks = [(design, name) for design, analysis in state.check.analyses.items() for name in analysis.foldable]
    return frozenset([block for block in blocks if not state.is_open(block)])


def _earlier_shapes(state: ViewState) -> tuple[tuple[NodeRef, Shape], ...]:
    """Shapes of earlier results or, without them, of earlier settings, for nodes whose shape is unknown now."""
    if not state.check.problems:
        return ()  # then all shapes are known
    unknown = [ref for ref, report in state.check.reports.items() if report.output_shape is None]
    shapes = ((ref, earlier_shape(state, ref)) for ref in unknown)
    return tuple((ref, shape) for ref, shape in shapes if shape is not None)


def earlier_shape(state: ViewState, ref: NodeRef) -> Shape | None:
    """The shape of the picture of a volume whose shape is unknown now; None if there never was one."""
    result = state.run.results.get(ref)
    return state.earlier_shape(ref) if result is None else Shape(*result.volume.shape)


def _mistakes_by_ref(state: ViewState) -> tuple[tuple[NodeRef, tuple[str, ...]], ...]:
    """Mistakes per node; those within a closed block belong to the block.

    Mistakes of the stem and the input belong to the input of every design.
    """
    mistakes: dict[NodeRef, list[str]] = {}
    for problem in state.problems:
        if problem.design is None:
            continue
        if problem.design == STEM:
            text = problem.text if problem.node == INPUT else f"stem: {problem.text}"
            for design in state.check.analyses:
                mistakes.setdefault((design, INPUT), []).append(text)
        else:
            ref, text = state.visible_ref((problem.design, problem.node)), problem.text
            part = problem.node.removeprefix(f"{ref[1]}/") if ref[1] != problem.node else ""
            mistake = text.removeprefix(f"{problem.node}: ")
            mistakes.setdefault(ref, []).append(f"{part}: {mistake}" if part else mistake)
    return tuple((ref, tuple(texts)) for ref, texts in mistakes.items())


def _input_text(state: ViewState) -> str:
    """Name of the input of the designs: "input", or its origin: "photo → stem (17 layers)"."""
    if state.project.stem is None:
        return INPUT
    kind = "photo" if isinstance(state.project.input, ImageInput) else INPUT
    return f"{kind} → stem ({count_text(len(state.project.stem.nodes), 'layer')})"
