"""The JSON of `analyze` and `run`, whose fields are a contract."""

import json
import tracemalloc

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from engine.blocks import Inception
from engine.cost.counting import convention_by_id
from engine.cost.metrics import METRICS
from engine.layers import Activation, Conv2d, MaxPool2d
from engine.network.graph import Network, Node
from engine.network.input_specs import NoiseInput
from engine.network.node_ref import STEM
from engine.project.project import Design, Note, Project, Published
from engine.reports.summary import summary, volume_statistics
from engine.run.check import check
from engine.run.execute import NodeDone, run_all
from engine.run.request import RunRequest

AMOUNTS = {metric.id for metric in METRICS}
CONV = Node("conv5x5", Conv2d(filters=32, kernel=5))
PROJECT = Project(NoiseInput((256, 28, 28)), (Design("naive", Network((CONV,))),), title="5×5")
STEMMED = Project(
    NoiseInput((3, 8, 8)),
    (Design("d", Network((Node("relu", Activation(function="relu")),))),),
    Network((Node("pool", MaxPool2d(kernel=2)),)),
)


def summary_of(project, results=None):
    return json.loads(msgspec.json.encode(summary(project, check(project), results)))


def event_of(values):
    volume = np.asarray(values, np.float32).reshape(1, 1, -1)
    return NodeDone(("d", "n"), b"", volume, 1.23456, is_reused=False)


def without_amounts(fields):
    """A node, block or totals with the fields of the contract alone."""
    return {key: value for key, value in fields.items() if key in ("params", "macs") or key not in AMOUNTS}


def test_the_summary_of_a_project_has_the_fields_of_the_contract():
    data = summary_of(PROJECT)
    (design,) = data["designs"]
    assert (data["format"], data["title"], data["input_shape"], data["stem"]) == (1, "5×5", [256, 28, 28], None)
    assert {key: design[key] for key in ("name", "input_shape", "blocks")} == {
        "name": "naive",
        "input_shape": [256, 28, 28],
        "blocks": [],
    }
    assert [without_amounts(node) for node in design["nodes"]] == [
        {
            "name": "conv5x5",
            "kind": "conv2d",
            "inputs": ["input"],
            "input_shapes": [[256, 28, 28]],
            "output_shape": [32, 28, 28],
            "params": 204_832,
            "macs": 160_563_200,
            "block": None,
        }
    ]
    assert without_amounts(design["totals"]) == {"params": 204_832, "macs": 160_563_200}


def test_counted_and_left_out_operations_are_listed_by_term():
    design = summary(PROJECT, check(PROJECT), convention=convention_by_id("paper"))["designs"][0]
    assert design["operations"] == {"counted": {"macs": 160_563_200}, "left_out": {"bias": 32 * 28 * 28}}
    broken = replace(PROJECT, designs=(Design("naive", Network((Node("c", Conv2d(4, 99, padding="valid")),))),))
    assert summary(broken, check(broken))["designs"][0]["operations"] is None


def test_nodes_and_totals_have_every_metric_but_those_of_a_run():
    (design,) = summary_of(PROJECT)["designs"]
    expected = {metric.id for metric in METRICS if not metric.is_measured}
    assert expected <= set(design["nodes"][0])
    assert set(design["totals"]) == expected
    assert design["totals"]["activation_bytes"] == 4 * 32 * 28 * 28
    assert design["totals"]["receptive_field"] == 5


def test_a_block_has_the_sums_of_its_nodes():
    module = Node("inception_3a", Inception(64, 96, 128, 16, 32, 32))
    (design,) = summary_of(Project(NoiseInput((192, 28, 28)), (Design("d", Network((module, CONV))),)))["designs"]
    (block,) = design["blocks"]
    parts = [node for node in design["nodes"] if node["block"] == "inception_3a"]
    assert block["nodes"] == [part["name"] for part in parts]
    assert (block["name"], block["kind"], block["inputs"]) == ("inception_3a", "inception", ["input"])
    assert (block["input_shapes"], block["output_shape"]) == ([[192, 28, 28]], [256, 28, 28])
    for key in ("params", "macs", "flops", "ops", "activation_bytes", "param_bytes"):
        assert block[key] == sum(part[key] for part in parts)
    assert block["macs"] == 128_049_152
    assert design["nodes"][-1]["inputs"] == ["inception_3a/concat"]
    assert design["nodes"][-1]["block"] is None


def test_the_counting_rule_is_named_and_operations_follow_it():
    project = Project(NoiseInput((256, 28, 28)), PROJECT.designs)
    data = summary(project, check(project), convention=replace(convention_by_id("ptflops"), batch=2))
    assert data["counting"]["title"] == "as ptflops counts"
    assert data["counting"]["operations_of"]["bias"] == 1
    totals = data["designs"][0]["totals"]
    assert totals["ops"] == 2 * (160_563_200 + 32 * 28 * 28)
    assert totals["macs"] == 160_563_200


def test_notes_and_published_figures_are_included_if_there_are_any():
    data = summary_of(
        replace(PROJECT, source="a paper", notes=(Note("why"),), published=(Published("naive", "conv5x5", ops="161M"),))
    )
    assert (data["source"], data["notes"]) == ("a paper", [{"text": "why"}])
    assert data["published"] == [{"design": "naive", "node": "conv5x5", "ops": "161M"}]
    assert not {"source", "notes", "published"} & set(summary_of(PROJECT))


def test_the_stem_has_the_fields_of_a_design_and_its_last_shape_is_the_input_of_designs():
    data = summary_of(STEMMED)
    assert set(data["stem"]) == set(data["designs"][0])
    assert data["stem"]["input_shape"] == [3, 8, 8]
    assert data["stem"]["nodes"][-1]["output_shape"] == data["designs"][0]["input_shape"] == [3, 4, 4]


def test_nodes_come_in_an_order_in_which_they_can_run():
    nodes = (
        Node("last", Activation(function="relu"), ("first",)),
        Node("first", MaxPool2d(kernel=2), ("input",)),
    )
    data = summary_of(Project(NoiseInput((1, 4, 4)), (Design("d", Network(nodes)),)))
    assert [node["name"] for node in data["designs"][0]["nodes"]] == ["first", "last"]


def test_unknown_is_null():
    wrong = Network((Node("conv", Conv2d(filters=1, kernel=9, padding="valid")), CONV))
    design = summary_of(Project(NoiseInput((1, 4, 4)), (Design("d", wrong),)))["designs"][0]
    assert [(n["output_shape"], n["params"], n["macs"]) for n in design["nodes"]] == [(None, None, None)] * 2
    assert design["nodes"][1]["input_shapes"] == [None]
    assert without_amounts(design["totals"]) == {"params": None, "macs": None}
    assert design["totals"]["ops"] is None


def test_a_run_adds_time_and_statistics_to_every_node():
    results = run_all(RunRequest.of(STEMMED), lambda started: None)
    data = summary_of(STEMMED, results)
    for design, name, node in (
        (STEM, "pool", data["stem"]["nodes"][0]),
        ("d", "relu", data["designs"][0]["nodes"][0]),
    ):
        volume = results[design, name].volume.astype(np.float64)
        assert node["milliseconds"] >= 0
        assert node["min"] == volume.min()
        assert node["max"] == volume.max()
        assert node["mean"] == pytest.approx(volume.mean(), rel=1e-12)
        assert node["std"] == pytest.approx(volume.std(), rel=1e-12)
        assert node["non_finite"] == 0


def test_statistics_are_those_of_the_finite_values_and_count_the_others():
    statistics = volume_statistics(event_of([1, np.nan, 3, np.inf, -np.inf]))
    assert statistics == {"milliseconds": 1.235, "min": 1.0, "max": 3.0, "mean": 2.0, "std": 1.0, "non_finite": 3}


def test_statistics_of_a_volume_without_a_finite_value_are_null():
    statistics = volume_statistics(event_of([np.nan, np.inf]))
    assert {statistics[name] for name in ("min", "max", "mean", "std")} == {None}
    assert statistics["non_finite"] == 2


@pytest.mark.parametrize("value", [3e38, 1e-30, 0.1])
def test_the_mean_of_equal_values_is_that_value_however_many_and_however_large(value):
    statistics = volume_statistics(event_of(np.full(10**5, value)))
    assert statistics["mean"] == pytest.approx(float(np.float32(value)), rel=1e-9)
    assert statistics["std"] == pytest.approx(0, abs=1e-9 * value)


def test_statistics_of_a_large_volume_need_little_more_memory():
    large = event_of(np.arange(2**24))
    tracemalloc.start()
    try:
        statistics = volume_statistics(large)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < large.volume.nbytes
    assert (statistics["min"], statistics["max"], statistics["mean"]) == (0, 2**24 - 1, (2**24 - 1) / 2)
    assert statistics["std"] == pytest.approx(np.sqrt((2**48 - 1) / 12), rel=1e-12)
