"""Pictures after an edit, which keep what it does not change, against those of the project opened anew."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.layers import Activation, Conv2d, MaxPool2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.paint.bars.content import build_bars_content
from gui.paint.volumes.layout import lay_out_volumes
from gui.panels.design_rows import design_tree_rows
from gui.state.view_state import ViewState
from gui.workbench.workbench import Workbench

LAYERS = st.sampled_from(
    [Conv2d(filters=8, kernel=3), Conv2d(filters=9, kernel=1), Activation("relu"), MaxPool2d(2), Conv2d(4, 40)]
)
EDITS = st.lists(st.tuples(st.integers(0, 29), LAYERS), min_size=1, max_size=4)


def project_of(layers: tuple[object, ...]) -> Project:
    nodes = tuple(Node(f"layer{number}", layer) for number, layer in enumerate(layers))
    return Project(NoiseInput((3, 64, 64)), (Design("d", Network(nodes)), Design("other", Network(nodes[:4]))))


def pictures_of(state: ViewState) -> object:
    content, scene = build_bars_content(state), lay_out_volumes(state, 900, 500).scene
    boxes = [(box.ref, box.prism, box.bounds, box.texts, box.arrow_end_x, box.line_start_x) for box in scene.boxes]
    arrows = [(arrow.start, arrow.end, arrow.y, arrow.texts) for arrow in scene.arrows]
    return content.totals, content.groups, content.headline, boxes, arrows, scene.wires, design_tree_rows(state)


@settings(max_examples=8, deadline=None)
@given(edits=EDITS, metric=st.sampled_from(["macs", "params", "receptive_field"]))
def test_pictures_after_edits_are_those_of_the_project_opened_anew(
    edits: list[tuple[int, object]], metric: str
) -> None:
    layers = [Conv2d(filters=8, kernel=3)] * 30
    workbench = Workbench(project_of(tuple(layers)))
    workbench.set_look(replace(workbench.state.look, metric=metric))
    pictures_of(workbench.state)
    for at, layer in edits:
        layers[at] = layer
        workbench.edit("Edit", project_of(tuple(layers)))
        edited = pictures_of(replace(workbench.state, earlier={}))
    opened = Workbench(project_of(tuple(layers)))
    opened.set_look(workbench.state.look)
    assert edited == pictures_of(opened.state)
    workbench.close()
    opened.close()
