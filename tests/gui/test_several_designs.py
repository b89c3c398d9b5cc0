"""Two to four designs in every view: each of them is drawn, and Filters compares them all."""

import gc
from itertools import permutations

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QRectF
from pytestqt.qtbot import QtBot

from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from engine.run.check import ProjectCheck
from engine.run.execute import run_all
from engine.run.request import RunRequest
from gui.catalogue.views import VIEW_IDS
from gui.export.pictures import render_view
from gui.paint.bars.content import build_bars_content
from gui.paint.bars.layout import lay_out_bars_on_screen
from gui.paint.figures.part_selection import compared_designs
from gui.paint.maps.detail.histogram import HistogramBody
from gui.paint.maps.mosaic import build_mosaic_content, lay_out_mosaics
from gui.paint.volumes.face_values import front_channel
from gui.state.comparison import compared_refs, find_companions, leading_ref
from gui.state.focus import Focus
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult
from gui.views.filters import FiltersView
from tests.gui.user_input import select_option
from tests.gui.view_harness import ViewHarness, state_of

NAMES = ("plain", "narrow", "renamed", "deep", "fifth")
CONV = Node("conv", Conv2d(8, 3))
NETWORKS = (
    (CONV,),
    (Node("reduce", Conv2d(2, 1)), CONV),
    (Node("other", Conv2d(8, 5)),),
    (CONV, Node("again", Conv2d(8, 3))),
    (CONV,),
)
"""The first, second and fourth have a layer of one name; the third's corresponds by kind, and is the last one."""


def project_of(count: int) -> Project:
    designs = (Design(name, Network(nodes)) for name, nodes in zip(NAMES, NETWORKS, strict=True))
    return Project(NoiseInput((4, 10, 10), seed=1), tuple(designs)[:count], title="Several")


def state_after_run(count: int, focus: Focus | None = None, **look: object) -> ViewState:
    project = project_of(count)
    done = run_all(RunRequest.of(project), lambda _: None)
    results = {ref: VolumeResult(event.key, event.volume, event.milliseconds) for ref, event in done.items()}
    return replace(state_of(project, focus or Focus("plain", "conv"), **look), run=RunView(results))


@pytest.mark.parametrize("count", [2, 3, 4])
def test_the_companions_of_a_layer_are_the_same_whichever_of_them_is_selected(count: int) -> None:
    state = state_of(project_of(count), Focus("plain", "conv"))
    refs = compared_refs(state)
    assert refs == (("plain", "conv"), ("narrow", "conv"), ("renamed", "other"), ("deep", "conv"))[:count]
    for ref in refs:
        assert compared_refs(replace(state, focus=Focus(*ref))) == refs
        assert leading_ref(state, ref) == refs[0]
        assert find_companions(state, ref) == tuple(other for other in refs if other != ref)


def test_looking_for_companions_leaves_no_more_than_the_last_checks_in_memory():
    gc.collect()
    before = sum(type(thing) is ProjectCheck for thing in gc.get_objects())
    project = project_of(2)
    for filters in range(1, 41):
        network = project.network("plain").with_layer("conv", Conv2d(filters, 3))
        state = state_of(project.with_network("plain", network))
        assert len(find_companions(state, ("plain", "conv"))) == (filters == 8)
    gc.collect()
    assert sum(type(thing) is ProjectCheck for thing in gc.get_objects()) - before < 20


def test_a_last_volume_is_compared_with_the_last_ones_even_if_these_have_another_companion() -> None:
    state = state_of(project_of(4), Focus("deep", "again"))
    assert compared_refs(state) == (("plain", "conv"), ("narrow", "conv"), ("renamed", "other"), ("deep", "again"))


def test_of_more_designs_than_fit_the_chosen_pair_is_compared() -> None:
    state = state_of(project_of(5), Focus("plain", "conv"))
    assert [design for design, _ in compared_refs(state)] == list(NAMES[:4])
    chosen = replace(state, look=replace(state.look, pair=("plain", "fifth")))
    assert [design for design, _ in compared_refs(chosen)] == ["plain", "narrow", "renamed", "fifth"]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_filters_has_a_mosaic_per_design_in_one_range_and_the_difference_of_the_pair(count: int) -> None:
    state = state_after_run(count, comparison="maps + difference", pair=(NAMES[count - 1], "plain"))
    content = build_mosaic_content(state)
    assert [panel.design for panel in content.panels] == [*NAMES[:count], "difference"]
    ranges = {(float(panel.tiles.lows[0]), float(panel.tiles.highs[0])) for panel in content.panels[:-1]}
    assert len(ranges) == 1
    assert f"‖{NAMES[count - 1]} − plain‖" in content.panels[-1].legend_text
    assert content.legend.startswith(f"viridis · shared range of {'both' if count == 2 else 'all'} designs")


def test_without_a_pair_among_the_mosaics_the_difference_is_that_of_the_first_two() -> None:
    state = state_after_run(4, Focus("narrow", "conv"), comparison="maps + difference", pair=("gone", "plain"))
    assert "‖plain − narrow‖" in build_mosaic_content(state).panels[-1].legend_text


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("size", [(1200, 400), (400, 1200), (900, 900), (300, 500)])
def test_mosaics_are_equally_large_and_do_not_overlap(count: int, size: tuple[int, int]) -> None:
    content = build_mosaic_content(state_after_run(count, comparison="maps + difference"))
    layout = lay_out_mosaics(QRectF(0, 0, *size), content)
    rects = [panel.projection.rect for panel in layout.panels if panel.projection is not None]
    assert len(rects) == count + 1
    assert len({(round(rect.width(), 3), round(rect.height(), 3)) for rect in rects}) == 1
    assert not any(one.intersects(other) for one, other in permutations(rects, 2))
    assert all(QRectF(0, 0, *size).contains(rect) for rect in rects)


def test_the_histogram_has_a_line_for_each_design() -> None:
    state = state_after_run(4, Focus("deep", "conv", 3), detail="histogram")
    detail = build_mosaic_content(state).detail
    assert detail is not None
    assert isinstance(detail.body, HistogramBody)
    assert [curve.design for curve in detail.body.curves] == list(NAMES[:4])


def test_boxes_of_companions_show_one_channel() -> None:
    state = state_after_run(4, Focus("narrow", "conv", 5))
    for ref in compared_refs(state):
        volume = state.volume_at(ref).volume
        assert volume is not None
        assert front_channel(state, ref, volume, state.focus) == 5


def test_the_designs_of_the_difference_are_chosen_beside_it(qtbot: QtBot) -> None:
    harness = ViewHarness(qtbot, FiltersView, state_after_run(3), (700, 600))
    view = harness.view
    assert view.pair.isVisible()
    assert len(view.pair.options) == 6
    select_option(qtbot, view.pair, ("renamed", "narrow"))
    assert harness.state.look.pair == ("renamed", "narrow")
    assert harness.state.look.comparison == "maps + difference"
    assert "‖renamed − narrow‖" in view.canvas.accessibleDescription()
    view.close_down()


def test_with_two_designs_there_is_nothing_to_choose(qtbot: QtBot) -> None:
    harness = ViewHarness(qtbot, FiltersView, state_after_run(2), (700, 600))
    assert not harness.view.pair.isVisible()
    harness.view.close_down()


COMPARED = tuple(view for view in VIEW_IDS if view not in ("bottleneck", "inspector", "differences"))


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("view", COMPARED)
def test_every_design_is_drawn_in_its_colour(qtbot: QtBot, view: str, count: int) -> None:
    text = render_view(state_after_run(count), view, "svg").decode()
    for name in NAMES[:count]:
        assert name in text


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("size", [(658, 165), (500, 165), (900, 160), (340, 400)])
def test_the_totals_of_all_designs_are_visible_in_a_low_or_narrow_dock(count: int, size: tuple[int, int]) -> None:
    layout = lay_out_bars_on_screen(build_bars_content(state_of(project_of(count))), QRectF(0, 0, *size))
    assert [total.line.design for total in layout.totals] == list(NAMES[:count])
    assert all(QRectF(0, 0, *size).contains(total.row_rect) for total in layout.totals)


def test_figures_of_two_designs_draw_the_chosen_ones() -> None:
    state = state_of(project_of(4), Focus("plain", "conv"))
    assert compared_designs(state, "a figure") == ["plain", "narrow"]
    assert compared_designs(replace(state, focus=Focus("deep", "conv")), "a figure") == ["plain", "deep"]
    chosen = replace(state, look=replace(state.look, pair=("deep", "renamed")))
    assert compared_designs(chosen, "a figure") == ["deep", "renamed"]
