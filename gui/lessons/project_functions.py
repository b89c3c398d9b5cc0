"""Functions of expressions about projects: amounts, shapes, settings, and what a run or a rank search computes."""

from collections.abc import Callable
from typing import Any, get_args

import msgspec
import numpy as np

from engine.blocks import Block
from engine.cost.counting import CONVENTIONS
from engine.cost.metrics import METRICS, OPERATIONS, Metric
from engine.explain.map_statistics import relative_error
from engine.expressions.arithmetic import Value
from engine.expressions.faults import ExpressionError, NotKnownYetError
from engine.kernels import Volume
from engine.layers import tag_of
from engine.network.node_ref import NodeRef
from engine.network.weight_specs import Form
from engine.shapes import Shape
from engine.text.messages import suggestion, value_text
from engine.text.printed_figures import amount_of
from gui.lessons.facts import Facts, Located

_PLAIN_RULE = "macs"
_METRIC_BY_ID = {metric.id: metric for metric in METRICS}
_FORMS: tuple[str, ...] = get_args(Form)
_PUBLISHED = ("ops", "params")


def _choice(word: str, names: tuple[str, ...], noun: str) -> str:
    if word not in names:
        raise ExpressionError(f"unknown {noun} {value_text(word)}; {suggestion(word, names)}")
    return word


def _amount(facts: Facts, metric: Metric, ref: str, rule: str) -> Value:
    at = facts.locate(ref)
    costs = at.facts.costs(rule, measured=metric.is_measured)
    if at.node is None:
        amount = costs.total(metric, at.design)
    elif at.report is None:
        raise ExpressionError(f"{ref} is an input, which has no {metric.title}")
    else:
        amount = costs.amount(metric, at.design, at.report)
    if amount is None:
        raise NotKnownYetError
    return amount


def _amount_function(metric: Metric) -> Callable[..., Value]:
    def amount(facts: Facts, ref: str, rule: str = _PLAIN_RULE) -> Value:
        return _amount(facts, metric, ref, rule)

    def operations(facts: Facts, ref: str, rule: str) -> Value:
        return _amount(facts, metric, ref, rule)

    return operations if metric.id == OPERATIONS else amount


def _formula(facts: Facts, ref: str, metric: str = _PLAIN_RULE, rule: str = _PLAIN_RULE) -> Value:
    at, row = facts.locate(ref), _METRIC_BY_ID[_choice(metric, tuple(_METRIC_BY_ID), "metric")]
    costs = at.facts.costs(rule)
    is_single = at.node is not None or len(at.facts.check.analyses[at.design].reports) == 1
    text = costs.formula(row, at.design, at.report) if is_single and at.report is not None else ""
    if not text:
        raise ExpressionError(f"{ref} has no formula for {row.title}; single layers have one")
    return text


def _shape_of(facts: Facts, ref: str) -> Shape:
    at = facts.locate(ref)
    report, analysis = at.report, at.facts.check.analyses.get(at.design)
    if report is not None:
        shape = report.output_shape
    else:
        shape = at.facts.check.input_shape if analysis is None else analysis.input_shape
    if shape is None:
        raise NotKnownYetError
    return shape


def _shape(facts: Facts, ref: str) -> Value:
    return str(_shape_of(facts, ref))


def _channels(facts: Facts, ref: str) -> Value:
    return _shape_of(facts, ref).channels


def _height(facts: Facts, ref: str) -> Value:
    return _shape_of(facts, ref).height


def _width(facts: Facts, ref: str) -> Value:
    return _shape_of(facts, ref).width


def _layers(facts: Facts, ref: str) -> Value:
    at = facts.locate(ref)
    if at.node is None:
        return len(at.facts.check.analyses[at.design].reports)
    block = at.facts.check.block(at.ref)
    return int(at.report is not None) if block is None else len(block.parts)


def _setting(facts: Facts, ref: str, name: str) -> Value:
    at = facts.locate(ref)
    if at.node is None or at.report is None:
        raise ExpressionError(f"{ref} is no layer; name one as 'design/layer'")
    layer = at.report.layer
    names = ("kind", *layer.__struct_fields__)
    _choice(name, names, f"setting of {at.report.name}")
    if name == "kind":
        return tag_of(type(layer))
    value = msgspec.to_builtins(getattr(layer, name))
    return tuple(value) if isinstance(value, list) else value


def _exists(facts: Facts, ref: str) -> Value:
    try:
        facts.locate(ref)
    except ExpressionError:
        return False
    return True


def _printed(facts: Facts, ref: str, amount: str) -> Value:
    at = facts.locate(ref)
    _choice(amount, _PUBLISHED, "published figure")
    for entry in at.facts.project.published:
        if (entry.design, entry.node) == (at.design, at.node) and getattr(entry, amount):
            return str(getattr(entry, amount))
    raise ExpressionError(f"the project has no published {amount} of {ref}")


def _published(facts: Facts, ref: str, amount: str) -> Value:
    figure = amount_of(str(_printed(facts, ref, amount)))
    assert figure is not None, "a project has no other figures"
    return int(figure) if figure == int(figure) else float(figure)


def _volume(at: Located) -> Volume:
    volume = at.facts.values.volume(at.ref)
    if volume is None:
        raise NotKnownYetError
    return volume


def _value(facts: Facts, ref: str, channel: int, y: int, x: int) -> Value:
    return _item(_volume(facts.locate(ref)), (channel, y, x), ref)


def _item(array: np.ndarray[Any, Any], index: tuple[int, ...], ref: str) -> Value:
    if len(index) != array.ndim or not all(0 <= i < n for i, n in zip(index, array.shape, strict=True)):
        text = f"{ref} has no value at {', '.join(map(str, index))}; it is {'×'.join(map(str, array.shape))}, from 0"
        raise ExpressionError(text)
    return float(array[index])


def _error(facts: Facts, ref: str, reference: str) -> Value:
    at, other = facts.locate(ref), facts.locate(reference)
    volume, exact = _volume(at), _volume(other)
    if volume.shape != exact.shape:
        raise ExpressionError(f"{ref} and {reference} are of different shapes, which cannot be compared")
    return relative_error(exact, volume)


def _array(facts: Facts, ref: str, role: str) -> np.ndarray[Any, Any]:
    at = facts.locate(ref)
    if at.report is None or isinstance(at.report.layer, Block) or role not in at.report.array_shapes:
        raise ExpressionError(f"{ref} has no {role}; convolutions and dense layers can have one")
    arrays = at.facts.values.weights(at.ref)
    if arrays is None:
        raise NotKnownYetError
    return arrays[role]


def _weight(facts: Facts, ref: str, filter: int, channel: int, y: int, x: int) -> Value:  # noqa: A002 (the manual shows it)
    return _item(_array(facts, ref, "weight"), (filter, channel, y, x), ref)


def _bias(facts: Facts, ref: str, filter: int) -> Value:  # noqa: A002 (as above)
    return _item(_array(facts, ref, "bias"), (filter,), ref)


def _at_rank(ref: str, at: Located, form: str, rank: int) -> tuple[NodeRef, Form, int]:
    _choice(form, _FORMS[:2], "form")
    if rank < 1:
        raise ExpressionError(f"rank is {rank}; the smallest is 1")
    if at.report is None:
        raise ExpressionError(f"{ref} is an input; a convolution is expected")
    return at.ref, msgspec.convert(form, Form), rank


def _expected_error(facts: Facts, ref: str, rank: int, form: str = "1x1+kxk") -> Value:
    at = facts.locate(ref)
    return _known(at.facts.values.expected_error(*_at_rank(ref, at, form, rank)))


def _rank_error(facts: Facts, ref: str, rank: int, form: str = "1x1+kxk") -> Value:
    at = facts.locate(ref)
    return _known(at.facts.values.rank_error(*_at_rank(ref, at, form, rank)))


def _known(value: float | None) -> float:
    if value is None:
        raise NotKnownYetError
    return value


def _title(_facts: Facts, rule: str) -> Value:
    titles = {convention.id: convention.title for convention in CONVENTIONS}
    return titles[_choice(rule, tuple(titles), "counting rule")]


def _format_of(metric: Metric) -> str:
    return "bytes" if metric.unit == "bytes" else "short"


_FunctionRow = tuple[str, Callable[..., Value], str, str]
"""Name, function, what it gives, and how its value is written."""

PROJECT_FUNCTIONS: tuple[_FunctionRow, ...] = (
    *(
        (metric.id, _amount_function(metric), metric.tip or metric.title, _format_of(metric))
        for metric in METRICS
    ),
    ("formula", _formula, "the calculation of an amount of a layer, with its numbers", "text"),
    ("shape", _shape, "the shape of the output, channels × height × width", "text"),
    ("channels", _channels, "the number of maps of the output", "short"),
    ("height", _height, "the height of the output", "short"),
    ("width", _width, "the width of the output", "short"),
    ("layers", _layers, "the number of layers of a design or block", "short"),
    ("setting", _setting, "a setting of a layer, named as in files; 'kind' is its kind", "short"),
    ("exists", _exists, "whether there is such a design, layer or block", "text"),
    ("published", _published, "the published 'ops' or 'params' of a layer, as a number", "short"),
    ("printed", _printed, "the published 'ops' or 'params' of a layer, as its source prints it", "text"),
    ("value", _value, "a value of the output; maps, rows and columns count from 0", "digits"),
    ("error", _error, "the relative error of an output, compared with another one", "percent"),
    ("weight", _weight, "a weight of a convolution", "digits"),
    ("bias", _bias, "the bias of a filter", "digits"),
    ("expected_error", _expected_error, "the relative error that is predicted for a rank", "percent"),
    ("rank_error", _rank_error, "the relative error that is measured at a rank, as in the view Bottleneck", "percent"),
    ("title", _title, "the name of a counting rule", "text"),
)  # fmt: skip
