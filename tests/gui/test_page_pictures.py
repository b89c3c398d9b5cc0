"""The sizes of pictures within web pages."""

import pytest
from PySide6.QtCore import QRectF

from engine.layers import Conv2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.export.page_pictures import view_size
from gui.paint.maps.mosaic import build_mosaic_content, lay_out_mosaics
from gui.state.focus import Focus
from tests.gui.view_harness import state_of


def state_of_conv(filters):
    project = Project(NoiseInput((3, 32, 32)), (Design("d", Network((Node("conv", Conv2d(filters, 3)),))),))
    return state_of(project, Focus("d", "conv"))


def tile_width(state, width, height):
    (panel,) = lay_out_mosaics(QRectF(0, 0, width, height), build_mosaic_content(state)).panels
    return panel.projection.tile_rect(0).width()


@pytest.mark.parametrize(("filters", "is_low"), [(5, True), (6, False), (64, False)])
def test_maps_take_no_more_height_of_a_page_than_makes_them_larger(filters, is_low):
    state = state_of_conv(filters)
    width, height = view_size(state, "filters")
    assert (height <= 400) == is_low
    assert tile_width(state, width, height) >= tile_width(state, width, 600)
    assert tile_width(state, width, height - 40) < tile_width(state, width, 600)


def test_volumes_on_a_narrow_screen_take_no_more_height_than_makes_their_boxes_larger(qapp):
    wide = Network(tuple(Node(f"c{number}", Conv2d(4, 3), (INPUT,)) for number in range(2)))
    long = Network(tuple(Node(f"c{number}", Conv2d(4, 3)) for number in range(30)))
    heights = [
        view_size(state_of(Project(NoiseInput((3, 32, 32)), (Design("d", network),))), "volumes", 400)[1]
        for network in (wide, long)
    ]
    assert heights[0] < 600 < heights[1]
