"""Files for model viewers: every layer by its name, with the metrics."""

import json

import pytest

from engine.cost.metrics import METRICS, Costs, heading_of, metric_by_id
from engine.files.paths import RESOURCES
from engine.project.file import load_project
from engine.reports.attachments import model_explorer, netron
from engine.run.check import check

DESIGN = "with reductions"


@pytest.fixture(scope="module")
def costs():
    return Costs(check(load_project(RESOURCES / "projects" / "inception_3a_192.toml").project))


def test_a_netron_attachment_has_the_signature_that_netron_looks_for(costs):
    told = json.loads(netron(costs, DESIGN))
    assert told["signature"] == "netron:attachment"
    assert set(told) == {"signature", "metadata", "metrics"}


def test_a_netron_attachment_tells_every_layers_amounts_once_and_the_models(costs):
    rows = json.loads(netron(costs, DESIGN))["metrics"]
    places = [(row["kind"], row["target"], row["name"]) for row in rows]
    assert len(set(places)) == len(places)
    assert all(set(row) == {"kind", "target", "name", "value"} for row in rows)
    macs = {row["target"]: row["value"] for row in rows if row["name"] == "MACs" and row["kind"] == "node"}
    assert macs == {report.name: report.macs for report in costs.check.analyses[DESIGN].reports}
    (total,) = [row for row in rows if row["kind"] == "model" and row["name"] == "MACs"]
    assert (total["target"], total["value"]) == ("", 128_049_152)


def test_what_was_not_measured_is_not_in_an_attachment(costs):
    names = {row["name"] for row in json.loads(netron(costs, DESIGN))["metrics"]}
    assert names == {heading_of(known, costs.convention) for known in METRICS if not known.is_measured}
    assert json.loads(model_explorer(costs, DESIGN, metric_by_id("milliseconds")))["results"] == {}


def test_model_explorers_node_data_has_a_value_a_layer_and_a_gradient_from_0_to_1(costs):
    told = json.loads(model_explorer(costs, DESIGN, metric_by_id("macs")))
    reports = costs.check.analyses[DESIGN].reports
    assert told["results"] == {report.name: {"value": report.macs} for report in reports}
    assert [stop["stop"] for stop in told["gradient"]] == [0, 0.5, 1]
    assert told["name"] == "MACs, with reductions"
    assert "hideAggregatedStats" not in told


def test_model_explorer_does_not_sum_what_may_not_be_summed(costs):
    assert json.loads(model_explorer(costs, DESIGN, metric_by_id("intensity")))["hideAggregatedStats"] == ["sum"]


@pytest.mark.parametrize("text_of", [netron, lambda costs, design: model_explorer(costs, design, metric_by_id("macs"))])
def test_every_attachment_is_json_with_a_line_end(costs, text_of):
    text = text_of(costs, DESIGN)
    assert json.loads(text)
    assert text.endswith("}\n")
