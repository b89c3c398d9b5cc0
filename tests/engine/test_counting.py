"""Counting rules: those of tools against the figures that the tools print, and what each leaves out."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.cost import counting
from engine.cost.counting import (
    CONVENTIONS,
    MACS,
    Convention,
    convention_by_id,
    count_operations,
    counted_terms,
    uncounted_terms,
)
from engine.cost.terms import TERM_BY_ID, TERMS
from engine.files.paths import RESOURCES
from engine.layers import (
    LAYERS,
    Activation,
    AdaptiveAvgPool2d,
    Add,
    AvgPool2d,
    BatchNorm,
    ChannelPool,
    ChannelShuffle,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Crop,
    Dense,
    Div,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    Maximum,
    MaxPool2d,
    Minimum,
    Mul,
    Pad,
    PixelShuffle,
    PixelUnshuffle,
    PRelu,
    Reshape,
    Resize,
    Scale,
    Slice,
    Sub,
    Transpose,
)
from engine.network.analysis import analyze
from engine.network.graph import Network, Node
from engine.project.file import load_project
from engine.run.check import check
from engine.shapes import Shape
from tests.engine.counted_layers import COUNTED_INPUT, COUNTED_LAYERS, network_around

PUBLISHED = {
    # torchvision's model pages
    ("torchvision", "vgg16", 0): "15.47",
    ("torchvision", "resnet18", 0): "1.81",
    ("torchvision", "resnet50", 1): "4.09",
    ("torchvision", "densenet121", 1): "2.83",
    ("torchvision", "squeezenet", 0): "0.82",
    ("torchvision", "mobilenet_v2", 0): "0.30",
    ("torchvision", "alexnet", 0): "0.71",
    # torchinfo's tests
    ("torchinfo", "resnet18", 0): "1.81",
    # timm's tables, made with fvcore
    ("fvcore", "resnet50", 1): "4.11",
    ("fvcore", "densenet121", 1): "2.87",
    # ptflops' README of version 0.7.5, PyTorch backend
    ("ptflops", "alexnet", 0): "0.72",
    ("ptflops", "densenet121", 1): "2.90",
    ("ptflops", "mobilenet_v2", 0): "0.32",
    ("ptflops", "resnet18", 0): "1.83",
    ("ptflops", "resnet50", 1): "4.13",
    ("ptflops", "squeezenet", 0): "0.84",
    ("ptflops", "vgg16", 0): "15.52",
    # thop's README
    ("thop", "alexnet", 0): "0.77",
    ("thop", "densenet121", 1): "2.90",
    ("thop", "mobilenet_v2", 0): "0.33",
    ("thop", "resnet18", 0): "1.82",
    ("thop", "resnet50", 1): "4.14",
    ("thop", "squeezenet", 0): "0.82",
    ("thop", "vgg16", 0): "15.61",
}
"""G by counting rule, project and position of the design in it, as printed."""


def reports_of(project, design):
    network = load_project(RESOURCES / "projects" / f"{project}.toml").project.designs[design].network
    return analyze(network, Shape(3, 224, 224)).reports


@pytest.mark.parametrize(("tool", "project", "design"), PUBLISHED)
def test_the_rule_of_a_tool_counts_the_figure_that_it_prints_to_the_last_digit(tool, project, design):
    total = sum(count_operations(report, convention_by_id(tool)) for report in reports_of(project, design))
    assert f"{total / 1e9:.2f}" == PUBLISHED[tool, project, design]


DENSENET_LAST, MOBILENET_LAST = 1024 * 7 * 7, 1280 * 7 * 7
"""Values that the last pooling receives; these two of torchvision's models call it as a function."""

MEASURED = {
    # PyTorch's own counter, torch.utils.flop_counter of 2.13, halved
    ("torchvision", "vgg16", 0): (15_470_264_320, 0),
    ("torchvision", "alexnet", 0): (714_188_480, 0),
    ("torchvision", "resnet18", 0): (1_814_073_344, 0),
    ("torchvision", "resnet50", 1): (4_089_184_256, 0),
    ("torchvision", "densenet121", 1): (2_834_161_664, 0),
    ("torchvision", "squeezenet", 0): (818_924_576, 0),
    ("torchvision", "mobilenet_v2", 0): (300_774_272, 0),
    # torchinfo 1.8.0
    ("torchinfo", "vgg16", 0): (15_483_821_032, 0),
    ("torchinfo", "alexnet", 0): (714_682_664, 0),
    ("torchinfo", "resnet18", 0): (1_814_083_944, 0),
    ("torchinfo", "resnet50", 1): (4_089_238_376, 0),
    ("torchinfo", "densenet121", 1): (2_834_246_312, 0),
    ("torchinfo", "squeezenet", 0): (823_270_824, 0),
    ("torchinfo", "mobilenet_v2", 0): (300_809_384, 0),
    # fvcore 0.1.5.post20221221
    ("fvcore", "vgg16", 0): (15_470_289_408, 0),
    ("fvcore", "alexnet", 0): (714_197_696, 0),
    ("fvcore", "resnet18", 0): (1_819_065_856, 0),
    ("fvcore", "resnet50", 1): (4_111_512_576, 0),
    ("fvcore", "densenet121", 1): (2_865_546_752, 0),
    ("fvcore", "squeezenet", 0): (819_093_576, 0),
    ("fvcore", "mobilenet_v2", 0): (314_193_216, 0),
    # ptflops 0.7.5, PyTorch backend; a layer called as a function counts once, a module twice
    ("ptflops", "vgg16", 0): (15_523_225_576, 0),
    ("ptflops", "alexnet", 0): (716_441_128, 0),
    ("ptflops", "resnet18", 0): (1_825_313_768, 0),
    ("ptflops", "resnet50", 1): (4_132_436_968, 0),
    ("ptflops", "densenet121", 1): (2_899_843_048, -2 * DENSENET_LAST),  # its last ReLU as well
    ("ptflops", "squeezenet", 0): (836_821_960, 0),
    ("ptflops", "mobilenet_v2", 0): (320_300_008, -MOBILENET_LAST),
    # thop 0.0.31 of September 2019, which adds in float32; functions do not count
    ("thop", "vgg16", 0): (15_607_486_464, 0),
    ("thop", "alexnet", 0): (773_304_640, 0),
    ("thop", "resnet18", 0): (1_824_544_768, 0),
    ("thop", "resnet50", 1): (4_135_789_568, 0),
    ("thop", "squeezenet", 0): (823_440_832, 0),
    ("thop", "mobilenet_v2", 0): (328_765_728, -MOBILENET_LAST - 1280),
}
"""(operations that the tool counts for torchvision's model, how many of them the bundled project lacks), by counting
rule, project and position of the design in it."""


@pytest.mark.parametrize(("tool", "project", "design"), MEASURED)
def test_the_rule_of_a_tool_counts_the_integer_that_the_tool_counts(tool, project, design):
    *reports, softmax = reports_of(project, design)
    assert softmax.layer == Activation("softmax")  # torchvision's models leave it to the loss
    measured, missing = MEASURED[tool, project, design]
    tolerance = 24 if tool == "thop" else 0
    assert (
        abs(sum(count_operations(report, convention_by_id(tool)) for report in reports) + missing - measured)
        <= tolerance
    )


BY_TOOLS = json.loads((Path(__file__).parent / "data" / "counted_by_tools.json").read_text(encoding="utf-8"))
"""What the tools themselves count: `tests.models.counting_tools` writes it, and `make test-models` checks it."""
TOOLS = [rule.id for rule in CONVENTIONS if rule.id not in ("macs", "flops", "paper")]
NETWORKS = {(entry["project"], entry["design"]): entry["counts"] for entry in BY_TOOLS["networks"]}


def count(reports, rule):
    return sum(count_operations(report, convention_by_id(rule)) for report in reports)


@pytest.mark.parametrize("rule", TOOLS)
@pytest.mark.parametrize("name", COUNTED_LAYERS)
def test_the_rule_of_a_tool_counts_a_layer_as_the_tool_does(name, rule):
    assert count(analyze(network_around(name), COUNTED_INPUT).reports, rule) == BY_TOOLS["layers"][name][rule]


def test_every_kind_and_activation_has_been_counted_by_the_tools():
    assert {type(layer) for layer in COUNTED_LAYERS.values()} == set(LAYERS)
    assert set(BY_TOOLS["layers"]) == set(COUNTED_LAYERS)


@pytest.mark.parametrize("rule", TOOLS)
@pytest.mark.parametrize(("project", "design"), NETWORKS)
def test_the_rule_of_a_tool_counts_a_bundled_network_as_the_tool_does(project, design, rule):
    reports = check(load_project(RESOURCES / "projects" / f"{project}.toml").project).analyses[design].reports
    assert count(reports, rule) == NETWORKS[project, design][rule]


def test_every_bundled_design_has_been_counted_by_the_tools():
    designs = {
        (path.stem, design.name)
        for path in (RESOURCES / "projects").glob("*.toml")
        for design in load_project(path).project.designs
    }
    assert set(NETWORKS) == designs


@pytest.mark.parametrize(
    ("rule", "layer", "expected"),
    [
        ("thop", Activation("leaky_relu"), 800),
        ("thop", AvgPool2d(2), 600),
        ("ptflops", LocalResponseNorm(5), 3600),
    ],
)
def test_a_layer_on_8_maps_of_10_by_10_counts_as_the_tool_says(rule, layer, expected):
    assert count(analyze(Network((Node("n", layer),)), Shape(8, 10, 10)).reports, rule) == expected


@pytest.mark.parametrize(
    ("layer", "counts"),
    [
        (Activation("relu"), (1600, 800, 800)),
        (Activation("gelu"), (1600, 800, 800)),
        (Activation("leaky_relu"), (800, 0, 0)),
        (Activation("silu"), (800, 800, 800)),
        (MaxPool2d(2), (1600, 1600, 800)),
        (AvgPool2d(2), (1600, 1600, 800)),
        (GlobalAvgPool2d(), (1600, 1600, 800)),
        (LocalResponseNorm(4), (3500, 3500, 3500)),
    ],
)
def test_ptflops_counts_a_module_and_the_function_that_it_calls(layer, counts):
    reports = analyze(Network((Node("n", layer),)), Shape(8, 10, 10)).reports
    assert (
        tuple(count(reports, rule) for rule in ("ptflops", "ptflops_functional_relu", "ptflops_functional")) == counts
    )


def test_the_title_of_each_rule_of_thop_names_its_version_as_the_source_does():
    for rule in (convention_by_id("thop"), convention_by_id("thop_2022")):
        version = rule.source.split()[1].partition(".post")[0]
        assert f"thop {version} " in rule.title
    versions = BY_TOOLS["versions"]
    assert versions["thop of 2019"] in convention_by_id("thop").source
    assert versions["thop"] in convention_by_id("thop_2022").source


@pytest.mark.parametrize("rule", CONVENTIONS, ids=lambda rule: rule.id)
@pytest.mark.parametrize("name", COUNTED_LAYERS)
def test_what_a_rule_counts_is_not_left_out_as_well_and_what_it_leaves_out_is_named(name, rule):
    reports = analyze(network_around(name), COUNTED_INPUT).reports
    result = counting.tally(reports, rule)
    counted = {TERM_BY_ID[term].subject for term in result.counted}
    has = {term.subject for term in TERMS if any(term.amount(report) for report in reports)}
    assert not counted & set(result.uncounted)
    assert counted | set(result.uncounted) == has


def test_a_term_counts_instead_of_a_plain_one():
    for term in TERMS:
        assert not TERM_BY_ID[term.subject].instead_of


@pytest.mark.parametrize(
    ("rule", "groups"),
    [
        ("macs", ()),
        ("torchinfo", ("biases", "batch norm", "activations")),
        ("fvcore", ("batch norm", "pooling")),
        ("ptflops", ("biases", "batch norm", "activations", "pooling")),
        ("thop", ("biases", "batch norm", "activations", "pooling")),
        ("thop_2022", ("batch norm", "activations", "pooling")),
    ],
)
def test_the_groups_of_a_rule_are_those_that_it_counts_in_whatever_way(rule, groups):
    assert counting.groups_of(convention_by_id(rule)) == groups


def test_torchinfo_prints_8_18_for_two_inputs_of_resnet_50():
    rule = replace(convention_by_id("torchinfo"), batch=2)
    assert f"{sum(count_operations(report, rule) for report in reports_of('resnet50', 1)) / 1e9:.2f}" == "8.18"


def report_of(layer, inputs=1):
    names = tuple(f"r{index}" for index in range(inputs)) if inputs > 1 else ()
    before = tuple(Node(name, Activation("relu"), ("input",)) for name in names)
    return analyze(Network((*before, Node("n", layer, names))), Shape(4, 6, 8)).reports[-1]


@pytest.mark.parametrize(
    ("layer", "inputs", "amounts"),
    [
        (Conv2d(3, 3), 1, {"macs": 3 * 48 * 9 * 4, "bias": 3 * 48}),
        (Conv2d(3, 3, bias=False), 1, {"macs": 3 * 48 * 9 * 4}),
        (ConvTranspose2d(3, 2, bias=False), 1, {"macs": 192 * 12, "transposed_more": 3 * 192 * 12}),
        (ConvTranspose2d(3, 3, 1, 1, bias=False), 1, {"macs": 192 * 27}),
        (ConvTranspose2d(3, 1, 1, 1), 1, {"macs": 192 * 3, "transposed_fewer": 4 * 24 * 3, "bias": 3 * 24}),
        (Dense(5), 1, {"macs": 5 * 192, "dense_bias": 5, "dense_additions": 5 * 191}),
        (BatchNorm(), 1, {"batch_norm": 192, "batch_norm_params": 8}),
        (Activation("relu"), 1, {"relu": 192}),
        (Activation("leaky_relu"), 1, {"leaky_relu": 192}),
        (Activation("softmax"), 1, {"softmax": 192, "softmax_additions": 3 * 48}),
        (MaxPool2d(2), 1, {"max_pool": 192}),
        (AvgPool2d(3, 1, 1), 1, {"avg_pool": 192, "avg_pool_kernels": 3 * 192, "averages": 192}),
        (AvgPool2d((3, 2), 1, 1), 1, {"avg_pool": 192, "avg_pool_kernels": 6 * 4 * 6 * 9, "averages": 4 * 6 * 9}),
        (GlobalMaxPool2d(), 1, {"max_pool": 192}),
        (GlobalAvgPool2d(), 1, {"global_pool": 192, "global_averages": 196, "global_averages_floored": 196}),
        (AdaptiveAvgPool2d((4, 4)), 1, {"global_pool": 192, "global_averages": 256, "global_averages_floored": 192}),
        (Resize(), 1, {"nearest": 768}),
        (Resize(0.5, mode="bilinear"), 1, {"bilinear": 48}),
        (LayerNorm(), 1, {"layer_norm": 192, "layer_norm_params": 8}),
        (GroupNorm(), 1, {"group_norm": 192, "group_norm_params": 8}),
        (LocalResponseNorm(5), 1, {"lrn": 192, "lrn_padded": 8 * 48}),
        (Add(), 2, {"add": 192}),
    ],
)
def test_each_kind_of_layer_has_its_terms(layer, inputs, amounts):
    by_term = {term.id: term.amount(report_of(layer, inputs=inputs)) for term in TERMS}
    assert {term_id: amount for term_id, amount in by_term.items() if amount} == amounts


def test_every_term_of_a_counting_rule_is_in_the_table_and_named_once():
    ids = [term.id for term in TERMS]
    assert len(set(ids)) == len(ids)
    for rule in CONVENTIONS:
        factor_ids = [term_id for term_id, _ in rule.factors]
        assert set(factor_ids) <= set(ids)
        assert len(set(factor_ids)) == len(factor_ids)


def test_the_plain_rule_counts_the_macs_of_the_analysis():
    report = report_of(Conv2d(3, 3))
    assert count_operations(report, MACS) == report.macs
    assert count_operations(report, counting.FLOPS) == 2 * report.macs


def test_a_batch_multiplies_the_count():
    report = report_of(Conv2d(3, 3))
    assert count_operations(report, Convention("own", "own", "MACs", (("macs", 1), ("bias", 1)), batch=8)) == 8 * (
        report.macs + 3 * 48
    )


def test_each_term_of_a_layer_is_either_counted_or_uncounted():
    reports = [report_of(kind) for kind in (Conv2d(3, 3), BatchNorm(), MaxPool2d(2))]
    rule = Convention("own", "own", "MACs", (("macs", 1), ("max_pool", 1)))
    assert [dict(counted_terms(report, rule)) for report in reports] == [{"macs": 3 * 48 * 36}, {}, {"max_pool": 192}]
    assert uncounted_terms(reports, rule) == {"bias": 144, "batch_norm": 192}


def test_the_count_of_a_layer_whose_shape_is_unknown_is_unknown():
    report = report_of(Conv2d(3, 9, padding="valid"))
    assert report.output_shape is None
    assert count_operations(report, MACS) is None
    assert counted_terms(report, MACS) is None
    assert uncounted_terms([report], MACS) == {}


def test_layers_without_arithmetic_have_no_term():
    without = {
        "dropout": Dropout(),
        "concat": Concat(),
        "slice": Slice(1),
        "pad": Pad(1),
        "crop": Crop(1),
        "channel_shuffle": ChannelShuffle(2),
        "pixel_shuffle": PixelShuffle(2),
        "pixel_unshuffle": PixelUnshuffle(2),
        "flatten": Flatten(),
        "reshape": Reshape(),
        "transpose": Transpose("hwc"),
    }
    kinds = {
        "conv2d": Conv2d(3, 3),
        "conv_transpose2d": ConvTranspose2d(3, 2),
        "max_pool2d": MaxPool2d(2),
        "avg_pool2d": AvgPool2d(2),
        "global_max_pool2d": GlobalMaxPool2d(),
        "global_avg_pool2d": GlobalAvgPool2d(),
        "adaptive_avg_pool2d": AdaptiveAvgPool2d(1),
        "resize": Resize(),
        "activation": Activation("gelu"),
        "batch_norm": BatchNorm(),
        "layer_norm": LayerNorm(),
        "group_norm": GroupNorm(),
        "lrn": LocalResponseNorm(),
        "dense": Dense(2),
        "channel_pool": ChannelPool("mean"),
        "add": Add(),
        "sub": Sub(),
        "mul": Mul(),
        "div": Div(),
        "maximum": Maximum(),
        "minimum": Minimum(),
        "prelu": PRelu(),
        "scale": Scale(),
    }
    assert {kind.__struct_config__.tag for kind in LAYERS} == set(kinds) | set(without)
    for kind, layer in (kinds | without).items():
        report = report_of(layer, inputs=layer.min_inputs)
        assert any(term.amount(report) for term in TERMS) == (kind in kinds)


def test_a_tally_sums_what_each_term_contributes():
    reports = [report_of(Conv2d(3, 3)), report_of(Conv2d(2, 1)), report_of(BatchNorm())]
    tally = counting.tally(reports, convention_by_id("fvcore"))
    assert dict(tally.counted) == {"macs": 48 * (3 * 36 + 2 * 4), "batch_norm": 2 * 192}
    assert tally.total == sum(count_operations(report, convention_by_id("fvcore")) for report in reports)
    assert tally.uncounted == {"bias": 5 * 48}


@pytest.mark.parametrize("rule", CONVENTIONS, ids=lambda rule: rule.id)
def test_a_tally_equals_the_sum_of_what_each_layer_contributes(rule):
    reports = check(load_project(RESOURCES / "projects" / "resnet50.toml").project).analyses["v1"].reports
    expected: dict[str, int] = {}
    for report in reports:
        for term, amount in counted_terms(report, rule).items():
            expected[term] = expected.get(term, 0) + amount
    assert dict(counting.tally(reports, rule).counted) == expected


def test_a_tally_with_a_layer_of_unknown_shape_is_unknown():
    assert counting.tally([report_of(Conv2d(3, 3)), report_of(Conv2d(3, 9, padding="valid"))], MACS) is None


@pytest.mark.parametrize(
    ("unit", "groups", "layer", "expected"),
    [
        ("MACs", (), Conv2d(3, 3), 3 * 48 * 36),
        ("FLOPs", ("biases",), Conv2d(3, 3), 2 * 3 * 48 * 36 + 144),
        ("MACs", ("batch norm",), BatchNorm(), 384),
        ("MACs", ("activations", "pooling"), Activation("relu"), 192),
        ("MACs", ("activations", "pooling"), MaxPool2d(2), 192),
    ],
)
def test_a_custom_rule_counts_the_groups_that_it_names(unit, groups, layer, expected):
    rule = counting.custom_convention(unit, groups)
    assert count_operations(report_of(layer), rule) == expected
    assert counting.groups_of(rule) == groups
    assert all(group in rule.title for group in groups)
    assert rule.unit == unit


@pytest.mark.parametrize(
    ("rule", "batch", "unit"),
    [
        ("macs", 1, "MACs"),
        ("flops", 2, "FLOPs (batch 2)"),
        ("fvcore", 1, "MACs (fvcore)"),
        ("thop", 8, "MACs (thop, batch 8)"),
    ],
)
def test_the_unit_of_a_count_names_its_rule(rule, batch, unit):
    assert replace(convention_by_id(rule), batch=batch).unit_with_rule == unit
