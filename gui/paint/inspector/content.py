"""The content of the inspector for a state, as far as it does not depend on the available space."""

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
from engine.network.node_ref import STEM, NodeRef
from engine.shapes import Shape
from gui.paint.basics.note_drawing import STALE_HINT
from gui.paint.inspector.filter_weights import LayerWeights, WeightMatrix, load_filter_weights, make_weight_matrix
from gui.paint.volumes.faces import most_varied_channel
from gui.state.focus import Focus
from gui.state.focus_steps import middle_pixel
from gui.state.look import Look
from gui.state.view_state import ViewState
from gui.state.volume_at import Float32Volume, VolumeAt

INSPECTOR_RUN_HINT = "Run (F5) to see here how each value is computed, with its real numbers"
LOADING_WEIGHTS_HINT = "loading the weights…"
NO_VALUE_HINT = (
    "No value is selected: this is the middle one of a map. Click a value in a mosaic or on a face, or type one."
)
_MOST_SOURCE_VIEWS = 24
"""Earlier volumes that are shown: the input and the nearest ones before the layer."""


class SourceView(Struct, frozen=True, eq=False):
    """An earlier volume and the value's receptive field in it."""

    ref: NodeRef
    name: str
    volume: Float32Volume
    channel: int
    """The map that is shown."""
    region: Region
    photo: ImageInput | None = None


class ValueExplanation(Struct, frozen=True, eq=False):
    """How a value is computed, and the volumes that it is computed from."""

    how: Explanation
    at: Spot
    volume: Float32Volume
    """The volume that contains the value."""
    value: float
    """The value in the run."""
    source_refs: tuple[NodeRef, ...] = ()
    """The nodes that the layer reads from."""
    inputs: tuple[Float32Volume, ...] = ()
    """Their volumes."""
    matrix: WeightMatrix | None = None

    @property
    def shape(self) -> Shape:
        """The shape of the volume."""
        return Shape(*self.volume.shape)

    @property
    def terms(self) -> Terms:
        assert self.how.terms is not None, "read only if the value is a sum"
        return self.how.terms

    @property
    def window(self) -> WindowProduct:
        assert self.how.window is not None, "read only if the value has a window on one input"
        return self.how.window

    @property
    def filter_weights(self) -> Numbers:
        """The weights that multiply the patch."""
        assert self.window.filter is not None, "read only if there are weights"
        return self.window.filter

    @property
    def source_index(self) -> int:
        """Index of the input that the window reads."""
        return 0 if self.how.window is None else self.how.window.source


class InspectorContent(Struct, frozen=True, eq=False):
    """A value and everything that is shown about it."""

    focus: Focus
    """The focus, completed to a value."""
    title: str
    label: str
    """The current settings and shapes of the layer."""
    look: Look
    colour_index: int
    shape: Shape | None = None
    note: str = ""
    note_is_mistake: bool = False
    """Whether the note reports a mistake."""
    is_stale: bool = False
    earlier_label: str = ""
    """The settings and shapes that a stale explanation belongs to."""
    value: float | None = None
    """The value in the run."""
    explanation: ValueExplanation | None = None
    source_views: tuple[SourceView, ...] = ()
    left_out_count: int = 0
    """Earlier volumes, after the input, that are not shown."""
    photo: ImageInput | None = None
    """The photo's settings, if the volume is the photo itself."""
    selected_term: int | None = None
    """The selected term, whose patch is shown."""
    least_head_height: float = 0.0
    """Least height of the head in pixels, so that nothing below jumps during playback."""
    filled_count: int | None = None
    """Values of the map that playback has reached, in reading order; None: all are shown."""

    @property
    def spot(self) -> Spot | None:
        """Position of the value; None if it is unknown."""
        channel, pixel = self.focus.channel, self.focus.pixel
        return None if channel is None or pixel is None else Spot(channel, *pixel)

    @property
    def required_explanation(self) -> ValueExplanation:
        """The explanation, for parts that are shown only with one."""
        assert self.explanation is not None, "parts that explain a value are shown only with an explanation"
        return self.explanation

    @property
    def shown_term(self) -> int:
        """The term whose patch is shown: the selected one, else the largest, else (without weights) the value's own."""
        how = None if self.explanation is None else self.explanation.how
        if how is None or how.terms is None:
            return 0
        terms = how.terms
        if self.selected_term is not None and self.selected_term < len(terms.values):
            return self.selected_term
        if how.window is not None and how.window.filter is None:
            return how.at.channel - terms.first
        return int(np.argmax(np.abs(np.nan_to_num(terms.values))))

    def term_focus(self, term: int) -> Focus:
        """Return the input value that a term comes from: the middle one of its window."""
        explanation = self.required_explanation
        terms, at = explanation.terms, explanation.at
        if terms.of == "input":
            return Focus(*explanation.source_refs[term], at.channel, (at.y, at.x))
        window, shape = explanation.how.window, explanation.inputs[terms.source].shape
        y, x = at.y, at.x
        if window is not None:
            y, x = int(window.rows[(len(window.rows) - 1) // 2]), int(window.columns[(len(window.columns) - 1) // 2])
        pixel = min(max(y, 0), shape[1] - 1), min(max(x, 0), shape[2] - 1)
        return Focus(*explanation.source_refs[terms.source], terms.first + term, pixel)


def focus_with_value(state: ViewState) -> Focus:
    """Return the focus completed to a value: the middle of the most varied map if no valid one is selected."""
    focus = state.focus
    at = state.volume_at(focus.ref)
    shape, volume = at.shape, at.volume_of(at.shape)
    if shape is None:
        return focus
    channel, pixel = focus.channel, focus.pixel
    if channel is None or channel >= shape.channels:
        channel = None if volume is None else most_varied_channel(volume)
    if pixel is None or pixel[0] >= shape.height or pixel[1] >= shape.width:
        pixel = None if volume is None else middle_pixel(shape)
    return replace(focus, channel=channel, pixel=pixel)


ARITHMETIC = np.errstate(invalid="ignore", over="ignore")
"""For functions that compute with shown values: ∞ − ∞ is an answer, not a fault, and is marked as such."""


@ARITHMETIC
def build_inspector_content(state: ViewState, weights: LayerWeights | FileFault | None) -> InspectorContent:
    """Build the content for the layer's `weights`, or the reason why there are none; None: they are being loaded."""
    focus, at = focus_with_value(state), state.volume_at(state.focus.ref)
    content = _build_heading(state, focus, at)
    spot = content.spot
    if at.problems:
        return replace(content, note="\n".join(at.problems), note_is_mistake=True)
    if at.shape is None:
        return replace(content, note="unknown: a layer before it has a mistake", note_is_mistake=True)
    if at.volume is None:
        return replace(content, note=INSPECTOR_RUN_HINT)
    if spot is None or not _all_fresh(state, at):
        return replace(content, note=STALE_HINT, is_stale=True)
    content = replace(content, value=float(at.volume[spot]))
    source_views, left_out = _source_views(state, at.source, spot)
    note = "" if (state.focus.channel, state.focus.pixel) == (focus.channel, focus.pixel) else NO_VALUE_HINT
    content = replace(content, source_views=source_views, left_out_count=left_out, note=note)
    return _add_explanation(content, state, weights, at.source, at.volume)


def with_earlier_explanation(content: InspectorContent, before: InspectorContent) -> InspectorContent:
    """Add the last explanation of a value to stale content, with the settings that it belongs to."""
    return replace(
        before,
        label=content.label,
        earlier_label=before.earlier_label or before.label,
        look=content.look,
        colour_index=content.colour_index,
        note=content.note,
        is_stale=True,
        filled_count=None,
        least_head_height=0.0,
    )


def load_inspector_content(state: ViewState) -> InspectorContent:
    """Load the weights, however long that takes, and build the content."""
    focus, source = focus_with_value(state), state.volume_at(state.focus.ref).source
    report = state.report(source)
    if focus.channel is None or report is None or not report.array_shapes:
        return build_inspector_content(state, LayerWeights({}))
    try:
        weights: LayerWeights | FileFault = load_filter_weights(state, source, focus.channel, lambda: None)
    except FileFault as fault:
        weights = fault
    return build_inspector_content(state, weights)


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
        state.colour_index(design),
        at.shape,
        photo=spec if at.is_project_input and isinstance(spec, ImageInput) else None,
    )


def _operator_label(report: Report | None) -> str:
    if report is None:
        return "the project's input"
    shapes = " and ".join(str(shape or "unknown") for shape in report.input_shapes)
    return f"{report.layer.label()} · {shapes} → {report.output_shape or 'unknown'}"


def _all_fresh(state: ViewState, at: VolumeAt) -> bool:
    """Whether the volume and all inputs of its layer are fresh."""
    report = state.report(at.source)
    names = () if report is None else report.inputs
    return at.is_fresh and all(state.volume_at((at.source[0], name)).is_fresh for name in names)


def _add_explanation(
    content: InspectorContent,
    state: ViewState,
    weights: LayerWeights | FileFault | None,
    ref: NodeRef,
    volume: Float32Volume,
) -> InspectorContent:
    """Add the explanation of the content's value, in the volume of `ref`."""
    at = content.spot
    assert at is not None, "a value that is explained has a position"
    report, value = state.report(ref), float(volume[at])
    if report is None:
        return replace(
            content, explanation=ValueExplanation(explain_input(state.project.input, volume, at), at, volume, value)
        )
    if weights is None:
        return replace(content, note=LOADING_WEIGHTS_HINT)
    if isinstance(weights, FileFault):
        return replace(content, note=str(weights), note_is_mistake=True)
    source_refs = tuple((ref[0], name) for name in report.inputs)
    volumes = [state.volume_at(source_ref).volume for source_ref in source_refs]
    inputs = tuple(volume for volume in volumes if volume is not None)
    assert isinstance(report.layer, Layer), "only layers run"
    matrix = weights.matrix
    if matrix is None and weights.channel is None:
        matrix = make_weight_matrix(report, weights.arrays, at.channel)
    how = explain(report.layer, report.name, inputs, weights.filter_roles(report.layer, at.channel), at, report.inputs)
    return replace(content, explanation=ValueExplanation(how, at, volume, value, source_refs, inputs, matrix))


def _source_views(state: ViewState, ref: NodeRef, at: Spot) -> tuple[tuple[SourceView, ...], int]:
    """Return the volumes before a layer, from the project's input on, and how many are left out."""
    regions = receptive_fields.regions_read(state.check, ref, *at)
    refs = [earlier for earlier in _earlier_refs(state, ref) if earlier in regions]
    left_out = max(len(refs) - _MOST_SOURCE_VIEWS, 0)
    volumes = map(state.volume_at, refs[:1] + refs[1 + left_out :])
    return tuple(
        [_source_view(state, earlier, regions[earlier.ref]) for earlier in volumes if earlier.is_fresh]
    ), left_out


def _earlier_refs(state: ViewState, ref: NodeRef) -> Iterator[NodeRef]:
    """Yield the nodes before a layer in the order in which they run, from the project's input through the stem."""
    design, node = ref
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
    ref, volume, spec = at.ref, at.volume, state.project.input
    assert volume is not None, "only fresh volumes are shown"
    photo = spec if ref == (STEM, INPUT) and isinstance(spec, ImageInput) else None
    channel = region.first if region.last - region.first == 1 else most_varied_channel(volume)
    name = ("photo" if photo else INPUT) if ref == (STEM, INPUT) else ref[1]
    return SourceView(ref, name, volume, channel, region, photo)
