"""Sums of weight × value: convolutions and dense layers."""

import numpy as np
from msgspec.structs import replace

from engine.explain.base import Explanation, Job, Meeting, Numbers, Terms, many, shifted, signed
from engine.explain.windows import read
from engine.layers import Conv2d, Dense
from engine.layers.windows import times
from engine.shapes import Shape
from engine.text.units import number

FEW = 4
"""Products that a formula writes out."""


def convolution(layer: Conv2d, job: Job) -> Explanation:
    filter, at = job.roles["weight"], job.at
    placed = layer.windows(Shape(*job.inputs[0].shape))
    seen = layer.seen_by(at.channel, len(job.inputs[0]))
    meeting = replace(read(job.inputs[0], placed, at.y, at.x, seen), filter=filter)
    rows = shifted(int(meeting.rows[0]), placed.dilation[0], "i")
    columns = shifted(int(meeting.columns[0]), placed.dilation[1], "j")
    pointwise = placed.kernel == (1, 1)
    if pointwise:
        symbols = f"Σ w[{at.channel}, c] · in[c, {meeting.rows[0]}, {meeting.columns[0]}]"
    else:
        symbols = f"Σ w[{at.channel}, c, i, j] · in[c, {rows}, {columns}]"
    over = many(len(filter), "channel") + ("" if pointwise else f" × {times(placed.kernel)} taps")
    return _sum(job, meeting, symbols, over, _convolution_in_words(layer, meeting, pointwise), pointwise)


def _convolution_in_words(layer: Conv2d, meeting: Meeting, pointwise: bool) -> str:
    depth, last = len(meeting.values), meeting.first + len(meeting.values) - 1
    if pointwise:
        what = (
            "A 1×1 convolution is one small dense layer, the same at every pixel: "
            f"the vector of {many(depth, 'value')} at this pixel times a matrix of "
            f"{layer.filters // layer.groups:,} × {depth:,}. "
            "This value is one row of the matrix times the vector; no neighbour of the pixel counts."
        )
    else:
        size = f"{times(meeting.inside.shape)}×{depth:,}"
        what = f"A patch of {size} values meets a filter of {size} weights: all products are added up."
    if layer.groups > 1:
        read_only = f"channels {meeting.first}–{last}" if depth > 1 else f"channel {last}"
        what += f" Of {layer.groups} groups this one reads {read_only} alone."
    if meeting.padded:
        what += f" {meeting.padded} of the {meeting.inside.size} taps lie in the padding and meet 0."
    return what


def dense(layer: Dense, job: Job) -> Explanation:
    volume = job.inputs[0].astype(np.float64)
    channels, height, width = volume.shape
    filter = job.roles["weight"].reshape(volume.shape)
    everywhere = np.ones((height, width), bool)
    meeting = Meeting(volume, np.arange(height), np.arange(width), everywhere, filter=filter)
    what = (
        f"All {volume.size:,} values of the input, flattened to one vector, meet a row of the matrix of "
        f"{layer.units:,} × {volume.size:,} weights."
    )
    symbols = f"Σ w[{job.at.channel}, n] · in[n]"
    over = many(channels, "channel") + (f" × {height}×{width} pixels" if height * width > 1 else "")
    return _sum(job, meeting, symbols, over, what, True)


def _sum(job: Job, meeting: Meeting, symbols: str, over: str, what: str, vector: bool) -> Explanation:
    bias = float(job.roles["bias"]) if "bias" in job.roles else None
    sums: Numbers = meeting.products.sum(axis=(1, 2))
    terms = Terms("Sum per input channel", sums, first=meeting.first, offset=bias or 0.0)
    plus = "" if bias is None else f" + b[{job.at.channel}]"
    added = number(terms.sum) if bias is None else f"{number(terms.sum)} + {signed(bias)}"
    formula = (
        f"{job.title} = {symbols}{plus}",
        f"= Σ over {over} of weight × value{'' if bias is None else ' + bias'}",
        *_written_out(meeting),
        f"= {added} = {number(terms.total)}" if bias is not None else f"= {added}",
    )
    return Explanation(job.at, terms.total, what, formula, meeting, terms, bias, vector)


def _written_out(meeting: Meeting) -> tuple[str, ...]:
    assert meeting.filter is not None
    if meeting.values.size > FEW:
        return ()
    pairs = zip(meeting.filter.ravel(), meeting.values.ravel(), strict=True)
    return ("= " + " + ".join(f"{signed(weight)} · {signed(value)}" for weight, value in pairs),)
