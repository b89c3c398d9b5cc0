"""Terms of counting rules: the kinds of arithmetic whose amounts layers return from `operations`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import get_args

from msgspec import Struct

from engine.layers.activation import Function
from engine.network.analysis import Report


class Term(Struct, frozen=True):
    """A kind of arithmetic, whose amount each kind of layer returns from `operations`."""

    id: str
    title: str
    what: str
    """The things that its amount counts."""
    instead_of: str = ""
    """The term whose arithmetic this one counts in another way, as some conventions do."""

    @property
    def subject(self) -> str:
        """The arithmetic that it counts, as the id of the term that counts it in the plain way."""
        return self.instead_of or self.id

    def amount(self, report: Report) -> int:
        """A layer's amount for one input; 0 while its shapes are unknown."""
        if self.id == "macs":
            return report.macs or 0
        output = report.output_shape
        return 0 if output is None else report.layer.operations(report.known_inputs, output).get(self.id, 0)


FUNCTIONS: tuple[Function, ...] = get_args(Function)
"""The terms of activations, one per function."""

TERMS: tuple[Term, ...] = (
    Term("macs", "MACs", "multiply-accumulates of convolutions and dense layers"),
    Term("bias", "biases", "biases that convolutions add"),
    Term("dense_bias", "dense biases", "biases that dense layers add"),
    Term("batch_norm", "batch norm", "values that batch norm shifts and scales"),
    Term("layer_norm", "layer norm", "values that layer norm shifts and scales"),
    Term("group_norm", "group norm", "values that group norm shifts and scales"),
    *(Term(name, name.replace("_", " "), f"values that go through {name.replace('_', ' ')}") for name in FUNCTIONS),
    Term("prelu", "PReLU", "values that go through PReLU"),
    Term("scale", "scale", "values that scale multiplies by a number of their channel"),
    Term("scale_biases", "scale biases", "biases of scale, once per channel"),
    Term("max_pool", "max pool", "values that max pooling receives"),
    Term("avg_pool", "avg pool", "values that average pooling receives"),
    Term("global_pool", "global pool", "values that global or adaptive average pooling receives"),
    Term("channel_pool", "channel pool", "values that pooling over channels receives"),
    Term("nearest", "nearest values", "values that resizing to the nearest one returns"),
    Term("bilinear", "bilinear means", "values that bilinear resizing returns"),
    Term("add", "sums of volumes", "values that additions of volumes return"),
    Term("sub", "differences of volumes", "values that differences of volumes return"),
    Term("mul", "products of volumes", "multiplications of a value of a volume by one of another"),
    Term("div", "quotients of volumes", "values that quotients of volumes return"),
    Term("maximum", "maxima of volumes", "comparisons of a value of a volume with one of another, for the larger one"),
    Term("minimum", "minima of volumes", "comparisons of a value of a volume with one of another, for the smaller one"),
    Term("lrn", "LRN", "values of local response norm"),
    Term("lrn_padded", "padded LRN", "values of local response norm and of the channels that pad it", "lrn"),
    Term("batch_norm_params", "batch norm parameters", "gamma and beta, once per channel", "batch_norm"),
    Term("layer_norm_params", "layer norm parameters", "gamma and beta, once per channel", "layer_norm"),
    Term("group_norm_params", "group norm parameters", "gamma and beta, once per channel", "group_norm"),
    Term("prelu_params", "PReLU parameters", "slopes of PReLU", "prelu"),
    Term("avg_pool_kernels", "avg pool kernels", "per average k for a kernel of k×k, h·w for one of h×w", "avg_pool"),
    Term("averages", "averages", "divisions of average pooling, one per value that it returns", "avg_pool"),
    Term(
        "global_averages",
        "global averages",
        "values in all windows of global or adaptive average pooling, and a division for each window",
        "global_pool",
    ),
    Term(
        "global_averages_floored",
        "rounded averages",
        "the same, with the size of the windows rounded down: 0 where pooling enlarges maps",
        "global_pool",
    ),
    Term(
        "dense_additions",
        "dense additions",
        "additions of dense layers, counted in addition to their MACs",
        "macs",
    ),
    Term(
        "transposed_more",
        "transposed, by output",
        "multiply-accumulates of transposed convolutions by positions of the output, beyond those by positions of the "
        "input",
        "macs",
    ),
    Term(
        "transposed_fewer",
        "transposed, cut off",
        "multiply-accumulates of transposed convolutions by positions of the input, beyond those by positions of the "
        "output",
        "macs",
    ),
    Term("softmax_additions", "softmax additions", "additions of softmax", "softmax"),
)

TERM_BY_ID: Mapping[str, Term] = {term.id: term for term in TERMS}


def term_amounts(reports: Iterable[Report]) -> Mapping[str, int]:
    """The amounts of several layers for one input by term, without those of 0; equal layers are counted once."""
    groups = Counter((report.layer, report.known_inputs, report.output_shape, report.macs) for report in reports)
    totals: dict[str, int] = {}
    for (layer, inputs, output, macs), count in groups.items():
        others = {} if output is None else layer.operations(inputs, output)
        for term, amount in {**others, "macs": macs or 0}.items():
            if amount:
                totals[term] = totals.get(term, 0) + count * amount
    return {term.id: totals[term.id] for term in TERMS if term.id in totals}
