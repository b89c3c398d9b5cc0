"""Texts of the caption of a figure of volumes: scale, arrows, counting, faces, and the colour bar."""

from collections.abc import Iterator, Sequence

from engine.cost.counting import MACS
from engine.cost.metrics import OPERATIONS, metric_by_id
from engine.network.input_specs import ImageInput
from engine.network.node_ref import STEM
from engine.text.units import count_text
from gui.paint.basics import colours
from gui.paint.figures.excerpt import Excerpt, FigurePart
from gui.paint.volumes.camera import LENGTH_SCALE_TEXTS, Camera
from gui.paint.volumes.legend import FACES_TEXT
from gui.paint.volumes.text_options import TextOptions
from gui.state.view_state import ViewState

_FLAT = 0.05
"""Fraction of its length below which H is treated as invisible."""
_MOST_VARIED = "front: the channel that uses most colours, top and side: all channels at the border"
_FROM_ABOVE = "faces: row y = 0 of every map"


def caption_phrases(
    state: Excerpt, whole_state: ViewState, parts: Sequence[FigurePart], camera: Camera, options: TextOptions
) -> Iterator[str]:
    """Phrases of the caption; some can be empty."""
    look = state.look
    metric = metric_by_id(look.metric)
    unit = state.costs.unit(metric)
    if options.edge_numbers == "C":
        yield from (f"all maps {height}×{width}" for height, width in distinct_map_sizes(state))
    yield LENGTH_SCALE_TEXTS[look.scale]
    if any(report.macs for report in state.check.reports.values()):
        yield f"arrow width ∝ √{unit}"
    yield "MACs: multiply-accumulates, biases not counted" if look.metric == MACS.id else ""
    yield "1 MAC = 2 FLOPs" if look.metric == "flops" else ""
    yield f"{unit}: {look.convention.title}" if look.metric == OPERATIONS else ""
    yield from _face_phrases(state, parts, camera, options)
    yield f"volumes are shown after {', '.join(state.hidden_kinds)}" if state.hidden_kinds else ""
    elementwise_labels = {
        report.layer.label(): None for report in state.check.reports.values() if report.layer.role == "elementwise"
    }
    if elementwise_labels and options.notes == "none":
        yield f"arrows without words: {', '.join(elementwise_labels)}"
    stem = whole_state.project.stem
    if stem is not None and any(ref[0] == STEM for ref in state.original_refs.values()):
        kind = "the photo" if isinstance(state.project.input, ImageInput) else "the input"
        yield f"input: {kind} after {count_text(len(stem.nodes), 'layer')}"


def _face_phrases(state: Excerpt, parts: Sequence[FigurePart], camera: Camera, options: TextOptions) -> Iterator[str]:
    """What the faces show, and why some are plain."""
    counted_only = {part.title for part in parts if part.is_counted_only}
    volumes = [state.volume_at(ref) for ref in state.original_refs]
    computed = [at for at in volumes if at.result is not None]
    plain = [at.ref[0] in counted_only for at in volumes if at.result is None]
    if computed:
        fronts = _MOST_VARIED if options.notes == "none" else FACES_TEXT
        yield _FROM_ABOVE if camera.height[1] < _FLAT else fronts
    if any(not at.is_fresh for at in computed):
        yield "dimmed: for earlier settings"
    if plain:
        yield "plain: counted, not run" if any(plain) else "plain: not run"


def colour_bar_texts(state: Excerpt) -> Iterator[tuple[str, str, str]]:
    """Texts at the ends of the colour bar and after it, then shorter alternatives."""
    ends = ("−m", "m") if state.look.zero_centred else ("low", "high")
    each = "each volume its own range"
    yield (*ends, f"{colours.colour_map_name(state.look)}, {each}, {colours.PERCENTILES_TEXT}")
    yield (*ends, f"{each}, {colours.PERCENTILES_TEXT}")
    yield (*ends, each)


def distinct_map_sizes(state: Excerpt) -> set[tuple[int, int]]:
    """Height and width of all maps."""
    inputs = [analysis.input_shape for analysis in state.check.analyses.values()]
    shapes = [*inputs, *(report.output_shape for report in state.check.reports.values())]
    return {(shape.height, shape.width) for shape in shapes if shape is not None}
