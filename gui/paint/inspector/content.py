"""What the inspector shows of a state, as far as it does not depend on the room there is."""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from engine.cost import receptive_fields
from engine.cost.receptive_fields import Region
from engine.explain.explain import explain
from engine.explain.inputs import explain_input
from engine.files.paths import FileFault
from engine.layers import Layer
from engine.layers.explanation import Explanation, Numbers, Spot, Terms, WindowProduct
from engine.network.analysis import Report
from engine.network.graph import INPUT
from engine.network.input_specs import ImageInput
from engine.run.check import NodeRef
from engine.shapes import Shape
from engine.text.problems import STEM
from gui.paint.basics.note_drawing import STALE_HINT
from gui.paint.inspector.filter_weights import LayerWeights, WeightMatrix, load_filter_weights, make_weight_matrix
from gui.paint.volumes.faces import most_varied_channel
from gui.state.focus_steps import middle_pixel
from gui.state.view_state import Focus, Look, ViewState
from gui.state.volume_at import Float32Volume, VolumeAt

INSPECTOR_RUN_HINT = "Run (F5): the inspector then shows how each value comes about, with its real numbers"
FINDING_WEIGHTS = "finding the weights…"
NO_VALUE_CHOSEN = (
    "No value was chosen: this is the middle one of a map. Click a value in a mosaic or on a face, or type."
)
MOST_SOURCE_VIEWS = 24
"""Earlier volumes that are shown: the input and the nearest ones."""


class SourceView(Struct, frozen=True, eq=False):
    """An earlier volume, and what of it the value sees."""

    ref: NodeRef
    name: str
    volume: Float32Volume
    channel: int
    """The map that stands for it."""
    region: Region
    photo: ImageInput | None = None


class ValueExplanation(Struct, frozen=True, eq=False):
    """How a value comes about, and the volumes that it comes of."""

    how: Explanation
    at: Spot
    volume: Float32Volume
    """That the value is in."""
    value: float
    """What the run gave."""
    source_refs: tuple[NodeRef, ...] = ()
    """What the layer receives, and the volumes there."""
    inputs: tuple[Float32Volume, ...] = ()
    matrix: WeightMatrix | None = None

    @property
    def shape(self) -> Shape:
        """Of the volume."""
        return Shape(*self.volume.shape)

    @property
    def terms(self) -> Terms:
        assert self.how.terms is not None, "asked for only where something is added up"
        return self.how.terms

    @property
    def window(self) -> WindowProduct:
        assert self.how.window is not None, "asked for only where something is read of one input"
        return self.how.window

    @property
    def filter_weights(self) -> Numbers:
        """The weights that meet the patch."""
        assert self.window.filter is not None, "asked for only where there are weights"
        return self.window.filter

    @property
    def source_index(self) -> int:
        """The input that is read."""
        return 0 if self.how.window is None else self.how.window.source


class InspectorContent(Struct, frozen=True, eq=False):
    """A value and all that is told of it."""

    focus: Focus
    """The choice with its value, chosen or not."""
    title: str
    label: str
    look: Look
    design_index: int
    shape: Shape | None = None
    note: str = ""
    note_is_error: bool = False
    """Whether the note tells of a mistake."""
    is_stale: bool = False
    value: float | None = None
    """What the run gave."""
    explanation: ValueExplanation | None = None
    source_views: tuple[SourceView, ...] = ()
    left_out_count: int = 0
    """Earlier volumes between the input and the others that are not shown."""
    photo: ImageInput | None = None
    """How the photo was made, where the volume is the photo itself."""
    chosen_term: int | None = None
    """The term whose patch is asked for."""
    least_head_height: float = 0.0
    """Pixels that the head is high at least, so that nothing below it jumps while positions are gone through."""
    filled_count: int | None = None
    """Values of the map that have been gone through in reading order; None: all are shown."""

    @property
    def spot(self) -> Spot | None:
        """Where the value is; None where nothing is known."""
        channel, pixel = self.focus.channel, self.focus.pixel
        return None if channel is None or pixel is None else Spot(channel, *pixel)

    @property
    def required_explanation(self) -> ValueExplanation:
        """What is told, in a part that is there only then."""
        assert self.explanation is not None, "a part that tells of a value is shown only with one"
        return self.explanation

    @property
    def shown_term(self) -> int:
        """The term whose patch is shown: the one that was asked for, else of products the largest, else its own."""
        how = None if self.explanation is None else self.explanation.how
        if how is None or how.terms is None:
            return 0
        terms = how.terms
        if self.chosen_term is not None and self.chosen_term < len(terms.values):
            return self.chosen_term
        if how.window is not None and how.window.filter is None:
            return how.at.channel - terms.first
        return int(np.argmax(np.abs(np.nan_to_num(terms.values))))

    def term_focus(self, term: int) -> Focus:
        """The value of an input that a term comes from: of a window its middle one."""
        told = self.required_explanation
        terms, at = told.terms, told.at
        if terms.of == "input":
            return Focus(*told.source_refs[term], at.channel, (at.y, at.x))
        window, shape = told.how.window, told.inputs[terms.source].shape
        y, x = at.y, at.x
        if window is not None:
            y, x = int(window.rows[(len(window.rows) - 1) // 2]), int(window.columns[(len(window.columns) - 1) // 2])
        pixel = min(max(y, 0), shape[1] - 1), min(max(x, 0), shape[2] - 1)
        return Focus(*told.source_refs[terms.source], terms.first + term, pixel)


def focus_with_value(state: ViewState) -> Focus:
    """The choice with a value: the middle one of the liveliest map where none was chosen, or it is not there."""
    focus = state.focus
    at = state.volume_at(focus.ref)
    shape, volume = at.shape, at.volume_of(at.shape)
    if shape is None or volume is None:
        return focus
    channel, pixel = focus.channel, focus.pixel
    if channel is None or channel >= shape.channels:
        channel = most_varied_channel(volume)
    if pixel is None or pixel[0] >= shape.height or pixel[1] >= shape.width:
        pixel = middle_pixel(shape)
    return replace(focus, channel=channel, pixel=pixel)


def build_inspector_content(state: ViewState, found: LayerWeights | FileFault | None) -> InspectorContent:
    """What to show: `found` are the weights of the layer, or why there are none; None: they are being looked for."""
    focus, at = focus_with_value(state), state.volume_at(state.focus.ref)
    made = _build_heading(state, focus, at)
    spot = made.spot
    if at.problems:
        return replace(made, note="\n".join(at.problems), note_is_error=True)
    if at.shape is None:
        return replace(made, note="unknown: a layer before it has a mistake", note_is_error=True)
    if at.volume is None:
        return replace(made, note=INSPECTOR_RUN_HINT)
    if spot is None or not _all_fresh(state, at):
        return replace(made, note=STALE_HINT, is_stale=True)
    made = replace(made, value=float(at.volume[spot]))
    sights, left_out = _source_views(state, at.source, spot)
    note = "" if (state.focus.channel, state.focus.pixel) == (focus.channel, focus.pixel) else NO_VALUE_CHOSEN
    made = replace(made, source_views=sights, left_out_count=left_out, note=note)
    return _add_explanation(made, state, found, at.source, at.volume)


def load_inspector_content(state: ViewState) -> InspectorContent:
    """The same with the weights, however long they take."""
    focus, source = focus_with_value(state), state.volume_at(state.focus.ref).source
    report = state.report(source)
    if focus.channel is None or report is None or not report.array_shapes:
        return build_inspector_content(state, LayerWeights({}))
    try:
        found: LayerWeights | FileFault = load_filter_weights(state, source, focus.channel, lambda: None)
    except FileFault as fault:
        found = fault
    return build_inspector_content(state, found)


def _build_heading(state: ViewState, focus: Focus, at: VolumeAt) -> InspectorContent:
    design, node = focus.ref
    source, spec = at.source, state.project.input
    names = (design or ("" if node == INPUT else "stem"), node)
    behind = "" if source[1] in (node, INPUT) else f"{source[1]}{' of the stem' if source[0] != design else ''} · "
    return InspectorContent(
        focus,
        " · ".join(name for name in names if name),
        behind + _operator_label(state.report(source)),
        state.look,
        state.design_index(design),
        at.shape,
        photo=spec if at.is_project_input and isinstance(spec, ImageInput) else None,
    )


def _operator_label(report: Report | None) -> str:
    if report is None:
        return "the project's input"
    shapes = " and ".join(str(shape or "unknown") for shape in report.input_shapes)
    return f"{report.layer.label()} · {shapes} → {report.output_shape or 'unknown'}"


def _all_fresh(state: ViewState, at: VolumeAt) -> bool:
    """Whether the volume and all that its layer receives are of today's settings."""
    report = state.report(at.source)
    received = () if report is None else report.inputs
    return at.fresh and all(state.volume_at((at.source[0], name)).fresh for name in received)


def _add_explanation(
    made: InspectorContent,
    state: ViewState,
    found: LayerWeights | FileFault | None,
    place: NodeRef,
    volume: Float32Volume,
) -> InspectorContent:
    """The content with the explanation of its value, in the volume that comes from `place`."""
    at = made.spot
    assert at is not None, "a value that is explained has a place"
    report, value = state.report(place), float(volume[at])
    if report is None:
        return replace(
            made, explanation=ValueExplanation(explain_input(state.project.input, volume, at), at, volume, value)
        )
    if found is None:
        return replace(made, note=FINDING_WEIGHTS)
    if isinstance(found, FileFault):
        return replace(made, note=str(found), note_is_error=True)
    sources = tuple((place[0], name) for name in report.inputs)
    volumes = [state.volume_at(source).volume for source in sources]
    received = tuple(volume for volume in volumes if volume is not None)
    assert isinstance(report.layer, Layer), "what has run is a layer"
    matrix = found.matrix or (make_weight_matrix(report, found.arrays, at.channel) if found.channel is None else None)
    how = explain(report.layer, report.name, received, found.filter_roles(at.channel), at, report.inputs)
    return replace(made, explanation=ValueExplanation(how, at, volume, value, sources, received, matrix))


def _source_views(state: ViewState, place: NodeRef, at: Spot) -> tuple[tuple[SourceView, ...], int]:
    """The volumes before that of a layer from the project's input on, and how many are left out."""
    regions = receptive_fields.regions_read(state.check, place, *at)
    shown = [earlier for earlier in _earlier_refs(state, place) if earlier in regions]
    left_out = max(len(shown) - MOST_SOURCE_VIEWS, 0)
    volumes = map(state.volume_at, shown[:1] + shown[1 + left_out :])
    return tuple([_source_view(state, earlier, regions[earlier.ref]) for earlier in volumes if earlier.fresh]), left_out


def _earlier_refs(state: ViewState, place: NodeRef) -> Iterator[NodeRef]:
    """Places before a layer's in the order in which they run; a design's input is the stem's last, or the project's."""
    design, node = place
    if (design, node) == (STEM, INPUT):
        return
    yield (STEM, INPUT)
    for name in dict.fromkeys((STEM, design)):
        analysis = state.analysis(name)
        for report in () if analysis is None else analysis.reports:
            if (name, report.name) == (design, node):
                return
            yield name, report.name


def _source_view(state: ViewState, at: VolumeAt, region: Region) -> SourceView:
    place, volume, spec = at.ref, at.volume, state.project.input
    assert volume is not None, "only what is of today's settings is shown"
    photo = spec if place == (STEM, INPUT) and isinstance(spec, ImageInput) else None
    channel = region.first if region.last - region.first == 1 else most_varied_channel(volume)
    name = ("photo" if photo else INPUT) if place == (STEM, INPUT) else place[1]
    return SourceView(place, name, volume, channel, region, photo)
