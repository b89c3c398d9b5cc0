"""What pictures of views show, in words, for web pages: the views of the catalogue name these functions."""

from gui.paint.bars.content import build_bars_content
from gui.paint.bottleneck.drawing import build_bottleneck_content
from gui.paint.inspector.content import load_inspector_content
from gui.paint.inspector.description import describe_inspector
from gui.paint.maps.mosaic import build_mosaic_content
from gui.paint.sweep.state_drawing import describe_state_sweep
from gui.state.view_state import ViewState


def describe_bars(state: ViewState) -> str:
    return build_bars_content(state).description


def describe_maps(state: ViewState) -> str:
    return build_mosaic_content(state).description


def describe_value(state: ViewState) -> str:
    return describe_inspector(load_inspector_content(state))


def describe_rank_search(state: ViewState) -> str:
    return build_bottleneck_content(state).description


def describe_sweep(state: ViewState) -> str:
    return describe_state_sweep(state)
