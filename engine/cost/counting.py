"""Counting rules: how often each convention counts a term, and what it leaves out."""

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from engine.cost.terms import FUNCTIONS, TERM_BY_ID, TERMS, term_amounts
from engine.network.analysis import Report


class Convention(Struct, frozen=True):
    """How often each term counts, for how many inputs, and what K of parameters stands for."""

    id: str
    title: str
    unit: Literal["MACs", "FLOPs"]
    factors: tuple[tuple[str, int], ...] = (("macs", 1),)
    """(term, operations per unit of it); other terms do not count."""
    batch: int = 1
    kilo: Literal[1000, 1024] = 1000
    weights_only: bool = False
    """Whether biases, gamma and beta do not count as parameters."""
    source: str = ""
    """Where the rule is published, and its peculiarities."""

    @property
    def subjects(self) -> frozenset[str]:
        """Ids of the plain terms whose arithmetic counts, in whatever way."""
        return frozenset(TERM_BY_ID[term].subject for term, factor in self.factors if factor)

    @property
    def unit_with_rule(self) -> str:
        """The unit with the rule and the batch: "MACs (fvcore, batch 8)"."""
        words = [self.id] if self.id not in ("macs", "flops") else []
        words += [f"batch {self.batch}"] if self.batch > 1 else []
        return f"{self.unit} ({', '.join(words)})" if words else self.unit


MACS = Convention("macs", "MACs", "MACs", source="multiply-accumulates of convolutions and dense layers")
FLOPS = Convention("flops", "FLOPs (2 per MAC)", "FLOPs", (("macs", 2),), source="their multiplications and additions")


def _each(factor: int, *terms: str) -> tuple[tuple[str, int], ...]:
    return tuple((term, factor) for term in terms)


_TRANSPOSED_BY_OUTPUT = ("transposed_more", 1), ("transposed_fewer", -1)
"""MACs of transposed convolutions by positions of the output."""
_RESIZING = "nearest", "bilinear"
_POOLING = "max_pool", "avg_pool", "global_pool"
_PTFLOPS = (
    *_each(1, "macs", "bias", "dense_bias", "layer_norm"),
    *_each(2, "batch_norm", "group_norm"),
    ("lrn", 3),
    ("lrn_padded", 1),
)
"""What counts the same however activations and pooling are called. LRN is one multiplication and one addition by a
constant, one product of two volumes, and an average pooling over the padded channels."""
_FUNCTIONS_OF_PTFLOPS = "relu", "relu6", "elu", "prelu", "silu", "gelu", "gelu_tanh", "softmax"
"""Activations that count as functions."""
_PTFLOPS_SOURCE = "ptflops 0.7.3 to 0.7.5, PyTorch backend, of a model that adds volumes by +"

CONVENTIONS: tuple[Convention, ...] = (
    MACS,
    FLOPS,
    Convention("torchvision", "as torchvision counts", "MACs", source="the GFLOPS of torchvision's model pages"),
    Convention(
        "torchinfo",
        "as torchinfo counts",
        "MACs",
        (
            ("macs", 1),
            *_TRANSPOSED_BY_OUTPUT,
            *_each(1, "bias", "dense_bias", "batch_norm_params", "layer_norm_params", "group_norm_params"),
            *_each(1, "prelu_params", "scale_biases"),
        ),
        source="torchinfo 1.8, LayerInfo.calculate_macs: every parameter of a module counts, those of batch norm once",
    ),
    Convention(
        "fvcore",
        "as fvcore counts",
        "MACs",
        (
            ("macs", 1),
            ("batch_norm", 2),
            ("layer_norm", 5),
            ("group_norm", 5),
            ("global_pool", 1),
            ("nearest", 1),
            ("bilinear", 4),
        ),
        source=(
            "fvcore since June 2021, FlopCountAnalysis, of a model that does not train and whose global pooling is "
            "adaptive; timm's tables follow it"
        ),
    ),
    Convention(
        "ptflops",
        "as ptflops counts",
        "MACs",
        (
            *_PTFLOPS,
            *_each(2, "relu", "elu", "prelu", "gelu", "gelu_tanh", *_POOLING, *_RESIZING),
            *_each(1, "relu6", "leaky_relu", "silu", "softmax"),
        ),
        source=(
            f"{_PTFLOPS_SOURCE}, if activations and pooling are modules, as in torchvision's VGG and ResNet: "
            "ReLU, ELU, PReLU, GELU and pooling count twice, as the module and as the function that it calls"
        ),
    ),
    Convention(
        "ptflops_functional_relu",
        "as ptflops counts, activations as functions",
        "MACs",
        (*_PTFLOPS, *_each(2, *_POOLING, *_RESIZING), *_each(1, *_FUNCTIONS_OF_PTFLOPS)),
        source=(
            f"{_PTFLOPS_SOURCE}, if activations are functions and pooling is a module, as in torchvision's GoogLeNet: "
            "ReLU, ELU, PReLU and GELU count once, pooling twice"
        ),
    ),
    Convention(
        "ptflops_functional",
        "as ptflops counts, activations and pooling as functions",
        "MACs",
        (*_PTFLOPS, *_each(1, *_POOLING, *_RESIZING, *_FUNCTIONS_OF_PTFLOPS)),
        source=(
            f"{_PTFLOPS_SOURCE}, if activations and pooling are functions, as in most of torchvision's "
            "Inception v3: ReLU, ELU, PReLU, GELU and pooling count once"
        ),
    ),
    Convention(
        "thop",
        "as thop 0.0.31 counts (September 2019)",
        "MACs",
        (
            ("macs", 1),
            *_TRANSPOSED_BY_OUTPUT,
            ("bias", 1),
            ("batch_norm", 4),
            ("leaky_relu", 1),
            ("dense_additions", 1),
            ("avg_pool_kernels", 1),
            ("averages", 1),
            ("bilinear", 13),
            ("global_averages_floored", 1),
        ),
        source=(
            "thop 0.0.31.post1909230639, whose figures its README prints, of a model of modules whose square kernels "
            "are one number; an average over k×k counts k additions, transposed convolutions count by output position"
        ),
    ),
    Convention(
        "thop_2022",
        "as thop 0.1.1 counts (September 2022)",
        "MACs",
        (
            ("macs", 1),
            *_TRANSPOSED_BY_OUTPUT,
            ("batch_norm", 4),
            ("layer_norm", 4),
            ("averages", 1),
            ("nearest", 1),
            ("bilinear", 11),
            ("global_averages", 1),
            ("prelu", 1),
            ("softmax", 2),
            ("softmax_additions", 1),
        ),
        source="thop 0.1.1.post2209072238, the newest on PyPI, of a model of modules; biases do not count",
    ),
    Convention(
        "paper",
        "as GoogLeNet's paper counts",
        "MACs",
        kilo=1024,
        weights_only=True,
        source="table 1: weights without biases, K = 1024 for parameters",
    ),
)
"""The predefined conventions, the plain one first."""


GROUPS: dict[str, tuple[tuple[str, int], ...]] = {
    "biases": _each(1, "bias", "dense_bias", "scale_biases"),
    "batch norm": (("batch_norm", 2),),
    "activations": _each(1, *FUNCTIONS, "prelu"),
    "pooling": _each(1, *_POOLING, "channel_pool"),
    "additions": _each(1, "add", "sub"),
    "products": _each(1, "mul", "div"),
    "comparisons": _each(1, "maximum", "minimum"),
}
"""Terms that a custom convention may count besides MACs, each with its operations per value, by their group's name."""

CUSTOM = "own"


def custom_convention(
    unit: Literal["MACs", "FLOPs"], groups: Iterable[str], batch: int = 1, kilo: Literal[1000, 1024] = 1000
) -> Convention:
    """A convention that counts MACs (2 FLOPs each) and these groups: one operation per value, two for batch norm."""
    names = [name for name in GROUPS if name in set(groups)]
    factors = tuple(factor for name in names for factor in GROUPS[name])
    title = f"{unit} with {', '.join(names)}" if names else f"{unit} alone"
    return Convention(CUSTOM, title, unit, (("macs", 1 if unit == "MACs" else 2), *factors), batch, kilo)


def groups_of(convention: Convention) -> tuple[str, ...]:
    """The groups with at least one term whose arithmetic a convention counts, in whatever way."""
    counts = convention.subjects
    return tuple(name for name, terms in GROUPS.items() if any(term in counts for term, _ in terms))


class Tally(Struct, frozen=True):
    """The operations of several layers by a convention, term by term."""

    convention: Convention
    counted: Mapping[str, int]
    """Operations per term, for a whole batch."""
    uncounted: Mapping[str, int]
    """Amounts of the arithmetic that counts in no way, for one input, by plain term."""

    @property
    def total(self) -> int:
        return sum(self.counted.values())


def tally(reports: Iterable[Report], convention: Convention) -> Tally | None:
    """Count several layers term by term; None if any of their shapes are unknown."""
    reports = tuple(reports)
    amounts = term_amounts(reports)
    return None if any(report.output_shape is None for report in reports) else tally_amounts(amounts, convention)


def tally_amounts(amounts: Mapping[str, int], convention: Convention) -> Tally:
    """Count layers whose amounts per term are known; every rule counts a term in proportion to its amount."""
    factors = {term: convention.batch * factor for term, factor in convention.factors}
    counted = {term: factors[term] * amount for term, amount in amounts.items() if factors.get(term) and amount}
    return Tally(convention, counted, _uncounted(amounts, convention))


def convention_by_id(convention_id: str) -> Convention:
    """The predefined convention of that id; KeyError if there is none."""
    return {convention.id: convention for convention in CONVENTIONS}[convention_id]


def count_operations(report: Report, convention: Convention) -> int | None:
    """Operations of a layer for a whole batch; None if its shapes are unknown."""
    return sum(terms.values()) if (terms := counted_terms(report, convention)) is not None else None


def counted_terms(report: Report, convention: Convention) -> Mapping[str, int] | None:
    """Operations of a layer per term, for a whole batch; None if its shapes are unknown."""
    if report.output_shape is None:
        return None
    amounts = {term: factor * TERM_BY_ID[term].amount(report) for term, factor in convention.factors}
    return {term: convention.batch * amount for term, amount in amounts.items() if amount}


def uncounted_terms(reports: Iterable[Report], convention: Convention) -> Mapping[str, int]:
    """Amounts above 0 of the arithmetic that the convention counts in no way, for one input, in plain terms."""
    return _uncounted(term_amounts(report for report in reports if report.output_shape is not None), convention)


def _uncounted(amounts: Mapping[str, int], convention: Convention) -> Mapping[str, int]:
    counts = convention.subjects
    plain = (term.id for term in TERMS if term.id not in counts and not term.instead_of)
    return {term_id: amounts[term_id] for term_id in plain if amounts.get(term_id)}
