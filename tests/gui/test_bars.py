"""The bars of operations in files: their geometry and their texts."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from engine.network.input_specs import ArrayInput
from engine.project.project import Project
from engine.text.units import abbreviate
from gui.paint.bars import layout
from gui.paint.bars.content import build_bars_content
from gui.paint.bars.drawing import paint_bars
from gui.paint.bars.layout import BarsLayout, lay_out_bars
from gui.paint.bars.scale import BarScale, choose_scale, tick_label
from gui.paint.basics.column_layout import fill_columns, largest_fitting
from gui.paint.basics.text_drawing import ADD_DESIGN_HINT
from gui.state.focus import Focus
from gui.state.view_state import ViewState
from gui.theme import THEMES
from tests.golden.projects import PROJECTS, chain, inception, mistaken, start, three_designs, with_stem
from tests.gui.view_harness import state_of, svg

SIZES = ((420.0, 260.0), (900.0, 330.0), (1600.0, 900.0))
amounts = st.integers(1, 10**15)


def layout_of(state: ViewState, width: float = 900.0, height: float = 600.0) -> BarsLayout:
    return lay_out_bars(build_bars_content(state), QRectF(0, 0, width, height))


def test_settings_stand_beside_names_only_if_the_bars_stay_long() -> None:
    narrow, wide = (layout_of(state_of(start()), width, 500) for width in (300.0, 900.0))
    longest_bar = max(placed_line.bar_rect.width() for placed_line in narrow.lines)
    assert longest_bar > 0.25 * 300
    assert "5×5, 32 filters" not in svg(paint_bars, state_of(start()), 300, 500)
    assert "5×5, 32 filters" in svg(paint_bars, state_of(start()), 900, 500)
    assert wide.lines[1].column.label_width > narrow.lines[1].column.label_width


# Axes


@given(amounts, amounts)
def test_lengths_on_a_linear_axis_are_in_proportion_to_the_amounts(one: int, other: int) -> None:
    scale = choose_scale((one, other), logarithmic=False)
    assert scale.fraction(one) * other == pytest.approx(scale.fraction(other) * one)
    assert max(scale.fraction(one), scale.fraction(other)) == 1


@given(st.lists(amounts, min_size=1), amounts)
def test_equal_ratios_are_equal_distances_on_a_logarithmic_axis(values: list[int], factor: int) -> None:
    scale = choose_scale((*values, *(amount * factor for amount in values)), logarithmic=True)
    steps = [scale.fraction(amount * factor) - scale.fraction(amount) for amount in values]
    assert steps == pytest.approx([steps[0]] * len(steps), abs=1e-9)


@given(st.lists(amounts, min_size=1))
def test_every_amount_above_one_has_a_length_on_a_logarithmic_axis(values: list[int]) -> None:
    scale = choose_scale(values, logarithmic=True)
    assert all(0 < scale.fraction(amount) <= 1 for amount in values if amount > 1)


@given(st.lists(amounts, min_size=1), st.integers(2, 9))
def test_ticks_of_a_logarithmic_axis_are_powers_of_ten_and_at_least_two(values: list[int], max_ticks: int) -> None:
    ticks = choose_scale(values, logarithmic=True).ticks(max_ticks)
    assert all(str(tick).strip("0") == "1" for tick in ticks)
    assert 2 <= len(ticks) <= max_ticks
    assert len({b // a for a, b in pairwise(ticks)}) == 1


@given(st.integers(1, 10**15), st.integers(2, 9))
def test_ticks_of_a_linear_axis_begin_at_zero_in_equal_steps_and_reach_half_of_it(largest: int, max_ticks: int) -> None:
    ticks = BarScale(0, largest).ticks(max_ticks)
    assert ticks[0] == 0
    assert 2 <= len(ticks) <= max_ticks
    assert len({b - a for a, b in pairwise(ticks)}) == 1
    assert largest / 2 <= ticks[-1] <= largest


def test_ticks_are_labelled_in_round_numbers() -> None:
    assert [tick_label(tick) for tick in BarScale(1000, 10**8, logarithmic=True).ticks()] == [
        *("1 K", "10 K", "100 K"),
        *("1 M", "10 M", "100 M"),
    ]
    assert [tick_label(tick) for tick in (0, 500, 2_500_000, 4 * 10**9, 10**15)] == ["0", "500", "2.5 M", "4 G", "1e15"]


def test_an_axis_without_known_amounts_has_no_lengths() -> None:
    for logarithmic in (False, True):
        scale = choose_scale((0, None), logarithmic=logarithmic)
        assert scale.fraction(5) == 0
        assert scale.ticks() == (0,)


# Columns


@given(st.lists(st.lists(st.integers(), min_size=1, max_size=30), min_size=1, max_size=5), st.integers(1, 7))
def test_columns_hold_every_line_in_order_and_repeat_only_headings(groups: list[list[int]], count: int) -> None:
    groups_with_headings = [
        [("heading", number), *(("line", number, item) for item in group)] for number, group in enumerate(groups)
    ]
    columns = fill_columns(groups_with_headings, count, lambda heading: ("again", heading[1]))
    assert len(columns) <= count
    lines = [line for column in columns for line in column]
    assert [line for line in lines if line[0] != "again"] == [line for group in groups_with_headings for line in group]
    assert all(line[0] != "again" for column in columns for line in column[1:])
    assert all(column[-1][0] == "line" for column in columns)


@given(st.integers(0, 300), st.integers(-1, 300))
def test_the_largest_number_that_fits_is_found(most: int, limit: int) -> None:
    assert largest_fitting(most, lambda number: number <= limit) == max(min(most, limit), 0)


def test_a_network_of_thousands_of_layers_is_laid_out_in_few_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = []
    monkeypatch.setattr(layout, "fill_columns", lambda *given: attempts.append(given) or fill_columns(*given))
    lines = layout_of(state_of(chain(2000)), 900, 400).lines
    assert any("more layers" in placed.line.label for placed in lines)
    assert len(attempts) < 100


# Layout


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PROJECTS)
def test_bars_on_one_axis_are_in_proportion_to_their_exact_values(name: str, size: tuple[float, float]) -> None:
    layout = layout_of(state_of(PROJECTS[name]), *size)
    for placed_lines in (layout.totals, layout.lines):
        lengths_and_values = [(p.bar_rect.width(), p.line.value) for p in placed_lines if p.line.value]
        longest_bar, largest_value = max(lengths_and_values)
        for length, value in lengths_and_values:
            assert length == pytest.approx(longest_bar * value / largest_value)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("project", [*PROJECTS.values(), chain()], ids=lambda project: project.title)
def test_every_layer_has_a_line_or_is_counted_in_one_within_the_rectangle(
    project: Project, logarithmic: bool, size: tuple[float, float]
) -> None:
    rect = QRectF(0, 0, *size)
    layout = layout_of(state_of(project, logarithmic=logarithmic), *size)
    nodes = {(p.line.design, node) for p in layout.lines for node in p.line.nodes}
    assert nodes == {(d.name, node.name) for d in project.designs for node in d.network.nodes}
    for placed_line in (*layout.totals, *layout.lines):
        assert rect.contains(placed_line.row_rect)
        assert placed_line.bar_rect.right() <= placed_line.row_rect.right()


@pytest.mark.parametrize("size", SIZES)
def test_rows_do_not_overlap(size: tuple[float, float]) -> None:
    lines = layout_of(state_of(chain()), *size).lines
    rows = [line.row_rect.adjusted(0.01, 0.01, -0.01, -0.01) for line in lines]
    assert not any(a.intersects(b) for i, a in enumerate(rows) for b in rows[:i])


@pytest.mark.parametrize("width", [230.0, 260.0, 320.0, 420.0, 900.0])
@pytest.mark.parametrize("logarithmic", [False, True])
def test_tick_labels_overlap_neither_each_other_nor_the_title_of_the_axis(width: float, logarithmic: bool) -> None:
    content = build_bars_content(state_of(start(), logarithmic=logarithmic))
    for height in (160.0, 240.0, 400.0, 700.0):
        layout = lay_out_bars(content, QRectF(0, 0, width, height))
        for axis in layout.axes:
            labels = [label for _, label in axis.place_ticks(layout.unit, content)]
            assert labels
            assert not any(a.intersects(b) for i, a in enumerate(labels) for b in labels[:i])
            assert all(axis.column.left < label.left() and label.right() <= axis.label_rect.right() for label in labels)


@pytest.mark.parametrize("size", [(221, 150), (354, 120), (900, 330), (1600, 900)])
def test_without_a_design_all_text_lies_within_the_rectangle(size: tuple[int, int]) -> None:
    state = state_of(start().with_designs(()))
    with_margin, without_margin = (paint_with_margin(state, *size, margin) for margin in (300, 0))
    assert with_margin.copy(0, 0, *size) == without_margin
    background = with_margin.pixelColor(0, 0)
    margin = with_margin.copy(0, size[1], size[0], 300)
    assert all(margin.pixelColor(x, y) == background for x in range(0, size[0], 2) for y in range(0, 300, 2))
    assert "…" not in svg(paint_bars, state, *size)


def paint_with_margin(state: ViewState, width: int, height: int, margin: int) -> QImage:
    """The figure, and a margin below it in which it must not draw."""
    image = QImage(width, height + margin, QImage.Format.Format_RGB32)
    image.fill(THEMES[state.look.theme].base)
    painter = QPainter(image)
    paint_bars(painter, QRectF(0, 0, width, height), state, THEMES[state.look.theme])
    painter.end()
    return image


def test_lines_that_do_not_fit_are_summed_up_in_one_with_their_count_and_cost() -> None:
    state = state_of(chain())
    layout = layout_of(state, 420, 260)
    folded = [p.line for p in layout.lines if p.line.kind == "folded"]
    values = {p.line.nodes[0]: p.line.value for p in layout.lines if p.line.kind == "node" and p.line.design == "wide"}
    assert len(folded[0].nodes) + len(values) == 100
    total = sum(report.macs or 0 for report in state.check.analyses["wide"].reports if report.name in folded[0].nodes)
    assert folded[0].label == f"{len(folded[0].nodes)} more layers, together {abbreviate(total)}"


def test_layers_that_cost_nothing_share_a_line_once_they_are_many() -> None:
    layout = layout_of(state_of(chain()), 1600, 900)
    folded = [p.line for p in layout.lines if p.line.kind == "folded"]
    assert [(line.label, len(line.nodes)) for line in folded] == [("50 layers without MACs", 50)] * 2
    few = layout_of(state_of(inception()), 1600, 900)
    zeros = [p.line for p in few.lines if p.line.value == 0]
    assert [(line.label, line.value_text) for line in zeros][:2] == [("pool", "0"), ("concat", "0")]


def test_the_section_title_says_how_much_the_axis_of_small_layers_is_enlarged() -> None:
    assert build_bars_content(state_of(chain())).section_title == "Layer by layer, axis enlarged 47.5×"
    assert build_bars_content(state_of(start())).section_title == "Layer by layer"
    assert build_bars_content(state_of(chain(), logarithmic=True)).section_title == "Layer by layer"


# Texts


def test_the_headline_states_the_saving() -> None:
    content = build_bars_content(state_of(start()))
    assert content.headline == "12.1× fewer multiply-accumulates"
    assert content.subject == "bottleneck, compared with naive"
    assert [line.value_text for line in content.totals] == ["160.6 M", "13.25 M"]
    assert [line.ratio_text for line in content.totals] == ["", "12.1× fewer"]
    assert build_bars_content(state_of(start(), metric="params")).headline == "12.1× fewer parameters"


def test_the_headline_states_the_largest_of_several_savings() -> None:
    assert build_bars_content(state_of(three_designs())).subject == "separable, compared with plain"


def test_the_headline_states_the_excess_if_the_first_design_is_the_cheapest() -> None:
    project = start()
    content = build_bars_content(state_of(project.with_designs(reversed(project.designs))))
    assert content.headline == "12.1× as many multiply-accumulates"
    assert content.subject == "naive, compared with bottleneck"


def test_the_headline_of_a_single_design_is_its_cost_and_without_designs_there_is_a_hint() -> None:
    project = start()
    assert build_bars_content(state_of(project.with_designs(project.designs[:1]))).headline == "160.6 M MACs"
    assert build_bars_content(state_of(project.with_designs(()))).subject == f"{ADD_DESIGN_HINT} to see what it costs"


def test_a_mistake_makes_the_total_unknown_and_the_headline_says_what_to_fix() -> None:
    content = build_bars_content(state_of(mistaken()))
    assert content.headline == "unknown"
    assert content.subject == "until bottleneck / huge is fixed"
    layout = layout_of(state_of(mistaken()))
    unknown = [p for p in (*layout.totals, *layout.lines) if p.line.value is None and p.line.kind != "heading"]
    assert [(p.line.label, p.line.value_text, p.bar_rect.width()) for p in unknown] == [
        ("bottleneck", "unknown", 0),
        ("huge", "unknown", 0),
        ("after", "unknown", 0),
    ]


def test_the_headline_names_an_unreadable_input_as_what_to_fix() -> None:
    content = build_bars_content(state_of(replace(start(), input=ArrayInput("/nowhere/volume.npy"))))
    assert content.headline == "unknown"
    assert content.subject == "until the input is fixed: see Mistakes (F8)"


def test_the_stem_is_a_line_of_text_without_a_bar() -> None:
    content = build_bars_content(state_of(with_stem()))
    assert content.stem_texts == ("stem, the same for all designs: 2.052 G MACs", "stem: 2.052 G MACs")
    assert {line.design for group in content.groups for line in group} == {"naive", "bottleneck"}


# Painting


def test_text_stays_text_in_an_svg_file() -> None:
    content = svg(paint_bars, state_of(start(), logarithmic=True))
    for text in ("12.1× fewer multiply-accumulates", "160.6 M", "MACs, logarithmic", "100 M", "conv5x5"):
        assert f">{text}" in content


def test_a_mistake_too_long_for_its_row_loses_words_before_it_becomes_hard_to_read() -> None:
    content = svg(paint_bars, state_of(mistaken()), 420, 400)
    sizes = {
        text: float(size) for size, text in re.findall(r'font-size="([\d.]+)"[^>]*>\s*<text[^>]*>([^<]*)<', content)
    }
    (mistake,) = [text for text in sizes if text.startswith("unknown:")]
    assert "…" in mistake
    assert sizes[mistake] >= 0.8 * sizes["huge"]


def picture(state: ViewState) -> QImage:
    image = QImage(900, 500, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_bars(painter, QRectF(0, 0, 900, 500), state, THEMES[state.look.theme])
    painter.end()
    return image


def test_only_the_row_of_the_focused_layer_is_drawn_differently() -> None:
    state = state_of(start())
    without_focus = picture(state)
    with_focus = picture(replace(state, focus=Focus("bottleneck", "reduce")))
    row = layout_of(state, 900, 500).row_rect("bottleneck", "reduce")
    assert row is not None
    changed_rows = {
        y for y in range(500) if any(without_focus.pixel(x, y) != with_focus.pixel(x, y) for x in range(0, 900, 3))
    }
    assert changed_rows
    assert row.top() - 1 <= min(changed_rows)
    assert max(changed_rows) <= row.bottom() + 1


def test_the_stem_is_said_in_few_words_where_more_do_not_fit() -> None:
    wide, narrow = (svg(paint_bars, state_of(with_stem()), width, 500) for width in (900, 240))
    assert ">stem, the same for all designs: 2.052 G MACs" in wide
    assert ">stem: 2.052 G MACs" in narrow
