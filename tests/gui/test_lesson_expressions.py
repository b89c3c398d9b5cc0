"""Expressions of lessons: values, faults with their places, bounds, and how numbers are written."""

import re
from contextlib import suppress
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.expressions.faults import ExpressionError, NotKnownYetError
from engine.layers import Activation, Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.project.project import Design, Project, Published
from engine.run.execute import run_all
from engine.run.request import RunRequest
from gui.lessons.computed_values import computed_facts
from gui.lessons.expressions import Expression, evaluate, holds, parse_expression
from gui.lessons.facts import Facts, ProjectFacts, facts_of_state
from gui.lessons.functions import LESSON_FUNCTIONS
from gui.lessons.texts import fill_text, parse_text
from gui.state.focus import Focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult

NAIVE = Network((Node("conv5x5", Conv2d(8, 5)),))
THIN = Network((Node("reduce", Conv2d(4, 1)), Node("conv5x5", Conv2d(8, 5))))
PROJECT = Project(
    NoiseInput((16, 12, 10)),
    (Design("naive", NAIVE), Design("bottle*neck*", THIN)),
    Network((Node("relu", Activation("relu")),)),
    published=(Published("naive", "conv5x5", ops="2.7M"),),
)
MACS = 12 * 10 * 8 * 5 * 5 * 16


@pytest.fixture(scope="module")
def facts() -> Facts:
    return Facts(computed_facts(PROJECT), {"first": ProjectFacts(PROJECT)})


def value(text, facts):
    return evaluate(parse_expression(text, of_window=True), facts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("macs('naive')", MACS),
        ("macs('naive/conv5x5') == macs('first:naive')", True),
        ("macs('naive') - 10 ** 2 * 2", MACS - 200),
        ("ops('naive', 'flops') / macs('naive')", 2),
        ("params('naive', 'paper')", 8 * 25 * 16),
        ("activation_bytes('naive')", 4 * 8 * 120),
        ("receptive_field('bottle*neck*')", 5),
        ("channels('naive/input')", 16),
        ("height('/relu')", 12),
        ("width('naive')", 10),
        ("shape('/input')", "16×12×10"),
        ("layers('bottle*neck*') == 2 and not layers('/') > 1", True),
        ("setting('naive/conv5x5', 'filters')", 8),
        ("setting('naive/conv5x5', 'kind')", "conv2d"),
        ("exists('naive/conv5x5') or 1 / 0 > 1", True),
        ("exists('naive/none')", False),
        ("formula('naive/conv5x5')", f"12·10·8 × 5·5·16 = {MACS:,}"),
        ("published('naive/conv5x5', 'ops')", 2_700_000),
        ("printed('naive/conv5x5', 'ops')", "2.7M"),
        ("title('fvcore')", "as fvcore counts"),
        ("min(3, (1, 2)) + max(1, 2) + sum(1, 2, 3) + abs(-1)", 10),
        ("round(2.345, 1) == 2.3 and round(1234, -2) == 1200", True),
        ("1 < 2 <= 2 < 1", False),
        ("True == 1", False),
        ("2 ** -1", 0.5),
        ("(3, 4) == (3, 4)", True),
        ("-(1 - 3)", 2),
    ],
)
def test_an_expression_has_the_value_that_the_project_gives(text, expected, facts):
    assert value(text, facts) == expected


def test_every_metric_is_a_function_and_gives_the_amount_of_the_tables(facts):
    costs = facts.own.costs("macs", measured=True)
    from engine.cost.metrics import METRICS

    for metric in METRICS:
        rule = ", 'macs'" if metric.id == "ops" else ""
        assert value(f"{metric.id}('naive'{rule})", facts) == costs.total(metric, "naive")


def test_values_weights_and_errors_are_those_of_a_run(facts):
    done = run_all(RunRequest.of(PROJECT), lambda _: None)
    first, second = done["naive", "conv5x5"].volume, done["bottle*neck*", "conv5x5"].volume
    assert value("value('naive', 3, 4, 5)", facts) == first[3, 4, 5]
    expected = np.linalg.norm((first - second).astype(float)) / np.linalg.norm(first.astype(float))
    assert value("error('bottle*neck*', 'naive')", facts) == pytest.approx(expected)
    volume = done["", "relu"].volume
    window = np.pad(volume, ((0, 0), (2, 2), (2, 2)))[:, 4:9, 5:10]
    weights = np.array(
        [
            [[value(f"weight('naive/conv5x5', 3, {c}, {y}, {x})", facts) for x in range(5)] for y in range(5)]
            for c in range(16)
        ]
    )
    bias = value("bias('naive/conv5x5', 3)", facts)
    assert (window * weights).sum() + bias == pytest.approx(first[3, 4, 5], rel=1e-4)


def test_errors_of_ranks_fall_to_nothing_at_full_rank(facts):
    few, all_maps = (value(f"expected_error('naive/conv5x5', {rank})", facts) for rank in (2, 16))
    assert few > 0.1
    assert all_maps == pytest.approx(0, abs=1e-3)
    assert value("rank_error('naive/conv5x5', 2)", facts) == pytest.approx(few, rel=0.5)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("mac('naive')", 0, "did you mean 'macs'"),
        ("1 + macs()", 4, "macs takes 1 to 2 arguments, not 0: macs(ref[, rule])"),
        ("ops('naive')", 0, "ops takes 2 arguments, not 1: ops(ref, rule)"),
        ("rank(1)", 0, "rank takes 0 arguments, not 1"),
        ("min()", 0, "min("),
        ("macs", 0, "write macs(ref[, rule])"),
        ("naive", 0, "stands in quotes"),
        ("1 = 2", 2, "compared by =="),
        ("'a", 0, "no closing quote"),
        ("1_000", 0, "is no number"),
        ("1 + 1if", 4, "is no number"),
        ("(1", 0, "never closed"),
        ("1 +", 3, "cannot be read"),
        ("", None, "is empty"),
        (" " * 9, None, "is empty"),
        ("'×' == f'{1}'", 7, "no part of expressions"),
        ("1 // 2", 0, "no part of expressions"),
        ("macs(ref='naive')", 8, "compared by =="),
        ("macs(*(1, 2))", 0, "have no names"),
        ("a.b", 1, "is no number"),
        ("().__class__", 2, "is no number"),
        ("'a'[0]", 3, "means nothing"),
        ("lambda: 1", 6, "means nothing"),
        ("1 if 2 else 3", 0, "no part"),
        ("1e999", 0, "too large"),
        ("1 + " * 200 + "1", None, "at most 500"),
        ("1" + "+1" * 90, None, "within one another"),
        ("(" * 240 + ")" * 240, None, "too many nested"),
        ("é", 0, "means nothing"),
    ],
)
def test_a_text_that_is_no_expression_is_refused_with_the_place(text, place, words):
    with pytest.raises(ExpressionError, match=re.escape(words)) as error:
        parse_expression(text, of_window=True)
    assert error.value.place == place or place is None


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("1 + macs('nave')", 4, "there is no design 'nave'; did you mean 'naive'?"),
        ("macs('naive/conv5')", 0, "there is no layer 'conv5' in naive; did you mean 'conv5x5'?"),
        ("macs('secnd:naive')", 0, "the lesson has no project 'secnd'"),
        ("macs('naive/input')", 0, "is an input"),
        ("macs('naive', 'fv')", 0, "unknown counting rule 'fv'"),
        ("macs(1)", 0, "ref is 1; a text in quotes is expected: macs(ref[, rule])"),
        ("value('naive', 1.5, 0, 0)", 0, "channel is 1.5; an integer is expected"),
        ("value('naive', 8, 0, 0)", 0, "no value at 8, 0, 0; it is 8×12×10"),
        ("setting('naive/conv5x5', 'filter')", 0, "did you mean 'filters'?"),
        ("setting('naive', 'filters')", 0, "is no layer"),
        ("formula('naive/conv5x5', 'mac')", 0, "did you mean 'macs'?"),
        ("published('naive', 'ops')", 0, "no published ops"),
        ("visible('volume')", 0, "did you mean 'volumes'?"),
        ("open('naive/conv5x5')", 0, "is no block"),
        ("error('naive', '/input')", 0, "different shapes"),
        ("weight('/relu', 0, 0, 0, 0)", 0, "has no weight"),
        ("rank_error('naive/conv5x5', 0)", 0, "the smallest is 1"),
        ("1 / 0", 4, "divides by zero"),
        ("0 ** -1", None, "divides by zero"),
        ("9 ** 9 ** 9", None, "too large"),
        ("(-8) ** 0.5", None, "negative"),
        ("10 ** 29 * 100", 11, "too large"),
        ("'a' + 1", None, "'a' is no number"),
        ("1 and 2", 0, "neither true nor false"),
        ("'a' < 1", None, "is no number"),
        ("True + 1", None, "true is no number"),
    ],
)
def test_what_does_not_fit_the_project_is_a_fault_with_its_place(text, place, words, facts):
    with pytest.raises(ExpressionError, match=re.escape(words)) as error:
        value(text, facts)
    assert error.value.place == place or place is None
    assert not holds(Expression(text), facts)


def test_what_only_a_run_knows_is_not_known_before():
    before = Facts(ProjectFacts(PROJECT))
    for text in ("value('naive', 0, 0, 0)", "error('naive', 'naive')", "milliseconds('naive')", "has_run()"):
        with pytest.raises(NotKnownYetError):
            value(text, before)
        assert not holds(Expression(text), before)
    filled = fill_text("before {{ value('naive', 0, 0, 0) }} after", before)
    assert (filled.text, filled.is_complete, filled.faults) == ("before … after", False, ())


def state(**parts) -> ViewState:
    facts = ProjectFacts(PROJECT)
    run, focus, look = (parts.get(name, kind()) for name, kind in (("run", RunView), ("focus", Focus), ("look", Look)))
    return ViewState(PROJECT, facts.check, run, focus, look)


def of_window(text, views=(), **parts):
    return holds(parse_expression(text, of_window=True), facts_of_state(state(**parts), {}, frozenset(views)))


def test_conditions_ask_for_the_state_of_the_window():
    focus = Focus("naive", "conv5x5", channel=3, pixel=(4, 5))
    assert of_window("selected('naive/conv5x5') and selected('naive') and not selected('/relu')", focus=focus)
    assert of_window("selected_map() == 3 and selected_value() == (4, 5)", focus=focus)
    assert not of_window("selected_map() == 3")
    assert not of_window("selected_map() > 2"), "no map is no number"
    assert of_window("visible('bars') and not visible('table')", views=("bars", "volumes"))
    assert of_window("metric() == 'params' and rule() == 'macs'", look=Look(metric="params"))
    assert of_window("camera() == '3-D'")
    assert of_window("camera() == 'Top'", look=Look(yaw=0.0, pitch=90.0))
    assert of_window("camera() == ''", look=Look(yaw=1.0))
    assert not of_window("rank() == 4")


def test_has_run_holds_only_with_a_fresh_result_of_every_layer():
    request = RunRequest.of(PROJECT)
    results = {
        ref: VolumeResult(done.key, done.volume, done.milliseconds)
        for ref, done in run_all(request, lambda _: None).items()
    }
    assert of_window("has_run() and value('naive', 0, 0, 0) != 0", run=RunView(results))
    stale = results | {("naive", "conv5x5"): replace(results["naive", "conv5x5"], key=b"other")}
    assert not of_window("has_run()", run=RunView(stale))
    assert not of_window("value('naive', 0, 0, 0) == 0 or True", run=RunView(stale))
    assert not of_window("has_run()")


def test_only_conditions_may_ask_for_the_window():
    with pytest.raises(ExpressionError, match="only the condition of a task") as error:
        parse_text("Selected: {{ selected_map() }}")
    assert error.value.place == 13


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ 160563200 }}", "160.6\N{NO-BREAK SPACE}M"),
        ("{{ 160563200 | exact }}", "160,563,200"),
        ("{{ 9999 }} {{ 10000 }}", "9,999 10.00\N{NO-BREAK SPACE}K"),
        ("{{ ratio(160563200, 13246464) }} times", "12.1 times"),
        ("{{ ratio(160563200, 13246464) | times }}", "12.1×"),
        ("{{ 0.2519 | percent }}", "25.2\N{NO-BREAK SPACE}%"),
        ("{{ activation_bytes('naive') }}", "3.8\N{NO-BREAK SPACE}KiB"),
        ("{{ 1 / 3 | 2 }} {{ 1 / 3 }}", "0.33 0.3333"),
        ("{{ 3 - 5 }}", "−2"),
        ("{{ (3, 5) }}", "3×5"),
        ("`{{ formula('naive/conv5x5') }}`", f"`12·10·8 × 5·5·16 = {MACS:,}`"),
        ("{{ 'a*b*[c](d)`<i>' }} `{{ 'a*b`' }}`", r"a\*b\*\[c\](d)\`\<i\> `a*b'`"),
        ("{{ '- a' }}", r"\- a"),
        ("{{ 'a|b' }}", r"a\|b"),
        ("{{ setting('naive/conv5x5', 'bias') }} {{ shape('naive') }}", "yes 8×12×10"),
        ("{{ macs('nave') }}", "…"),
        ("{{\nmacs('naive') |\nexact }}", f"{MACS:,}"),
        ("no number", "no number"),
    ],
)
def test_texts_are_filled_as_the_program_writes_numbers(text, filled, facts):
    assert fill_text(text, facts).text == filled


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a {{ macs('naive') ", 2, "no }} behind it"),
        ("a {{ macs('naive') | exakt }}", 21, "did you mean 'exact'?"),
        ("a {{ 1 + mac('naive') }}", 9, "did you mean 'macs'?"),
        ("{{ 1 | 0 }}", 7, "number of digits"),
    ],
)
def test_a_text_with_a_mistake_is_refused_with_its_place(text, place, words):
    with pytest.raises(ExpressionError, match=re.escape(words)) as error:
        parse_text(text)
    assert error.value.place == place


_WORDS = st.sampled_from(
    ["'naive'", "'/relu'", "0", "1", "9", "9e29", "0.5", "-", "+", "*", "/", "**", "(", ")", ",", "<", "==", "!=", "="]
    + ["and", "or", "not", "True", "if", "lambda", "'naive/conv5x5'", "'filters'", "[", "]", ".", "x", "{", "'", "\n"]
    + [f"{name}(" for name in LESSON_FUNCTIONS if "rank" not in name]
)


def harmless(text: str, facts: Facts) -> None:
    start = perf_counter()
    with suppress(ExpressionError, NotKnownYetError):
        evaluate(parse_expression(text, of_window=True), facts)
    fill_text(f"{{{{ {text} }}}}", facts)
    assert perf_counter() - start < 2


@given(st.lists(_WORDS, max_size=40).map(" ".join))
def test_no_sequence_of_words_raises_anything_but_its_own_errors(text):
    harmless(text, _STILL)


@given(st.text("".join(map(chr, range(32, 127))) + "×·é\n\0\ud800😀", max_size=60))
def test_no_text_raises_anything_but_its_own_errors(text):
    harmless(text, _STILL)


_VALUES = st.one_of(
    st.integers(), st.floats(), st.booleans(), st.sampled_from(["'naive'", "'naive/conv5x5'", "(1, 2)", "'filters'"])
).map(str)


@given(st.sampled_from(sorted(LESSON_FUNCTIONS)), st.lists(_VALUES, max_size=5), st.data())
def test_no_arguments_make_a_function_raise_anything_but_its_own_errors(name, arguments, data):
    function = LESSON_FUNCTIONS[name]
    operator = data.draw(st.sampled_from(["+", "-", "*", "/", "**", "<", "=="]))
    texts = (arguments * 9)[: max(function.least, len(arguments) if function.most is None else function.least)]
    harmless(f"{name}({', '.join(texts)}) {operator} {data.draw(_VALUES)}", _STILL)


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9**9",
        "9**-9**9",
        "(" * 400 + "1" + ")" * 99,
        "-" * 499 + "1",
        "not " * 120 + "True",
        "9" * 500,
        "1" + "*9e29" * 90,
        "max(" * 120 + "1" + ")" * 120,
        "1" * 5000,
        "round(1e29, -30) + round(0.1, 15)",
        "round(1, 9999999999) + round(1, -9999999999)",
    ],
)
def test_a_hostile_expression_ends_at_once(text):
    harmless(text, _STILL)


_STILL = Facts(ProjectFacts(PROJECT), {"first": ProjectFacts(PROJECT)})
