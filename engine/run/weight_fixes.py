"""Mistakes of weights with what corrects each: a file of a similar name, other arrays, a larger kernel, no weights."""

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Any

from msgspec.structs import replace

from engine.files import arrays
from engine.files.paths import FileFault
from engine.files.similar_files import similar_files
from engine.layers import Mistake
from engine.layers.fixes import setting_fixes
from engine.network.analysis import Report
from engine.network.weight_specs import FileWeights, PresetWeights
from engine.run import weights
from engine.run.preset_kernels import PRESETS
from engine.run.weight_layouts import fitting_layouts
from engine.text.problems import Fix

_MAX_ARRAYS = 2
"""Maximum number of arrays that are proposed for a role."""


def weight_mistakes(report: Report, *, with_fixes: bool = True) -> Iterator[Mistake]:
    """The mistakes of a node's weights, each with the fixes after which it is gone."""
    texts = list(weights.weight_faults(report))
    changed_reports = _candidates(report) if texts and with_fixes else ()
    candidates = [(fix, set(map(_fact, weights.weight_faults(changed)))) for fix, changed in changed_reports]
    for text in texts:
        fixes = tuple(fix for fix, facts in candidates if _fact(text) not in facts)
        yield Mistake("weights", text, fixes + _seeded(report))


def _fact(text: str) -> str:
    """What is wrong, without the valid values, which other settings may change."""
    return text.partition(";")[0]


def without_weights(texts: Iterable[str]) -> Iterator[Mistake]:
    """Mistakes of recipes, which only weights from the seed correct."""
    for text in texts:
        yield Mistake("weights", text, (Fix("Seeded weights", (("weights", None),)),))


def _seeded(report: Report) -> tuple[Fix, ...]:
    words = "Leave weights out" if report.output_shape is not None and not report.array_shapes else "Seeded weights"
    return (Fix(words, (("weights", None),)),)


def _candidates(report: Report) -> Iterator[tuple[Fix, Report]]:
    """Fixes that may help, with the report as it would be."""
    source = report.weights
    if report.output_shape is None:
        return
    if isinstance(source, PresetWeights) and "weight" in report.param_shapes:
        filters, channels, *kernel = report.param_shapes["weight"]
        if kernel:
            larger = tuple(max(extent, PRESETS[source.name].least) for extent in kernel)
            shapes = {**report.param_shapes, "weight": (filters, channels, *larger)}
            yield setting_fixes("kernel", [larger])[0], replace(report, param_shapes=shapes)
    elif isinstance(source, FileWeights):
        for name, path in similar_files(source.path, arrays.ARRAY_SUFFIXES):
            other = replace(source, path=path)
            if not list(weights.weight_faults(replace(report, weights=other))):
                yield Fix(f"File {name}", (("weights", other),)), replace(report, weights=other)
        for fix in _source_fixes(report, source):
            yield fix, replace(report, weights=fix.changes[0][1])
        if "bias" in report.param_shapes:
            shapes = {role: shape for role, shape in report.param_shapes.items() if role != "bias"}
            layer: Any = replace(report.layer, bias=False)
            yield Fix("Bias off", (("bias", False),)), replace(report, layer=layer, param_shapes=shapes)


def _source_fixes(report: Report, source: FileWeights) -> Iterator[Fix]:
    """The same file with other arrays, the most similar names first, and without what does not fit."""
    try:
        headers = arrays.read_headers(source.path)
    except FileFault:
        return
    for role, shape in report.array_shapes.items():
        name_now = getattr(source, role) or f"{report.name}.{role}"
        fitting = [
            name
            for name, header in headers.items()
            if name and (header.shape == shape or (role == "weight" and fitting_layouts(header.shape, shape)))
        ]
        fitting.sort(key=lambda name: SequenceMatcher(None, name, name_now).ratio(), reverse=True)
        for name in fitting[:_MAX_ARRAYS]:
            yield Fix(f"{role.capitalize()} {name}", (("weights", replace(source, **{role: name}, layout="")),))
    if source.layout:
        yield Fix("Layout as the shape shows", (("weights", replace(source, layout="")),))
    for role in ("weight", "bias", "gamma", "beta", "mean", "var", "slope"):
        if getattr(source, role) and role not in report.array_shapes:
            yield Fix(f"No {role}", (("weights", replace(source, **{role: ""})),))
