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
from engine.run.execute import NodeDone, RunRequest, run_all

AMOUNTS = {known.id for known in METRICS}
CONV = Node("conv5x5", Conv2d(filters=32, kernel=5))
PROJECT = Project(NoiseInput((256, 28, 28)), (Design("naive", Network((CONV,))),), title="5×5")
STEMMED = Project(
    NoiseInput((3, 8, 8)),
    (Design("d", Network((Node("relu", Activation(function="relu")),))),),
    Network((Node("pool", MaxPool2d(kernel=2)),)),
)


def of(project, results=None):
    return json.loads(msgspec.json.encode(summary(project, check(project), results)))


def done(values):
    volume = np.asarray(values, np.float32).reshape(1, 1, -1)
    return NodeDone(("d", "n"), b"", volume, 1.23456, is_reused=False)


def without_amounts(told):
    """A node, block or totals with the fields of the contract alone."""
    return {key: value for key, value in told.items() if key in ("params", "macs") or key not in AMOUNTS}


def test_analysis_of_a_project_is_told_as_the_contract_has_it():
    told = of(PROJECT)
    (design,) = told["designs"]
    assert (told["format"], told["title"], told["input_shape"], told["stem"]) == (1, "5×5", [256, 28, 28], None)
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


def test_what_a_convention_counts_and_leaves_out_is_told_by_term():
    told = summary(PROJECT, check(PROJECT), convention=convention_by_id("paper"))["designs"][0]
    assert told["operations"] == {"counted": {"macs": 160_563_200}, "left_out": {"bias": 32 * 28 * 28}}
    broken = replace(PROJECT, designs=(Design("naive", Network((Node("c", Conv2d(4, 99, padding="valid")),))),))
    assert summary(broken, check(broken))["designs"][0]["operations"] is None


def test_every_metric_but_those_of_a_run_is_told_of_nodes_and_totals():
    (design,) = of(PROJECT)["designs"]
    told = {known.id for known in METRICS if not known.is_measured}
    assert told <= set(design["nodes"][0])
    assert set(design["totals"]) == told
    assert design["totals"]["activation_bytes"] == 4 * 32 * 28 * 28
    assert design["totals"]["receptive_field"] == 5


def test_a_block_is_told_with_the_sums_of_its_nodes():
    module = Node("inception_3a", Inception(64, 96, 128, 16, 32, 32))
    (design,) = of(Project(NoiseInput((192, 28, 28)), (Design("d", Network((module, CONV))),)))["designs"]
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


def test_the_convention_is_named_and_operations_follow_it():
    project = Project(NoiseInput((256, 28, 28)), PROJECT.designs)
    told = summary(project, check(project), convention=replace(convention_by_id("ptflops"), batch=2))
    assert told["counting"]["title"] == "as ptflops counts"
    assert told["counting"]["operations_of"]["bias"] == 1
    totals = told["designs"][0]["totals"]
    assert totals["ops"] == 2 * (160_563_200 + 32 * 28 * 28)
    assert totals["macs"] == 160_563_200


def test_notes_and_published_figures_are_told_where_there_are_any():
    told = of(
        replace(PROJECT, source="a paper", notes=(Note("why"),), published=(Published("naive", "conv5x5", ops="161M"),))
    )
    assert (told["source"], told["notes"]) == ("a paper", [{"text": "why"}])
    assert told["published"] == [{"design": "naive", "node": "conv5x5", "ops": "161M"}]
    assert not {"source", "notes", "published"} & set(of(PROJECT))


def test_stem_has_the_form_of_a_design_and_its_last_shape_is_what_designs_receive():
    told = of(STEMMED)
    assert set(told["stem"]) == set(told["designs"][0])
    assert told["stem"]["input_shape"] == [3, 8, 8]
    assert told["stem"]["nodes"][-1]["output_shape"] == told["designs"][0]["input_shape"] == [3, 4, 4]


def test_nodes_come_in_an_order_in_which_they_can_run():
    nodes = (
        Node("last", Activation(function="relu"), ("first",)),
        Node("first", MaxPool2d(kernel=2), ("input",)),
    )
    told = of(Project(NoiseInput((1, 4, 4)), (Design("d", Network(nodes)),)))
    assert [node["name"] for node in told["designs"][0]["nodes"]] == ["first", "last"]


def test_unknown_is_null():
    wrong = Network((Node("conv", Conv2d(filters=1, kernel=9, padding="valid")), CONV))
    told = of(Project(NoiseInput((1, 4, 4)), (Design("d", wrong),)))["designs"][0]
    assert [(n["output_shape"], n["params"], n["macs"]) for n in told["nodes"]] == [(None, None, None)] * 2
    assert told["nodes"][1]["input_shapes"] == [None]
    assert without_amounts(told["totals"]) == {"params": None, "macs": None}
    assert told["totals"]["ops"] is None


def test_run_adds_time_and_statistics_to_every_node():
    results = run_all(RunRequest.of(STEMMED), lambda started: None)
    told = of(STEMMED, results)
    for design, name, node in (
        (STEM, "pool", told["stem"]["nodes"][0]),
        ("d", "relu", told["designs"][0]["nodes"][0]),
    ):
        volume = results[design, name].volume.astype(np.float64)
        assert node["milliseconds"] >= 0
        assert node["min"] == volume.min()
        assert node["max"] == volume.max()
        assert node["mean"] == pytest.approx(volume.mean(), rel=1e-12)
        assert node["std"] == pytest.approx(volume.std(), rel=1e-12)
        assert node["non_finite"] == 0


def test_statistics_are_those_of_the_finite_values_and_count_the_others():
    told = volume_statistics(done([1, np.nan, 3, np.inf, -np.inf]))
    assert told == {"milliseconds": 1.235, "min": 1.0, "max": 3.0, "mean": 2.0, "std": 1.0, "non_finite": 3}


def test_statistics_of_a_volume_without_a_finite_value_are_null():
    told = volume_statistics(done([np.nan, np.inf]))
    assert {told[name] for name in ("min", "max", "mean", "std")} == {None}
    assert told["non_finite"] == 2


@pytest.mark.parametrize("value", [3e38, 1e-30, 0.1])
def test_mean_of_equal_values_is_that_value_however_many_and_however_large(value):
    told = volume_statistics(done(np.full(10**5, value)))
    assert told["mean"] == pytest.approx(float(np.float32(value)), rel=1e-9)
    assert told["std"] == pytest.approx(0, abs=1e-9 * value)


def test_statistics_of_a_large_volume_need_little_more_memory():
    large = done(np.arange(2**24))
    tracemalloc.start()
    try:
        told = volume_statistics(large)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < large.volume.nbytes
    assert (told["min"], told["max"], told["mean"]) == (0, 2**24 - 1, (2**24 - 1) / 2)
    assert told["std"] == pytest.approx(np.sqrt((2**48 - 1) / 12), rel=1e-12)
