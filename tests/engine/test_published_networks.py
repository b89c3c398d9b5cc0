"""The bundled networks against published figures: recounted integers, and GoogLeNet's table row by row."""

import json
import math
from pathlib import Path

import pytest
from msgspec.structs import replace

from engine.blocks import SeparableConv2d
from engine.blocks.residual import BottleneckResidual
from engine.cost.counting import convention_by_id, custom_convention, tally
from engine.files.paths import RESOURCES
from engine.layers import Activation, BatchNorm, Conv2d, Dense, GlobalAvgPool2d
from engine.network.analysis import Analysis, analyze
from engine.network.graph import Network, Node
from engine.project.file import load_project
from engine.run.check import check
from engine.shapes import Shape
from engine.text.printed_figures import agrees, relative_excess
from gui.command_line.main import main

DATA = Path(__file__).parent / "data"
RECOUNTED = json.loads((DATA / "ground_truth.json").read_text())["rows"]
TRUTH = {row["model"]: row for row in RECOUNTED}
TABLE = json.loads((DATA / "googlenet_table.json").read_text())
PROJECTS = sorted((RESOURCES / "projects").glob("*.toml"))

MODELS = {
    "VGG-16": ("vgg16", "VGG-16"),
    "AlexNet (torchvision)": ("alexnet", "AlexNet"),
    "ResNet-18": ("resnet18", "ResNet-18"),
    "ResNet-50 v1 (stride in 1x1)": ("resnet50", "v1"),
    "ResNet-50 v1.5 (torchvision)": ("resnet50", "v1.5"),
    "DenseNet-121": ("densenet121", "DenseNet-121"),
    "SqueezeNet 1.0": ("squeezenet", "SqueezeNet 1.0"),
    "MobileNet v1 1.0 224": ("mobilenet_v1", "MobileNet v1"),
    "MobileNet v2 1.0 224": ("mobilenet_v2", "MobileNet v2"),
    "MobileNet v3 large (torchvision)": ("mobilenet_v3", "large"),
    "MobileNet v3 small (torchvision)": ("mobilenet_v3", "small"),
    "EfficientNet-B0 (torchvision)": ("efficientnet_b0", "EfficientNet-B0"),
    "RegNetY-400MF (torchvision)": ("regnet_y_400mf", "RegNetY-400MF"),
    "ResNeXt-50 32x4d (torchvision)": ("resnext50", "ResNeXt-50"),
    "NIN ImageNet (Caffe zoo)": ("nin", "NIN"),
    "GoogLeNet (paper widths, biases, no BN, no aux)": ("googlenet", "GoogLeNet"),
}
"""Project and design of every recounted model."""


def project_of(name):
    return load_project(RESOURCES / "projects" / f"{name}.toml").project


def analysis_of(project, design) -> Analysis:
    return check(project_of(project)).analyses[design]


def sizes(analysis, *roles):
    return sum(
        math.prod(report.array_shapes[role])
        for report in analysis.reports
        for role in roles
        if role in report.param_shapes
    )


TESTED = {"params", "weights", "biases", "bn_affine", "macs_conv_fc", "bias_adds", "macs_plus_bias"}


def test_every_recounted_model_is_bundled_and_every_integer_of_it_tested():
    assert set(MODELS) == set(TRUTH)
    assert all({key for key, value in row.items() if isinstance(value, int)} == TESTED for row in RECOUNTED)


@pytest.fixture
def analysis_json(capsys):
    """The data that `analyze --format json` prints for a bundled project."""

    def analysis_json(project, *options):
        assert main(["analyze", str(RESOURCES / "projects" / f"{project}.toml"), "--format", "json", *options]) == 0
        return json.loads(capsys.readouterr().out)

    return analysis_json


@pytest.mark.parametrize("model", MODELS)
def test_the_json_of_a_network_has_the_recounted_integers(analysis_json, model):
    (name, design), row = MODELS[model], TRUTH[model]
    data = analysis_json(name)
    (entry,) = [other for other in data["designs"] if other["name"] == design]
    assert (entry["totals"]["params"], entry["totals"]["macs"]) == (row["params"], row["macs_conv_fc"])
    for total in ("params", "macs"):
        assert sum(node[total] for node in entry["nodes"]) == entry["totals"][total]
        assert sum(block[total] for block in entry["blocks"]) == sum(
            node[total] for node in entry["nodes"] if node["block"] is not None
        )
    assert data["input_shape"] == [3, 224, 224]
    assert entry["nodes"][-1]["output_shape"] == [1000, 1, 1]


@pytest.mark.parametrize("model", MODELS)
def test_operations_by_torchinfos_rule_include_the_recounted_biases(analysis_json, model):
    """The rule counts each bias where it is added, and gamma and beta once."""
    (name, design), row = MODELS[model], TRUTH[model]
    (entry,) = [other for other in analysis_json(name, "--count", "torchinfo")["designs"] if other["name"] == design]
    assert entry["totals"]["ops"] == row["macs_plus_bias"] + row["bn_affine"]


@pytest.mark.parametrize("model", MODELS)
def test_added_biases_are_as_many_as_recounted(model):
    row, counts = TRUTH[model], tally(analysis_of(*MODELS[model]).reports, custom_convention("MACs", ["biases"]))
    assert sum(amount for term, amount in counts.counted.items() if term != "macs") == row["bias_adds"]
    assert counts.total == row["macs_plus_bias"]


@pytest.mark.parametrize("model", MODELS)
def test_weights_biases_and_batch_norm_add_up_to_the_recounted_parameters(model):
    analysis, row = analysis_of(*MODELS[model]), TRUTH[model]
    assert sizes(analysis, "weight") == row["weights"]
    assert sizes(analysis, "bias") == row["biases"]
    assert sizes(analysis, "gamma", "beta") == row["bn_affine"]


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.stem)
def test_every_bundled_project_has_no_mistake_and_a_title(path):
    project = load_project(path).project
    assert project.title
    assert check(project).problems == ()


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.stem)
def test_every_note_and_published_figure_refers_to_a_design_and_node_that_exist(path):
    project = load_project(path).project
    project_check = check(project)
    for entry in (*project.notes, *project.published):
        assert entry.design in ("", *project_check.analyses)
        assert not entry.node or (entry.design, entry.node) in project_check


ROWS = {row["row"]: row for row in TABLE["rows"] if "weights" in row}
NODES = {"conv 7x7/2": "conv1", "conv 3x3/1": "conv2", "linear": "linear"}


def node_of(row):
    return NODES.get(row) or f"inception_{row.split('(')[1][:2]}"


def parts_of(analysis, node):
    block = analysis.blocks.get(node)
    return block.parts if block else [report for report in analysis.reports if report.name == node]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_googlenets_table_has_the_recounted_weights_macs_and_output(row):
    parts = parts_of(analysis_of("googlenet", "GoogLeNet"), node_of(row))
    expected = ROWS[row]
    assert sum(math.prod(part.param_shapes["weight"]) for part in parts if part.param_shapes) == expected["weights"]
    assert sum(part.macs for part in parts) == expected["macs"]
    assert list(parts[-1].output_shape) == expected["output"]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_googlenets_table_is_printed_in_the_project_as_in_the_paper(row):
    (printed,) = [figure for figure in project_of("googlenet").published if figure.node == node_of(row)]
    assert (printed.params, printed.ops) == (ROWS[row]["published_params"], ROWS[row]["published_ops"])
    assert bool(printed.note) == bool(ROWS[row].get("note"))


def test_the_modules_have_the_numbers_of_maps_of_the_table():
    project = project_of("googlenet")
    for row in ROWS.values():
        node = project.design("GoogLeNet").network.node(node_of(row["row"]))
        for setting, count in row.get("widths", {}).items():
            names = {"3x3_reduce": "reduce", "3x3": "filters"} if node.layer.kind == "reduced_conv2d" else {}
            field = setting if setting == "pool_proj" else f"n{setting}"
            assert getattr(node.layer, names.get(setting, field)) == count


def test_the_pools_of_the_table_have_its_output_shapes():
    analysis = analysis_of("googlenet", "GoogLeNet")
    pools = [row["output"] for row in TABLE["rows"] if "pool" in row["row"]]
    assert [list(report.output_shape) for report in analysis.reports if "/" not in report.name and
            report.layer.kind.endswith("pool2d")] == pools  # fmt: skip


def test_googlenet_has_the_tables_totals_and_57_convolutions():
    analysis = analysis_of("googlenet", "GoogLeNet")
    assert sizes(analysis, "weight") == TABLE["totals"]["weights"]
    assert sizes(analysis, "bias") == TABLE["totals"]["biases"]
    assert analysis.macs == TABLE["totals"]["macs"]
    assert sum(report.layer.kind == "conv2d" for report in analysis.reports) == 57


KILO = convention_by_id("paper").kilo
OPS_DIFFER = {"conv 7x7/2", "inception (5a)"}
PARAMS_DIFFER = {"conv 7x7/2", "inception (4c)", "inception (5a)"}
PARAMS_AGREE = {"conv 3x3/1", "inception (3a)", "linear"}
"""To the last printed digit."""


@pytest.mark.parametrize("row", ROWS)
def test_printed_operations_agree_with_the_recount_except_where_a_note_says_why(row):
    figures = ROWS[row]
    assert agrees(figures["macs"], figures["published_ops"]) == (row not in OPS_DIFFER)


@pytest.mark.parametrize("row", ROWS)
def test_printed_parameters_are_within_2_percent_except_where_a_note_says_why(row):
    figures = ROWS[row]
    difference = abs(relative_excess(figures["weights"], figures["published_params"], KILO))
    assert (difference > 0.02) == (row in PARAMS_DIFFER)
    assert agrees(figures["weights"], figures["published_params"], KILO) == (row in PARAMS_AGREE)


def test_every_row_that_differs_by_more_has_a_note():
    assert all("note" in ROWS[row] for row in OPS_DIFFER | PARAMS_DIFFER)


def test_the_printed_stem_is_a_separable_convolution_with_depth_multiplier_8():
    stem = SeparableConv2d(64, 7, stride=2, padding=3, depth_multiplier=8, batch_norm=False)
    analysis = analyze(Network((Node("conv1", stem),)), Shape(3, 224, 224))
    assert sizes(analysis, "weight") == 2_712
    assert analysis.macs == 34_019_328
    assert analysis.output_shape == Shape(64, 112, 112)
    assert agrees(analysis.macs, "34M")
    assert agrees(2_712, "2.7K")


COUNTED_IN_TORCHVISION = {
    "shufflenet_v2": (2_278_604, 144_907_992),
    "convnext_tiny": (28_589_128, 4_455_531_264),
    "inception_v3": (23_834_568, 5_713_216_096),
}
"""Parameters and multiply-accumulates of torchvision 0.29's models, the latter by PyTorch's FlopCounterMode."""


@pytest.mark.parametrize("name", COUNTED_IN_TORCHVISION)
def test_a_network_has_the_parameters_and_macs_of_torchvisions_model(name):
    (analysis,) = check(project_of(name)).analyses.values()
    assert (analysis.params, analysis.macs) == COUNTED_IN_TORCHVISION[name]
    assert analysis.output_shape == Shape(1000, 1, 1)


def test_the_largest_regnet_as_blocks_has_the_parameters_and_macs_of_torchvisions_model():
    """regnet_y_128gf, by FlopCounterMode on tensors without values: its weights take 2.6 GB."""
    nodes = [Node("conv1", Conv2d(32, 3, 2, 1, bias=False)), Node("bn", BatchNorm()), Node("relu", Activation("relu"))]
    received = 32
    for stage, (depth, width) in enumerate(((2, 528), (7, 1056), (17, 2904), (1, 7392)), 1):
        for number in range(depth):
            settings = {"stride": 1 if number else 2, "groups": width // 264, "squeeze": received // 4}
            nodes.append(Node(f"stage{stage}_{number}", BottleneckResidual(width, reduce=width, **settings)))
            received = width
    analysis = analyze(Network((*nodes, Node("pool", GlobalAvgPool2d()), Node("fc", Dense(1000)))), Shape(3, 224, 224))
    assert (analysis.params, analysis.macs) == (644_812_894, 127_517_815_680)


def test_the_u_net_has_the_parameters_that_its_authors_repository_has_and_the_size_of_its_input():
    analysis = analysis_of("unet", "U-Net")
    assert (analysis.params, analysis.macs) == (7_763_041, 12_071_206_912)
    assert analysis.output_shape == Shape(1, 256, 256)


def test_the_two_resnets_differ_in_macs_only():
    v1, v15 = (analysis_of("resnet50", name) for name in ("v1", "v1.5"))
    assert v1.params == v15.params
    assert v15.macs - v1.macs == 231_211_008


def test_the_modules_of_3a_have_the_costs_of_the_post_and_of_the_paper():
    costs = {
        project: [analysis_of(project, name).macs for name in ("naive", "with reductions")]
        for project in ("inception_3a_192", "inception_3a_256")
    }
    assert costs == {"inception_3a_192": [303_464_448, 128_049_152], "inception_3a_256": [404_619_264, 138_485_760]}


def test_the_branch_of_4a_goes_from_480_through_16_to_48_channels():
    analysis = analysis_of("inception_4a_5x5_branch", "reduced")
    assert analysis.input_shape == Shape(480, 14, 14)
    assert [report.output_shape.channels for report in analysis.reports] == [16, 16, 48, 48]
    assert analysis.macs == 480 * 16 * 196 + 16 * 48 * 25 * 196
    assert analysis_of("inception_4a_5x5_branch", "direct").macs == 480 * 48 * 25 * 196


def test_the_plain_twin_of_mobilenet_costs_what_the_paper_prints():
    twin = analysis_of("mobilenet_v1", "plain twin")
    dense = next(report.macs for report in twin.reports if report.layer.kind == "dense")
    assert agrees(twin.macs - dense, "4866M")
    assert agrees(twin.params, "29.3M")


def test_densenet_without_bottlenecks_has_58_convolutions_fewer_and_costs_more():
    plain, published = (analysis_of("densenet121", name) for name in ("plain 3×3", "DenseNet-121"))
    convolutions = [sum(r.layer.kind == "conv2d" for r in analysis.reports) for analysis in (plain, published)]
    assert convolutions[1] - convolutions[0] == 58
    assert plain.macs > published.macs
    assert plain.params > published.params


def test_densenet_without_bottlenecks_differs_in_nothing_else():
    plain, published = (project_of("densenet121").design(name) for name in ("plain 3×3", "DenseNet-121"))
    without = [
        replace(node, layer=replace(node.layer, bottleneck=0)) if node.layer.kind == "dense_block" else node
        for node in published.network.nodes
    ]
    assert list(plain.network.nodes) == without
