"""The bars of operations: their geometry, what they say, and the widget that shows them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from engine.cost.metrics import METRICS
from engine.layers import Conv2d
from engine.network.input_specs import ArrayInput
from engine.project.project import Project
from engine.run.check import check
from gui.paint.bars.content import build_bars_content
from gui.paint.bars.drawing import paint_bars
from gui.paint.bars.layout import BarsLayout, bars_height_on_screen, lay_out_bars
from gui.paint.bars.scale import BarScale, choose_scale, tick_label
from gui.paint.basics.column_layout import fill_columns
from gui.paint.basics.text_drawing import ADD_DESIGN_HINT
from gui.state.view_state import Focus, Look, RunView, ViewState
from gui.theme import THEMES
from gui.views.bars import BarsView
from tests.golden.projects import PROJECTS, chain, inception, mistaken, start, three_designs, with_stem
from tests.gui.view_harness import ViewHarness, state_of, svg

SIZES = ((420.0, 260.0), (900.0, 330.0), (1600.0, 900.0))
amounts = st.integers(1, 10**15)


def layout_of(state: ViewState, width: float = 900.0, height: float = 600.0) -> BarsLayout:
    return lay_out_bars(build_bars_content(state), QRectF(0, 0, width, height))


def test_settings_stand_beside_names_only_where_the_bars_stay_long() -> None:
    narrow, wide = (layout_of(state_of(start()), width, 500) for width in (300.0, 900.0))
    longest = max(placed.bar_rect.width() for placed in narrow.lines)
    assert longest > 0.25 * 300
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
def test_equal_ratios_are_equal_distances_on_a_logarithmic_axis(known: list[int], factor: int) -> None:
    scale = choose_scale((*known, *(amount * factor for amount in known)), logarithmic=True)
    steps = [scale.fraction(amount * factor) - scale.fraction(amount) for amount in known]
    assert steps == pytest.approx([steps[0]] * len(steps), abs=1e-9)


@given(st.lists(amounts, min_size=1))
def test_every_amount_above_one_has_a_length_on_a_logarithmic_axis(known: list[int]) -> None:
    scale = choose_scale(known, logarithmic=True)
    assert all(0 < scale.fraction(amount) <= 1 for amount in known if amount > 1)


@given(st.lists(amounts, min_size=1), st.integers(2, 9))
def test_ticks_of_a_logarithmic_axis_are_powers_of_ten_and_two_at_least(known: list[int], most: int) -> None:
    ticks = choose_scale(known, logarithmic=True).ticks(most)
    assert all(str(tick).strip("0") == "1" for tick in ticks)
    assert 2 <= len(ticks) <= most
    assert len({b // a for a, b in pairwise(ticks)}) == 1


@given(st.integers(1, 10**15), st.integers(2, 9))
def test_ticks_of_a_linear_axis_begin_at_zero_are_even_and_reach_half_of_it(high: int, most: int) -> None:
    ticks = BarScale(0, high).ticks(most)
    assert ticks[0] == 0
    assert 2 <= len(ticks) <= most
    assert len({b - a for a, b in pairwise(ticks)}) == 1
    assert high / 2 <= ticks[-1] <= high


def test_ticks_are_labelled_in_round_numbers() -> None:
    assert [tick_label(tick) for tick in BarScale(1000, 10**8, logarithmic=True).ticks()] == [
        *("1 K", "10 K", "100 K"),
        *("1 M", "10 M", "100 M"),
    ]
    assert [tick_label(tick) for tick in (0, 500, 2_500_000, 4 * 10**9, 10**15)] == ["0", "500", "2.5 M", "4 G", "1e15"]


def test_an_axis_of_nothing_known_has_no_lengths() -> None:
    for logarithmic in (False, True):
        scale = choose_scale((0, None), logarithmic=logarithmic)
        assert scale.fraction(5) == 0
        assert scale.ticks() == (0,)


# Columns


@given(st.lists(st.lists(st.integers(), min_size=1, max_size=30), min_size=1, max_size=5), st.integers(1, 7))
def test_pouring_keeps_every_line_in_order_and_repeats_headings_only(groups: list[list[int]], count: int) -> None:
    marked = [[("heading", number), *(("line", number, item) for item in group)] for number, group in enumerate(groups)]
    columns = fill_columns(marked, count, lambda heading: ("again", heading[1]))
    assert len(columns) <= count
    lines = [line for column in columns for line in column]
    assert [line for line in lines if line[0] != "again"] == [line for group in marked for line in group]
    assert all(line[0] != "again" for column in columns for line in column[1:])
    assert all(column[-1][0] == "line" for column in columns)


# Layout


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PROJECTS)
def test_bars_on_one_axis_are_as_long_as_their_exact_values(name: str, size: tuple[float, float]) -> None:
    layout = layout_of(state_of(PROJECTS[name]), *size)
    for placed_lines in (layout.totals, layout.lines):
        known = [(p.bar_rect.width(), p.line.value) for p in placed_lines if p.line.value]
        longest, largest = max(known)
        for length, value in known:
            assert length == pytest.approx(longest * value / largest)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("project", [*PROJECTS.values(), chain()], ids=lambda project: project.title)
def test_every_layer_is_shown_or_counted_within_the_rectangle(
    project: Project, logarithmic: bool, size: tuple[float, float]
) -> None:
    rect = QRectF(0, 0, *size)
    layout = layout_of(state_of(project, logarithmic=logarithmic), *size)
    shown = {(p.line.design, node) for p in layout.lines for node in p.line.nodes}
    assert shown == {(d.name, node.name) for d in project.designs for node in d.network.nodes}
    for placed in (*layout.totals, *layout.lines):
        assert rect.contains(placed.row_rect)
        assert placed.bar_rect.right() <= placed.row_rect.right()


@pytest.mark.parametrize("size", SIZES)
def test_rows_do_not_overlap(size: tuple[float, float]) -> None:
    rows = [placed.row_rect.adjusted(0.01, 0.01, -0.01, -0.01) for placed in layout_of(state_of(chain()), *size).lines]
    assert not any(a.intersects(b) for i, a in enumerate(rows) for b in rows[:i])


@pytest.mark.parametrize("width", [230.0, 260.0, 320.0, 420.0, 900.0])
@pytest.mark.parametrize("logarithmic", [False, True])
def test_labels_of_ticks_overlap_neither_each_other_nor_what_the_axis_counts(width: float, logarithmic: bool) -> None:
    content = build_bars_content(state_of(start(), logarithmic=logarithmic))
    for height in (160.0, 240.0, 400.0, 700.0):
        layout = lay_out_bars(content, QRectF(0, 0, width, height))
        for axis in layout.axes:
            labels = [label for _, label in axis.place_ticks(layout.unit, content)]
            assert labels
            assert not any(a.intersects(b) for i, a in enumerate(labels) for b in labels[:i])
            assert all(axis.column.left < label.left() and label.right() <= axis.label_rect.right() for label in labels)


@pytest.mark.parametrize("size", [(221, 150), (354, 120), (900, 330), (1600, 900)])
def test_without_a_design_all_that_is_said_stands_within_the_rectangle(size: tuple[int, int]) -> None:
    state = state_of(start().with_designs(()))
    whole, cut = painted(state, size[0], size[1], 300), painted(state, size[0], size[1], 0)
    assert whole.copy(0, 0, *size) == cut
    ground = whole.pixelColor(0, 0)
    beyond = whole.copy(0, size[1], size[0], 300)
    assert all(beyond.pixelColor(x, y) == ground for x in range(0, size[0], 2) for y in range(0, 300, 2))
    assert "…" not in svg(paint_bars, state, *size)


def painted(state: ViewState, width: int, height: int, more: int) -> QImage:
    """The figure, and the strip below that it must leave alone."""
    image = QImage(width, height + more, QImage.Format.Format_RGB32)
    image.fill(THEMES[state.look.theme].base)
    painter = QPainter(image)
    paint_bars(painter, QRectF(0, 0, width, height), state, THEMES[state.look.theme])
    painter.end()
    return image


def test_what_does_not_fit_is_summed_up_with_its_cost() -> None:
    layout = layout_of(state_of(chain()), 420, 260)
    rests = [p.line for p in layout.lines if p.line.kind == "folded"]
    single = {p.line.nodes[0]: p.line.value for p in layout.lines if p.line.kind == "node" and p.line.design == "wide"}
    assert len(rests[0].nodes) + len(single) == 100
    assert f"{len(rests[0].nodes)} more layers, together" in rests[0].label


def test_layers_that_cost_nothing_share_a_line_once_they_are_many() -> None:
    layout = layout_of(state_of(chain()), 1600, 900)
    folded = [p.line for p in layout.lines if p.line.kind == "folded"]
    assert [(line.label, len(line.nodes)) for line in folded] == [("50 layers without MACs", 50)] * 2
    few = layout_of(state_of(inception()), 1600, 900)
    zeros = [p.line for p in few.lines if p.line.value == 0]
    assert [(line.label, line.value_text) for line in zeros][:2] == [("pool", "0"), ("concat", "0")]


def test_small_layers_get_an_axis_of_their_own_and_say_how_much_it_is_enlarged() -> None:
    assert build_bars_content(state_of(chain())).section_title == "Layer by layer, axis enlarged 47.5×"
    assert build_bars_content(state_of(start())).section_title == "Layer by layer"
    assert build_bars_content(state_of(chain(), logarithmic=True)).section_title == "Layer by layer"


def test_a_figure_on_screen_fills_its_viewport_or_grows_until_it_can_be_read() -> None:
    content = build_bars_content(state_of(chain()))
    assert bars_height_on_screen(content, 1600, 900) == 900
    height = bars_height_on_screen(content, 500, 300)
    assert height > 300
    assert lay_out_bars(content, QRectF(0, 0, 500, height)).unit >= 13


# Words


def test_the_headline_tells_the_saving_in_words() -> None:
    content = build_bars_content(state_of(start()))
    assert content.headline == "12.1× fewer multiply-accumulates"
    assert content.subject == "bottleneck, compared with naive"
    assert [line.value_text for line in content.totals] == ["160.6 M", "13.25 M"]
    assert [line.ratio_text for line in content.totals] == ["", "12.1× fewer"]
    assert build_bars_content(state_of(start(), metric="params")).headline == "12.1× fewer parameters"


def test_the_headline_tells_the_largest_of_several_savings() -> None:
    assert build_bars_content(state_of(three_designs())).subject == "separable, compared with plain"


def test_the_headline_tells_the_excess_where_the_first_design_is_the_cheapest() -> None:
    project = start()
    content = build_bars_content(state_of(project.with_designs(reversed(project.designs))))
    assert content.headline == "12.1× as many multiply-accumulates"
    assert content.subject == "naive, compared with bottleneck"


def test_one_design_alone_is_told_by_its_cost_and_none_by_what_to_do() -> None:
    project = start()
    assert build_bars_content(state_of(project.with_designs(project.designs[:1]))).headline == "160.6 M MACs"
    assert build_bars_content(state_of(project.with_designs(()))).subject == f"{ADD_DESIGN_HINT} to see what it costs"


def test_a_mistake_makes_the_total_unknown_and_the_headline_says_what_to_mend() -> None:
    content = build_bars_content(state_of(mistaken()))
    assert content.headline == "unknown"
    assert content.subject.startswith("until bottleneck / huge is fixed: kernel 31×31")
    layout = layout_of(state_of(mistaken()))
    unknown = [p for p in (*layout.totals, *layout.lines) if p.line.value is None and p.line.kind != "heading"]
    assert [(p.line.label, p.line.value_text, p.bar_rect.width()) for p in unknown] == [
        ("bottleneck", "unknown", 0),
        ("huge", "unknown", 0),
        ("after", "unknown", 0),
    ]


def test_an_unreadable_input_is_named_as_what_to_mend() -> None:
    content = build_bars_content(state_of(replace(start(), input=ArrayInput("/nowhere/volume.npy"))))
    assert content.headline == "unknown"
    assert content.subject.startswith("until this is fixed: /nowhere/volume.npy")


def test_the_stem_is_a_line_of_words_and_no_bar() -> None:
    content = build_bars_content(state_of(with_stem()))
    assert content.stem_text == "stem, the same for all designs: 2.052 G MACs"
    assert {line.design for group in content.groups for line in group} == {"naive", "bottleneck"}


# Painting


def test_text_stays_text_in_a_file() -> None:
    drawn = svg(paint_bars, state_of(start(), logarithmic=True))
    for text in ("12.1× fewer multiply-accumulates", "160.6 M", "MACs, logarithmic", "100 M", "conv5x5"):
        assert f">{text}" in drawn


def picture(state: ViewState) -> QImage:
    image = QImage(900, 500, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_bars(painter, QRectF(0, 0, 900, 500), state, THEMES[state.look.theme])
    painter.end()
    return image


def test_the_chosen_layer_alone_is_drawn_another_way() -> None:
    state = state_of(start())
    plain = picture(state)
    chosen = picture(replace(state, focus=Focus("bottleneck", "reduce")))
    row = layout_of(state, 900, 500).row_rect("bottleneck", "reduce")
    assert row is not None
    differ = {y for y in range(500) if any(plain.pixel(x, y) != chosen.pixel(x, y) for x in range(0, 900, 3))}
    assert differ
    assert row.top() - 1 <= min(differ)
    assert max(differ) <= row.bottom() + 1


# The widget


class BarsViewAnswer(ViewHarness[BarsView]):
    """The view, and what tests ask of it."""

    def __init__(self, qtbot: QtBot, state: ViewState, size: tuple[int, int] = (900, 560)) -> None:
        super().__init__(qtbot, BarsView, state, size)

    def point(self, design: str, node: str) -> QPoint:
        row = self.view.canvas.row_rect((design, node))
        assert row is not None
        return row.center().toPoint()


def test_an_edit_changes_the_numbers_at_once(qtbot: QtBot) -> None:
    answer = BarsViewAnswer(qtbot, state_of(start()))
    before = answer.view.canvas.grab().toImage()
    edited = start()
    network = edited.design("naive").network.with_layer("conv5x5", Conv2d(filters=64, kernel=5))
    edited = edited.with_network("naive", network)
    answer.show(replace(answer.state, project=edited, check=check(edited)))
    said = [line.tip for line in answer.view.canvas.layer_lines()]
    assert said[0] == "naive / conv5x5: 28·28·64 × 5·5·256 = 321,126,400 MACs"
    assert "321,126,400" in answer.view.canvas.accessibleDescription()
    assert answer.view.canvas.grab().toImage() != before


def test_a_click_on_a_bar_chooses_its_layer(qtbot: QtBot) -> None:
    answer = BarsViewAnswer(qtbot, state_of(start()))
    qtbot.mouseClick(answer.view.canvas, Qt.MouseButton.LeftButton, pos=answer.point("bottleneck", "reduce"))
    assert answer.focuses == [Focus("bottleneck", "reduce")]


def test_a_click_on_a_total_chooses_the_last_layer_of_its_design(qtbot: QtBot) -> None:
    answer = BarsViewAnswer(qtbot, state_of(inception()))
    qtbot.mouseClick(answer.view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(300, 110))
    line = answer.view.canvas.line_at(QPointF(300, 110))
    assert line is not None
    assert line.kind == "total"
    assert answer.focuses == [Focus(line.design, "concat")]


def test_a_click_on_folded_layers_or_beside_the_bars_chooses_nothing(qtbot: QtBot) -> None:
    answer = BarsViewAnswer(qtbot, state_of(chain()), (1600, 900))
    qtbot.mouseClick(answer.view.canvas, Qt.MouseButton.LeftButton, pos=answer.point("wide", "relu3"))
    qtbot.mouseClick(answer.view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert answer.focuses == []


def test_arrow_keys_go_from_layer_to_layer_and_stop_at_the_ends(qtbot: QtBot) -> None:
    answer = BarsViewAnswer(qtbot, state_of(start(), Focus("naive", "conv5x5")))
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        qtbot.keyClick(answer.view.canvas, key)
    assert [focus.ref for focus in answer.focuses] == [
        ("bottleneck", "reduce"),
        ("bottleneck", "conv5x5"),
        ("bottleneck", "conv5x5"),
        ("bottleneck", "reduce"),
    ]


def test_a_layer_that_is_chosen_elsewhere_is_scrolled_into_view(qtbot: QtBot) -> None:
    answer = BarsViewAnswer(qtbot, state_of(chain()), (600, 300))
    QApplication.processEvents()
    answer.show(replace(answer.state, focus=Focus("half as wide", "conv49")))
    seen = answer.view.scroll_area.viewport().rect()
    place = answer.view.canvas.mapTo(answer.view.scroll_area.viewport(), answer.point("half as wide", "conv49"))
    assert seen.contains(place)


def test_the_mouse_reads_the_formula_and_takes_it_away_when_it_leaves(qtbot: QtBot) -> None:
    answer = BarsViewAnswer(qtbot, state_of(start()))
    with qtbot.waitSignal(answer.view.hovered) as heard:
        QTest.mouseMove(answer.view.canvas, answer.point("naive", "conv5x5"))
    assert heard.args == ["naive / conv5x5: 28·28·32 × 5·5·256 = 160,563,200 MACs"]
    with qtbot.waitSignal(answer.view.hovered) as heard:
        answer.view.canvas.leaveEvent(None)
    assert heard.args == [""]


def test_the_tooltip_gives_exact_numbers(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = BarsViewAnswer(qtbot, state_of(mistaken()))
    shown: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda point, text, widget: shown.append(text))
    point = answer.point("bottleneck", "huge")
    QApplication.sendEvent(answer.view.canvas, QHelpEvent(QHelpEvent.Type.ToolTip, point, QPoint(0, 0)))
    assert shown[0].startswith("bottleneck / huge: unknown MACs\nkernel 31×31 is larger")


def test_the_controls_ask_for_another_metric_and_axis_and_show_what_the_state_says(qtbot: QtBot) -> None:
    answer = BarsViewAnswer(qtbot, state_of(start()))
    choice = answer.view.metric_choice
    assert [text for _, text in choice.options] == [metric.title for metric in METRICS]
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    qtbot.mouseClick(answer.view.logarithmic_box, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    assert (answer.state.look.metric, answer.state.look.logarithmic) == ("params", True)
    answer.show(replace(answer.state, look=Look()))
    assert choice.value() == "macs"
    assert not answer.view.logarithmic_box.isChecked()


def test_a_state_that_changes_nothing_here_is_not_drawn_again(qtbot: QtBot) -> None:
    answer = BarsViewAnswer(qtbot, state_of(start()))
    content = answer.view.canvas._content
    answer.show(replace(answer.state, run=RunView()))
    answer.show(replace(answer.state, focus=Focus("naive", "conv5x5")))
    assert answer.view.canvas._content is content
