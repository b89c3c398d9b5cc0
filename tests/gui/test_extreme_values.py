"""Every picture with extreme values and names: no text is cut, no scale is made up, and nothing warns."""

import re
import warnings
from math import ceil
from pkgutil import resolve_name

import numpy as np
import pytest
from msgspec.structs import replace

from engine.layers import Add, Conv2d, GlobalAvgPool2d, MaxPool2d
from engine.network.graph import INPUT, Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project
from gui.catalogue.figures import FIGURE_IDS, figure_row
from gui.catalogue.views import ON_REQUEST, VIEWS, view_row
from gui.export.pictures import best_page
from gui.export.rank_search import add_rank_search
from gui.state.focus import Focus
from gui.state.volume_at import VolumeResult
from gui.theme import LIGHT
from tests.gui.inspector_states import run_project
from tests.recording_painter import drawn_texts

LONG = "a_very_long_name_of_a_layer_that_goes_on_and_on_without_a_space_or_an_end"
PICTURES = [row.id for row in VIEWS if row.id not in ON_REQUEST]
WITHOUT_VALUES = "bars", "counting", "paper", "table"
"""Pictures that show amounts only: one volume is like another for them."""

VALUES = {
    "ten million": lambda noise: 1.127e7 * noise,
    "ten thousand": lambda noise: -1.127e4 * noise,
    "ten millionths": lambda noise: -1e-7 * noise,
    "largest": lambda noise: np.clip(noise, -1, 1) * 3.4e38,
    "subnormal": lambda noise: noise * 1e-41,
    "kelvin": lambda noise: 293.25 + noise / 50,
    "pascal": lambda noise: 101325 + 5 * noise,
    "constant": lambda noise: np.full_like(noise, -2.5),
    "negative zero": lambda noise: np.full_like(noise, -0.0),
    "not a number": lambda noise: np.full_like(noise, np.nan),
    "infinite": lambda noise: np.where(noise > 1, np.inf, np.where(noise < -1, -np.inf, noise)),
    "only infinite": lambda noise: np.where(noise > 0, np.inf, -np.inf),
}


def project(name):
    nodes = (
        Node("copy", MaxPool2d(1)),
        Node(f"{name}1", Conv2d(5, 3)),
        Node(f"{name}2", Conv2d(5, 1)),
        Node("sum", Add(), ("copy", f"{name}2")) if name == "c" else Node("sum", Conv2d(3, 1)),
        Node("mean", GlobalAvgPool2d()),
    )
    designs = tuple(Design(f"{name}{suffix}", Network(nodes)) for suffix in ("", "_2", "_2b"))
    return Project(NoiseInput((5, 9, 8), seed=3), designs, title=f"The project {name}")


@pytest.fixture(scope="module")
def states():
    """A state after a run, by the name of its nodes and designs."""
    return {name: run_project(project(name), Focus(name, f"{name}1", 3, (2, 2))) for name in ("c", LONG)}


def with_values(state, make, dtype=np.float32):
    """The state with other values in all volumes."""
    with np.errstate(over="ignore"):
        volumes = {
            ref: make(np.random.default_rng(0).standard_normal(result.volume.shape)).astype(dtype)
            for ref, result in state.run.results.items()
        }
    results = {ref: VolumeResult(result.key, volumes[ref], 1.0) for ref, result in state.run.results.items()}
    return replace(state, run=replace(state.run, results=results))


def paint_of(view_id):
    return resolve_name(view_row(view_id).picture.paint)


def texts_of(view_id, state, size):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return drawn_texts(paint_of(view_id), *size, state)


LOOKS = (
    {},
    {"zero_centred": True},
    {"range": "per map", "detail": "histogram", "order": "likeness"},
    {"detail": "histograms", "order": "variance"},
    {"detail": "contributions", "comparison": "maps + difference"},
    {"detail": "kernel by size", "order": "zeros"},
)


@pytest.mark.parametrize("name", ["c", LONG], ids=["short", "long"])
@pytest.mark.parametrize(
    ("view_id", "values"),
    [(view_id, values) for view_id in PICTURES for values in (VALUES if view_id not in WITHOUT_VALUES else ["kelvin"])],
)
def test_no_text_is_cut_and_nothing_warns(view_id, values, name, states, qapp):
    state = with_values(states[name], VALUES[values])
    for look in LOOKS if view_id == "filters" else LOOKS[:2]:  # the others are about mosaics alone
        seen = replace(state, look=replace(state.look, **look))
        for size in ((1200, 1500), (420, 1800)):
            texts = texts_of(view_id, seen, size)
            assert texts
            assert not [(size, drawn) for drawn in texts if drawn.is_cut]
            assert not [drawn.text for drawn in texts if re.search(r"−0(?![\d.])|\+03×", drawn.text)]


@pytest.mark.parametrize("focus", ["copy", "sum", "mean", INPUT])
@pytest.mark.parametrize("values", VALUES)
def test_the_inspector_shows_every_kind_of_layer_without_cutting_numbers(values, focus, states, qapp):
    state = with_values(states["c"], VALUES[values])
    state = replace(state, focus=Focus("c", focus, 1, (0, 0)))
    for size in ((1200, 1500), (300, 3000)):
        assert not [drawn for drawn in texts_of("inspector", state, size) if drawn.is_cut]


@pytest.mark.parametrize("view_id", ["volumes", "filters"])
@pytest.mark.parametrize("values", ["not a number", "only infinite"])
def test_a_volume_without_finite_values_has_no_scale(view_id, values, states, qapp):
    state = with_values(states["c"], VALUES[values])
    words = " · ".join(drawn.text for drawn in texts_of(view_id, state, (1400, 900)))
    assert "no value" in words
    assert "not finite" in words
    for made_up in ("0 … 1", "shared range", "percentiles"):
        assert made_up not in words


@pytest.mark.parametrize("view_id", ["volumes", "filters", "inspector"])
def test_values_that_are_not_finite_are_counted(view_id, states, qapp):
    state = with_values(states["c"], VALUES["infinite"])
    words = " ".join(drawn.text for drawn in texts_of(view_id, state, (1800, 1500)))
    assert "agenta" in words
    assert "not finite" in words


@pytest.mark.parametrize("view_id", ["volumes", "filters"])
@pytest.mark.parametrize(("values", "low", "high"), [("kelvin", "293.2", "293.3"), ("pascal", "10131", "10133")])
def test_the_ends_of_a_scale_read_differently(view_id, values, low, high, states, qapp):
    state = with_values(states["c"], VALUES[values])
    words = " ".join(drawn.text for drawn in texts_of(view_id, state, (1800, 900)))
    assert low in words
    assert high in words
    assert "e+" not in words


@pytest.mark.parametrize("name", ["c", LONG], ids=["short", "long"])
@pytest.mark.parametrize("values", ["largest", "kelvin", "only infinite"])
@pytest.mark.parametrize("figure_id", FIGURE_IDS)
@pytest.mark.parametrize("file_format", ["pdf", "png"])
def test_no_text_of_a_figure_for_papers_is_cut(figure_id, file_format, values, name, states, qapp):
    state = with_values(states[name], VALUES[values])
    figure = resolve_name(figure_row(figure_id).lay_out)(state, best_page(state, figure_id, file_format))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        texts = drawn_texts(lambda painter: figure.paint(painter, LIGHT), ceil(figure.width), ceil(figure.height))
    assert texts
    assert not [drawn for drawn in texts if drawn.is_cut]


@pytest.mark.parametrize("name", ["c", LONG], ids=["short", "long"])
@pytest.mark.parametrize("size", [(1600, 800), (500, 700), (300, 400)])
def test_no_text_of_the_bottleneck_is_cut(size, name, states, qapp):
    state = add_rank_search(replace(states[name], focus=Focus(name, f"{name}1")))
    texts = texts_of("bottleneck", state, size)
    assert len(texts) > 10
    assert not [drawn for drawn in texts if drawn.is_cut]
