"""Layers that pass values on: concat, add, dropout."""

import numpy as np

from engine.explain.base import Explanation, Job, Terms, signed
from engine.explain.norms import one_value
from engine.layers import Add, Concat, Dropout
from engine.text.units import number


def dropout(layer: Dropout, job: Job) -> Explanation:
    meeting = one_value(job)
    result = float(meeting.values[0, 0, 0])
    what = f"In training a share of {number(layer.rate)} of the values is dropped by chance; a run passes each one on."
    return Explanation(job.at, result, what, (f"{job.title} = x = {number(result)}",), meeting)


def concat(_layer: Concat, job: Job) -> Explanation:
    source, channel = 0, job.at.channel
    while channel >= len(job.inputs[source]):
        channel -= len(job.inputs[source])
        source += 1
    meeting = one_value(job, source, channel)
    result = float(meeting.values[0, 0, 0])
    name, count = job.names[source], len(job.inputs[source])
    before = job.at.channel - channel
    own = f"channels {before} to {before + count - 1} are those" if count > 1 else f"channel {before} is that"
    what = (
        f"The volumes are put one behind the other: {own} of {name}, "
        f"number {source + 1} of {len(job.inputs)} inputs. Nothing is computed."
    )
    behind = f" − {before}" if before else ""
    formula = (
        f"{job.title} = {name}[{job.at.channel}{behind}, {job.at.y}, {job.at.x}]",
        f"= {name}[{channel}, {job.at.y}, {job.at.x}] = {number(result)}",
    )
    return Explanation(job.at, result, what, formula, meeting)


def add(_layer: Add, job: Job) -> Explanation:
    values = np.array([volume[job.at] for volume in job.inputs], np.float64)
    terms = Terms("Value of each input", values, of="input")
    place = ", ".join(map(str, job.at))
    written = " + ".join(map(signed, values))
    formula = (
        f"{job.title} = {' + '.join(f'{name}[{place}]' for name in job.names)}",
        f"= {written} = {number(terms.total)}",
    )
    what = "The values at the same place of every input are added up; no weights, no neighbours."
    return Explanation(job.at, terms.total, what, formula, terms=terms)
