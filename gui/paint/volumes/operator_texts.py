"""The texts at the arrows: the operator with its numbers and cost formula, in as much detail as fits."""

from functools import lru_cache
from typing import NamedTuple

from engine.blocks import Block
from engine.layers import Layer
from engine.network.analysis import Report
from gui.paint.volumes.design_graph import Vertex
from gui.paint.volumes.labels import LINE_SPACING, TextRole, measure_text
from gui.paint.volumes.text_options import DETAILS, SCREEN_TEXT_OPTIONS, ArrowDetail, TextOptions, TextSizes

FORMULA_LINES: dict[ArrowDetail, int] = {"formula": 1, "whole": 1, "stacked": 2, "narrow": 3}
"""Number of lines of the formula; without an entry there is none."""


class OperatorText(NamedTuple):
    """Texts above and below an arrow (text, size, bold), and the space that they need along it and on both sides."""

    above: tuple[tuple[str, int, bool], ...]
    below: tuple[tuple[str, int, bool], ...]
    width: float
    up: float
    down: float


def make_operator_text(
    vertex: Vertex, detail: ArrowDetail, text_sizes: TextSizes, formula: str, options: TextOptions = SCREEN_TEXT_OPTIONS
) -> OperatorText:
    """Make the text at the arrow to a vertex; `formula` is that of its cost."""
    report = vertex.report
    if vertex.is_compact or report is None:
        return OperatorText((), (), 1.3 * text_sizes.em, 0.0, 0.0)
    label = _deep_label(report) if options.has_kernel_depth else _label(report.layer)
    halves = _split_block_label(report.layer) if isinstance(report.layer, Block) else _split_label(label)
    lines = _formula_lines(formula, FORMULA_LINES.get(detail, 0))
    return _make_operator_text(label, halves, lines, detail, text_sizes, options.arrow_padding)


def fullest_operator_text(vertex: Vertex, text_sizes: TextSizes, formula: str, space: float) -> OperatorText:
    """The longest text that fits at an arrow of this length, or the shortest."""
    choices = [make_operator_text(vertex, detail, text_sizes, formula) for detail in DETAILS]
    return next((operator_text for operator_text in choices if operator_text.width <= space), choices[-1])


def keep_kernel(operator_text: OperatorText) -> OperatorText:
    """Leave out all but the kernel, where there is one: 2×2 of 2×2 transposed ×2."""
    kernels = [(text.partition(" ")[0], size, bold) for text, size, bold in operator_text.above[:1]]
    return operator_text._replace(above=tuple([kernel for kernel in kernels if "×" in kernel[0]]), below=())


@lru_cache(maxsize=2048)
def _make_operator_text(
    label: str,
    halves: tuple[str, str],
    formula: tuple[str, ...],
    detail: ArrowDetail,
    text_sizes: TextSizes,
    padding: float,
) -> OperatorText:
    em, small, (first, second) = text_sizes.em, text_sizes.small, halves
    above: tuple[tuple[str, int, bool], ...] = ((label, em, True),)
    below = tuple([(line, small, False) for line in formula])
    if detail in ("lines", "first"):
        above = ((first, em, True),)
        below = ((second, small, False),) if second and (detail == "lines" or "," not in label) else ()
    elif detail in ("stacked", "narrow"):
        above = ((first, em, True), (second, small, False)) if second else ((first, em, True),)
    text_width = max(measure_text(*text) for text in (*above, *below))
    up, down = (LINE_SPACING * sum([size for _, size, _ in texts]) for texts in (above, below))
    width = max(text_width + padding * em, (1.8 + padding) * em)
    return OperatorText(above, below, width, up + 0.48 * em, down + 0.58 * em if below else 0.5 * em)


@lru_cache(maxsize=2048)
def _label(layer: Layer | Block) -> str:
    return layer.label()


def _deep_label(report: Report) -> str:
    """The label of a layer; that of a convolution includes the depth of its kernel: 5×5×256, 32 filters."""
    has_shape = report.output_shape is not None
    return report.layer.deep_label(report.known_inputs[0]) if has_shape else report.layer.label()


def _formula_lines(formula: str, count: int) -> tuple[str, ...]:
    """Break a formula into up to `count` lines: the result on its own line, then also the factors per position."""
    product, equals, result = formula.rpartition(" = ")
    if count < 2 or not equals:
        return (formula,) if formula and count else ()
    places, cross, weights = product.rpartition(" × ")
    parts = (places, f"× {weights}") if cross and count > 2 else (product,)
    return (*parts, f"= {result}")


@lru_cache(maxsize=2048)
def _split_label(label: str) -> tuple[str, str]:
    """Split a label in two: 5×5, and 32 filters; 3×3, and max pool; global avg, and pool."""
    first, comma, second = label.partition(", ")
    if not comma and len(label) > 8:
        first, _, second = label.partition(" ") if label[0].isdigit() else label.rpartition(" ")
    return (first, second) if first else (second, "")


def _split_block_label(block: Block) -> tuple[str, str]:
    """Split the label of a block into its title and its numbers; a short one that lacks the title stays whole."""
    title, label = block.title.lower(), block.label()
    if not label.startswith(title) and "," not in label:
        return label, ""
    return title, label.removeprefix(title).lstrip(", ")


_COLOURS: dict[str, TextRole] = {"weights": "design", "resampling": "pool"}
"""Colours by the role of a kind; other roles are muted."""


def operator_role(vertex: Vertex) -> TextRole:
    """The colour of an operator: that of its design if it multiplies weights, that of pooling, or muted."""
    return "muted" if vertex.report is None else _COLOURS.get(vertex.report.layer.role, "muted")
